"""The command `evaluate`: one study in, its numbers out. Nothing here loads what only notebooks need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from outreach_metrics.errors import reason
from outreach_metrics.reports.files import clean_leftovers, write_numbers
from outreach_metrics.reports.progress import progress
from outreach_metrics.study import Study

T = TypeVar("T")


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
    from outreach_metrics.evaluation import evaluate_study

    chosen = chosen_programs(study, program_ids)
    made = dict(told(evaluate_study(study, chosen), len(chosen)))
    failures = failed(made, chosen)
    out.mkdir(parents=True, exist_ok=True)
    clean_leftovers(out)
    write_numbers(study, [made[name] for name in chosen if not isinstance(made[name], Exception)], out)
    return failures


def chosen_programs(study: Study, program_ids: Iterable[str]) -> list[str]:
    """Return the programs asked for, in that order; all when none is named."""
    wanted = list(dict.fromkeys(program_ids)) or list(study.programs)
    return [study.program(program_id).program_id for program_id in wanted]


def told(results: Iterable[tuple[str, T]], count: int) -> Iterator[tuple[str, T]]:
    """Hand on what comes for each of `count` programs, and tell the progress."""
    with progress(count, "Evaluating") as tell:
        for program_id, result in results:
            yield program_id, result
            tell(program_id)


def failed(results: Mapping[str, object], program_ids: Sequence[str]) -> list[Failure]:
    """Return the programs whose result is an exception, in the order given."""
    errors = {name: results[name] for name in program_ids if isinstance(results[name], Exception)}
    return [Failure(name=name, reason=reason(error)) for name, error in errors.items()]
