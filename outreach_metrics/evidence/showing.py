"""Results as tables for a notebook, their numbers in words: what `outreach_metrics.showing` asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import singledispatch
from html import escape
from typing import Any

from outreach_metrics.check import Check
from outreach_metrics.errors import Problem
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.checks import QUESTIONS, VERDICTS, finding, meaning, question
from outreach_metrics.evidence.design import strength
from outreach_metrics.evidence.wording import (
    MISSING,
    PLAIN_RATIOS,
    QUOTIENT,
    fall_or_rise,
    fewer_or_more,
    interval_level,
    label,
    listing,
    money,
    more_or_less,
    moved_or_gained,
    number,
    p_value,
    plural,
    value,
)
from outreach_metrics.showing import Listing, bullets, paragraphs, table
from outreach_metrics.study import Program, Study
from outreach_metrics.study.model import TableQuality

MOST_ROWS = 40
"""Rows of a table; of more, the first are shown and the others counted."""

_MONEY = re.compile(r"(?P<currency>[A-Z]{3})\b *(?P<rest>.*)")
_TIMES = ("attendance_representation",)
"""Ratios that are no change over time."""
_UNITS = {
    "share": "",
    "change in share": "percentage points",
    "points (0-100)": "points of 100",
    "change in points (0-100)": "points of 100",
    "points (0-100) per year": "points of 100 per year",
}


def estimate_words(estimate: Estimate) -> str:
    """Return the number of an estimate in words fit for its unit; a dash where it could not be made.

    Examples
    --------
    >>> from functools import partial
    >>> known = partial(Estimate, program_id="a", strand="crime", metric="crime_rate_ratio")
    >>> estimate_words(known(unit="ratio", estimate=0.78)), estimate_words(known(unit="share", estimate=0.2))
    ('a 22% fall', '20%')
    >>> estimate_words(known(unit="USD per event", estimate=2695.1)), estimate_words(known())
    ('$2,695 per event', '–')
    """
    return _words(estimate, estimate.estimate) if estimate.made else MISSING


def interval_words(estimate: Estimate) -> str:
    """Return the limits of an estimate's interval in the same words; a dash where there is none.

    Examples
    --------
    >>> interval_words(Estimate(program_id="a", strand="attendance", metric="attendance_reach", unit="share",
    ...                         estimate=0.2, conf_low=0.15, conf_high=0.26))
    '15% to 26%'
    """
    if math.isnan(estimate.conf_low) or math.isnan(estimate.conf_high):
        return MISSING
    unit = _unit(estimate)
    low = _words(estimate, estimate.conf_low).removesuffix(f" {unit}" if unit else "")
    return f"{low} to {_words(estimate, estimate.conf_high)}"


def _words(estimate: Estimate, amount: float) -> str:
    unit = _unit(estimate)
    return f"{_amount(estimate, amount)} {unit}".strip()


def _unit(estimate: Estimate) -> str:
    """Return what stands behind the number; nothing where the words of the number say it."""
    unit = estimate.unit
    found = _MONEY.fullmatch(unit)
    if found:
        return found["rest"]
    if _way(estimate) is not None:
        return "per year" if unit == "ratio per year" else unit if unit in ("incidents", "cases") else ""
    return "times" if estimate.metric in _TIMES else _UNITS.get(unit, unit)


def _amount(estimate: Estimate, amount: float) -> str:
    found, way = _MONEY.fullmatch(estimate.unit), _way(estimate)
    if found:
        return money(amount, found["currency"])
    if way is not None:
        return way(amount)
    if math.isinf(amount):
        return "no limit"
    return number(amount, 2) if estimate.metric in _TIMES else value(amount, estimate.unit)


def _way(estimate: Estimate) -> Callable[[float], str] | None:
    """Return how a change is put into words; None for what is no change."""
    unit = estimate.unit
    if unit.startswith("ratio") and unit not in PLAIN_RATIOS and estimate.metric not in _TIMES:
        return fall_or_rise
    if unit == QUOTIENT:
        return moved_or_gained
    if estimate.metric.endswith("_difference"):
        return fewer_or_more
    return more_or_less if estimate.metric == "crime_harm_change" else None


@singledispatch
def shown(result: object) -> str:
    """Return the HTML of a result; of what there are no words for, its text."""
    return paragraphs(str(result))


@shown.register
def _(estimate: Estimate) -> str:
    name = _named(estimate)
    if not estimate.made:
        return table(f"{name}: could not be made", [["Why", estimate.note or "No reason is given."]])
    chance = p_value(estimate.p_value if math.isnan(estimate.p_adjusted) else estimate.p_adjusted)
    rows = [
        ["Estimate", estimate_words(estimate)],
        [interval_level(estimate), interval_words(estimate)],
        ["Chance alone (p)", chance],
        ["Counted before, after", f"{_counted(estimate.n_before)}, {_counted(estimate.n_after)}"],
        ["Strength", strength(estimate.design_level) if estimate.design_level else "describes, no effect"],
        ["As in estimates.csv", f"{estimate.estimate:.6g} ({estimate.unit})"],
        ["Method", estimate.method],
        ["Note", estimate.note],
    ]
    return table(name, [row for row in rows if row[1].strip(f"{MISSING}, ")])


def _named(estimate: Estimate) -> str:
    about = listing([label(name) for name in (estimate.outcome, estimate.group) if name])
    told = f"{label(estimate.metric)}{f': {about}' if about else ''}"
    return f"{told}, {estimate.program_id}" if estimate.program_id else told


def _counted(count: float) -> str:
    return number(count, 0 if float(count).is_integer() else 1)


@shown.register
def _(check: Check) -> str:
    about = f", {label(check.outcome).lower()}" if check.outcome else ""
    rows = [["Found", _found(check)], ["Problem?", VERDICTS[check.verdict]]]
    rows += [["Why it matters", meaning(check)]] if check.name in QUESTIONS else []
    return table(f"{_asked(check)} ({check.program_id}{about})", rows)


def _asked(check: Check) -> str:
    """Return the question of a check; its name where there are no words for it."""
    return question(check) if check.name in QUESTIONS else label(check.name)


def _found(check: Check) -> str:
    return finding(check) if check.name in QUESTIONS else check.reason or MISSING


@shown.register
def _(problem: Problem) -> str:
    return _problems([problem])


@shown.register
def _(quality: TableQuality) -> str:
    return _quality([quality])


@shown.register
def _(program: Program) -> str:
    areas = [f"{label(role)}: {listing(list(names))}" for role, names in program.areas.items()]
    rows = [
        ["Type", label(program.type)],
        ["Started", program.start.isoformat()],
        ["Ended", program.end.isoformat() if program.end else ""],
        ["Led by", program.lead_agency],
        ["Description", program.description],
        ["How the areas were chosen", label(program.assignment)],
        ["Areas", "; ".join(areas) or "none named"],
    ]
    return table(f"{program.name} ({program.program_id})", [row for row in rows if row[1]])


@shown.register
def _(study: Study) -> str:
    programs = [
        [name, program.name, label(program.type), program.start.isoformat()]
        for name, program in study.programs.items()
    ]
    heading = ("program_id", "Name", "Type", "Started")
    errors, warnings = plural(len(study.errors()), "error"), plural(len(study.warnings()), "warning")
    return "".join(
        [
            _cut(f"Programs of {study.settings.title or 'the study'}", programs, heading, ".programs"),
            _quality(study.quality) if study.quality else "",
            f"<p>Reading the tables found {escape(errors)} and {escape(warnings)}: "
            "<code>.problems</code>.</p>",
        ]
    )


@shown.register
def _(results: Listing) -> str:
    if not results:
        return paragraphs("Nothing.")
    kinds: dict[type, Callable[[Any], str]] = {
        Estimate: estimates_table,
        Check: _checks,
        Problem: _problems,
        TableQuality: _quality,
    }
    for kind, as_table in kinds.items():
        if all(isinstance(result, kind) for result in results):
            return as_table(results)
    return bullets(results)


def estimates_table(estimates: Sequence[Estimate], caption: str = "") -> str:
    """Return estimates as a table: in words, with interval; why, where one could not be made."""
    rows = [
        [
            e.metric,
            label(e.outcome) if e.outcome else "",
            e.group,
            estimate_words(e),
            interval_words(e),
            p_value(e.p_value if math.isnan(e.p_adjusted) else e.p_adjusted),
            "" if e.made else e.note,
        ]
        for e in estimates
    ]
    levels = {interval_level(e) for e in estimates if e.made}
    level = levels.pop() if len(levels) == 1 else "Interval"
    heading = ("Metric", "Outcome", "Group", "Estimate", level, "Chance alone (p)", "Why none")
    return _cut(caption or plural(len(rows), "estimate"), rows, heading, "om.tidy(...)")


def _checks(checks: Sequence[Check]) -> str:
    rows = [
        [
            _asked(c),
            label(c.outcome) if c.outcome else "",
            VERDICTS[c.verdict],
            _found(c),
        ]
        for c in checks
    ]
    return _cut(plural(len(rows), "check"), rows, ("Question", "Outcome", "Problem?", "Found"))


def _problems(problems: Sequence[Problem]) -> str:
    rows = [
        [p.severity, p.file, "" if p.row is None else f"{p.row:,}", p.column, p.message] for p in problems
    ]
    return _cut(plural(len(rows), "problem"), rows, ("Kind", "File", "Row", "Column", "What is wrong"))


def _quality(tables: Sequence[TableQuality]) -> str:
    rows = [
        [
            label(t.table),
            t.file,
            f"{t.rows_read:,}",
            f"{t.rows_used:,}",
            "; ".join(f"{reason}: {count:,}" for reason, count in t.dropped.items()),
        ]
        for t in tables
    ]
    return _cut("Rows of each table", rows, ("Table", "File", "Rows read", "Rows used", "Left out"))


def _cut(caption: str, rows: Sequence[Sequence[str]], heading: Sequence[str], more: str = "") -> str:
    """Return the first rows as a table without columns that are empty, and how many there are beyond."""
    kept = [at for at in range(len(heading)) if at == 0 or any(row[at] not in ("", MISSING) for row in rows)]
    beyond = len(rows) - MOST_ROWS
    note = f"{beyond:,} more are not shown{f'; all are in {more}' if more else ''}." if beyond > 0 else ""
    return table(
        caption,
        [[row[at] for at in kept] for row in rows[:MOST_ROWS]],
        heading=[heading[at] for at in kept],
        notes=[note],
    )
