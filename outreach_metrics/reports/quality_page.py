"""quality.html: what was read, what was left out and why, what checking found, which months are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from outreach_metrics.errors import Problem
from outreach_metrics.reports.exhibits.quality import told_once
from outreach_metrics.reports.losses import meaning
from outreach_metrics.reports.months import axis_of, coverage
from outreach_metrics.reports.pages import count, page, share
from outreach_metrics.study import Study, TableQuality
from outreach_metrics.study.wording import plural

EXAMPLES = 3
"""Messages of one kind that are shown; the others are counted."""
SHORT_HASH = 12

_MORE_ROWS = re.compile(r"([\d,]+) more rows? with the same problem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Rows of one table that were left out for one reason, and what that means."""

    table: str
    reason: str
    rows: int
    share: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Problems of one kind in one file: how often, and the first of them."""

    severity: str
    times: int
    examples: tuple[str, ...]

    @property
    def further(self) -> int:
        """How many there are beside the examples."""
        return self.times - len(self.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFindings:
    """Everything that checking found in one file."""

    file: str
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Rows, tables or programs that were left out."""
        return sum(finding.times for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> int:
        """Data that were used, with a caution."""
        return sum(finding.times for finding in self.findings if finding.severity == "warning")


def quality_html(study: Study, software: str) -> str:
    """Return the page of data quality of a study.

    Parameters
    ----------
    study : Study
    software : str
        Name and version of what made the page.

    Returns
    -------
    str
        One self-contained page without scripts; all data are escaped. It tells of rows and files, and of no
        person and no place: messages about tables of people name none of their values.
    """
    found = findings(study)
    covered = coverage(study)
    axis = axis_of(covered)
    return page(
        "quality.html.j2",
        study.settings,
        title="Data quality",
        kicker=study.settings.title,
        tables=study.quality,
        unbalanced=[table for table in study.quality if not table.balanced],
        read=sum(table.rows_read for table in study.quality),
        used=sum(table.rows_used for table in study.quality),
        losses=losses(study.quality),
        found=found,
        errors=sum(file.errors for file in found),
        warnings=sum(file.warnings for file in found),
        examples=EXAMPLES,
        covered=[(one, one.bar(axis)) for one in covered],
        axis=axis,
        facts=_facts(study),
        unknown=[table for table in study.quality if table.unknown_columns],
        inputs=[
            (one.file, "" if one.file.endswith(".toml") else count(one.rows), one.sha256[:SHORT_HASH])
            for one in study.inputs
        ],
        digits=SHORT_HASH,
        software=software,
    )


def in_short(study: Study) -> str:
    """Return how many rows were read and left out, and how many problems were found, in two sentences."""
    read, used = (sum(getattr(t, name) for t in study.quality) for name in ("rows_read", "rows_used"))
    found = findings(study)
    problems = [
        f"{'no' if not times else count(times)} {noun}{'' if times == 1 else 's'}"
        for times, noun in (
            (sum(file.errors for file in found), "error"),
            (sum(file.warnings for file in found), "warning"),
        )
    ]
    return (
        f"{plural(read, 'row')} of {plural(len(study.quality), 'table')} were read, and "
        f"{count(read - used)} of them ({share(read - used, read)}) left out. "
        f"Checking them found {' and '.join(problems)}."
    )


def losses(tables: Iterable[TableQuality]) -> list[Loss]:
    """Return every loss of every table, the largest of a table first."""
    return [
        Loss(
            table=table.table,
            reason=reason,
            rows=rows,
            share=share(rows, table.rows_read),
            meaning=meaning(reason),
        )
        for table in tables
        for reason, rows in sorted(table.dropped.items(), key=lambda item: (-item[1], item[0]))
        if rows
    ]


def findings(study: Study) -> list[FileFindings]:
    """Return the problems of a study by file and kind, errors first; what concerns two programs once."""
    kept = set(told_once(study.problems, study.programs))
    files: dict[str, dict[tuple[str, str, str], list[Problem]]] = {}
    for problem in study.problems:
        if str(problem) in kept:
            kept.discard(str(problem))
            kinds = files.setdefault(problem.file, {})
            kinds.setdefault((problem.severity, problem.rule, problem.column), []).append(problem)
    return [
        FileFindings(file=file, findings=tuple(_finding(key[0], problems) for key, problems in kinds.items()))
        for file, kinds in files.items()
    ]


def _finding(severity: str, problems: Sequence[Problem]) -> Finding:
    """Return problems of one kind; "12 more rows with the same problem" count as that many."""
    more = [_MORE_ROWS.match(problem.message) for problem in problems]
    named = [problem for problem, match in zip(problems, more, strict=True) if match is None]
    beyond = sum(int(match[1].replace(",", "")) for match in more if match)
    examples = tuple(map(_message, named[:EXAMPLES]))
    return Finding(severity=severity, times=len(named) + beyond, examples=examples)


def _message(problem: Problem) -> str:
    """Return a problem without the name of its file, which stands above."""
    place = [f"row {problem.row:,}"] if problem.row is not None else []
    place += [problem.column] if problem.column else []
    return f"{', '.join(place)}: {problem.message}" if place else problem.message


def _facts(study: Study) -> list[tuple[str, str]]:
    """Return what else a reader has to know: places, times, residents, people."""
    return [*_placed(study), *_timed(study), *_residents(study), *_people(study)]


def _placed(study: Study) -> list[tuple[str, str]]:
    table = next((q for q in study.quality if q.table == "incidents" and q.rows_read), None)
    if table is None:
        return []
    nowhere, outside, undated = (
        table.dropped.get(reason, 0)
        for reason in ("no area or coordinates", "outside all areas", "date cannot be read")
    )
    text = (
        f"Of {plural(table.rows_read, 'row')}, {count(nowhere)} ({share(nowhere, table.rows_read)}) tell "
        f"neither an area nor coordinates, and {count(outside)} ({share(outside, table.rows_read)}) lie "
        f"outside the areas of the study. {count(undated)} ({share(undated, table.rows_read)}) have no date "
        "that can be read."
    )
    return [("Incidents without a place or a date", text)]


def _timed(study: Study) -> list[tuple[str, str]]:
    hours = study.hours
    if hours is None:
        return []
    untimed = int(hours.untimed[0])
    total = untimed + int(hours.counts[0].sum())
    text = (
        f"Of {plural(total, 'incident')} from {hours.first} to {hours.last}, {count(untimed)} "
        f"({share(untimed, total)}) tell no time of day, and are in no chart of hours."
    )
    midnight = " So many stand at exactly 00:00 that this is taken for no time at all." * hours.midnight
    return [("Incidents without a time of day", text + midnight)]


def _residents(study: Study) -> list[tuple[str, str]]:
    if study.panel is None:
        return []
    unknown = int(np.isnan(study.panel.population).any(axis=1).sum())
    areas = len(study.panel.area_ids)
    text = (
        f"{count(unknown)} of {plural(areas, 'area')} lack a number of residents; where a program works in "
        "one of them, no rate per resident can be made."
        if unknown
        else f"The residents of all {plural(areas, 'area')} are known: rates per resident can be made."
    )
    return [("Residents", text)]


def _people(study: Study) -> list[tuple[str, str]]:
    """Return how sign-in rows became people; nothing where that would tell of few."""
    linkage = study.linkage
    if linkage is None or linkage.people < study.settings.min_cell:
        return []
    text = (
        f"{plural(linkage.rows, 'row')} of the sign-in sheets are of "
        f"{plural(linkage.people, 'person', 'people')}. "
        f"{plural(linkage.linked, 'spelling')} of a name were joined to another that is alike: a wrong join "
        "makes regulars of strangers, a missed one strangers of regulars. The list is in linkage.csv, by row "
        "numbers."
    )
    return [("People on the sign-in sheets", text)]
