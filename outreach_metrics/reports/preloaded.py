"""A process with everything loaded and the study read, that forks a fresh process for every task.

Loading libraries and reading a study takes seconds, a fork takes milliseconds, and what happens in a fork
happens there alone: state, random streams, environment, working folder, a crash. The process has one thread.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from traceback import format_exc
from typing import TYPE_CHECKING

import numpy as np

from outreach_metrics.errors import OutreachMetricsError, reason
from outreach_metrics.reports.environment import ONE_THREAD, prepare_environment, without_addresses

if TYPE_CHECKING:
    from outreach_metrics.study import Study

MODULES = (
    "IPython.core.completer",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "matplotlib.backends.backend_agg",
    "networkx",
    "outreach_metrics.evaluation",
    "outreach_metrics.needs",
    "outreach_metrics.planning",
    "outreach_metrics.plots",
    "outreach_metrics.reports.exhibits",
    "outreach_metrics.reports.in_process",
    "outreach_metrics.reports.parameters",
    "outreach_metrics.reports.run",
    "outreach_metrics.study.loading",
    "statsmodels.api",
    "statsmodels.formula.api",
    "vaderSentiment.vaderSentiment",
)
ENVIRONMENT = dict.fromkeys(ONE_THREAD, "1") | {
    "PYTHONHASHSEED": "0",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
TIME_LIMIT = 1800.0
DIED = "the process was ended from outside, perhaps for want of memory"
FEW_SECONDS = 5.0
SELDOM = (100_000, 20, 20)

Tell = Callable[[str], None]


class TaskDiedError(OutreachMetricsError):
    """The process of a task ended before the task did; `last_told` is what it told last."""

    def __init__(self, message: str, last_told: str = "") -> None:
        super().__init__(message)
        self.last_told = last_told


@dataclass(frozen=True, slots=True)
class Task:
    """A function of a module, called as ``function(study, tell, *arguments)``; all of it can be pickled.

    `tell` sends a text about where the task is; the last one is known when its process dies.
    """

    key: object
    function: Callable[..., object]
    arguments: tuple = ()


@dataclass(slots=True)
class _Running:
    process: BaseProcess
    connection: Connection
    ends: float
    told: str = ""


def can_fork() -> bool:
    """Return whether this system forks soundly: Linux does, macOS says so and does not."""
    return sys.platform.startswith("linux") and "fork" in multiprocessing.get_all_start_methods()


class Preloaded:
    """The process that forks, as the one that asks it sees it. Made by `preloaded`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._jobs = 0

    @property
    def idle(self) -> bool:
        """Whether it has no study, so that it can be ended at once."""
        return not self._jobs

    def take(self, study: Study, scratch: Path, jobs: int, time_limit: float = TIME_LIMIT) -> str:
        """Hand a study over; return why the process cannot fork, or nothing when it can.

        Parameters
        ----------
        study : Study
            Tasks find it read, see `outreach_metrics.study.loading.remember`.
        scratch : pathlib.Path
            Folder for the files of Jupyter.
        jobs : int
            Tasks at a time.
        time_limit : float
            Seconds that a task may take.
        """
        self._jobs = jobs
        try:
            self._connection.send((study, scratch, time_limit))
            return self._connection.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return DIED

    def results(self, tasks: Iterable[Task]) -> Iterator[tuple[object, object]]:
        """Run tasks side by side; yield the key of each, and its result or exception, as it ends.

        Parameters
        ----------
        tasks : iterable of Task
            Taken one at a time as processes become free.

        Yields
        ------
        key : object
        result : object or Exception
            `TaskDiedError` when its process was killed, or took too long.
        """
        waiting = iter(tasks)
        running: dict[int, object] = {}
        number = 0
        while True:
            try:
                while len(running) < self._jobs and (task := next(waiting, None)) is not None:
                    number += 1
                    running[number] = task.key
                    self._connection.send((number, task.function, task.arguments))
                if not running:
                    return
                ended, result = self._connection.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError):
                for key in [*running.values(), *(task.key for task in waiting)]:
                    yield key, TaskDiedError(DIED)
                return
            yield running.pop(ended), result


@contextmanager
def preloaded() -> Iterator[Preloaded | None]:
    """Give a process that loads everything, to fork for every task; it ends with the block.

    It begins to load at once: whoever reads the study in the block wins the time. None where the system does
    not fork soundly.
    """
    if not can_fork():
        yield None
        return
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there,), name="outreach-metrics-preloaded", daemon=False)
    with _environment(ENVIRONMENT):
        process.start()
    there.close()
    made = Preloaded(here)
    try:
        yield made
    finally:
        here.close()
        process.join(0 if made.idle else FEW_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that are started in the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection: Connection) -> None:
    """Fork a process for every task that comes, hand back what it returns, end when nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_quiet()
    gc.set_threshold(*SELDOM)
    try:
        _load_libraries()
        study, scratch, time_limit = connection.recv()
        prepare_environment(scratch)
        refusal = _load_study(study)
        connection.send(refusal)
    except (EOFError, BrokenPipeError):
        return
    if refusal:
        return
    parent = multiprocessing.parent_process().sentinel
    running: dict[int, _Running] = {}
    try:
        while True:
            readers = [task.connection for task in running.values()]
            first = min((task.ends for task in running.values()), default=None)
            timeout = None if first is None else max(0.0, first - time.monotonic())
            ready = wait([parent, connection, *readers], timeout)
            if parent in ready:
                return
            for number, task in list(running.items()):
                if task.connection in ready and (result := _received(task)) is not None:
                    _end(running.pop(number))
                    connection.send((number, *result))
                elif time.monotonic() >= task.ends:
                    _end(running.pop(number))
                    connection.send((number, TaskDiedError(_too_long(time_limit), task.told)))
            if connection in ready:
                number, function, arguments = connection.recv()
                running[number] = _fork(study, function, arguments, time_limit)
    except (EOFError, BrokenPipeError):
        return
    finally:
        for task in running.values():
            _end(task)
        os._exit(0)  # nothing waits to be written, and to take down what was loaded takes a second


def _load_libraries() -> None:
    with without_addresses():
        for module in MODULES:
            import_module(module)
    from outreach_metrics.plots.page import Margins, look, png, sheet
    from outreach_metrics.registry import registered_metrics

    registered_metrics()
    with look():
        png(sheet("Fonts", "are found", height=2.0, margins=Margins())[0, 0])


def _load_study(study: Study) -> str:
    """Get ready to fork; return why that cannot be done, or nothing.

    A thread that holds a lock while the process is forked holds it forever in the fork. What is loaded is
    kept out of the way of the garbage collector, so that forks share it; in a short life it is seldom needed.
    """
    from outreach_metrics.reports.render import warm_up
    from outreach_metrics.study.loading import remember
    from outreach_metrics.text import polarity

    warm_up(study.settings.language)
    if "comment" in study.tables.get("responses", ()):
        polarity(["We are glad that they came."])
    remember(study)
    threads = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm")]
    if len(threads) > 1:
        return f"a library has started threads ({', '.join(sorted(set(threads)))})"
    gc.collect()
    gc.freeze()
    return ""


def _fork(study: Study, function: Callable[..., object], arguments: tuple, time_limit: float) -> _Running:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(there, study, function, arguments))
    process.start()
    there.close()
    return _Running(process, here, time.monotonic() + time_limit)


def _run(connection: Connection, study: Study, function: Callable[..., object], arguments: tuple) -> None:
    """Do one task in a fresh process, and send back what it returns or raises."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    random.seed()
    np.random.seed()  # noqa: NPY002 - a cell may use the old stream, and every fork would share it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        result = function(study, lambda text: connection.send(("told", text)), *arguments)
    except OSError as error:
        result = error
    except Exception as error:
        result = OutreachMetricsError(reason(error))
        result.add_note(format_exc())
    connection.send(("result", result))


def _received(task: _Running) -> tuple[object] | None:
    """Return the result of a task in a tuple, or None when it has only told where it is."""
    try:
        kind, content = task.connection.recv()
    except (EOFError, OSError):
        return (TaskDiedError(DIED, task.told),)
    if kind == "result":
        return (content,)
    task.told = content
    return None


def _too_long(seconds: float) -> str:
    told = f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
    return f"it took more than {told} and was ended"


def _end(task: _Running) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(task.process.pid, signal.SIGKILL)
    task.process.kill()
    task.process.join()
    task.process.close()
    task.connection.close()


def _end_with_parent() -> None:
    wait([multiprocessing.parent_process().sentinel])
    os.killpg(0, signal.SIGKILL)


def be_quiet() -> None:
    """Write what libraries print to nowhere: what cells print is kept in the notebook."""
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.close(silence)
