"""Try the metrics on a regime, and judge what they said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from outreach_metrics import Estimate, get_metric
from tests.simulation.draws import World, studies, world
from tests.simulation.metrics import Tried, on_trial, warned
from tests.simulation.regimes import EFFECTS, Regime

COVERAGE = (0.93, 0.98)
FALSE_ALARMS = 0.06
BIAS = 0.02
TOLD = 0.95
"""Share of draws that must carry a warning, have no interval, or decline, where the bounds are not kept."""

LEAST_MADE = 0.1
"""Share of draws with an interval below which a metric counts as one that declines."""


@dataclass(frozen=True)
class Score:
    """How a metric did in a regime with one effect.

    Parameters
    ----------
    draws, made, limited : int
        Studies; estimates among them; estimates with an interval that says something.
    told : int
        Studies in which the metric declined, gave no interval, or warned.
    reason : str
        Why it declined most often.
    covered, alarms : int
        Of the `limited`: intervals that hold the truth; p-values below 0.05.
    null : bool
        Whether the truth is that nothing happened, so that an alarm is a false one.
    bias, bias_error : float
        As a share, and its Monte Carlo standard error.
    width : float
        Median of high / low of a ratio, of (high - low) / what would have been of a difference.
    """

    metric: str
    effect: float
    draws: int
    made: int
    limited: int
    told: int
    reason: str
    covered: int
    alarms: int
    null: bool
    bias: float
    bias_error: float
    width: float


def share_limits(hits: int, of: int, errors: float) -> tuple[float, float]:
    """Return Clopper-Pearson limits of a share, as wide as `errors` standard errors of a normal variable."""
    tail = stats.norm.sf(errors)
    low = stats.beta.ppf(tail, hits, of - hits + 1) if hits else 0.0
    high = stats.beta.ppf(1 - tail, hits + 1, of - hits) if hits < of else 1.0
    return float(low), float(high)


def failures(score: Score, errors: float) -> list[str]:
    """Name the bounds that a score is beyond by more than Monte Carlo error."""
    if score.limited < LEAST_MADE * score.draws:
        return []
    low, high = share_limits(score.covered, score.limited, errors)
    failed = [] if low <= COVERAGE[1] and high >= COVERAGE[0] else ["coverage"]
    if score.null and share_limits(score.alarms, score.limited, errors)[0] > FALSE_ALARMS:
        failed.append("false alarms")
    if abs(score.bias) - errors * score.bias_error > BIAS:
        failed.append("bias")
    return failed


def verdict(scores: Sequence[Score], errors: float) -> str:
    """Say "holds", "warned", "declines" or "FAILS" of one metric in one regime, over all effects."""
    failing = [score for score in scores if failures(score, errors)]
    if any(score.told < TOLD * score.draws for score in failing):
        return "FAILS"
    if failing:
        return "warned"
    return "holds" if any(score.limited >= LEAST_MADE * score.draws for score in scores) else "declines"


def score(tried: Tried, made: World, estimates: Sequence[Estimate]) -> Score:
    """Set what a metric said, one estimate a draw, against the truth."""
    truth = tried.truth(made)
    kept = [estimate for estimate in estimates if estimate.made]
    limited = [estimate for estimate in kept if _limited(estimate, tried)]
    reasons = Counter(estimate.note for estimate in estimates if not estimate.made)
    low, high, p = _columns(limited, "conf_low", "conf_high", "p_value")
    bias, bias_error = _bias(tried, made, *_columns(kept, "estimate"), truth)
    return Score(
        metric=tried.name,
        effect=made.effect,
        draws=len(estimates),
        made=len(kept),
        limited=len(limited),
        told=len(estimates) - sum(not warned(estimate.note) for estimate in limited),
        reason=reasons.most_common(1)[0][0] if reasons else "",
        covered=int(((low <= truth) & (truth <= high)).sum()),
        alarms=int((p < 0.05).sum()),
        null=math.isclose(truth, tried.null, abs_tol=1e-9),
        bias=bias,
        bias_error=bias_error,
        width=_median_width(tried, made, low, high),
    )


def _limited(estimate: Estimate, tried: Tried) -> bool:
    """Whether an interval leaves anything out."""
    least = 0.0 if tried.kind == "ratio" else -math.inf
    return estimate.conf_low > least or estimate.conf_high < math.inf


def _columns(estimates: Iterable[Estimate], *names: str) -> list[np.ndarray]:
    return [np.array([getattr(one, name) for one in estimates], dtype=float) for name in names]


def _bias(tried: Tried, made: World, value: np.ndarray, truth: float) -> tuple[float, float]:
    """Return the bias as a share and its Monte Carlo standard error; a ratio of 0 has no logarithm."""
    if tried.kind == "ratio":
        value = value[(value > 0) & np.isfinite(value)]
    if len(value) < 2 or tried.kind == "quotient":
        return math.nan, math.nan
    if tried.kind == "ratio":
        error = np.log(value) - math.log(truth)
        return math.expm1(error.mean()), float(error.std(ddof=1)) / math.sqrt(len(error))
    error = (value - truth) / (tried.weight * made.counterfactual())
    return float(error.mean()), float(error.std(ddof=1)) / math.sqrt(len(error))


def _median_width(tried: Tried, made: World, low: np.ndarray, high: np.ndarray) -> float:
    if not len(low):
        return math.nan
    if tried.kind == "ratio":
        return float(np.median(np.divide(high, low, out=np.full(len(low), math.inf), where=low > 0)))
    scale = tried.weight * made.counterfactual() if tried.kind == "difference" else 1.0
    return float(np.median(high - low)) / scale


def try_regime(regime: Regime, draws: int) -> list[Score]:
    """Draw studies of a regime with every effect, and score every metric on them."""
    scores = []
    for effect in EFFECTS:
        made = world(regime, effect)
        said: dict[str, list[Estimate]] = {tried.name: [] for tried in on_trial()}
        for study in studies(made, draws):
            for name, estimates in said.items():
                estimates.append(get_metric(name).function(study, "p")[0])
        scores += [score(tried, made, said[tried.name]) for tried in on_trial()]
    return scores
