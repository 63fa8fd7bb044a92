"""Files that are there whole or not at all: estimates.csv, results.json, quality.json and everything else."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from types import MappingProxyType
from typing import TYPE_CHECKING

import outreach_metrics
from outreach_metrics.check import Check
from outreach_metrics.estimate import COLUMNS, Estimate
from outreach_metrics.output import PARTIAL, beside, spreadsheet_text, write_file
from outreach_metrics.study import Study
from outreach_metrics.study.model import Linkage

if TYPE_CHECKING:
    from outreach_metrics.evaluation import Evaluation

PREVIOUS = ".previous"
LIBRARIES = (
    "duckdb",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "pandera",
    "papermill",
    "rapidfuzz",
    "scikit-learn",
    "scipy",
    "shapely",
    "statsmodels",
    "vaderSentiment",
)


@contextmanager
def partial_folder(target: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside `target`, gone again at the end unless `put` moved it into place."""
    partial = beside(target, f"{os.getpid()}{PARTIAL}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put(source: Path, target: Path) -> None:
    """Move a finished file or folder into place whole; what was there before is gone only afterwards."""
    previous = beside(target, PREVIOUS[1:])
    if target.is_dir():
        target.replace(previous)
    source.replace(target)
    shutil.rmtree(previous, ignore_errors=True)


def clean_leftovers(folder: Path) -> None:
    """Remove what a killed run left half done, and put back what it had only moved aside."""
    for partial in folder.glob(f".*{PARTIAL}"):
        remove(partial)
    for previous in folder.glob(f".*{PREVIOUS}"):
        target = folder / previous.name[1 : -len(PREVIOUS)]
        if target.exists():
            remove(previous)
        else:
            previous.replace(target)


def remove(path: Path) -> None:
    """Remove a file or a folder; one that is not there is fine."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def estimates_csv(estimates: Iterable[Estimate]) -> str:
    """Return estimates.csv: one row an estimate, never rounded; what is not there is empty.

    Examples
    --------
    >>> third = Estimate(program_id="watch", strand="crime", metric="m", outcome="=1+1", estimate=1 / 3)
    >>> estimates_csv([third]).splitlines()[1]
    "watch,crime,m,'=1+1,,0.3333333333333333,,,,,0.95,,,,,,"
    """
    return csv_text(COLUMNS, ([getattr(estimate, column) for column in COLUMNS] for estimate in estimates))


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    r"""Return a table as CSV: numbers never rounded, an empty cell for none, no formula in any.

    Examples
    --------
    >>> csv_text(["name", "share"], [["=1+1", 1 / 3], ["none", float("nan")]])
    "name,share\r\n'=1+1,0.3333333333333333\r\nnone,\r\n"
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def results_json(study: Study, evaluations: Sequence[Evaluation]) -> str:
    """Return results.json; a number that is not there, or has no limit, is null."""
    return to_json(
        {
            "study": study_facts(study),
            "software": software(),
            "inputs": inputs(study),
            "programs": [_program(evaluation) for evaluation in evaluations],
        }
    )


def quality_json(study: Study) -> str:
    """Return quality.json: for every table the rows read and used, and those dropped by reason."""
    return to_json(
        {
            quality.table: {
                "file": quality.file,
                "rows_read": quality.rows_read,
                "rows_used": quality.rows_used,
                "dropped": dict(quality.dropped),
                "unknown_columns": list(quality.unknown_columns),
            }
            for quality in study.quality
        }
    )


def write_numbers(study: Study, evaluations: Sequence[Evaluation], out: Path) -> None:
    """Write estimates.csv, results.json, quality.json and linkage.csv into the folder `out`."""
    estimates = [estimate for evaluation in evaluations for estimate in evaluation.estimates]
    write_file(out / "estimates.csv", estimates_csv(estimates))
    write_file(out / "results.json", results_json(study, evaluations))
    write_file(out / "quality.json", quality_json(study))
    if study.linkage is not None:
        write_file(out / "linkage.csv", linkage_csv(study.linkage))


def linkage_csv(linkage: Linkage) -> str:
    """Return linkage.csv: spellings that were taken for one person or nearly, by the rows that they stand in.

    It holds row numbers of the attendance file and keyed hashes, no names.
    """
    return csv_text(linkage.review.columns, linkage.review.itertuples(index=False))


def study_facts(study: Study) -> dict[str, object]:
    """Return what study.toml says and a reader of the numbers has to know; no path and no data source."""
    settings = study.settings
    return {
        "title": settings.title,
        "agency": settings.agency,
        "language": settings.language,
        "currency": settings.currency,
        "unit": settings.unit,
        "before": settings.before,
        "after": settings.after,
        "transition": settings.transition,
        "rate_per": settings.rate_per,
        "outcomes": {name: list(labels) for name, labels in settings.outcomes.items()},
        "min_cell": settings.min_cell,
    }


@cache
def software() -> Mapping[str, str]:
    """Return the versions that the numbers come from."""
    versions = {"outreach_metrics": outreach_metrics.__version__, "python": python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = ""
    return MappingProxyType(versions)


def inputs(study: Study) -> list[dict[str, object]]:
    """Return the files that were read: name, SHA-256, rows."""
    return [{"file": file.file, "sha256": file.sha256, "rows": file.rows} for file in study.inputs]


def to_json(value: object) -> str:
    """Return valid JSON for people and programs alike: the same value gives the same text, NaN is null."""
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return spreadsheet_text(value) if isinstance(value, str) else str(value)


def _program(evaluation: Evaluation) -> dict[str, object]:
    program = evaluation.program
    return {
        "program_id": program.program_id,
        "name": program.name,
        "type": program.type,
        "design_level": evaluation.design_level,
        "threats": list(evaluation.threats),
        "claims": list(evaluation.claims),
        "estimates": [
            {column: getattr(estimate, column) for column in COLUMNS[1:]} for estimate in evaluation.estimates
        ],
        "must_not_be_said": list(evaluation.must_not_be_said),
        "checks": [_check(check) for check in evaluation.checks],
    }


def _check(check: Check) -> dict[str, object]:
    from outreach_metrics.evidence.checks import finding, meaning, question

    return {
        "name": check.name,
        "outcome": check.outcome,
        "verdict": check.verdict,
        "question": question(check),
        "finding": finding(check),
        "meaning": meaning(check),
        "values": dict(check.values),
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
