"""How far long calls are."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import Callable, Iterator, Optional, Union

#: True: a line on stderr, which a terminal and a notebook rewrite; False: nothing; or a callable of the work
#: done, all of it, and a line of text that says so, with rate and time left. What it raises ends the call.
Progress = Union[bool, Callable[[int, int, str], None]]

_LOG_SECONDS = 10.0


class _Line:
    """Where a line cannot be rewritten, one now and then, and at the end."""

    def __init__(self) -> None:
        self._rewrites = sys.stderr.isatty() or "ipykernel" in sys.modules
        self._width = 0
        self._over = False  # that all is done is said once
        self._next = time.monotonic() + _LOG_SECONDS

    def __call__(self, done: int, total: int, text: str) -> None:
        if self._rewrites:
            sys.stderr.write("\r" + text.ljust(self._width))
            self._width = len(text)
        elif done >= total or time.monotonic() >= self._next:
            if not self._over:
                sys.stderr.write(text + "\n")
            self._over = done >= total
            self._next = time.monotonic() + _LOG_SECONDS
        sys.stderr.flush()

    def end(self) -> None:
        if self._width > 0:
            sys.stderr.write("\n")
            sys.stderr.flush()


@contextmanager
def telling(progress: Progress) -> Iterator[Optional[Callable[[int, int, str], None]]]:
    """What tells of the progress of a call; None: nothing does."""
    line = _Line()
    try:
        yield line if progress is True else None if progress is False else progress
    finally:
        line.end()
