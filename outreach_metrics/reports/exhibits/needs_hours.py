"""Hours of the week with clearly more incidents than the others."""

from __future__ import annotations

import pandas as pd

from outreach_metrics import plots
from outreach_metrics.evidence.wording import number, p_value, percent
from outreach_metrics.needs import BLOCK, AreaNeeds, HourNeeds, hour_needs
from outreach_metrics.reports.exhibits.cells import TOLD_ABOVE, alt_text, source
from outreach_metrics.reports.exhibits.drawn import columns_drawn
from outreach_metrics.reports.exhibits.kinds import Column, Figure, Prose, Table, paragraphs
from outreach_metrics.reports.exhibits.needs import MOST_ROWS, subject


def needs_hours_chart(needs: AreaNeeds) -> Figure | Prose:
    """Return the chart of the hours of the week beside the average, or why there is none."""
    hours = hour_needs(needs.study, needs.outcome)
    if hours.blocks.empty:
        return paragraphs(
            f"Hours are not shown. {hours.reason} If your records hold reliable times, look at them before "
            "you choose the hours of an event or a patrol."
        )
    above = hours.blocks[hours.blocks["standing"] == "above"]
    what = subject(needs)
    title = (
        f"{len(above)} of {len(hours.blocks)} blocks of hours hold clearly more {what} than the others"
        if len(above)
        else f"No block of hours holds clearly more {what} than the others"
    )
    axes = plots.hour_grid(
        hours.blocks, title=title, subtitle="Incidents by day and hours, as times the average of the others"
    )
    told = (f"{_block(row)}: {number(row.times, 1)} times" for row in above.itertuples())
    return Figure(
        axes=axes,
        name="needs-hours",
        title=title,
        data=columns_drawn(hours.blocks, "day", "times", "standing", first_hour="start"),
        strand="crime",
        alt=alt_text(title, "Grid of days and blocks of four hours.", told),
        caption=" ".join(_hours_notes(hours)),
        source=source(needs.study, "incidents"),
    )


def needs_hours_table(needs: AreaNeeds) -> Table | Prose:
    """Return the blocks of hours that clearly hold more incidents than the others, with intervals."""
    hours = hour_needs(needs.study, needs.outcome)
    above = hours.blocks[hours.blocks["standing"] == "above"].sort_values(["times"], ascending=False)
    if above.empty:
        return TOLD_ABOVE
    rows = [
        [_block(row), number(row.count), _times(row), p_value(row.p_adjusted)]
        for row in above.head(MOST_ROWS).itertuples()
    ]
    columns = [
        Column("Day and hours", number=False),
        Column("Incidents"),
        Column("Times the average of the others", "95% interval"),
        Column("Chance alone?", "adjusted p"),
    ]
    return Table(caption=f"Hours with clearly more {subject(needs)}", columns=columns, rows=rows, notes=[])


def _block(row) -> str:
    return f"{row.day}, {row.start} to {row.start + BLOCK}"


def _times(row) -> str:
    return f"{number(row.times, 2)} ({number(row.conf_low, 2)} to {number(row.conf_high, 2)})"


def _hours_notes(hours: HourNeeds) -> list[str]:
    first, last = (f"{day:%B} {day.day}, {day.year}" for day in map(pd.Timestamp, hours.span))
    notes = [
        f"Whole weeks from {first} to {last}, all areas. Records may hold the hour at which something was "
        "found, not the one at which it was done."
    ]
    if hours.untimed > 0:
        midnight = ", those at exactly midnight among them" if hours.midnight else ""
        notes.append(f"{percent(hours.untimed)} of the incidents have no time{midnight}; they are left out.")
    return notes
