"""Networks in their hardwares, and every bit that can flip in them."""

from __future__ import annotations

import os
from typing import List, Optional, Tuple, Union

import numpy as np
import pandas as pd

from . import _native
from ._frames import frame, numbers, space_numbers


def networks() -> List[str]:
    """The names of the networks and hardwares that come with Fluence."""
    return _native.networks()


class Network:
    """A network in a hardware, by name or by path: of a file of either, or of a folder with one network,
    such as `fluence import` writes."""

    def __init__(self, name_or_path: Union[str, os.PathLike[str]]) -> None:
        self._native = _native.find_network(os.fspath(name_or_path))

    @classmethod
    def of(cls, network: Union[Network, str, os.PathLike[str]]) -> Network:
        """The network itself, or the one that a name or path leads to."""
        return network if isinstance(network, Network) else cls(network)

    def __repr__(self) -> str:
        return f"Network({self.name!r})"

    @property
    def name(self) -> str:
        """Of the hardware."""
        return self._native.name

    @property
    def network(self) -> str:
        """The name of what is computed; several hardwares may compute the same."""
        return self._native.network

    @property
    def digest(self) -> str:
        """Identity of what is computed, 16 hex digits."""
        return self._native.digest

    @property
    def hardware_digest(self) -> str:
        """Identity of the hardware with what it computes, 16 hex digits."""
        return self._native.hardware_digest

    @property
    def image_shape(self) -> Tuple[int, int, int]:
        """Channels, rows and columns of an image."""
        return self._native.image_shape

    @property
    def scores(self) -> int:
        """How many scores an image has; the first ones are those of the classes."""
        return self._native.scores

    def layers(self) -> pd.DataFrame:
        """A row for each layer: shape, number formats, folding (PE, SIMD), bits of its memories."""
        return frame(self._native.layers()).set_index("layer")

    def arrays(self) -> pd.DataFrame:
        """A row for each variable of the RTL that faults can hit, as `fluence sites --csv` lists them:
        the flat state address of its first bit, its shape, its name in the RTL."""
        return frame(self._native.arrays())

    def sites(self, space: Optional[str] = None, layer: Optional[int] = None) -> pd.DataFrame:
        """A row for each stored bit, or for those of a space or a layer: space, layer, copy, module,
        index, thresh, bit, flat state `address`, and `rtl_name` of the variable that holds it."""
        table = dict(self._native.sites(space, layer))
        names = table.pop("rtl_names")
        table["rtl_name"] = pd.Categorical.from_codes(table["rtl_name"], categories=names)
        return frame(table)

    def sites_at(self, addresses: np.ndarray) -> pd.DataFrame:
        """The sites at flat state addresses, a row for each, without `address` and `rtl_name`."""
        return frame(self._native.sites_at(np.ravel(addresses)))

    def addresses(self, sites: pd.DataFrame) -> np.ndarray:
        """The flat state address of each row's site: uint64 [rows]."""
        table = {name: numbers(sites[name]) for name in sites.columns.intersection(SITE_COLUMNS)}
        table["space"] = space_numbers(sites["space"])
        return self._native.addresses(table)


SITE_COLUMNS = ["layer", "copy", "module", "index", "thresh", "bit"]
