"""Fluence: a virtual radiation beam for streaming neural-network accelerators.

Networks, faults, scores, campaigns and maps of the command `fluence`, as NumPy arrays and pandas DataFrames.
Everything is computed by the command's own library; docs/python.md shows what there is.
"""

from ._native import Error, InputError, __version__
from .campaigns import Campaign, run_campaign
from .faults import Fault, read_faults
from .maps import BufferMap, Map, run_buffer_map, run_map
from .networks import Network, networks
from .sessions import Classification, Evaluation, Session

__all__ = [
    "BufferMap",
    "Campaign",
    "Classification",
    "Error",
    "Evaluation",
    "Fault",
    "InputError",
    "Map",
    "Network",
    "Session",
    "__version__",
    "networks",
    "read_faults",
    "run_buffer_map",
    "run_campaign",
    "run_map",
]
