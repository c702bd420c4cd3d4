"""Campaigns: run, resumed, read."""

from __future__ import annotations

import io
import json
import os
import warnings
from typing import Any, Dict, List, Mapping, Optional, Union

import pandas as pd

from . import _native
from ._frames import frame
from .progress import Progress, telling

Path = Union[str, os.PathLike[str]]


def _path(path: Optional[Path]) -> str:
    return "" if path is None else os.fspath(path)


def _toml_value(value: Any) -> str:
    if isinstance(value, (bool, int, float, str)) or hasattr(value, "item"):
        return json.dumps(value.item() if hasattr(value, "item") else value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml_value(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key)} = {_toml_value(one)}" for key, one in value.items())
            + " }"
        )
    raise _native.InputError(
        f"a campaign's value is {value!r}: give a number, a text, or a list of them"
    )


def toml_text(spec: Mapping[str, Any]) -> str:
    """A campaign's keys and its list of parts, "part", as the text of its TOML file."""
    lines: List[str] = []
    parts = spec.get("part", [])
    for key, value in spec.items():
        if key != "part":
            lines.append(f"{json.dumps(key)} = {_toml_value(value)}")
    for part in [parts] if isinstance(parts, Mapping) else parts:
        lines.append("[[part]]")
        lines += [f"{json.dumps(key)} = {_toml_value(value)}" for key, value in part.items()]
    return "\n".join(lines) + "\n"


class Campaign:
    """A campaign's results in a folder, finished or not, as they are when asked for."""

    def __init__(self, folder: Path) -> None:
        self._native = _native.Results(os.fspath(folder))

    def __repr__(self) -> str:
        return f"Campaign({self.folder!r})"

    @property
    def folder(self) -> str:
        """As it was named."""
        return self._native.folder

    @property
    def manifest(self) -> Dict[str, str]:
        """What the results rest on: name, seed, the specification, digests of all inputs."""
        return self._native.manifest()

    @property
    def digest(self) -> str:
        """One number for all that was found, as `fluence digest` prints it."""
        return self._native.digest()

    @property
    def scenarios(self) -> pd.DataFrame:
        """A row for each scenario: what it draws by, `images` a trial, `trials` asked for, `done` and
        `failed` ones. With a `dose`, its unit, and `dose_value`, `faults` is how many upsets a trial has
        on average."""
        table = frame(self._native.scenarios())
        table.index.name = "scenario"
        return table

    def trials(self, scenario: Optional[int] = None) -> pd.DataFrame:
        """A row for each finished trial, of all scenarios or one: images that are `correct`, and of each
        outcome; `digest` stands for all scores."""
        return frame(self._native.trials(scenario))

    def upsets(self, scenario: Optional[int] = None, trial: Optional[int] = None) -> pd.DataFrame:
        """A row for each upset, of all trials, those of a scenario, or one: its site, time and kind, and
        its `fate`. Those of one scenario are faults as `Session.evaluate` takes them."""
        return frame(self._native.upsets(scenario, trial))

    @property
    def failed(self) -> pd.DataFrame:
        """A row for each trial that could not be evaluated, and why."""
        return frame(self._native.failed())

    def statistics(self, tolerance: float = 0) -> pd.DataFrame:
        """A row for each scenario with finished trials, the columns of `fluence report --csv`: mean
        accuracy and loss in per cent and points, shares of outcomes from 0 to 1, each with its interval.
        `tolerance`: points of accuracy that a trial may be away and still count as tolerant."""
        return pd.read_csv(io.StringIO(self._native.csv(tolerance)))

    def report(self, tolerance: float = 0, study: str = "") -> Dict[str, Any]:
        """Everything that a report says, by the keys of `fluence report --json` (docs/results.md), with a
        comparison with a published study if one is named."""
        result: Dict[str, Any] = json.loads(self._native.report(tolerance, study))
        return result

    def text(self, tolerance: float = 0) -> str:
        """The tables that `fluence report` prints."""
        return self._native.text(tolerance)

    def page(self, tolerance: float = 0, study: str = "") -> str:
        """The report's page, HTML that needs no other file."""
        return self._native.page(tolerance, study)


def run_campaign(
    spec: Union[Path, Mapping[str, Any]],
    *,
    out: Optional[Path] = None,
    params: Optional[Path] = None,
    images: Optional[Path] = None,
    shard: str = "",
    seed: Optional[int] = None,
    host: str = "native",
    load: str = "debug",
    firmware: Optional[Path] = None,
    jobs: Optional[int] = None,
    retry_failed: bool = False,
    progress: Progress = True,
) -> Campaign:
    """Runs a campaign, or resumes one that was stopped, and opens its results.

    `spec`: its TOML file, or a mapping of the same keys, with a list of mappings as "part". The other
    arguments are the options of `fluence run`; results go to `out`, or to results/NAME. Ctrl-C ends it in
    order, with KeyboardInterrupt; the same call goes on from there.
    """
    with telling(progress) as teller:
        folder, sentences = _native.run_campaign(
            "the campaign" if isinstance(spec, Mapping) else os.fspath(spec),
            toml_text(spec) if isinstance(spec, Mapping) else None,
            _path(out),
            _path(params),
            _path(images),
            shard,
            seed,
            host,
            load,
            _path(firmware),
            _native.default_jobs() if jobs is None else jobs,
            retry_failed,
            teller,
        )
    for sentence in sentences:
        warnings.warn(sentence, stacklevel=2)
    return Campaign(folder)
