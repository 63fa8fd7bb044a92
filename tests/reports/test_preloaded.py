"""The preloaded process: every task is alone, and nothing is left of it."""

import os
import signal
import sys
import time
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from outreach_metrics.reports.preloaded import Task, TaskDiedError, can_fork, preloaded
from tests.reports.making_notebooks import small_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not can_fork(), reason="this system does not fork soundly"),
]


def leave_traces(study, tell):
    import matplotlib

    found = (os.environ.get("TRACE"), getattr(sys, "trace_of_another", None), Path.cwd(), os.getpid())
    found = (*found, matplotlib.rcParams["font.size"], study.programs.get("trace"))
    os.environ["TRACE"] = "here"
    sys.trace_of_another = True
    matplotlib.rcParams["font.size"] = 99
    study.programs["trace"] = None
    os.chdir("/")
    return found


def draw(study, tell):
    import random

    old = np.random.random()  # noqa: NPY002 - the stream that a fork would share
    return random.random(), old, np.random.default_rng().random()


def count_threads(study, tell):
    return int(Path("/proc/self/status").read_text().partition("Threads:")[2].split()[0])


def loaded(study, tell):
    from outreach_metrics.study import load_study

    return load_study(study.folder) is study, os.environ["OMP_NUM_THREADS"], hash("a")


def fail(study, tell):
    raise ValueError("no events\nat all")


def die(study, tell):
    tell("3")
    os.kill(os.getpid(), signal.SIGKILL)


def start_another_and_hang(study, tell, path):
    import subprocess

    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    Path(path).write_text(f"{os.getpid()} {other.pid}")
    tell("7")
    time.sleep(300)


def double(study, tell, number):
    return 2 * number


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def spawned_by(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return small_study(tmp_path_factory.mktemp("study") / "town")


@pytest.fixture(scope="module")
def process(study, tmp_path_factory):
    with preloaded() as made:
        assert made.take(study, tmp_path_factory.mktemp("scratch"), 2, 20) == ""
        yield made


def results(process, *tasks):
    return dict(process.results([Task(key, *task) for key, task in enumerate(tasks)]))


def test_no_task_finds_traces_of_another(process):
    found = results(process, *[(leave_traces,)] * 6)
    assert len({traces[3] for traces in found.values()}) == 6, "each has a process of its own"
    assert len({traces[:3] + traces[4:] for traces in found.values()}) == 1
    assert found[0][:2] == (None, None)
    assert found[0][5] is None
    assert found[0][4] != 99


def test_every_task_draws_other_random_numbers(process):
    found = results(process, *[(draw,)] * 8)
    for stream in zip(*found.values(), strict=True):
        assert len(set(stream)) == 8


def test_a_task_finds_the_study_read_and_one_thread_for_computing(process):
    assert results(process, (loaded,), (loaded,)) == {0: results(process, (loaded,))[0]} | {
        1: results(process, (loaded,))[0]
    }
    assert results(process, (loaded,))[0][:2] == (True, "1")
    assert results(process, (count_threads,))[0] == 2, "its own and the one that waits for its parent's end"


def test_a_failure_and_a_death_stop_nobody_else(process):
    found = results(process, (double, (1,)), (fail,), (die,), (double, (2,)))
    assert (found[0], found[3]) == (2, 4)
    assert str(found[1]) == "ValueError: no events"
    assert isinstance(found[2], TaskDiedError)
    assert "ended from outside" in str(found[2])
    assert found[2].last_told == "3"


def test_more_tasks_than_processes_all_end_and_none_stays(process):
    found = results(process, *[(double, (number,)) for number in range(60)])
    assert found == {number: 2 * number for number in range(60)}
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert all(not Path(f"/proc/{child}/task/{child}/children").read_text().strip() for child in children), (
        "the preloaded process has no child left"
    )


def test_what_takes_too_long_is_ended_with_all_it_started(study, tmp_path):
    with preloaded() as process:
        assert process.take(study, tmp_path / "scratch", 2, 2) == ""
        found = results(process, (start_another_and_hang, (str(tmp_path / "pids"),)), (double, (1,)))
    assert found[1] == 2
    assert "more than 2 seconds" in str(found[0])
    assert found[0].last_told == "7"
    pids = (tmp_path / "pids").read_text().split()
    assert all(gone(pid) for pid in pids)


def test_when_the_preloaded_process_dies_its_tasks_end_and_are_told(study, tmp_path):
    before = spawned_by(os.getpid())
    with preloaded() as process:
        assert process.take(study, tmp_path / "scratch", 1) == ""
        (child,) = spawned_by(os.getpid()) - before
        tasks = process.results(
            [Task("hang", start_another_and_hang, (str(tmp_path / "pids"),)), Task("next", double, (1,))]
        )
        Timer(1.5, os.kill, (child, signal.SIGKILL)).start()
        found = dict(tasks)
    assert {type(result) for result in found.values()} == {TaskDiedError}
    assert set(found) == {"hang", "next"}
    own, other = (tmp_path / "pids").read_text().split()
    end = time.monotonic() + 10
    while not (gone(own) and gone(other)) and time.monotonic() < end:
        time.sleep(0.1)
    assert gone(own) and gone(other)


def test_a_process_without_a_study_ends_at_once():
    start = time.monotonic()
    with preloaded() as process:
        assert process.idle
    assert time.monotonic() - start < 3
