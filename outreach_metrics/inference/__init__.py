"""Arrays and numbers in, numbers out: no frames, no files, no plots."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """A number, its interval and the two-sided p-value that matches the interval; NaN where there is none."""

    estimate: float
    conf_low: float
    conf_high: float
    p_value: float
