"""How much longer a peer takes than we do, measured in one run; never a test of a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measured ratio.

    Parameters
    ----------
    work : str
        What was done, in words.
    peer : str
        Whom we are compared with, and its version.
    ours, theirs : float
        Seconds; `theirs` is NaN when the peer could not be run.
    wanted : float
        The ratio theirs / ours that we promise.
    note : str
        What a reader has to know of how it was measured.
    """

    work: str
    peer: str
    ours: float
    theirs: float
    wanted: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times longer the peer takes."""
        return self.theirs / self.ours

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept; None when the peer could not be run."""
        return None if math.isnan(self.theirs) else self.ratio >= self.wanted


def seconds(call: Callable[[], object], repeat: int = 5) -> float:
    """Return the shortest of several runs of a call, in seconds."""
    shortest = math.inf
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest
