"""Where outreach is needed: rates of areas, their changes, and which outreach speaks to which need."""

from __future__ import annotations

import math
from calendar import month_name
from collections.abc import Sequence

import pandas as pd

from outreach_metrics.evidence.reviews import NEEDS, SAME, Review, reviews_of, speaks_to
from outreach_metrics.evidence.wording import (
    MISSING,
    label,
    listing,
    number,
    p_value,
    percent,
    plural,
    ratio_change,
)
from outreach_metrics.needs import AreaNeeds
from outreach_metrics.plots.needs import NeedRow, need_rows
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, source
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import (
    Cell,
    Column,
    Figure,
    Prose,
    Table,
    bullets,
    definitions,
    paragraphs,
)
from outreach_metrics.study import Study

MOST_ROWS = 45
"""Areas in one chart or table; of more, those at both ends are drawn."""

WHOLE_FROM = 20
"""Rates of a city from which its chart tells those of areas in whole numbers: the table has the decimals."""

_AT_THE_END = 15
HEADINGS = {
    "above": "Clearly above {all}",
    "unclear": "Cannot be told from {all}",
    "below": "Clearly below {all}",
}
ORDER = ("above", "unclear", "below")


def subject(needs: AreaNeeds) -> str:
    """Return the outcome as it stands within a sentence."""
    return "recorded crime" if needs.outcome in ("", "all") else f"recorded {label(needs.outcome).lower()}"


def when(span: tuple[str, str]) -> str:
    """Return a first and a last period as a reader would write them."""
    first, last = (_month(period) for period in span)
    return first if first == last else f"{first} to {last}"


def _month(period: str) -> str:
    """Return a period as 2024-03 as a reader would write it."""
    year, _, month = period.partition("-")
    if not (month.isdigit() and 1 <= int(month) <= 12):
        return period
    return f"{month_name[int(month)]} {year}"


def unit(study: Study) -> str:
    """Return what a rate counts."""
    return f"per {number(study.settings.rate_per)} residents per year"


def needs_about() -> Prose:
    """Return what the page is about, and for what it must not be used."""
    return paragraphs(
        "This page shows where crime is high or rising, where people trust little, and whom outreach does "
        "not reach, as far as the study's data tell. It sorts areas into those that clearly stand apart and "
        "those that cannot be told apart; it ranks none without saying how uncertain its rank is.",
        "Recorded crime shows what was reported and recorded, not all that happened. A need shown here is a "
        "reason to look and to ask residents, not a plan.",
        kind="intro",
    )


def needs_answer(needs: AreaNeeds) -> Prose:
    """Return which areas clearly stand apart, and of how many that cannot be said."""
    if not needs.made:
        return paragraphs(f"The data do not show where crime is high. {needs.reason}", kind="answer")
    return paragraphs(" ".join([_levels(needs), _changes(needs)]), kind="answer")


def _levels(needs: AreaNeeds) -> str:
    high, middle, low = (needs.named(standing=name) for name in ORDER)
    total = len(needs.areas)
    rest = f"{len(middle)} cannot be told from it, and {len(low)} are clearly below"
    if not high:
        return f"No area has a rate of {subject(needs)} clearly above the city's: of {total}, {rest}."
    verb = "has" if len(high) == 1 else "have"
    return (
        f"{plural(len(high), 'area')} of {total} {verb} a rate of {subject(needs)} clearly above the city's "
        f"({listing(high, most=5)}); {rest}."
    )


def _changes(needs: AreaNeeds) -> str:
    if (needs.areas["change"] == "").all():
        return "The data are too short to tell where it changed."
    rose, fell = (needs.named(change=name) for name in ("rose", "fell"))
    change = _percent_change(needs.city.estimate, needs.city.conf_low, needs.city.conf_high)
    city = f" In the city as a whole it changed by {change}."
    city = "" if math.isnan(needs.city.estimate) else city
    told = f"It clearly rose in {listing(rose, most=5)}." if rose else "It clearly rose in no area."
    down = f" It clearly fell in {plural(len(fell), 'area')}." if fell else ""
    return f"{told}{down}{city}"


def needs_chart(needs: AreaNeeds) -> Figure | Prose:
    """Return the chart of every area's smoothed rate with its interval, in three groups."""
    if not needs.made:
        return TOLD_ABOVE
    frame, note = rows_drawn(needs.areas, ORDER)
    digits = 0 if needs.overall >= WHOLE_FROM else 1
    rows = [
        NeedRow(
            label=row.name_ + ("*" if row.few_residents else ""),
            value=row.smoothed,
            low=row.conf_low,
            high=row.conf_high,
            counted=row.rate,
            standing=row.standing,
            numbers=" ".join(
                [
                    number(row.smoothed, digits),
                    f"({number(row.conf_low, digits)} to {number(row.conf_high, digits)})",
                ]
            ),
            further=f"{row.rank_low}–{row.rank_high}",
        )
        for row in frame.rename(columns={"name": "name_"}).itertuples()
    ]
    title = _title(needs)
    axes = need_rows(
        rows,
        title=title,
        subtitle=f"{subject(needs).capitalize()} {unit(needs.study)}, {when(needs.span)}, smoothed",
        headings={name: words.format(all="the city") for name, words in HEADINGS.items()},
        line=needs.overall,
        line_name=f"city {number(needs.overall, 1)}",
        columns=(f"Rate\n({percent(needs.conf_level)} interval)", "Rank,\nfrom–to"),
        axis=lambda tick: number(tick),
        counted="rate as counted",
    )
    few = "* Few residents: a rate per resident says little there." * bool(frame["few_residents"].any())
    return Figure(
        axes=axes,
        name="needs-areas",
        title=title,
        data=columns_drawn(
            frame,
            "conf_low",
            "conf_high",
            "standing",
            "rank_low",
            "rank_high",
            area="name",
            rate_smoothed="smoothed",
            rate_as_counted="rate",
        ),
        strand="crime",
        alt=need_alt(title, "Chart of each area's rate with its interval, in three groups.", rows),
        caption=" ".join(
            filter(
                None,
                [
                    "Rates are drawn towards the city's, the more the weaker an area's own count is; the "
                    "tick is the rate as counted. The order within a group is not to be relied on: the last "
                    "column says between which ranks an area may lie.",
                    few,
                    note,
                ],
            )
        ),
        source=source(needs.study, "incidents", "counts", "areas"),
    )


def _title(needs: AreaNeeds) -> str:
    high, middle = needs.named(standing="above"), needs.named(standing="unclear")
    total = len(needs.areas)
    if not high:
        return f"No area of {total} stands clearly above the city's rate of {subject(needs)}"
    verb = "stands" if len(high) == 1 else "stand"
    return (
        f"{len(high)} of {total} areas {verb} clearly above the city's rate of {subject(needs)}; "
        f"{len(middle)} cannot be told from it"
    )


def rows_drawn(frame: pd.DataFrame, order: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Return the rows that are drawn, group by group, and what is said of the others."""
    place = frame["standing"].map({name: at for at, name in enumerate(order)})
    ordered = frame.assign(order=place).sort_values("order", kind="stable", ignore_index=True)
    if len(ordered) <= MOST_ROWS:
        return ordered, ""
    drawn = pd.concat([ordered.iloc[: MOST_ROWS - _AT_THE_END], ordered.iloc[-_AT_THE_END:]])
    return drawn, f"Of {len(ordered)} areas {len(drawn)} are drawn, those at both ends."


def need_alt(title: str, what: str, rows: Sequence[NeedRow]) -> str:
    """Return the alt text of a chart of areas: the finding, and who clearly stands apart."""
    groups = {
        name: [f"{row.label} {row.numbers}" for row in rows if row.standing == name] for name in ORDER[::2]
    }
    told = [f"Clearly {name}: {listing(areas, most=4)}." for name, areas in groups.items() if areas]
    return " ".join([f"{title}.", what, *told])


def needs_table(needs: AreaNeeds) -> Table | Prose:
    """Return counts and residents behind the rates, for the areas that stand clearly above."""
    if not needs.made:
        return TOLD_ABOVE
    frame = needs.areas[needs.areas["standing"] == "above"]
    if frame.empty:
        return TOLD_ABOVE
    rows = [
        [
            row.name_,
            number(row.residents),
            number(row.count),
            number(row.rate, 1),
            f"{number(row.smoothed, 1)} ({number(row.conf_low, 1)} to {number(row.conf_high, 1)})",
            _probability(row.above),
            f"{row.rank_low} to {row.rank_high}",
        ]
        for row in frame.head(MOST_ROWS).rename(columns={"name": "name_"}).itertuples()
    ]
    return Table(
        caption=f"Areas clearly above the city's rate of {subject(needs)}, {when(needs.span)}",
        columns=[
            Column("Area", number=False),
            Column("Residents"),
            Column("Incidents"),
            Column("Rate as counted"),
            Column("Rate, smoothed", f"{percent(needs.conf_level)} interval"),
            Column("Probability that it is above the city's"),
            Column("Rank", f"{percent(needs.conf_level)} interval"),
        ],
        rows=rows,
        notes=[f"Rates {unit(needs.study)}; the city's is {number(needs.overall, 1)}."],
    )


def _probability(share: float) -> str:
    return ">99.9%" if share > 0.999 else percent(share, 1)


def needs_changes_table(needs: AreaNeeds) -> Table | Prose:
    """Return how the count of each area changed that clearly changed, and how many did not clearly change."""
    if not needs.made:
        return TOLD_ABOVE
    frame = needs.areas
    if (frame["change"] == "").all():
        return paragraphs("The data hold no whole years before those shown, so that no change can be told.")
    rose, fell, unclear, untold = (frame[frame["change"] == name] for name in ("rose", "fell", "unclear", ""))
    city = _percent_change(needs.city.estimate, needs.city.conf_low, needs.city.conf_high)
    rows = [["All areas", city, MISSING, _totals(frame)]]
    rows += [
        [
            f"{row.name_}: rose clearly",
            _percent_change(row.ratio, row.ratio_low, row.ratio_high),
            p_value(row.p_adjusted),
            f"{number(row.count_before)} to {number(row.count)}",
        ]
        for row in rose.sort_values("ratio", ascending=False)
        .head(MOST_ROWS)
        .rename(columns={"name": "name_"})
        .itertuples()
    ]
    rows += [_together(part, words) for part, words in ((unclear, "no clear change"), (fell, "fell clearly"))]
    notes = [
        "" if len(rose) else "In no area did it clearly rise.",
        f"No clear change: {listing(unclear['name'].tolist(), most=12)}." if len(unclear) else "",
        f"Too little to tell a change: {listing(untold['name'].tolist(), most=12)}." if len(untold) else "",
        "Of the changes called clear, about 5% at most are expected to be chance (false discovery rate).",
        "A change in all areas alike is no sign of need in one of them; set each beside that of all.",
    ]
    return Table(
        caption=f"Change in {subject(needs)}, {when(needs.span)} against {when(needs.span_before)}",
        columns=[
            Column("Areas", number=False),
            Column("Change", f"{percent(needs.conf_level)} interval"),
            Column("Adjusted p"),
            Column("Incidents"),
        ],
        rows=[row for row in rows if row],
        notes=[note for note in notes if note],
    )


def _together(part: pd.DataFrame, words: str) -> list[str]:
    """Return the row of several areas, with the range of their changes; nothing without areas."""
    if part.empty:
        return []
    ends = dict.fromkeys(ratio_change(end) for end in (part["ratio"].min(), part["ratio"].max()))
    return [f"{plural(len(part), 'area')}: {words}", f"between {' and '.join(ends)}", MISSING, _totals(part)]


def _percent_change(ratio: float, low: float, high: float) -> str:
    if math.isnan(ratio):
        return MISSING
    limits = "" if math.isnan(low) else f" ({ratio_change(low)} to {ratio_change(high)})"
    return f"{ratio_change(ratio)}{limits}"


def _totals(frame: pd.DataFrame) -> str:
    return f"{number(frame['count_before'].sum())} to {number(frame['count'].sum())}"


def needs_left_out(needs: AreaNeeds) -> Prose:
    """Return which areas have no rate, and why."""
    if needs.left_out.empty:
        return TOLD_ABOVE
    told = [
        f"{listing(part['name'].tolist(), most=8)}: {reason}"
        for reason, part in needs.left_out.groupby("reason", sort=False)
    ]
    return bullets(told, lead="These areas have no rate:")


def needs_speaks_to() -> Table:
    """Return which types of outreach set out to meet which need, and what reviews found for each."""
    rows = [
        [NEEDS[need] if not place else "", label(kind), _found(kind, found)]
        for need in NEEDS
        for place, (kind, found) in enumerate(speaks_to(need))
    ]
    return Table(
        caption="Which outreach sets out to meet which need, and what systematic reviews found",
        columns=[
            Column("Need", number=False),
            Column("Type of outreach", number=False),
            Column("What reviews found", number=False),
        ],
        rows=[[need or "″", *others] for need, *others in rows],
        notes=[
            "That a type of outreach sets out to meet a need does not show that it does. Where nothing was "
            "found, nobody is known to have looked systematically: that is no evidence against it.",
            "What a city has tried itself stands in the program reports.",
        ],
    )


def _found(kind: str, found: Sequence[Review]) -> Cell | str:
    own = [review for review in found if review.fit == SAME] or list(found)
    if not own:
        known = "No review that we know of looks at this need."
        return known if reviews_of(kind) else "We know of no systematic review."
    told = " ".join(dict.fromkeys(_told(review) for review in own))
    return Cell(told, "; ".join(dict.fromkeys(review.source for review in own)))


def _told(review: Review) -> str:
    return review.finding if review.fit == SAME else f"Related ({review.practice}): {review.finding}"


def needs_methods(needs: AreaNeeds) -> Prose:
    """Return how the numbers were made."""
    level, chance = percent(needs.conf_level), percent((1 - needs.conf_level) / 2, 1)
    entries = [
        (
            "Smoothed rates",
            [
                "An area's rate is drawn towards the mean of all areas, the more the fewer incidents it has: "
                "in small counts chance makes both the highest and the lowest rates.",
                "Empirical Bayes, Poisson-gamma by maximum likelihood (Clayton & Kaldor 1987; Marshall "
                f"1991); {level} intervals from the posterior, the gamma uncertain too. Counts vary "
                f"{number(needs.dispersion, 1)} times as much as by chance, which is allowed for.",
            ],
        ),
        (
            "Clearly above or below",
            [
                "The area's interval leaves out the city's rate.",
                f"Of areas called clearly above, no more than {chance} are expected to be called so wrongly.",
            ],
        ),
        (
            "Ranks",
            ["Ranks of 4,000 draws of all rates together (Goldstein & Spiegelhalter 1996)."],
        ),
        (
            "Changes",
            [
                "Ratio of an area's rate to that of as many years before, quasi-Poisson.",
                "Tested area by area, p-values after Benjamini & Hochberg (1995). Areas in which fewer than "
                "5 incidents are expected have no test.",
            ],
        ),
        (
            "Reach, trust, groups",
            [
                "Reach: Wilson intervals. Trust: design-based means, each group against the others of its "
                "survey. Groups: as in the attendance reports, adjusted over all programs.",
            ],
        ),
    ]
    return definitions(entries if needs.made else entries[-1:])
