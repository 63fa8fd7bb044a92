"""Where people are missed: trust by area or stratum, reach among residents, groups that came less."""

from __future__ import annotations

import math

import pandas as pd

from outreach_metrics.evidence.wording import MISSING, label, listing, number, p_value, percent, plural
from outreach_metrics.needs import reach_by_area, trust_by_group, underserved_groups
from outreach_metrics.plots.needs import NeedRow, need_rows
from outreach_metrics.reports.exhibits.cells import source
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Cell, Column, Figure, Prose, Table, paragraphs
from outreach_metrics.reports.exhibits.needs import HEADINGS, MOST_ROWS, ORDER, need_alt, rows_drawn
from outreach_metrics.study import Study


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
    chosen, note = rows_drawn(made.iloc[::-1], ORDER[::-1])
    overall = made["people"].sum() / made["residents"].sum()
    rows = [
        NeedRow(
            label=row.name_,
            value=row.share,
            low=row.conf_low,
            high=row.conf_high,
            counted=math.nan,
            standing=row.standing,
            numbers=f"{_hundredths(row.share)} ({_hundredths(row.conf_low)} to {_hundredths(row.conf_high)})",
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
        headings={name: words.format(all="all areas together") for name, words in HEADINGS.items()},
        line=overall,
        line_name=f"all {percent(overall, 1)}",
        columns=("Share, %\n(95% interval)", "Events"),
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
        alt=need_alt(title, "Chart of the share of residents reached, in percent, by area.", rows),
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


def _hundredths(share: float) -> str:
    """Return a share in percent, for a column whose heading says so."""
    return percent(share, 1).removesuffix("%")


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
