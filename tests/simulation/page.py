"""The page docs/simulation.md: what was tried, and how every metric did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.simulation.regimes import Regime
from tests.simulation.trial import LEAST_MADE, Score, failures, verdict

ERRORS = 3.0
"""Standard errors of Monte Carlo error that the page allows for: it judges some 2,500 numbers."""

INTRODUCTION = Path(__file__).with_name("introduction.md")


HEADS = (
    "regime",
    "coverage",
    "coverage, 0.75",
    "false alarms",
    "bias",
    "bias, 0.75",
    "width",
    "interval",
    "told",
    "verdict",
)


def page(scores: Mapping[Regime, Sequence[Score]], draws: int) -> str:
    """Return the page in Markdown."""
    text = INTRODUCTION.read_text(encoding="utf-8")
    opening = text.format(draws=draws, regimes=len(scores), errors=ERRORS, least=LEAST_MADE)
    return "\n".join([opening, _summary(scores), *_tables(scores)]) + "\n"


def _names(scores: Mapping[Regime, Sequence[Score]]) -> list[str]:
    return list(dict.fromkeys(score.metric for rows in scores.values() for score in rows))


def _of(rows: Sequence[Score], metric: str) -> list[Score]:
    return [score for score in rows if score.metric == metric]


def _summary(scores: Mapping[Regime, Sequence[Score]]) -> str:
    kinds = ("holds", "warned", "declines", "FAILS")
    lines = [
        "## In short: number of regimes",
        "",
        f"| metric | {' | '.join(kinds)} |",
        "|---|---|---|---|---|",
    ]
    for metric in _names(scores):
        found = Counter(verdict(_of(rows, metric), ERRORS) for rows in scores.values())
        lines.append(f"| {metric} | {' | '.join(str(found[kind]) for kind in kinds)} |")
    return "\n".join([*lines, "", "## Every metric in every regime"])


def _tables(scores: Mapping[Regime, Sequence[Score]]) -> list[str]:
    parts = []
    for metric in _names(scores):
        rows = {regime: _of(rows, metric) for regime, rows in scores.items()}
        parts += ["", f"### {metric}", "", f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
        parts += [_row(regime, *found) for regime, found in rows.items() if any(one.made for one in found)]
        parts += _never(rows)
    return parts


def _never(rows: Mapping[Regime, Sequence[Score]]) -> list[str]:
    """Tell in how many regimes a metric was never made, and why."""
    reasons = Counter(found[0].reason for found in rows.values() if not any(one.made for one in found))
    return (
        ["", *(f'Declined in {n} regimes: "{reason}"' for reason, n in reasons.most_common())]
        if reasons
        else []
    )


def _row(regime: Regime, null: Score, effect: Score) -> str:
    both = (null, effect)
    cells = [
        *(_share(one.covered, one) for one in both),
        _share(null.alarms, null) if null.null else "",
        *(_percent(one.bias) if one.limited >= LEAST_MADE * one.draws else "" for one in both),
        f"{null.width:.2f}" if null.limited >= LEAST_MADE * null.draws else "",
        f"{min(one.limited / one.draws for one in both):.0%}",
        f"{max(one.told / one.draws for one in both):.0%}",
        verdict(both, ERRORS) + _beyond(both),
    ]
    return f"| {regime.name} | {' | '.join(cells)} |"


def _beyond(scores: Sequence[Score]) -> str:
    """Name the bounds that are not kept."""
    found = dict.fromkeys(text for score in scores for text in failures(score, ERRORS))
    return f" ({', '.join(found)})" if found else ""


def _share(hits: int, score: Score) -> str:
    return f"{hits / score.limited:.1%}" if score.limited >= LEAST_MADE * score.draws else ""


def _percent(value: float) -> str:
    return f"{value:+.1%}" if math.isfinite(value) else ""
