"""Complete maps: what every single parameter bit, or every stored bit of buffers in every cycle, does to each image."""

from __future__ import annotations

import json
import os
import warnings
from typing import Any, Dict, Optional, Sequence, Tuple, Type, TypeVar, Union

import numpy as np
import pandas as pd

from . import _native
from ._frames import frame
from .campaigns import Path, _path
from .networks import Network
from .progress import Progress, telling


class _Stored:
    """What maps of all kinds have."""

    _native: Union[_native.MapResults, _native.BufferMapResults]
    folder: str
    """Where it is; of a shard a folder below the one that was named."""

    @classmethod
    def _of(cls: Type[Kind], native: Union[_native.MapResults, _native.BufferMapResults], folder: str) -> Kind:
        made = cls.__new__(cls)
        made._native = native
        made.folder = folder
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.folder!r})"

    @property
    def network(self) -> str:
        """The name of the hardware."""
        return self._native.network.name

    @property
    def images(self) -> int:
        """How many images were asked for."""
        return self._native.images

    @property
    def images_done(self) -> int:
        """How many of them are in the map."""
        return self._native.images_done

    @property
    def digest(self) -> str:
        """One number for all that the map says."""
        return self._native.digest()

    @property
    def manifest(self) -> Dict[str, str]:
        """What the map rests on: digests of all inputs."""
        return self._native.manifest()

    def report(self) -> Dict[str, Any]:
        """What `fluence map --json` writes: totals, of parameters also the curve of criticality and the worst bits."""
        result: Dict[str, Any] = json.loads(self._native.report())
        return result

    def text(self) -> str:
        """The tables that `fluence map` prints."""
        return self._native.text()


Kind = TypeVar("Kind", bound=_Stored)


class Map(_Stored):
    """A complete map in a folder, finished or not, as it is when the object is made."""

    _native: _native.MapResults

    def __init__(self, folder: Path) -> None:
        self._native = _native.open_map(os.fspath(folder))
        self.folder = os.fspath(folder)

    @property
    def mode(self) -> str:
        """What each fault is: "seu", "mbu", "stuck0" or "stuck1"."""
        return self._native.mode

    @property
    def counts(self) -> np.ndarray:
        """uint32 [faults, 4], read-only and not copied: images in which a fault is tolerable, turns right
        to wrong, wrong to right, and wrong to another wrong one. Row `number` of `entries()`."""
        return self._native.counts

    def entries(self) -> pd.DataFrame:
        """A row for each fault, in the order of sites: its site (a group's first bit), `number` of its row
        in `counts`, and images of each consequence."""
        return frame(self._native.entries())

    def totals(self) -> pd.DataFrame:
        """A row for each space and layer: `bits` (faults), sums of images over them, how many are
        critical in none, and the shares of (fault, image) pairs that are not masked (`avf`) and critical."""
        return frame(self._native.totals())


class BufferMap(_Stored):
    """A complete map of buffers in a folder, as it is when the object is made. Its tables are of all
    images and refused before all are done."""

    _native: _native.BufferMapResults

    def __init__(self, folder: Path) -> None:
        self._native = _native.open_buffer_map(os.fspath(folder))
        self.folder = os.fspath(folder)

    @property
    def cycles(self) -> Tuple[int, int]:
        """The first cycle of the run in which bits are inverted, and the one behind the last."""
        return self._native.cycles

    def entries(self) -> pd.DataFrame:
        """Rows for each bit, in the order of sites: the cycles `from` to `until` - 1, `weight` many, in
        which an upset has one consequence, as the number of images of each; `image`: the one that it
        has it for, none where it is masked. As many rows as the file of `--csv`, so maybe millions."""
        return frame(self._native.entries())

    def totals(self) -> pd.DataFrame:
        """A row for each space and layer: `bits`, each inverted in each of `cycles`, how many of these
        upsets have which consequence, how many are `read` at all, and the shares of them that are not
        masked (`avf`) and critical."""
        return frame(self._native.totals())


def run_map(
    network: Union[Network, Path],
    out: Path,
    *,
    mode: str = "seu",
    spaces: Sequence[str] = ("weights", "thresholds"),
    layers: Sequence[int] = (),
    params: Optional[Path] = None,
    images: Optional[Path] = None,
    count: Optional[int] = None,
    shard: str = "",
    jobs: Optional[int] = None,
    progress: Progress = True,
) -> Map:
    """Makes the complete map of a network in the folder `out`, or resumes one that was stopped.

    The arguments are the options of `fluence map`; no `layers` are all. Ctrl-C ends it in order, with
    KeyboardInterrupt; the same call goes on from there.
    """
    with telling(progress) as teller:
        native, folder, sentences = _native.run_map(
            Network.of(network)._native,
            os.fspath(out),
            mode,
            list(spaces),
            list(layers),
            _path(params),
            _path(images),
            count,
            shard,
            _native.default_jobs() if jobs is None else jobs,
            teller,
        )
    for sentence in sentences:
        warnings.warn(sentence, stacklevel=2)
    return Map._of(native, folder)


def run_buffer_map(
    network: Union[Network, Path],
    out: Path,
    spaces: Sequence[str],
    *,
    cycles: str = "",
    layers: Sequence[int] = (),
    params: Optional[Path] = None,
    images: Optional[Path] = None,
    count: Optional[int] = None,
    shard: str = "",
    jobs: Optional[int] = None,
    progress: Progress = True,
) -> BufferMap:
    """Makes the complete map of buffers of a network in the folder `out`, or resumes one that was stopped.

    The arguments are the options of `fluence map`: `spaces` as ["window", "fifo"], `cycles` as "A:B", all
    of the run if empty; no `layers` are all. Ctrl-C ends it in order, with KeyboardInterrupt; the same
    call goes on from there.
    """
    with telling(progress) as teller:
        native, folder, sentences = _native.run_buffer_map(
            Network.of(network)._native,
            os.fspath(out),
            list(spaces),
            cycles,
            list(layers),
            _path(params),
            _path(images),
            count,
            shard,
            _native.default_jobs() if jobs is None else jobs,
            teller,
        )
    for sentence in sentences:
        warnings.warn(sentence, stacklevel=2)
    return BufferMap._of(native, folder)
