"""A network with its parameters and images, and what faults do to its scores."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import List, Optional, Union

import numpy as np
import pandas as pd

from . import _native
from ._frames import frame
from .faults import Faults, trials_of
from .networks import Network
from .progress import Progress, telling

Path = Union[str, os.PathLike[str]]


@dataclass(frozen=True)
class Classification:
    """Images without faults."""

    scores: np.ndarray  #: int16 [images, scores], as the hardware has them
    decisions: np.ndarray  #: int32 [images]: the class of each
    labels: np.ndarray  #: uint8 [images]: the class that is right
    classes: List[str]  #: their names

    @property
    def correct(self) -> np.ndarray:
        """bool [images]: whether the class is the right one."""
        return np.equal(self.decisions, self.labels)


@dataclass(frozen=True)
class Evaluation:
    """What became of trials."""

    #: int16 [trials, images, scores]; 0 of images that a hang left unfinished
    scores: np.ndarray
    #: int32 [trials, images]: the class of each image by its scores
    decisions: np.ndarray
    #: A row for each trial, by its number: images of each outcome, as `fluence report` counts them
    #: (masked: all scores as without faults; tolerable: the class; critical: not even that; hang: never
    #: finished), `correct` ones, `images_done`, `hang_stream` that was blocked, `cycles` of all its runs
    #: (engine rtl), and `failure`: why it could not be evaluated, empty of all that were.
    trials: pd.DataFrame
    #: A row for each fault as it was given, with its `trial` and its `fate`.
    faults: pd.DataFrame
    #: The same images without faults.
    fault_free: Classification


class Session:
    """A network with parameters and images, ready for faults.

    `params`: the network's parameters, an ONNX file or a folder; without them, those that come with it.
    `images`: a file, as the command takes it, or an array [images, channels, rows, columns] of pixels (0 to
    255) or of the numbers that the network takes; without them, the embedded ones. `labels` [images] are
    the right classes of an array's; without them, the class without faults is the right one. `count`: only
    the first images. `host`, `load`, `firmware`: who drives engine rtl, as the command's options.
    """

    def __init__(
        self,
        network: Union[Network, Path],
        *,
        params: Optional[Path] = None,
        images: Union[Path, np.ndarray, None] = None,
        labels: Optional[np.ndarray] = None,
        count: Optional[int] = None,
        host: str = "native",
        load: str = "debug",
        firmware: Optional[Path] = None,
    ) -> None:
        self.network = Network.of(network)
        self._native = _native.Session(
            self.network._native,
            os.fspath(params) if params is not None else "",
            images if isinstance(images, np.ndarray) else os.fspath(images) if images is not None else "",
            None if labels is None else np.asarray(labels),
            count,
            host,
            load,
            os.fspath(firmware) if firmware is not None else "",
        )

    def __repr__(self) -> str:
        return f"Session({self.network.name!r}, {self._native.image_count} images)"

    @property
    def classes(self) -> List[str]:
        """Their names."""
        return self._native.classes

    @property
    def labels(self) -> np.ndarray:
        """uint8 [images]: the right class of each."""
        return self._native.labels

    @property
    def images(self) -> np.ndarray:
        """int16 [images, channels, rows, columns]: pixels, or the numbers that the network takes."""
        return self._native.images

    def classify(
        self, *, engine: str = "fast", count: Optional[int] = None, progress: Progress = False
    ) -> Classification:
        """The images, or the first `count`, without faults, by engine "fast" or "rtl"."""
        images = self._native.image_count if count is None else count
        with telling(progress) as teller:
            scores = self._native.fault_free(engine, images, teller)
        return self._classification(scores)

    def evaluate(
        self,
        faults: Faults,
        *,
        engine: str = "fast",
        semantics: str = "",
        count: Optional[int] = None,
        jobs: Optional[int] = None,
        limit: float = 0,
        progress: Progress = False,
    ) -> Evaluation:
        """Trials of faults on the images, or on the first `count` of them.

        `semantics`: "physical", "source" or "shipped"; if empty, "physical" for faults at cycles and those
        that hold bits, else "source", as the board's host does it. `limit`: seconds that a trial may take.
        Trials run in `jobs` worker processes, which end with the call: so both engines can be asked again
        and again, and Ctrl-C ends the call in order.
        """
        rows, columns, ids, ends = trials_of(faults, self.network)
        images = self._native.image_count if count is None else count
        workers = _native.default_jobs() if jobs is None else jobs
        with telling(progress) as teller:
            found = self._native.evaluate(
                columns, ids, ends, engine, semantics, images, workers, limit, teller
            )
        rows["fate"] = frame({"fate": found.pop("fate")})["fate"]
        scores = found.pop("scores")
        trials = frame(found)
        trials.index = pd.Index(ids, name="trial")
        fault_free = self.classify(engine=engine, count=images)
        return Evaluation(scores, self.decide(scores), trials, rows, fault_free)

    def decide(self, scores: np.ndarray) -> np.ndarray:
        """The class that the host makes of scores: int32 [...] of int16 [..., scores]."""
        return self._native.decide(scores)

    def sums(self, scores: np.ndarray) -> np.ndarray:
        """Scores as the network's graph gives them, sums of products with the bias of a class: int64 of
        the same shape."""
        return self._native.sums(scores)

    def _classification(self, scores: np.ndarray) -> Classification:
        return Classification(scores, self.decide(scores), self.labels[: len(scores)], self.classes)
