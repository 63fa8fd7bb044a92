"""Who came, and who was missed: representation, how long people keep coming, and how names became people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.evidence.claims import supported
from outreach_metrics.evidence.wording import MISSING, label, listing, number, p_value, percent, plural
from outreach_metrics.metrics.attendance import dose_bins, retention_curve
from outreach_metrics.reports.exhibits.cells import (
    TOLD_ABOVE,
    alt_text,
    change_cell,
    change_text,
    first,
    hidden,
    level_heading,
    privacy,
    source,
)
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs
from outreach_metrics.study.community import community

MOST_PAIRS = 25
"""Pairs of spellings in the review table; the least certain ones come first."""

_MOST_TOLD = 4


def attendance_representation_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of each group's share of the people who came beside its share of the community."""
    estimates = evaluation.select(metric="attendance_representation")
    shares = _shares(evaluation, estimates)
    if shares.empty or shares["share"].isna().all():
        return _untold(evaluation, "who was reached and who was missed", estimates)
    title = _represented(shares)
    axes = plots.representation_bars(
        shares, title=title, subtitle="Percent of people, with 95% interval", few="not shown"
    )
    told = (
        f"{row.category}: {percent(row.share)} of attendees, {percent(row.community)} of residents"
        for row in _most_telling(shares).itertuples(index=False)
    )
    missed = any(e.made and not supported(e) and not e.conf_low <= 1 <= e.conf_high for e in estimates)
    notes = [
        f"Compared with {_community(evaluation).words}. Everybody counts once, however often they came.",
        "A program meant for one group is expected to reach more of it.",
        *["A line that misses the mark need not be clear: the title allows for many groups."] * missed,
        *[privacy(evaluation.study)] * bool(shares["share"].isna().any()),
    ]
    return Figure(
        axes=axes,
        name="attendance-representation",
        title=title,
        data=columns_drawn(
            shares,
            "variable",
            "category",
            "conf_low",
            "conf_high",
            "standing",
            share_of_attendees="share",
            share_of_residents="community",
        ),
        strand="attendance",
        alt=alt_text(title, "Bars of the attendees' make-up beside the community's.", told),
        caption=" ".join(notes),
        source=source(evaluation.study, "attendance", "benchmarks"),
    )


def _most_telling(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the groups that the title is about, or else the first ones, few enough for the alt text."""
    shown = shares.dropna(subset=["share"])
    found = shown[shown["standing"] != ""]
    return (found if len(found) else shown).head(_MOST_TOLD)


def _community(evaluation: Evaluation):
    return community(evaluation.study, evaluation.program.treatment)


def _shares(evaluation: Evaluation, estimates: Sequence[Estimate]) -> pd.DataFrame:
    """Return the shares behind the ratios: a ratio times the community's share."""
    rows = []
    counts = _community(evaluation).counts
    for e in estimates:
        if e.outcome not in counts or e.group not in counts[e.outcome]:
            continue
        residents = counts[e.outcome]
        part = float(residents[e.group] / residents.sum())
        standing = ("under" if e.estimate < 1 else "over") if supported(e) else ""
        ends = [min(ratio * part, 1.0) for ratio in (e.estimate, e.conf_low, e.conf_high)]
        rows.append((label(e.outcome), e.group, *ends, part, standing))
    names = ["variable", "category", "share", "conf_low", "conf_high", "community", "standing"]
    return pd.DataFrame(rows, columns=names)


def _represented(shares: pd.DataFrame) -> str:
    ways = {"under": "underrepresented", "over": "overrepresented"}
    found = {word: shares.loc[shares["standing"] == way, "category"].to_list() for way, word in ways.items()}
    told = [f"{word}: {_commas(names)}" for word, names in found.items() if names]
    if told:
        words = "; ".join(told)
        return f"Among those who came, {words}"
    shown = " that can be shown" if shares["share"].isna().any() else ""
    return f"No group{shown} was clearly over- or underrepresented among those who came"


def _commas(names: Sequence[str]) -> str:
    """Return names with commas alone: groups of people, as "55 and over", have an "and" of their own."""
    rest = len(names) - _MOST_TOLD
    return ", ".join([*names[:_MOST_TOLD], *[f"{rest} more"] * (rest > 0)])


def _untold(evaluation: Evaluation, what: str, estimates: Sequence[Estimate]) -> Prose:
    """Return why something cannot be told; nothing where the report has said that hardly anybody came."""
    total = first(evaluation.estimates, metric="attendance_total")
    if not estimates or total is None or not total.made:
        return TOLD_ABOVE
    reasons = dict.fromkeys(e.note.removeprefix("Suppressed: ") for e in estimates if e.note)
    told = [f"{reason[:1].upper()}{reason[1:]}" for reason in list(reasons)[:2]]
    return paragraphs(" ".join([f"It cannot be told {what}.", *told]))


def attendance_representation_table(evaluation: Evaluation) -> Table | Prose:
    """Return each group's share of the people who came, of the community, and the ratio of both."""
    estimates = evaluation.select(metric="attendance_representation")
    shares = _shares(evaluation, estimates)
    if shares.empty or not any(e.made for e in estimates):
        return TOLD_ABOVE
    placed = {(row.variable, row.category): row for row in shares.itertuples(index=False)}
    rows = []
    for e in estimates:
        row = placed.get((label(e.outcome), e.group))
        if row is None:
            continue
        made = [percent(row.share), number(e.estimate, 2), _plain_limits(e)]
        kept_back = [Cell("not shown", privacy(evaluation.study)), MISSING, MISSING]
        cells = made if e.made else kept_back if hidden(e) else [MISSING] * 3
        rows.append([row.variable, row.category, cells[0], percent(row.community), *cells[1:]])
    columns = [
        Column("Variable", number=False),
        Column("Group", number=False),
        Column("Of attendees"),
        Column("Of residents"),
        Column("Ratio", "1 is in proportion"),
        Column(level_heading(estimates)),
    ]
    return Table(
        caption="Make-up of the people who came and of the community",
        columns=columns,
        rows=rows,
        notes=_overall(evaluation),
    )


def _plain_limits(estimate: Estimate) -> str:
    if math.isnan(estimate.conf_low):
        return MISSING
    return f"{number(estimate.conf_low, 2)} to {number(estimate.conf_high, 2)}"


def _overall(evaluation: Evaluation) -> list[str]:
    """Return what holds over all groups: imbalance by variable, and the R-indicator with its spread."""
    apart = [
        f"{label(e.outcome).lower()} {number(e.estimate, 2)}"
        for e in evaluation.select(metric="attendance_imbalance")
        if e.made
    ]
    notes = []
    if apart:
        notes.append(
            f"Standardized difference from the community: {listing(apart)}; "
            "above 0.1 the two are commonly called unlike."
        )
    spread = first(evaluation.select(metric="attendance_r_indicator"), group="coefficient of variation")
    if spread is not None and spread.made:
        notes.append(
            "The chance to be reached differs between these groups of residents by "
            f"{percent(spread.estimate)} of its mean (coefficient of variation; {_percent_limits(spread)})."
        )
    return notes


def _percent_limits(estimate: Estimate) -> str:
    if math.isnan(estimate.conf_low):
        return "no interval"
    return f"{percent(estimate.conf_low)} to {percent(estimate.conf_high)}"


def attendance_retention_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the curve of how long people keep coming."""
    estimates = evaluation.select(metric="attendance_retention")
    curve = retention_curve(evaluation.study, evaluation.program.program_id)
    if curve.empty or not any(e.made for e in estimates):
        return _untold(evaluation, "how long people keep coming", estimates)
    year = first(estimates, group="after 12 months")
    shown = year is not None and year.made
    title = (
        f"{percent(year.estimate)} of the people were seen again a year or more after their first event"
        if shown
        else "How long people keep coming"
    )
    median = first(estimates, group="median")
    middle = median.estimate if median is not None and median.made else math.nan
    axes = plots.retention_curve(
        curve,
        title=title,
        subtitle="Share of people seen again that long after their first event or later, with 95% interval",
        median=middle,
    )
    return Figure(
        axes=axes,
        name="attendance-retention",
        title=title,
        data=columns_drawn(curve, "month", "conf_low", "conf_high", share_seen_again="retained"),
        strand="attendance",
        alt=alt_text(title, "Curve of the share of people who still come, by month.", _told(estimates)),
        caption="Who was not seen for long before the records end counts as lost from the last event on "
        "(Kaplan-Meier curve).",
        source=source(evaluation.study, "events", "attendance"),
    )


def _told(estimates: Sequence[Estimate]) -> list[str]:
    shown = [e for e in estimates if e.made and e.unit == "share"]
    return [f"seen again {e.group} or later: {change_text(e)}" for e in shown]


def attendance_dose_table(evaluation: Evaluation) -> Table | Prose:
    """Return whether people who came more often answered otherwise."""
    estimates = evaluation.select(metric="attendance_dose_response")
    if not any(e.made for e in estimates):
        asked = any(e.made or hidden(e) for e in evaluation.select(strand="sentiment"))
        what = "whether people who came more often think otherwise"
        return _untold(evaluation, what, estimates) if asked else TOLD_ABOVE
    columns = [
        Column("Measure", number=False),
        Column("What was asked", number=False),
        Column("For each event more", f"points, {level_heading(estimates)}"),
        Column("People"),
        Column("Chance alone?", "adjusted p"),
    ]
    rows = [
        [
            label(e.outcome),
            e.group,
            change_cell(e, evaluation.study),
            number(e.n_after) if e.made else MISSING,
            p_value(e.p_adjusted),
        ]
        for e in estimates
    ]
    notes = ["Who comes more often chose to: this is an association, not an effect."]
    return Table(caption="Attendance and views of the same people", columns=columns, rows=rows, notes=notes)


def attendance_dose_chart(evaluation: Evaluation) -> Figure | Prose:
    """Return the chart of one measure by how often people came: the clearest one, else the first."""
    made = [e for e in evaluation.select(metric="attendance_dose_response") if e.made]
    if not made:
        return TOLD_ABOVE
    shown = min([e for e in made if supported(e)] or made[:1], key=lambda e: e.p_adjusted)
    bins = dose_bins(evaluation.study, evaluation.program.program_id, shown.outcome)
    if bins.empty:
        return TOLD_ABOVE
    name, change = label(shown.outcome), shown.group.startswith("change")
    way = "a larger" if shown.estimate > 0 else "a smaller"
    more = f"{way} rise" if change else f"{'more' if shown.estimate > 0 else 'less'} of it"
    title = (
        f"{name}: people who came more often show {more}"
        if supported(shown)
        else f"{name}: no clear difference by how often people came"
    )
    axes = plots.dose_chart(
        bins,
        title=title,
        subtitle=f"Mean {shown.group}, in points from 0 to 100, with 95% interval",
        unit="change in points (0-100)" if change else "points (0-100)",
        words="Who comes more often chose to: this is an association, not an effect.",
    )
    told = (f"{row.events} events: {number(row.mean, 1)}" for row in bins.itertuples(index=False))
    return Figure(
        axes=axes,
        name="attendance-and-views",
        title=title,
        data=columns_drawn(bins, "events", "mean", "conf_low", "conf_high", "people"),
        strand="attendance",
        alt=alt_text(title, "Chart of mean scores by number of events attended.", told),
        caption=f"Per event more: {change_text(shown)} points. The other measures are in the table.",
        source=source(evaluation.study, "attendance", "responses", "items"),
    )


def attendance_linkage(evaluation: Evaluation) -> Table | Prose:
    """Return the spellings that were taken for one person or nearly, by rows of the file.

    The least certain come first. No name is printed: the evaluator looks the rows up.
    """
    linkage = evaluation.study.linkage
    total = first(evaluation.estimates, metric="attendance_total")
    if linkage is None or total is None or not total.made:
        return TOLD_ABOVE
    found = linkage.review
    found = found[found["program_id"] == evaluation.program.program_id]
    told = (
        f"Over the whole study {number(linkage.spellings)} spellings in {number(linkage.rows)} sign-in rows "
        f"were taken for {number(linkage.people)} people; {number(linkage.linked)} spellings were joined "
        "because they are alike. "
        f"{percent(linkage.match_rate)} of the rows belong to somebody who signed at another event too."
    )
    if linkage.nameless:
        rows = plural(linkage.nameless, "row")
        told += f" {rows} without a name (Guest, Anonymous) stand for nobody known."
    if found.empty:
        return paragraphs(told, "No spelling of this program's sheets had to be judged.")
    shown = found.iloc[(found["score"] - _boundary(found)).abs().argsort(kind="stable")].head(MOST_PAIRS)
    columns = [
        Column("Row of the attendance file", number=False),
        Column("Row of the other spelling", number=False),
        Column("Decision", number=False),
        Column("Why", number=False),
    ]
    rows = [[str(pair.row_1), str(pair.row_2), pair.decision, pair.reason] for pair in shown.itertuples()]
    left = len(found) - len(shown)
    notes = [told] + [f"{plural(left, 'more certain pair')} not listed."] * bool(left)
    caption = "Spellings to look at in the attendance file, least certain first"
    return Table(caption=caption, columns=columns, rows=rows, notes=notes)


def _boundary(pairs: pd.DataFrame) -> float:
    """Return the score between the pairs joined and those left apart."""
    joined = pairs.loc[pairs["decision"] == "joined", "score"].min()
    apart = pairs.loc[pairs["decision"] != "joined", "score"].max()
    ends = [end for end in (joined, apart) if not pd.isna(end)]
    return float(sum(ends) / len(ends))
