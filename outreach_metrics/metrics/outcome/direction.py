"""Which way a counted outcome is wanted to go, as study.toml says; it stands in the note of each estimate."""

from __future__ import annotations

from outreach_metrics.estimate import Estimate
from outreach_metrics.study import Study

WANTED: dict[str, str] = {
    "rise": "A rise is wanted.",
    "fall": "A fall is wanted.",
    "none": "study.toml does not say which way it should go.",
}
"""What the note of an estimate says of each direction."""

_NO_CHANGE = frozenset(
    f"outcome_{name}" for name in ("rate_before", "rate_after", "share_before", "share_after", "displacement")
)


def wanted_note(study: Study, outcome: str) -> str:
    """Return the sentence on the wanted direction of an outcome."""
    return WANTED[study.settings.wanted.get(outcome, "none")]


def wanted_way(estimate: Estimate) -> str:
    """Return which way an estimate's outcome is wanted to go: "rise", "fall", or "none" where nobody said.

    Examples
    --------
    >>> said = "A rise is wanted."
    >>> tips = Estimate(program_id="a", strand="outcome", metric="outcome_rate_ratio", note=said)
    >>> wanted_way(tips)
    'rise'
    """
    return next((way for way, words in WANTED.items() if words in estimate.note), "none")


def as_wanted(estimate: Estimate) -> bool | None:
    """Whether a ratio or difference went the wanted way; None where none is stated, or nothing was made.

    Of a level, and of what neighboring areas did for each unit of the fall, there is no wanted way either.

    Examples
    --------
    >>> tips = Estimate(program_id="a", strand="outcome", metric="outcome_rate_ratio", unit="ratio",
    ...                 estimate=0.8, note="A rise is wanted.")
    >>> as_wanted(tips)
    False
    """
    way = wanted_way(estimate)
    if way == "none" or not estimate.made or estimate.metric in _NO_CHANGE:
        return None
    none = 1.0 if estimate.unit.startswith("ratio") else 0.0
    return (estimate.estimate > none) == (way == "rise") if estimate.estimate != none else False
