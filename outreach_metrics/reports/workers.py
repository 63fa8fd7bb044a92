"""Who evaluates programs and makes reports side by side: forks of a preloaded process, or stock kernels."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from functools import partial
from io import BytesIO
from multiprocessing.connection import wait
from os import _exit
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from outreach_metrics.output import write_file
from outreach_metrics.reports.environment import PREFIX, prepare_environment
from outreach_metrics.reports.manifest import RunRecord
from outreach_metrics.reports.notebooks import execute, execute_here
from outreach_metrics.reports.preloaded import (
    DIED,
    TIME_LIMIT,
    Preloaded,
    Task,
    TaskDiedError,
    Tell,
    be_quiet,
    preloaded,
)
from outreach_metrics.reports.run import Run, ended_early, make_report
from outreach_metrics.study import Study

if TYPE_CHECKING:
    from outreach_metrics.evaluation import Evaluation


class Workers(Protocol):
    """What makes evaluations and reports; both come as they end, in any order."""

    def evaluate(self, program_ids: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
        """Evaluate programs; one that fails gives its exception and the others go on."""

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call ``function(study, evaluations, *arguments)`` with what was evaluated, in its order."""

    def make(self, runs: Sequence[Run]) -> Iterator[RunRecord]:
        """Make reports; one that fails is told in its record and the others go on."""


@contextmanager
def workers(
    study: Study, jobs: int, *, time_limit: float = TIME_LIMIT, ahead: Preloaded | None = None
) -> Iterator[Workers]:
    """Give the fastest workers that this system has; they and all that they started end with the block.

    Parameters
    ----------
    study : Study
    jobs : int
        Programs at a time; each is computed in one thread.
    time_limit : float
        Seconds that a report may take; in a stock kernel, that one cell may take.
    ahead : Preloaded, optional
        A process that was started ahead and has no study yet.
    """
    with (
        TemporaryDirectory(prefix=PREFIX) as folder,
        preloaded() if ahead is None else nullcontext(ahead) as process,
    ):
        refusal = process.take(study, Path(folder), jobs, time_limit) if process else ""
        if refusal:
            print(f"Reports are made in stock kernels, which is slower: {refusal}.", file=sys.stderr)
        if process and not refusal:
            yield Forks(study, process, Path(folder))
        else:
            yield Kernels(study, jobs, Path(folder), time_limit)


class Forks:
    """A fork of the preloaded process for every program and every notebook.

    A program is evaluated once: its evaluation waits in a file for the notebooks that show it.
    """

    def __init__(self, study: Study, process: Preloaded, scratch: Path) -> None:
        self._study = study
        self._process = process
        self._evaluations = scratch / "evaluations"
        self._evaluations.mkdir()
        self._evaluated: list[str] = []
        self._numbers = {program_id: number for number, program_id in enumerate(study.programs)}

    def evaluate(self, program_ids: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
        """Evaluate programs, as `Workers.evaluate`."""
        self._evaluated = list(program_ids)
        tasks = [Task(name, _evaluate, (name, self._path(name))) for name in program_ids]
        yield from self._process.results(tasks)

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function in a fork, as `Workers.call`."""
        paths = [self._path(program_id) for program_id in self._evaluated]
        ((_, result),) = self._process.results([Task(function, _call, (function, paths, arguments))])
        if isinstance(result, Exception):
            raise result

    def make(self, runs: Sequence[Run]) -> Iterator[RunRecord]:
        """Make reports, as `Workers.make`."""
        everything = [self._path(program_id) for program_id in self._evaluated]
        paths = [[self._path(run.program_id)] if run.program_id else everything for run in runs]
        tasks = [Task(run, _make, (run, known)) for run, known in zip(runs, paths, strict=True)]
        for run, result in self._process.results(tasks):
            if isinstance(result, TaskDiedError):
                result = ended_early(run, str(result), int(result.last_told or 0) or None)
            yield run.failed(str(result)) if isinstance(result, Exception) else result

    def _path(self, program_id: str) -> Path:
        return self._evaluations / f"{self._numbers[program_id]}.pickle"


class Kernels:
    """Processes that each start a stock kernel for every notebook; slower, on every system."""

    def __init__(self, study: Study, jobs: int, scratch: Path, time_limit: float) -> None:
        self._study = study
        self._jobs = jobs
        self._scratch = scratch
        self._execute = partial(execute, time_limit=time_limit)
        self._evaluations: dict[str, Evaluation] = {}

    def evaluate(self, program_ids: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
        """Evaluate programs one after another, as `Workers.evaluate`."""
        from outreach_metrics.evaluation import evaluate_study

        for program_id, result in evaluate_study(self._study, program_ids):
            failed = isinstance(result, Exception)
            if not failed:
                self._evaluations[program_id] = result
            yield program_id, result if failed else None

    def call(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function here, as `Workers.call`."""
        function(self._study, list(self._evaluations.values()), *arguments)

    def make(self, runs: Sequence[Run]) -> Iterator[RunRecord]:
        """Make reports, as `Workers.make`.

        Processes are spawned, not forked, so that nothing of the parent's state or threads is in them. When
        the parent is interrupted, or dies, they end and their kernels with them.
        """
        if not runs:
            return
        others = multiprocessing.active_children()
        pool = ProcessPoolExecutor(
            min(self._jobs, len(runs)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(self._scratch,),
        )
        try:
            futures = {pool.submit(make_report, run, self._execute): run for run in runs}
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool:
                    yield ended_early(futures[future], DIED)
            pool.shutdown()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()).difference(others):
                process.terminate()
                process.join()
            raise


def _evaluate(study: Study, tell: Tell, program_id: str, path: Path) -> None:
    from outreach_metrics.evaluation import evaluate_program

    write_file(path, _packed(evaluate_program(study, program_id), study))


def _call(
    study: Study, tell: Tell, function: Callable[..., object], known: Sequence[Path], arguments: tuple
) -> None:
    function(study, _stored(known, study), *arguments)


def _make(study: Study, tell: Tell, run: Run, known: Sequence[Path]) -> RunRecord:
    from outreach_metrics.evaluation import remember

    remember(_stored(known, study))

    def before_cell(number: int) -> None:
        tell(str(number))

    return make_report(run, partial(execute_here, before_cell=before_cell))


class _Packer(pickle.Pickler):
    """Name the study instead of holding it, and hold read-only mappings, which pickle does not know."""

    def __init__(self, file: BytesIO, study: Study) -> None:
        super().__init__(file)
        self._study = study

    def persistent_id(self, thing: object) -> str | None:
        return "study" if thing is self._study else None

    def reducer_override(self, thing: object) -> object:
        if isinstance(thing, MappingProxyType):
            return _read_only, (dict(thing),)
        return NotImplemented


def _read_only(values: dict) -> Mapping:
    return MappingProxyType(values)


def _packed(evaluation: Evaluation, study: Study) -> bytes:
    """Return an evaluation as bytes, without its study."""
    packed = BytesIO()
    _Packer(packed, study).dump(evaluation)
    return packed.getvalue()


def _stored(paths: Iterable[Path], study: Study) -> list[Evaluation]:
    """Return the evaluations in those of the files that this run has written."""
    stored = []
    for path in paths:
        if path.is_file():
            unpickler = pickle.Unpickler(BytesIO(path.read_bytes()))
            unpickler.persistent_load = lambda name: study
            stored.append(unpickler.load())
    return stored


def _start_worker(scratch: Path) -> None:
    """Make a worker process quiet, sure of its Python, and mortal with its parent."""
    prepare_environment(scratch)
    be_quiet()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    wait([multiprocessing.parent_process().sentinel])
    _exit(1)
