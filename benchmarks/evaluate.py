"""`outreach-metrics evaluate` on a large study in one process: seconds of the processor, and peak memory.

The peer reads the same files with plain pandas and takes counts of different names and mean answers, which no
evaluation can do without: a lower bound, no rival. Both run in a process of their own, imports included.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparison import Comparison
from benchmarks.large_study import write_study

ROWS, ANSWERS = 1_000_000, 100_000
MOST_SECONDS, MOST_MEMORY = 20.0, 1.5
PLAIN = """
import sys
import pandas as pd
tables = {name: pd.read_csv(f"{sys.argv[1]}/{name}.csv") for name in ("attendance", "events", "responses")}
signed = tables["attendance"].merge(tables["events"], on="event_id")
signed.groupby("program_id")["attendee_id"].nunique()
tables["responses"].groupby(["program_id", "wave", "arm"]).mean(numeric_only=True)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: seconds of the processor, and its peak memory in GB."""

    seconds: float
    memory: float


def cost(arguments: Sequence[str]) -> Cost:
    """Run Python with these arguments in a process of its own, which has to succeed."""
    command = [sys.executable, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    unit = 1e9 if sys.platform == "darwin" else 1e6
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def compare() -> list[Comparison]:
    """Measure the command on a study of a million sign-in rows and a hundred thousand answers."""
    with TemporaryDirectory() as place:
        folder = Path(place, "study")
        write_study(folder, ROWS, ROWS // 5, ANSWERS)
        ours = cost(["-m", "outreach_metrics", "evaluate", str(folder), "--out", str(Path(place, "out"))])
        plain = cost(["-c", PLAIN, str(folder)])
    work = f"evaluate, {ROWS:,} sign-in rows and {ANSWERS:,} responses"
    peer = f"pandas {version('pandas')} read_csv, merge, nunique, mean"
    bound = f"a lower bound; peak memory {ours.memory:.2f} GB here, {plain.memory:.2f} GB there"
    promise = "what may be taken at most"
    return [
        Comparison(work=work, peer=peer, ours=ours.seconds, theirs=plain.seconds, wanted=0, note=bound),
        Comparison(work=work, peer=promise, ours=ours.seconds, theirs=MOST_SECONDS, wanted=1),
        Comparison(
            work=work, peer=promise, ours=ours.memory, theirs=MOST_MEMORY, wanted=1, note="GB, not seconds"
        ),
    ]
