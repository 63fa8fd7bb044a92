"""Run every benchmark of this folder, or those named: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from benchmarks.comparison import Comparison

SHARED = ("__init__", "__main__", "comparison", "large_study")
"""What the benchmarks stand on."""


def names() -> list[str]:
    """Return the benchmarks of this folder."""
    return sorted(file.stem for file in Path(__file__).parent.glob("*.py") if file.stem not in SHARED)


def line(found: Comparison) -> str:
    """Return one comparison as a row of a Markdown table."""
    kept = {True: "yes", False: "NO", None: "not run"}[found.kept]
    cells = (
        found.work,
        found.peer,
        f"{found.ours:.4g}",
        f"{found.theirs:.4g}",
        f"{found.ratio:,.3g}",
        f"{found.wanted:,g}",
        kept,
        found.note,
    )
    return f"| {' | '.join(cells)} |"


def main(wanted: list[str]) -> int:
    """Print a table; 1 when a promise was not kept."""
    print("| work | peer | ours, s | peer, s | ratio | promised | kept | note |")
    print("|---|---|---:|---:|---:|---:|---|---|")
    broken = False
    for name in wanted or names():
        for found in import_module(f"benchmarks.{name}").compare():
            print(line(found), flush=True)
            broken |= found.kept is False
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
