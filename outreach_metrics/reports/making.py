"""The commands `evaluate` and `report`: one study in, one folder of numbers and reports out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import outreach_metrics
from outreach_metrics.evaluation import Evaluation
from outreach_metrics.reports.files import clean_leftovers, write_file, write_numbers
from outreach_metrics.reports.index import index_html, program_entry
from outreach_metrics.reports.manifest import RunRecord, fingerprint, read_records, write_manifest
from outreach_metrics.reports.notebooks import (
    PROGRAM_NOTEBOOK,
    Notebook,
    checked_parameters,
    find_notebooks,
)
from outreach_metrics.reports.numbers import Failure, chosen_programs, evaluated
from outreach_metrics.reports.progress import progress
from outreach_metrics.reports.render import Cover
from outreach_metrics.reports.run import Run, layout, run_all
from outreach_metrics.study import Study

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
}
SOFTWARE = f"outreach_metrics {outreach_metrics.__version__}"


def make_reports(
    study: Study,
    out: Path,
    program_ids: Iterable[str] = (),
    notebooks: Sequence[str] = (),
    *,
    jobs: int | None = None,
    resume: bool = False,
) -> list[Failure]:
    """Make every report, index.html, manifest.json and the files of `make_evaluation`.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Made when it is not there. Each report appears in it whole.
    program_ids : iterable of str
        All programs when empty.
    notebooks : sequence of str
        Names of the package's notebooks or paths of others; program_evaluation and portfolio when empty.
    jobs : int, optional
        Notebooks that run at a time; as many as there are processors when not given.
    resume : bool
        Keep reports whose inputs, versions, parameters and notebook have not changed.

    Returns
    -------
    list of Failure
        What has no report; everything else is there.

    Raises
    ------
    UnknownNameError
        A program or notebook that is not known, before anything is written.
    """
    chosen = chosen_programs(study, program_ids)
    found = find_notebooks(notebooks)
    out = out.resolve()
    runs = plan_runs(study, out, chosen, found)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    evaluations, failures = evaluated(study, chosen)
    write_numbers(study, evaluations, out)
    records = _make(study, out, runs, jobs or os.cpu_count() or 1, resume)
    write_file(out / "index.html", _index(study, chosen, evaluations, failures, records))
    failed = [_run_failure(record, out) for record in records if record.status == "failed"]
    named = {failure.name for failure in failed}
    return [failure for failure in failures if failure.name not in named] + failed


def plan_runs(
    study: Study, out: Path, program_ids: Sequence[str], notebooks: Sequence[Notebook]
) -> list[Run]:
    """Return the runs: every notebook that takes a program for each program, the others once."""
    return [
        _run(study, out, notebook, program_id)
        for notebook in notebooks
        for program_id in (program_ids if notebook.per_program else ("",))
    ]


def _run(study: Study, out: Path, notebook: Notebook, program_id: str) -> Run:
    settings = study.settings
    folder = study.folder.resolve()
    of_program = {"program_id": program_id} if program_id else {}
    told = {"study": folder.name, **of_program}
    record = RunRecord(
        notebook=notebook.name,
        program_id=program_id,
        status="waiting",
        report=layout(out, notebook.name, program_id)["report"].relative_to(out).as_posix(),
        fingerprint=fingerprint(study, notebook.sha256, told),
        parameters=told,
    )
    title = study.program(program_id).name if program_id else settings.title
    cover = Cover(
        title=title or notebook.name,
        agency=settings.agency,
        study=settings.title if program_id else "",
        language=settings.language,
        software=SOFTWARE,
        home="../" * record.report.count("/") + "index.html",
    )
    return Run(
        notebook=notebook,
        program_id=program_id,
        parameters=checked_parameters(notebook, {"study": str(folder), **of_program}),
        study_folder=folder,
        out=out,
        cover=cover,
        record=record,
    )


def _make(study: Study, out: Path, runs: Sequence[Run], jobs: int, resume: bool) -> list[RunRecord]:
    earlier = read_records(out)
    records = {run.record.key: run.record for run in runs}
    for key, before in earlier.items():
        now = records.get(key)
        there = before.status == "done" and (out / before.report).is_file()
        if there and (now is None or (resume and now.fingerprint == before.fingerprint)):
            records[key] = before
    todo = [run for run in runs if records[run.record.key].status != "done"]
    todo.sort(key=lambda run: bool(run.program_id))  # those over the whole study take longest
    write_manifest(study, out, records.values())
    with progress(len(todo), "Reports") as tell:
        for record in run_all(todo, jobs):
            records[record.key] = record
            write_manifest(study, out, records.values())
            tell(record.program_id or record.notebook)
    return list(records.values())


def _run_failure(record: RunRecord, out: Path) -> Failure:
    notebook = out / record.report
    return Failure(
        name=record.program_id or record.notebook,
        reason=record.error,
        notebook=notebook if notebook.is_file() else None,
        cell=record.cell,
    )


def _index(
    study: Study,
    program_ids: Sequence[str],
    evaluations: Sequence[Evaluation],
    failures: Sequence[Failure],
    records: Sequence[RunRecord],
) -> str:
    made = {evaluation.program.program_id: evaluation for evaluation in evaluations}
    reasons = {failure.name: failure.reason for failure in failures}
    records_of = {record.program_id: record for record in records if record.notebook == PROGRAM_NOTEBOOK}
    others: dict[str, dict[str, str]] = {}
    for record in records:
        if record.program_id and record.notebook != PROGRAM_NOTEBOOK and record.status == "done":
            title = PROGRAM_REPORTS.get(record.notebook, record.notebook)
            others.setdefault(record.program_id, {})[title] = record.report
    entries = [
        program_entry(
            study.program(name),
            made.get(name),
            records_of.get(name),
            reasons.get(name, ""),
            others.get(name, {}),
        )
        for name in program_ids
    ]
    studies = {
        STUDY_REPORTS.get(record.notebook, record.notebook): record.report
        for record in records
        if record.status == "done" and not record.program_id
    }
    return index_html(study, entries, studies, SOFTWARE)
