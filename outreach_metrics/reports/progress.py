"""Progress: a bar on a terminal, plain lines elsewhere. On stderr, so that stdout stays for results."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tqdm import tqdm


class Teller(Protocol):
    """Tells that one more of the steps is done."""

    def __call__(self, name: str) -> None:
        """Tell that the step `name` is done."""


@contextmanager
def progress(total: int, doing: str) -> Iterator[Teller]:
    """Give a function that is called with a name after each of `total` steps.

    Parameters
    ----------
    total : int
        Steps; with 0 nothing is shown.
    doing : str
        What is done, in a word or two ("Evaluating").

    Examples
    --------
    >>> with progress(2, "Evaluating") as done:  # on stderr: "Evaluating 1 of 2: harbor-watch"
    ...     done("harbor-watch")
    """
    if not sys.stderr.isatty():
        yield _lines(total, doing)
        return
    with tqdm(total=total, desc=doing, disable=total == 0, leave=False) as bar:

        def advance(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        yield advance


def _lines(total: int, doing: str) -> Teller:
    count = iter(range(1, total + 1))
    start = time.monotonic()

    def tell(name: str) -> None:
        done = next(count)
        left = time_left((time.monotonic() - start) / done * (total - done))
        print(f"{doing} {done} of {total}: {name}{left}", file=sys.stderr, flush=True)

    return tell


def time_left(seconds: float) -> str:
    """Return a time to wait in words, in brackets; nothing for less than half a minute.

    Examples
    --------
    >>> time_left(10), time_left(45), time_left(200)
    ('', ' (about 1 minute left)', ' (about 4 minutes left)')
    """
    if seconds < 30:
        return ""
    minutes = math.ceil(seconds / 60)
    return f" (about {minutes} minute{'s' if minutes > 1 else ''} left)"
