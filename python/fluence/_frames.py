"""The library's tables as DataFrames."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np
import pandas as pd

from . import _native

# Columns of signed numbers in which -1 stands for nothing.
_NULLABLE = {"before_image", "cycle", "duration", "correct", "masked", "tolerable", "critical", "hang", "image"}
_NAMES = {"space": _native.SPACES, "fate": _native.FATES}


def _column(name: str, values: Any) -> Any:
    if name in _NAMES:
        return pd.Categorical.from_codes(values, categories=list(_NAMES[name]))
    if name in _NULLABLE and values.dtype.kind == "i":
        return pd.arrays.IntegerArray(values, values < 0)
    return values


def frame(table: Mapping[str, Any]) -> pd.DataFrame:
    """A DataFrame of named columns."""
    return pd.DataFrame({name: _column(name, values) for name, values in table.items()}, copy=False)


def numbers(values: Any) -> np.ndarray:
    """A column as whole numbers, with -1 for nothing."""
    series = pd.Series(values)
    if series.isna().any():
        series = series.astype("Int64" if series.dtype != object else object).fillna(-1)
    result: np.ndarray = series.to_numpy(dtype=np.int64)
    return result


def space_numbers(values: Any) -> np.ndarray:
    """A column of names of spaces as their numbers."""
    spaces = pd.Categorical(values)
    if spaces.isna().any():
        raise _native.InputError("a fault has no 'space': name one")
    known = np.array([_native.space_number(str(name)) for name in spaces.categories], dtype=np.int64)
    result: np.ndarray = known[spaces.codes]
    return result
