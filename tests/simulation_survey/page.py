"""The page docs/simulation_survey.md: what was tried, and how every metric did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.simulation.trial import share_limits
from tests.simulation_survey.trial import COVERAGE, LEAST_MADE, Score, verdict

ERRORS = 3.0
"""Standard errors of Monte Carlo error that the page allows for: it judges some 250 numbers."""

INTRODUCTION = Path(__file__).with_name("introduction.md")
HEADS = (
    "data",
    "what happens",
    "coverage",
    "± error",
    "false alarms",
    "bias",
    "width",
    "interval",
    "verdict",
)


def page(scores: Sequence[Score]) -> str:
    """Return the page in Markdown."""
    text = INTRODUCTION.read_text(encoding="utf-8")
    draws = sorted({score.draws for score in scores})
    opening = text.format(
        draws=" or ".join(f"{n:,}" for n in draws),
        worlds=len({(s.title, s.effect) for s in scores}),
        errors=ERRORS,
        fewest=draws[0],
        missed=_found_out_half_the_time(draws[0]),
        least=LEAST_MADE,
    )
    return "\n".join([opening, _summary(scores), *_tables(scores)]) + "\n"


def _found_out_half_the_time(draws: int) -> float:
    """Return the coverage at which an interval is told to be too narrow in every second simulation."""
    covered = (n for n in range(draws, 0, -1) if share_limits(n, draws, ERRORS)[1] < COVERAGE[0])
    return next(covered, 0) / draws


def _by_metric(scores: Sequence[Score]) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = {}
    for score in scores:
        found.setdefault(score.metric.partition(",")[0], []).append(score)
    return found


def _summary(scores: Sequence[Score]) -> str:
    kinds = ("holds", "limit", "declines", "OUTSIDE")
    lines = ["## In short: kinds of data", "", f"| metric | {' | '.join(kinds)} |", "|---|---|---|---|---|"]
    for metric, rows in _by_metric(scores).items():
        found = Counter(verdict(row, ERRORS).partition(" ")[0] for row in rows)
        lines.append(f"| {metric} | {' | '.join(str(found[kind]) for kind in kinds)} |")
    return "\n".join([*lines, "", "## Every metric on every kind of data"])


def _tables(scores: Sequence[Score]) -> list[str]:
    parts = []
    for metric, rows in _by_metric(scores).items():
        parts += ["", f"### {metric}", "", f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
        parts += [_row(row) for row in rows]
        told = dict.fromkeys(f'"{row.title}": {row.limit}.' for row in rows if row.limit)
        parts += ["", *told] if told else []
    return parts


def _row(row: Score) -> str:
    group = row.metric.partition(", ")[2]
    of = f" ({group})" if group and " to wave" not in group and group != "wave 1" else ""
    enough = row.limited >= LEAST_MADE * row.draws
    covered = row.covered / row.limited if enough and row.interval else math.nan
    cells = (
        row.title + of,
        row.effect,
        _share(covered),
        f"{math.sqrt(0.95 * 0.05 / row.limited):.1%}" if not math.isnan(covered) else "",
        _share(row.alarms / row.tested) if row.null and row.tested >= LEAST_MADE * row.draws else "",
        f"{row.mean - row.truth:+.2g} ± {row.error:.1g}" if enough else "",
        f"{row.width:.3g}" if enough else "",
        f"{row.limited / row.draws:.0%}",
        verdict(row, ERRORS),
    )
    return f"| {' | '.join(cells)} |"


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1%}"
