"""The command `evaluate`: one study in, its numbers out. Nothing here loads what only notebooks need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from outreach_metrics.errors import reason
from outreach_metrics.evaluation import Evaluation, evaluate_study
from outreach_metrics.reports.files import clean_leftovers, write_numbers
from outreach_metrics.reports.progress import progress
from outreach_metrics.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A program, or a notebook over the whole study, without a result, and why."""

    name: str
    reason: str
    notebook: Path | None = None
    cell: int | None = None

    def __str__(self) -> str:
        cell = f", cell {self.cell}" if self.cell is not None else ""
        hint = f" To see it, open {self.notebook} in JupyterLab." if self.notebook else ""
        return f"{self.name}{cell}: {self.reason}{hint}"


def make_evaluation(study: Study, out: Path, program_ids: Iterable[str] = ()) -> list[Failure]:
    """Write estimates.csv, results.json and quality.json.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Made when it is not there.
    program_ids : iterable of str
        All programs when empty.

    Returns
    -------
    list of Failure
        Programs that could not be evaluated; the others are written.

    Raises
    ------
    UnknownNameError
        A program that the study does not have.
    """
    evaluations, failures = evaluated(study, chosen_programs(study, program_ids))
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    write_numbers(study, evaluations, out)
    return failures


def chosen_programs(study: Study, program_ids: Iterable[str]) -> list[str]:
    """Return the programs asked for, in that order; all when none is named."""
    wanted = list(dict.fromkeys(program_ids)) or list(study.programs)
    return [study.program(program_id).program_id for program_id in wanted]


def evaluated(study: Study, program_ids: Sequence[str]) -> tuple[list[Evaluation], list[Failure]]:
    """Return the evaluations, and the programs that have none."""
    evaluations, failures = [], []
    with progress(len(program_ids), "Evaluating") as tell:
        for program_id, result in evaluate_study(study, program_ids):
            if isinstance(result, Exception):
                failures.append(Failure(name=program_id, reason=reason(result)))
            else:
                evaluations.append(result)
            tell(program_id)
    return evaluations, failures
