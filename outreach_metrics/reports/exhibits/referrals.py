"""What became of referrals: the share completed, how soon, and where hand-offs are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, label, listing, number, p_value, percent
from outreach_metrics.metrics.partnership import NEED, PAIR, WITHIN_DAYS, referral_curve
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    amount_cell,
    change_cell,
    change_text,
    few_people,
    first,
    hidden,
    level_heading,
    limits,
    nothing,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs

_IN_TIME = f"within {WITHIN_DAYS} days"
_MOST_TOLD = 4
_SMALL = "Groups in which few people were, or were not, served are not shown, to protect them."


def _whole(evaluation: Evaluation, metric: str = "referral_completion", group: str = "") -> Estimate | None:
    """Return the estimate that is about all referrals."""
    return first(evaluation.select(metric=metric), outcome="", group=group)


def _by(evaluation: Evaluation, metric: str, by: str) -> list[Estimate]:
    return [e for e in evaluation.select(metric=metric) if e.outcome == by]


def referral_sentences(evaluation: Evaluation) -> list[str]:
    """Return what became of referrals in a few sentences; empty without any."""
    share, days = _whole(evaluation), _whole(evaluation, "referral_days")
    if share is None or not share.made:
        return []
    told = [f"Of {number(share.n_after)} referrals, {change_text(share)} were completed."]
    if days is not None and days.made:
        told.append(f"Half were completed by day {_days(days)}.")
    gaps = _by(evaluation, "referral_completion_gap", PAIR)
    lost = [e.group.replace(" → ", " to ") for e in _lost(gaps)]
    if lost:
        told.append(f"Clearly fewer were completed from {listing(lost, most=2)} than between the others.")
    elif any(e.made for e in gaps):
        told.append("No pair of agencies that can be shown completed clearly fewer than the others.")
    return told


def _lost(gaps: Sequence[Estimate]) -> list[Estimate]:
    """Return the groups that completed clearly fewer than the others, the lowest first."""
    return sorted((e for e in gaps if supported(e) and e.estimate < 0), key=lambda e: e.estimate)


def _days(estimate: Estimate) -> str:
    """Return days with their interval, without a needless decimal."""
    shown = [_day(n) for n in (estimate.estimate, estimate.conf_low, estimate.conf_high)]
    return shown[0] if MISSING in shown else f"{shown[0]} ({shown[1]} to {shown[2]})"


def _day(amount: float) -> str:
    return MISSING if math.isnan(amount) else number(amount, int(amount % 1 > 0))


def _untold(evaluation: Evaluation) -> Prose | None:
    """Return why nothing can be shown of referrals; None where something can."""
    estimates = evaluation.select(metric="referral_completion")
    if any(e.made for e in estimates):
        return None
    return few_people(estimates, evaluation.study) or nothing("referrals", estimates)


def _unshown(evaluation: Evaluation, what: str, estimates: Sequence[Estimate]) -> Prose:
    """Return why groups of referrals cannot be shown."""
    if any(map(hidden, estimates)):
        told = f"In each group too few people were, or were not, served to show {what}."
        return paragraphs(f"{told} {privacy(evaluation.study)}")
    return nothing(what, estimates[:1])


def referral_need_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of the share of referrals completed in time, by need."""
    untold = _untold(evaluation)
    if untold:
        return untold
    estimates = _by(evaluation, "referral_completion", NEED)
    if not any(e.made for e in estimates):
        return _unshown(evaluation, "referrals by need", estimates)
    gaps = {e.group: e for e in _by(evaluation, "referral_completion_gap", NEED)}
    order = sorted(estimates, key=lambda e: (not e.made, e.estimate if e.made else 0.0, e.group))
    shares = pd.DataFrame(
        [
            (
                label(e.group),
                e.estimate,
                e.conf_low,
                e.conf_high,
                e.n_after,
                e.group in gaps and supported(gaps[e.group]),
            )
            for e in order
        ],
        columns=["name", "share", "conf_low", "conf_high", "n", "clear"],
    )
    title = _need_title(list(gaps.values()))
    whole = _whole(evaluation, group=_IN_TIME)
    axes = plots.share_rows(
        shares,
        title=title,
        subtitle=f"Share of referrals completed {_IN_TIME}, with {level_heading(estimates)}",
        overall=whole.estimate if whole is not None and whole.made else math.nan,
        overall_name="all referrals",
    )
    told = [f"{label(e.group)}: {change_text(e)}" for e in order if e.made]
    small = f" {_SMALL}" if any(map(hidden, estimates)) else ""
    return Figure(
        axes=axes,
        name="referrals-by-need",
        title=title,
        data=columns_drawn(
            shares,
            "conf_low",
            "conf_high",
            need="name",
            share_completed="share",
            referrals="n",
            unlike_others="clear",
        ),
        strand="partnership",
        alt=alt_text(title, "Share of referrals completed, by need.", told),
        caption=f"Of referrals made {WITHIN_DAYS} days or more before the records end. A need is called "
        f"unlike the others only where that holds once all needs and pairs are allowed for.{small}",
        source=source(evaluation.study, "referrals"),
    )


def _need_title(gaps: Sequence[Estimate]) -> str:
    lost = [e.group for e in _lost(gaps)]
    more = [e.group for e in gaps if supported(e) and e.estimate > 0]
    told = [
        f"{words} referrals were completed for {listing(names, most=_MOST_TOLD)}"
        for words, names in (("fewer", lost), ("more", more))
        if names
    ]
    if told:
        text = " and ".join(told)
        return f"{text[:1].upper()}{text[1:]} than for other needs"
    shown = " that can be shown" if any(map(hidden, gaps)) else ""
    return f"No need{shown} in which clearly fewer referrals were completed"


def referral_curve_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the curve of the share of referrals completed by days since they were made."""
    whole = _whole(evaluation)
    if whole is None or not whole.made:
        return TOLD_ABOVE
    curve = referral_curve(evaluation.study, evaluation.program.program_id)
    if len(curve) < 2:
        return nothing("how soon referrals are completed", [])
    share, days = _whole(evaluation, group=_IN_TIME), _whole(evaluation, "referral_days")
    found = days is not None and days.made
    title = (
        f"Half of the referrals were completed by day {_days(days)}"
        if found
        else "How soon referrals are completed"
    )
    marks = ()
    if share is not None and share.made:
        marks = ((float(WITHIN_DAYS), f"{percent(share.estimate)} {_IN_TIME}"),)
        title = title if found else f"{percent(share.estimate)} of the referrals were completed {_IN_TIME}"
    subtitle = f"Share of referrals completed, by days since they were made, with {level_heading([whole])}"
    median = days.estimate if found else math.nan
    axes = plots.completion_curve(curve, title=title, subtitle=subtitle, median=median, marks=marks)
    some = curve.iloc[1:][:: -(-len(curve) // _MOST_TOLD)]
    told = [f"by day {number(row.day)}: {percent(row.completed)}" for row in some.itertuples()]
    return Figure(
        axes=axes,
        name="referral-completion",
        title=title,
        data=columns_drawn(curve, "day", "conf_low", "conf_high", share_completed="completed"),
        strand="partnership",
        alt=alt_text(title, "Curve of the share of referrals completed, by day.", told),
        caption="Referrals that were open when the records ended are followed up to there (Kaplan-Meier). "
        "Points stand so far apart that few people cannot be told between them.",
        source=source(evaluation.study, "referrals"),
    )


def referral_table(evaluation: Evaluation) -> Table | Prose:
    """Return the measures of all referrals together, with their intervals."""
    known = [
        ("Referrals completed", _whole(evaluation)),
        (f"Completed {_IN_TIME}", _whole(evaluation, group=_IN_TIME)),
        ("Days until half were completed", _whole(evaluation, "referral_days")),
        ("Median days of those completed", _whole(evaluation, "referral_days", "completed")),
    ]
    estimates = [e for _, e in known if e is not None]
    if not any(e.made for e in estimates):
        return TOLD_ABOVE
    rows = []
    for words, e in known:
        if e is not None:
            cell = amount_cell(e, evaluation.study)
            text = _day(e.estimate) if e.made and e.unit == "days" else cell.text
            ends = _day_limits(e) if e.unit == "days" else limits(e)
            note = cell.note or e.note
            if e.made and e.group == "completed":
                note = f"Of referrals made {WITHIN_DAYS} days or more before the records end. {note}".strip()
            rows.append([words, Cell(text, note), ends, number(e.n_after)])
    columns = [
        Column("Measure", number=False),
        Column("Value"),
        Column(level_heading(estimates)),
        Column("Referrals"),
    ]
    return Table(caption="What became of referrals", columns=columns, rows=rows)


def _day_limits(estimate: Estimate) -> str:
    ends = [_day(n) for n in (estimate.conf_low, estimate.conf_high)]
    return MISSING if MISSING in ends else f"{ends[0]} to {ends[1]}"


def referral_pair_table(evaluation: Evaluation) -> Table | Prose:
    """Return where hand-offs are lost: completion of each pair of agencies beside that of the others."""
    shares = _by(evaluation, "referral_completion", PAIR)
    if not any(e.made for e in shares):
        return _unshown(evaluation, "referrals by pair of agencies", shares) if shares else TOLD_ABOVE
    gaps, days = (
        {e.group: e for e in _by(evaluation, name, PAIR)}
        for name in ("referral_completion_gap", "referral_days")
    )
    rows = []
    for e in sorted((e for e in shares if e.made), key=lambda e: (e.estimate, e.group)):
        gap, wait = gaps.get(e.group), days.get(e.group)
        rows.append(
            [
                e.group,
                number(e.n_after),
                change_cell(e, evaluation.study),
                change_cell(gap, evaluation.study),
                p_value(gap.p_adjusted) if gap is not None else MISSING,
                _wait(wait, evaluation),
            ]
        )
    columns = [
        Column("From and to", number=False),
        Column("Referrals"),
        Column(f"Completed {_IN_TIME}", level_heading(shares)),
        Column("Against all others", "percentage points"),
        Column("Chance alone?", "adjusted p"),
        Column("Days until half were completed", level_heading(shares)),
    ]
    lost = [e.group for e in _lost(list(gaps.values()))]
    clear = (
        f"Clearly lower than the others: {listing(lost)}."
        if lost
        else "No pair is clearly lower than the others."
    )
    few = sum(map(hidden, shares))
    made = f"Referrals made {WITHIN_DAYS} days or more before the records end."
    notes = [clear, made, *[f"{few} more of few people not shown. {privacy(evaluation.study)}"] * bool(few)]
    caption = (
        f"Hand-offs between agencies, lowest share completed first (made {WITHIN_DAYS} days or more ago)"
    )
    return Table(caption=caption, columns=columns, rows=rows, notes=notes)


def _wait(days: Estimate | None, evaluation: Evaluation) -> Cell:
    if days is None or not days.made:
        return amount_cell(days, evaluation.study)
    return Cell(_days(days))
