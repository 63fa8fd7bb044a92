"""What was read and used, what a reader must know about the data, and where every number comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from outreach_metrics.errors import Problem
from outreach_metrics.evidence.wording import MISSING, label, number
from outreach_metrics.metrics import crime
from outreach_metrics.reports.exhibits.kinds import Column, Prose, Table, bullets, definitions, paragraphs
from outreach_metrics.reports.files import software
from outreach_metrics.study import InputFile, Study

_SHORT_HASH = 12
_PARAMETERS = {"program_id": ("Program", "not given"), "outcome": ("Crime outcome", "the study's first")}


def data_quality(study: Study) -> Table | Prose:
    """Return rows read, accepted and left out of every table, with the reasons."""
    if not study.quality:
        return paragraphs("No table was read.")
    rows = [
        [
            label(quality.table),
            quality.file,
            number(quality.rows_read),
            number(quality.rows_used),
            number(quality.rows_read - quality.rows_used),
            "; ".join(f"{reason}: {number(rows)}" for reason, rows in quality.dropped.items() if rows)
            or MISSING,
        ]
        for quality in study.quality
    ]
    columns = [
        Column("Table", number=False),
        Column("File", number=False),
        Column("Read", "rows"),
        Column("Accepted", "rows"),
        Column("Left out", "rows"),
        Column("Why left out", number=False),
    ]
    return Table(caption="Rows read from each table, and what became of them", columns=columns, rows=rows)


def data_warnings(study: Study, program_id: str | None = None) -> Prose:
    """Return what a reader must know about the data: of the whole study, or of one program and the study.

    Raises
    ------
    UnknownNameError
        There is no such program.
    """
    if program_id is not None:
        study.program(program_id)
    told = [*(p for p in study.errors() if program_id in (None, p.program_id) or not p.program_id)]
    told += study.warnings(program_id)
    if not told:
        return paragraphs("Checking the data found no problem.")
    return bullets(told_once(told, study.programs), lead="Checking the data found this:")


def told_once(problems: Iterable[Problem], program_ids: Iterable[str]) -> list[str]:
    """Return problems as text, one that concerns two programs once and not again from the other's side."""
    named = re.compile("|".join(f"'{re.escape(name)}'" for name in program_ids) or r"(?!)")
    told: dict[tuple[str, frozenset[str]], str] = {}
    for text in map(str, problems):
        told.setdefault((named.sub("", text), frozenset(named.findall(text))), text)
    return list(told.values())


def input_files(study: Study) -> Table | Prose:
    """Return the files that were read, with the start of their SHA-256."""
    if not study.inputs:
        return paragraphs("No file was read.")
    columns = [
        Column("File", number=False),
        Column("Rows"),
        Column("SHA-256", f"first {_SHORT_HASH} digits", number=False),
    ]
    rows = [[file.file, _rows(file), file.sha256[:_SHORT_HASH]] for file in study.inputs]
    return Table(caption="Files that this report was made from", columns=columns, rows=rows)


def _rows(file: InputFile) -> str:
    return MISSING if file.file.endswith(".toml") else number(file.rows)


def provenance(study: Study, **parameters: object) -> Prose:
    """Return the settings, the parameters of the notebook and the versions of the software.

    Parameters
    ----------
    study : Study
    **parameters : object
        Parameters of the notebook, as given.
    """
    given = " ".join(_parameter(name, value) for name, value in parameters.items())
    versions = ", ".join(f"{name} {version}" for name, version in software().items() if version)
    periods = _periods(study, str(parameters.get("program_id", "")))
    privacy = f"Numbers about fewer than {study.settings.min_cell} people are not shown."
    return definitions(
        [
            *([("Periods", [periods])] if periods else []),
            ("Privacy", [privacy]),
            ("Parameters", [given or "None."]),
            ("Software", [versions]),
        ]
    )


def _parameter(name: str, value: object) -> str:
    words, empty = _PARAMETERS.get(name, (label(name), "not given"))
    return f"{words}: {value or empty}."


def _periods(study: Study, program_id: str) -> str:
    """Return the periods that a program's crime is compared in; empty where none is."""
    program = study.programs.get(program_id)
    if program is None or study.panel is None or not program.treatment:
        return ""
    windows = crime.program_windows(study, program)
    if not (len(windows.before) and len(windows.after)):
        return ""
    unit = study.settings.unit
    return " ".join(
        f"{when}: {_period(periods[0], unit)} to {_period(periods[-1], unit)} "
        f"({len(periods)} {unit}{'s' * (len(periods) != 1)})."
        for when, periods in (
            ("Before", study.panel.periods[windows.before]),
            ("After", study.panel.periods[windows.after]),
        )
    )


def _period(period: pd.Period, unit: str) -> str:
    day = period.start_time
    return {
        "month": f"{day:%B} {day.year}",
        "week": f"the week of {day:%B} {day.day}, {day.year}",
        "quarter": f"quarter {day.quarter} of {day.year}",
        "year": f"{day.year}",
    }[unit]
