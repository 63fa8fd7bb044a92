"""Linkage of sign-in sheets: how time grows with rows, against comparing everything with everything.

The peer compares the names of a part of the rows all with all (rapidfuzz `cdist`, one core), and its time for
the whole is that times the square of how much larger the whole is. A second line tells the least that any
rule could take: dropping equal rows with pandas. All are seconds of the processor, so a busy machine does
not bend the curve.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import pandas as pd
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from benchmarks.comparison import Comparison
from benchmarks.large_study import attendance
from outreach_metrics.study.identity import read_name
from outreach_metrics.study.linkage import number_people

SIZES = (10_000, 100_000, 1_000_000)
PART = 4_000
# A rule that compares all with all takes 100 times as long for 10 times the rows; this one stays near 10.
STEEPEST = 20


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call keeps the processor busy."""
    start = time.process_time()
    call()
    return time.process_time() - start


def sheets(rows: int) -> pd.DataFrame:
    """Return sign-in sheets as they stand after reading; a fifth as many people as rows."""
    table = attendance(rows, rows // 5)[0].assign(name="").astype("str")
    return table.where(table != "").set_axis(pd.RangeIndex(2, len(table) + 2))


def compare() -> list[Comparison]:
    """Measure three sizes, how steep the curve is between them, and what dropping equal rows takes."""
    number_people({"attendance": sheets(100)}, [])
    found, times = [], []
    for rows in SIZES:
        table = sheets(rows)
        times.append(seconds(lambda table=table: number_people({"attendance": table}, [])))
        found += [against_all_pairs(table, times[-1]), against_equal_rows(table, times[-1])]
    steps = zip(pairwise(SIZES), pairwise(times), strict=True)
    return found + [curve(*sizes, *measured) for sizes, measured in steps]


def against_all_pairs(table: pd.DataFrame, ours: float) -> Comparison:
    """Compare with all pairs of different names, measured on a part and carried on to the whole."""
    names = sorted({read_name(text).text for text in table["attendee_id"].unique()})
    part = list(np.random.default_rng(1).permutation(names)[:PART])
    once = seconds(lambda: cdist(part, part, scorer=JaroWinkler.similarity, dtype=np.float32))
    factor = (len(names) / len(part)) ** 2
    return Comparison(
        work=f"people of {len(table):,} sign-in rows",
        peer=f"rapidfuzz {version('rapidfuzz')}, all pairs",
        ours=ours,
        theirs=once * factor,
        wanted=10 if len(table) > 500_000 else 0,
        note=f"{len(names):,} different names; {len(part):,} took {once:.3g} s, times {factor:,.3g}",
    )


def against_equal_rows(table: pd.DataFrame, ours: float) -> Comparison:
    """Tell how long it takes to drop equal rows, which joins no misspelling: a lower bound, no rival."""
    return Comparison(
        work=f"people of {len(table):,} sign-in rows",
        peer=f"pandas {version('pandas')} drop_duplicates",
        ours=ours,
        theirs=seconds(lambda: table[["attendee_id", "email"]].drop_duplicates()),
        wanted=0,
        note="a lower bound: joins no misspelling",
    )


def curve(small: int, large: int, less: float, more: float) -> Comparison:
    """Tell the growth from one size to the next; `theirs` is what the steepest allowed growth would take."""
    return Comparison(
        work=f"growth from {small:,} to {large:,} rows",
        peer=f"growth by {STEEPEST}",
        ours=more,
        theirs=less * STEEPEST,
        wanted=1,
        note=f"{more / less:.3g} times as long for {large / small:g} times the rows",
    )
