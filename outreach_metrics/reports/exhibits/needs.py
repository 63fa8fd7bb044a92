"""Where outreach is needed: rates of areas, their changes, trust, reach, groups, and what speaks to which."""

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
from outreach_metrics.needs import (
    AreaNeeds,
    reach_by_area,
    trust_by_group,
    underserved_groups,
)
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

_AT_THE_END = 15
_HEADINGS = {
    "above": "Clearly above {all}",
    "unclear": "Cannot be told from {all}",
    "below": "Clearly below {all}",
}
_ORDER = ("above", "unclear", "below")


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
    high, middle, low = (needs.named(standing=name) for name in _ORDER)
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
    frame, note = _drawn(needs.areas, _ORDER)
    rows = [
        NeedRow(
            label=row.name_ + ("*" if row.few_residents else ""),
            value=row.smoothed,
            low=row.conf_low,
            high=row.conf_high,
            counted=row.rate,
            standing=row.standing,
            numbers=f"{number(row.smoothed, 1)} ({number(row.conf_low, 1)} to {number(row.conf_high, 1)})",
            further=f"{row.rank_low}–{row.rank_high}",
        )
        for row in frame.rename(columns={"name": "name_"}).itertuples()
    ]
    title = _title(needs)
    axes = need_rows(
        rows,
        title=title,
        subtitle=f"{subject(needs).capitalize()} {unit(needs.study)}, {when(needs.span)}, smoothed",
        headings={name: words.format(all="the city") for name, words in _HEADINGS.items()},
        line=needs.overall,
        line_name=f"city {number(needs.overall, 1)}",
        columns=(f"Rate ({percent(needs.conf_level)} interval)", "Rank, from–to"),
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
        alt=_alt(title, "Chart of each area's rate with its interval, in three groups.", rows),
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


def _drawn(frame: pd.DataFrame, order: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """Return the rows that are drawn, group by group, and what is said of the others."""
    place = frame["standing"].map({name: at for at, name in enumerate(order)})
    ordered = frame.assign(order=place).sort_values("order", kind="stable", ignore_index=True)
    if len(ordered) <= MOST_ROWS:
        return ordered, ""
    drawn = pd.concat([ordered.iloc[: MOST_ROWS - _AT_THE_END], ordered.iloc[-_AT_THE_END:]])
    return drawn, f"Of {len(ordered)} areas {len(drawn)} are drawn, those at both ends."


def _alt(title: str, what: str, rows: Sequence[NeedRow]) -> str:
    """Return the alt text of a chart of areas: the finding, and who clearly stands apart."""
    groups = {
        name: [f"{row.label} {row.numbers}" for row in rows if row.standing == name] for name in _ORDER[::2]
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


def needs_trust_table(study: Study) -> Table | Prose:
    """Return the scores of the last survey waves by area or stratum, and which are clearly lower."""
    frame = trust_by_group(study)
    if frame.empty:
        return paragraphs(
            "Where trust is low cannot be told: no survey says where its respondents live. A column area_id "
            "in responses would show it."
        )
    order = {"below": 0, "above": 1, "unclear": 2, "": 3}
    frame = frame.assign(order=frame["standing"].map(order)).sort_values("order", kind="stable")
    clear = frame[frame["standing"].isin(["below", "above"])]
    shown = frame if len(frame) <= MOST_ROWS else pd.concat([clear, frame.drop(clear.index)]).head(MOST_ROWS)
    rows = [_trust_row(study, row) for row in shown.itertuples()]
    kinds = " or ".join(dict.fromkeys(frame["kind"]))
    none = "" if len(clear) else f" No {kinds} is clearly lower or higher than the others."
    return Table(
        caption=f"What residents think by {kinds}, last survey of each program",
        columns=[
            Column("Program", number=False),
            Column(kinds.capitalize(), number=False),
            Column("Measure", number=False),
            Column("Score, 0-100", "95% interval"),
            Column("People"),
            Column("Against the others", number=False),
        ],
        rows=rows,
        notes=[
            f"Adjusted over all {len(frame)} rows for how many are looked at.{none}",
            *(
                ["Strata are those of the survey's sample; nobody says in which area they live."]
                if "stratum" in set(frame["kind"])
                else []
            ),
        ],
    )


def _trust_row(study: Study, row) -> list[Cell | str]:
    limits = "" if math.isnan(row.conf_low) else f" ({number(row.conf_low, 1)} to {number(row.conf_high, 1)})"
    told = {"below": "clearly lower", "above": "clearly higher", "unclear": "cannot be told"}
    score = Cell("not shown", row.reason) if row.reason else f"{number(row.score, 1)}{limits}"
    name = study.programs[row.program_id].name
    standing = told.get(row.standing, MISSING)
    return [name, row.group, label(row.construct), score, number(row.people), standing]


def needs_reach_chart(study: Study) -> Figure | Prose:
    """Return the chart of the share of each area's residents who came to an event there."""
    frame = reach_by_area(study)
    made = frame[frame["reason"] == ""] if len(frame) else frame
    if made.empty:
        return paragraphs(
            "Where outreach reaches few people cannot be told: no events with an area and named attendees "
            "are on file."
        )
    chosen, note = _drawn(made.iloc[::-1], _ORDER[::-1])
    overall = made["people"].sum() / made["residents"].sum()
    rows = [
        NeedRow(
            label=row.name_,
            value=row.share,
            low=row.conf_low,
            high=row.conf_high,
            counted=math.nan,
            standing=row.standing,
            numbers=f"{percent(row.share, 1)} ({percent(row.conf_low, 1)} to {percent(row.conf_high, 1)})",
            further=number(row.events),
        )
        for row in chosen.rename(columns={"name": "name_"}).itertuples()
    ]
    low = int((made["standing"] == "below").sum())
    title = f"In {low} of {len(made)} areas clearly fewer residents were reached than overall"
    axes = need_rows(
        rows,
        title=title,
        subtitle="Different people at the events in an area, as a share of its residents, all programs",
        headings={name: words.format(all="all areas together") for name, words in _HEADINGS.items()},
        line=overall,
        line_name=f"all {percent(overall, 1)}",
        columns=("Share (95% interval)", "Events"),
        axis=lambda tick: percent(tick),
        need="below",
    )
    return Figure(
        axes=axes,
        name="needs-reach",
        title=title,
        data=columns_drawn(
            chosen, "conf_low", "conf_high", "standing", "events", area="name", share_of_residents="share"
        ),
        strand="attendance",
        alt=_alt(title, "Chart of the share of residents reached, by area.", rows),
        caption=" ".join(
            filter(
                None,
                [
                    "Who comes to an event need not live in its area, and an area without an event can be "
                    "served from next door. Few events are one reason for a low share.",
                    _unreached(frame),
                    note,
                ],
            )
        ),
        source=source(study, "events", "attendance", "areas"),
    )


def _unreached(frame: pd.DataFrame) -> str:
    """Return which areas have no share, and why."""
    parts = frame[frame["reason"] != ""].groupby("reason", sort=False)["name"]
    return " ".join(f"{listing(list(names), most=6)}: {reason}" for reason, names in parts)


def needs_groups_table(study: Study) -> Table | Prose:
    """Return the groups that clearly came less often than their share of the community."""
    frame = underserved_groups(study)
    if frame.empty:
        return paragraphs(
            "Which groups are not reached cannot be told: it takes sign-in sheets with demographic columns, "
            "and benchmarks of the community."
        )
    under = frame[frame["standing"] == "under"].sort_values(["variable", "group", "ratio"])
    programs = frame["program_id"].nunique()
    if under.empty:
        return paragraphs(
            f"In none of {programs} programs did a group clearly come less often than its share of the "
            "community."
        )
    rows = [
        [
            f"{label(row.variable)}: {row.group}",
            study.programs[row.program_id].name,
            f"{number(row.ratio, 2)} ({number(row.conf_low, 2)} to {number(row.conf_high, 2)})",
            p_value(row.p_adjusted),
        ]
        for row in under.itertuples()
    ]
    return Table(
        caption="Groups that clearly came less often than their share of the community",
        columns=[
            Column("Group", number=False),
            Column("Program", number=False),
            Column("Share of those who came / of residents", "95% interval"),
            Column("Adjusted p"),
        ],
        rows=rows,
        notes=[
            f"Of {len(frame)} groups shown, in {plural(programs, 'program')}; p adjusted over all.",
            "A program made for one age group misses the others on purpose.",
        ],
    )


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
