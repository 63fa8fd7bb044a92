"""manifest.json: which inputs, versions and parameters every report was made from, and how each run ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach_metrics.reports.files import inputs, software, study_facts, to_json, write_file
from outreach_metrics.study import Study

NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """How one notebook ended for one program.

    Parameters
    ----------
    notebook, program_id : str
        `program_id` is empty for a run over the whole study.
    status : {"waiting", "done", "failed"}
    report : str
        Path of the report, or of the executed notebook of a failed run, from the folder of reports.
    fingerprint : str
        SHA-256 over inputs, versions, parameters and the notebook: the same one makes the same report.
    parameters : mapping
        As passed to the notebook; the study by the name of its folder.
    hidden_messages : int
        In how many cells the report leaves out messages of libraries on stderr.
    error : str
        Why the run failed.
    cell : int or None
        Cell that failed, as the notebook numbers it.
    formats : tuple of str
        Forms of the report, which lie side by side: html, pdf, docx.
    """

    notebook: str
    program_id: str
    status: str
    report: str
    fingerprint: str
    parameters: Mapping[str, object]
    hidden_messages: int = 0
    error: str = ""
    cell: int | None = None
    formats: tuple[str, ...] = ("html",)

    @property
    def key(self) -> tuple[str, str]:
        """What tells runs apart."""
        return self.notebook, self.program_id


def fingerprint(study: Study, notebook_sha256: str, parameters: Mapping[str, object]) -> str:
    """Return a SHA-256 over everything that a report is made from."""
    parts = [study_facts(study), inputs(study), software(), notebook_sha256, dict(parameters)]
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def write_manifest(study: Study, out: Path, records: Iterable[RunRecord]) -> None:
    """Write manifest.json whole; it holds no times, so that the same reports have the same manifest."""
    runs = [{name: getattr(record, name) for name in RunRecord.__slots__} for record in records]
    about = {"study": study_facts(study), "software": software(), "inputs": inputs(study), "runs": runs}
    write_file(out / NAME, to_json(about))


def read_records(out: Path) -> dict[tuple[str, str], RunRecord]:
    """Return the runs of an earlier manifest.json by notebook and program; none when it cannot be used."""
    try:
        runs = json.loads((out / NAME).read_text(encoding="utf-8"))["runs"]
        records = [RunRecord(**{**run, "formats": tuple(run["formats"])}) for run in runs]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return {record.key: record for record in records}
