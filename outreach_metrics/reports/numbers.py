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
    chosen = chosen_programs(study, program_ids)
    evaluations, failures = evaluated(evaluate_study(study, chosen), chosen)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    write_numbers(study, evaluations, out)
    return failures


def chosen_programs(study: Study, program_ids: Iterable[str]) -> list[str]:
    """Return the programs asked for, in that order; all when none is named."""
    wanted = list(dict.fromkeys(program_ids)) or list(study.programs)
    return [study.program(program_id).program_id for program_id in wanted]


def evaluated(
    results: Iterable[tuple[str, Evaluation | Exception]], program_ids: Sequence[str]
) -> tuple[list[Evaluation], list[Failure]]:
    """Return the evaluations, and the programs that have none, in the order of the programs.

    Parameters
    ----------
    results : iterable of (str, Evaluation or Exception)
        Of each program, in any order, as they are made.
    program_ids : sequence of str
    """
    made: dict[str, Evaluation | Exception] = {}
    with progress(len(program_ids), "Evaluating") as tell:
        for program_id, result in results:
            made[program_id] = result
            tell(program_id)
    failed = {name: made[name] for name in program_ids if isinstance(made[name], Exception)}
    return (
        [made[name] for name in program_ids if name not in failed],
        [Failure(name=name, reason=reason(error)) for name, error in failed.items()],
    )
