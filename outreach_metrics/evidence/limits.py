"""What must not be said of a program's estimates, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import outcome_name, strongest, supported
from outreach_metrics.evidence.wording import fall_or_rise, listing
from outreach_metrics.metrics.outcome import as_wanted

FEW_DRAWN = "chance drew too few areas to make both sides alike"

_OTHER_CHANGES = "so that whatever else changed at the same time may be the reason"
_OTHER_DIFFERENCES = "so that other differences between them may be the reason"
_CAUSE: dict[tuple[str, int], str] = {
    ("crime", 2): f"nothing is compared with it, {_OTHER_CHANGES}",
    ("crime", 3): f"the areas were not drawn at random, {_OTHER_DIFFERENCES}",
    ("outcome", 2): f"nothing is compared with it, {_OTHER_CHANGES}",
    ("outcome", 3): f"the areas were not drawn at random, {_OTHER_DIFFERENCES}",
    ("sentiment", 2): f"nobody outside it was asked, {_OTHER_CHANGES}",
    ("sentiment", 3): f"chance did not decide who took part, {_OTHER_DIFFERENCES}",
}


def must_not_be_said(
    estimates: Sequence[Estimate], checks: Iterable[Check] = (), assignment: str = ""
) -> tuple[str, ...]:
    """Return the sentences that the estimates do not bear, each with its reason.

    Parameters
    ----------
    estimates : sequence of Estimate
        Of one program, p-values adjusted.
    checks : iterable of Check
    assignment : str
        How the areas came to the program; "random" when chance decided.

    Returns
    -------
    tuple of str
        Each begins with "Do not".

    Examples
    --------
    >>> fall = Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", outcome="burglary",
    ...                 unit="ratio", estimate=0.7, conf_low=0.6, conf_high=0.8, p_value=0.001,
    ...                 design_level=2)
    >>> print(must_not_be_said([fall])[0])
    Do not say that the program changed recorded burglary: nothing is compared with it, so that whatever else
    changed at the same time may be the reason.
    """
    found = [*_causes(estimates, assignment), *_sizes(estimates), *_silences(estimates), *_alone(estimates)]
    return tuple(dict.fromkeys([*found, *_unchecked(estimates, checks), *_activity(estimates)]))


def _names(estimates: Iterable[Estimate]) -> list[str]:
    return list(dict.fromkeys(outcome_name(e) for e in estimates))


def _causes(estimates: Sequence[Estimate], assignment: str) -> Iterator[str]:
    told = [e for e in strongest(estimates) if supported(e)]
    for key, reason in _CAUSE.items():
        names = _names(e for e in told if (e.strand, e.design_level) == key)
        if names:
            why = FEW_DRAWN if assignment == "random" and key == ("crime", 3) else reason
            yield f"Do not say that the program changed {listing(names)}: {why}."


def _sizes(estimates: Sequence[Estimate]) -> Iterator[str]:
    """Forbid the far end of an interval, which reads as a finding in "up to"."""
    told = [e for e in strongest(estimates) if supported(e) and e.unit.startswith("ratio")]
    far = [(e, e.conf_low if e.estimate < 1 else e.conf_high) for e in told]
    ends = [
        f"{fall_or_rise(end)} in {outcome_name(e)}"
        for e, end in far
        if fall_or_rise(end) != fall_or_rise(e.estimate) and math.isfinite(end)
    ]
    if ends:
        yield f"Do not write “up to” with the far end of an interval ({listing(ends)}): it was not found."


def _silences(estimates: Sequence[Estimate]) -> Iterator[str]:
    shown = strongest(estimates)
    clear = set(_names(e for e in shown if supported(e)))
    unclear = [name for name in _names(shown) if name not in clear]
    alone = set(_names(e for e in shown if _leaves_out_none(e)))
    lost, open_ones = [n for n in unclear if n in alone], [n for n in unclear if n not in alone]
    if open_ones:
        yield (
            f"Do not say that {listing(open_ones, most=4)} fell, rose or stayed the same: "
            "the data fit a change and none."
        )
    if lost:
        yield (
            f"Do not say that {listing(lost, most=4)} changed, nor that nothing changed: "
            "it is not clear once all outcomes are counted."
        )
    for verb, unwelcome in (("rose", 1), ("fell", -1)):
        names = listing(_names(e for e in shown if supported(e) and _unwelcome(e) == unwelcome))
        if names:
            yield f"Do not leave out that {names} {verb}: a reader who is told the rest has to know it."


def _unwelcome(estimate: Estimate) -> int:
    """1 for a rise of crime or of what is wanted to fall, -1 for a fall of what is wanted to rise, else 0."""
    rise = estimate.estimate > 1
    if estimate.strand == "crime":
        return int(rise)
    against = estimate.strand == "outcome" and as_wanted(estimate) is False
    return (1 if rise else -1) if against else 0


def _leaves_out_none(estimate: Estimate) -> bool:
    """Whether the interval, looked at alone, leaves out no change."""
    none = 1.0 if estimate.unit.startswith("ratio") else 0.0
    return estimate.made and (estimate.conf_low > none or estimate.conf_high < none)


def _alone(estimates: Sequence[Estimate]) -> Iterator[str]:
    compared = {e.outcome for e in estimates if e.metric == "crime_relative_effect" and e.made}
    ratios = [e for e in estimates if e.metric == "crime_rate_ratio" and e.outcome in compared]
    told = [f"{fall_or_rise(e.estimate)} in {outcome_name(e)}" for e in ratios if _leaves_out_none(e)]
    if told:
        yield (
            f"Do not give the change of the program areas alone ({listing(told, most=4)}) as the result: "
            "it holds what changed everywhere."
        )
    averted = [e for e in estimates if e.metric == "crime_difference" and e.made]
    if len(averted) > 1:
        yield "Do not add up incidents over outcomes: an incident can stand in several of them."


def _unchecked(estimates: Sequence[Estimate], checks: Iterable[Check]) -> Iterator[str]:
    by_name = {check.name: check for check in checks}
    displacement = by_name.get("displacement")
    if displacement is not None and displacement.verdict == "unknown":
        reason = displacement.reason or "there are too few incidents in the neighboring areas to tell"
        yield f"Do not say that crime did not move elsewhere: {reason}."
    if displacement is not None and displacement.verdict == "clear" and displacement.values["high"] >= 1:
        yield (
            "Do not say that crime did not move next door: no clear change was seen there, "
            f"but {fall_or_rise(displacement.values['high'])} would fit the data too."
        )

    attrition = by_name.get("attrition")
    if attrition is not None and attrition.verdict == "caution":
        yield (
            "Do not compare the means or shares of the waves with each other: those who stopped answering "
            "differ from those who stayed; give the change of the same people."
        )


def _activity(estimates: Sequence[Estimate]) -> Iterator[str]:
    if any(e.metric == "concern_resolution_share" and e.made for e in estimates):
        yield "Do not say that residents were content: resolved is what the program wrote down."
    if any(e.metric == "benefit_cost_ratio" and e.made for e in estimates):
        yield (
            "Do not write that the program saved money, nor give the benefit for a unit of cost without its "
            "interval: it stands on a change in crime whose cause is in doubt, and on average prices."
        )
    if any(e.strand == "attendance" and e.made for e in estimates):
        yield "Do not give attendance as proof of an effect: it shows that people came, not what it changed."
