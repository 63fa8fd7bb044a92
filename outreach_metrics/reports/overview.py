"""The pages over a whole study, written when its reports are made: index.html and quality.html."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from outreach_metrics.evaluation import Evaluation
from outreach_metrics.output import write_file
from outreach_metrics.reports.index import Failed, Report, index_html, program_entry, report_of
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.notebooks import PROGRAM_NOTEBOOK
from outreach_metrics.reports.numbers import Failure
from outreach_metrics.reports.quality_page import quality_html
from outreach_metrics.study import Program, Study

STUDY_REPORTS = {"portfolio": "All programs compared", "needs_and_targeting": "Needs and targeting"}
PROGRAM_REPORTS = {
    "crime_before_after": "Crime in depth",
    "attendance": "Attendance",
    "survey_sentiment": "What residents think",
    "responsiveness": "Did anyone answer?",
    "partnerships": "Partnerships",
    "cost_effectiveness": "What it cost, and whether it paid",
    "long_term": "The long view",
    "evaluation_plan": "Evaluation plan",
    "grant_exhibit": "Grant exhibit",
}


def write_pages(
    study: Study,
    evaluations: Sequence[Evaluation],
    out: Path,
    program_ids: Sequence[str],
    failures: Sequence[Failure],
    records: Sequence[RunRecord],
    *,
    software: str,
) -> None:
    """Write quality.html and index.html into the folder of reports.

    Parameters
    ----------
    study : Study
    evaluations : sequence of Evaluation
        Of the programs that could be evaluated.
    out : pathlib.Path
    program_ids : sequence of str
        Programs that were asked for, in the order of the index.
    failures : sequence of Failure
        Programs that could not be evaluated.
    records : sequence of RunRecord
        Of every report, made now or before.
    software : str
        Name and version, as it stands at the foot of a page.
    """
    write_file(out / "quality.html", quality_html(study, software))
    write_file(out / "index.html", _index(study, out, program_ids, evaluations, failures, records, software))


def _index(
    study: Study,
    out: Path,
    program_ids: Sequence[str],
    evaluations: Sequence[Evaluation],
    failures: Sequence[Failure],
    records: Sequence[RunRecord],
    software: str,
) -> str:
    made = {evaluation.program.program_id: evaluation for evaluation in evaluations}
    reports: dict[str, list[Report]] = {}
    for record in sorted(records, key=lambda record: record.notebook != PROGRAM_NOTEBOOK):
        if record.status == "done":
            reports.setdefault(record.program_id, []).append(report_of(record, _report_title(record)))
    entries = [
        program_entry(study.program(name), made.get(name), reports.get(name, ())) for name in program_ids
    ]
    earlier = [
        replace(report, title=_of_program(study.program(name), report.title))
        for name in study.programs
        if name not in program_ids
        for report in reports.get(name, ())
    ]
    runs = [record for record in records if record.status == "failed"]
    told = {record.program_id for record in runs}
    failed = [_failed_run(study, record, out) for record in runs]
    failed += [
        Failed(title=study.program(failure.name).name, reason=failure.reason)
        for failure in failures
        if failure.name not in told
    ]
    return index_html(study, entries, failed, reports.get("", ()), software, earlier)


def _report_title(record: RunRecord) -> str:
    if record.notebook == PROGRAM_NOTEBOOK:
        return ""
    titles = PROGRAM_REPORTS if record.program_id else STUDY_REPORTS
    return titles.get(record.notebook, record.notebook)


def _of_program(program: Program, title: str) -> str:
    return f"{program.name}: {title}" if title else program.name


def _failed_run(study: Study, record: RunRecord, out: Path) -> Failed:
    title = _report_title(record)
    return Failed(
        title=_of_program(study.program(record.program_id), title) if record.program_id else title,
        reason=record.error,
        cell=record.cell,
        notebook=record.report if (out / record.report).is_file() else "",
    )
