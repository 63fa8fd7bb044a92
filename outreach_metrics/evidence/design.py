"""Strength of evidence: the Maryland Scientific Methods Scale, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from outreach_metrics.estimate import Estimate

SCALE = "Maryland Scientific Methods Scale, as in Farrington, Gottfredson, Sherman & Welsh (2002)"

LEVELS: dict[int, str] = {
    1: "after only, or a correlation",
    2: "before and after, without a comparison",
    3: "before and after, with a comparison",
    4: "before and after in several treated and comparison units, other factors controlled",
    5: "random assignment",
}

STRENGTH: dict[int | None, str] = {
    None: "No evidence of an effect can be given",
    1: "Very weak evidence",
    2: "Weak evidence",
    3: "Moderate evidence",
    4: "Strong evidence",
    5: "Strongest evidence",
}


def design_level(estimates: Iterable[Estimate]) -> int | None:
    """Return the highest design level among the estimates that could be made; None when there is none.

    Examples
    --------
    >>> effect = Estimate(program_id="a", strand="crime", metric="ratio", estimate=0.8, design_level=2)
    >>> design_level([effect, effect.declined("no data")])
    2
    """
    levels = [e.design_level for e in estimates if e.made and e.design_level is not None]
    return max(levels, default=None)


def strength(level: int | None) -> str:
    """Return a design level as a reader understands it.

    Examples
    --------
    >>> strength(3)
    'Moderate evidence (level 3 of 5: before and after, with a comparison)'
    >>> strength(None)
    'No evidence of an effect can be given'
    """
    if level is None:
        return STRENGTH[None]
    return f"{STRENGTH[level]} (level {level} of 5: {LEVELS[level]})"


def supported(estimate: Estimate) -> bool:
    """Whether the estimate bears a claim of a change: interval and adjusted p-value leave out none."""
    none = 1.0 if estimate.unit.startswith("ratio") else 0.0
    outside = not estimate.conf_low <= none <= estimate.conf_high
    known = not math.isnan(estimate.conf_low) and not math.isnan(estimate.conf_high)
    inside = estimate.conf_low <= estimate.estimate <= estimate.conf_high
    return estimate.made and known and outside and inside and estimate.significant
