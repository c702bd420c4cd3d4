"""Faults as they are given: tables, addresses, or one by one."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import pandas as pd

from . import _native
from ._frames import frame, numbers, space_numbers
from .networks import SITE_COLUMNS, Network


@dataclass(frozen=True)
class Fault:
    """One fault of a trial: a site, what is done to it, and when. Without a time it is there from the
    first image on."""

    space: str
    layer: int
    module: int
    index: int
    bit: int
    thresh: int = 0
    copy: int = 0
    before_image: Optional[int] = None  #: between this image and the one before it
    cycle: Optional[int] = None  #: clock cycles of the accelerator since the run's start
    word_size: int = 1  #: 8 (or 64): the aligned group of so many bits that holds the bit
    kind: str = "flip"  #: or "stuck0", "stuck1", "intermittent"
    duration: Optional[int] = None  #: of one that holds its bits: cycles or images, as its time


#: DataFrame: a row for each fault, with the columns of `Network.sites()` and, where they matter, those of
#: `Fault`; rows of one `trial` are a trial, without that column each row is one.
#: Array of whole numbers, [trials] or [trials, faults]: flat state addresses whose bits flip.
#: Sequence: a trial for each element, which is a `Fault` or a sequence of them.
Faults = Union[pd.DataFrame, np.ndarray, Fault, Sequence[Union[Fault, Sequence[Fault]]]]

_OTHERS = ["before_image", "cycle", "word_size", "duration"]
_NEEDED = ["space", "layer", "module", "index", "bit"]


def read_faults(file: Union[str, os.PathLike[str]], network: Union[Network, str]) -> pd.DataFrame:
    """The faults of a list as `fluence replay` takes it, JSON Lines, a row for each; `trial` is the id of
    its case. Cases without faults have no row."""
    return frame(Network.of(network)._native.faults(os.fspath(file)))


def _of_objects(faults: Any) -> Tuple[pd.DataFrame, List[int], List[int]]:
    trials = [faults] if isinstance(faults, Fault) else list(faults)
    rows: List[Dict[str, Any]] = []
    ends: List[int] = []
    for number, trial in enumerate(trials):
        for fault in [trial] if isinstance(trial, Fault) else trial:
            if not isinstance(fault, Fault):
                raise _native.InputError(
                    f"trial {number} holds something that is no fault: give fluence.Fault(...), a DataFrame "
                    "of sites, or an array of flat state addresses"
                )
            rows.append(asdict(fault))
        ends.append(len(rows))
    table = pd.DataFrame(rows, columns=[*Fault.__dataclass_fields__])
    return table, list(range(len(trials))), ends


def _of_frame(faults: pd.DataFrame) -> Tuple[pd.DataFrame, List[int], List[int]]:
    missing = [name for name in _NEEDED if name not in faults.columns]
    if missing:
        raise _native.InputError(
            f"the faults have no column '{missing[0]}': give the columns of Network.sites()"
        )
    if "scenario" in faults.columns and faults["scenario"].nunique() > 1:
        raise _native.InputError(
            "the faults are those of several scenarios, whose trials have the same numbers: give one's"
        )
    if "trial" not in faults.columns:
        return faults, list(range(len(faults))), list(range(1, len(faults) + 1))
    ordered = faults.sort_values("trial", kind="stable")
    ids, counts = np.unique(numbers(ordered["trial"]), return_counts=True)
    return ordered, ids.tolist(), np.cumsum(counts).tolist()


def trials_of(
    faults: Faults, network: Network
) -> Tuple[pd.DataFrame, Dict[str, Any], List[int], List[int]]:
    """A row for each fault, the same as columns for the library, each trial's id, and the row behind its
    last one."""
    if isinstance(faults, np.ndarray):
        if faults.ndim not in (1, 2) or faults.dtype.kind not in "iu":
            raise _native.InputError(
                f"the faults are an array of {faults.dtype} with {faults.ndim} sides: give flat state "
                "addresses, whole numbers [trials] or [trials, faults]"
            )
        each = 1 if faults.ndim == 1 else faults.shape[1]
        rows = network.sites_at(faults)
        ids = list(range(len(faults)))
        ends = [each * (i + 1) for i in ids]
    elif isinstance(faults, pd.DataFrame):
        rows, ids, ends = _of_frame(faults)
    else:
        rows, ids, ends = _of_objects(faults)
    columns: Dict[str, Any] = {
        name: numbers(rows[name]) for name in SITE_COLUMNS + _OTHERS if name in rows.columns
    }
    columns["space"] = space_numbers(rows["space"])
    if "kind" in rows.columns:
        columns["kind"] = [str(kind) for kind in rows["kind"]]
    trial = np.repeat(ids, np.diff([0, *ends])).astype(np.int64)
    rows = rows.drop(columns="trial", errors="ignore").reset_index(drop=True)
    rows.insert(0, "trial", trial)
    return rows, columns, ids, ends
