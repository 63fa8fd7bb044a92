"""Sentences on what was done: who came, with whom, what trainees gained, what became of referrals."""

from __future__ import annotations

from collections.abc import Sequence

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.design import supported
from outreach_metrics.evidence.wording import interval, interval_level, money, number, percent, plural
from outreach_metrics.metrics.cost import EVENTS_ALONE


def activity(estimates: Sequence[Estimate]) -> list[str]:
    """Return the sentences on activity that may be said; none tells of an effect on crime or views.

    Examples
    --------
    >>> from functools import partial
    >>> known = partial(Estimate, program_id="a", strand="attendance")
    >>> held = known(metric="attendance_events", estimate=2)
    >>> activity([held, known(metric="attendance_total", estimate=60)])
    ['2 events drew 60 attendances.']
    """
    made = {(e.metric, e.outcome, e.group): e for e in estimates if e.made}
    sentences = [
        *(_gained(e) for e in estimates if e.metric == "training_gain"),
        _came(made),
        _together(made),
        _referred(made),
        _answered(made),
        _spent(made),
    ]
    return [sentence for sentence in sentences if sentence]


Made = dict[tuple[str, str, str], Estimate]
"""Estimates by metric, outcome and group."""


def _get(made: Made, metric: str, group: str = "", outcome: str = "") -> Estimate | None:
    return made.get((metric, outcome, group))


def _within(estimate: Estimate) -> str:
    """Return an estimate's interval in brackets; empty where it has none."""
    limits = interval(estimate)
    return f" ({interval_level(estimate)}: {limits})" if limits else ""


def _gained(estimate: Estimate) -> str:
    """Return what trainees gained; empty where there is no clear gain or loss."""
    if not supported(estimate):
        return ""
    way = "higher" if estimate.estimate > 0 else "lower"
    return (
        f"Trainees scored {number(abs(estimate.estimate), 1)} points {way} after the training than before"
        f"{_within(estimate)}; nobody without training was tested."
    )


def _came(made: Made) -> str:
    """Return what was counted of attendance."""
    names = ("attendance_events", "attendance_total", "attendance_unique", "attendance_reach")
    held, total, people, reach = (_get(made, name) for name in names)
    if held is None or total is None:
        return ""
    came = f"{plural(int(held.estimate), 'event')} drew {plural(int(total.estimate), 'attendance')}"
    who = f", of {number(people.estimate)} different people by name" if people else ""
    share = (
        f"; that is {percent(reach.estimate, 1)} of the residents if all of them live in the program's areas"
        if people and reach
        else ""
    )
    return f"{came}{who}{share}."


def _together(made: Made) -> str:
    """Return how many agencies took part, and how many stayed."""
    agencies, sectors = (_get(made, f"partnership_{name}") for name in ("agencies", "sectors"))
    if agencies is None or agencies.estimate < 2:
        return ""
    kinds = f" of {plural(int(sectors.estimate), 'sector')}" if sectors else ""
    stayed = _get(made, "partnership_retention", "after 12 months")
    known = stayed is not None and interval(stayed)
    still = f"; {percent(stayed.estimate)} were still in after a year{_within(stayed)}" if known else ""
    return f"{number(agencies.estimate)} agencies{kinds} took part{still}."


def _answered(made: Made) -> str:
    """Return what became of concerns."""
    share, days = (_get(made, f"concern_{name}") for name in ("resolution_share", "days_to_resolve"))
    if share is None:
        return ""
    half = f"; half of all by day {number(days.estimate)}{_within(days)}" if days else ""
    return (
        f"Of {plural(int(share.n_after), 'concern')} raised, {percent(share.estimate)} were resolved"
        f"{_within(share)}{half}."
    )


def _spent(made: Made) -> str:
    """Return what the program cost."""
    total, gifts = _get(made, "cost_total"), _get(made, "cost_in_kind_share")
    if total is None or not total.estimate > 0 or EVENTS_ALONE in total.note:
        return ""
    kind = f", {percent(gifts.estimate)} of it given in kind" if gifts and gifts.estimate > 0 else ""
    return f"The program cost {money(total.estimate, total.unit)}{kind}."


def _referred(made: Made) -> str:
    """Return what became of referrals."""
    completed, days = _get(made, "referral_completion"), _get(made, "referral_days")
    if completed is None:
        return ""
    half = f"; half were completed by day {number(days.estimate)}{_within(days)}" if days else ""
    return (
        f"Of {plural(int(completed.n_after), 'referral')}, {percent(completed.estimate)} were completed"
        f"{_within(completed)}{half}."
    )
