"""What was read and used, what a reader must know about the data, and where every number comes from."""

from __future__ import annotations

from outreach_metrics.evidence.wording import MISSING, label, number
from outreach_metrics.reports.exhibits.kinds import Column, Prose, Table, bullets, definitions, paragraphs
from outreach_metrics.reports.files import software
from outreach_metrics.study import Study

_SHORT_HASH = 12


def data_quality(study: Study) -> Table | Prose:
    """Return rows read, used and left out of every table, with the reasons."""
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
        Column("Used", "rows"),
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
    return bullets(dict.fromkeys(map(str, told)), lead="Checking the data found this:")


def input_files(study: Study) -> Table | Prose:
    """Return the files that were read, with the start of their SHA-256."""
    if not study.inputs:
        return paragraphs("No file was read.")
    columns = [
        Column("File", number=False),
        Column("Rows"),
        Column("SHA-256", f"first {_SHORT_HASH} digits", number=False),
    ]
    rows = [[file.file, number(file.rows), file.sha256[:_SHORT_HASH]] for file in study.inputs]
    return Table(caption="Files that this report was made from", columns=columns, rows=rows)


def provenance(study: Study, **parameters: object) -> Prose:
    """Return the settings, the parameters of the notebook and the versions of the software.

    Parameters
    ----------
    study : Study
    **parameters : object
        Parameters of the notebook, as given.
    """
    settings = study.settings
    windows = f"{settings.before} before, {settings.after} after"
    gap = f", {settings.transition} left out after the start" if settings.transition else ""
    given = ", ".join(f"{name} = {value!r}" for name, value in parameters.items())
    versions = ", ".join(f"{name} {version}" for name, version in software().items() if version)
    return definitions(
        [
            ("Periods", [f"By {settings.unit}: {windows}{gap}."]),
            ("Privacy", [f"Numbers about fewer than {settings.min_cell} people are not shown."]),
            ("Parameters", [given or "None."]),
            ("Software", [versions]),
        ]
    )
