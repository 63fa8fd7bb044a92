"""Try metrics on drawn studies whose truth is known, and judge what they said."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from outreach_metrics import Estimate, get_metric
from outreach_metrics.study import Study
from tests.simulation.trial import share_limits

COVERAGE = (0.93, 0.97)
FALSE_ALARMS = 0.06
LEAST_MADE = 0.1
"""Share of studies with an interval below which a metric counts as one that declines."""


@dataclass(frozen=True)
class Tried:
    """What one metric should find in the studies of a world.

    Parameters
    ----------
    metric : str
        As registered.
    truth : float
        Its own estimand.
    null : float
        Value at which nothing happened; NaN where no p-value is asked for.
    outcome, group : str
        Of the estimate meant; any where empty.
    claim : bool
        Whether the p-value is a claim that the truth does not bear (equivalence at the margin).
    limit : str
        As that of `World`, for this metric alone.
    """

    metric: str
    truth: float
    null: float = math.nan
    outcome: str = ""
    group: str = ""
    claim: bool = False
    limit: str = ""

    @property
    def name(self) -> str:
        """Metric and group, for the table."""
        return f"{self.metric}, {self.group}" if self.group else self.metric

    def of(self, estimates: Sequence[Estimate]) -> Estimate:
        """Return the estimate meant."""
        return next(e for e in estimates if self.outcome in ("", e.outcome) and self.group in ("", e.group))


@dataclass(frozen=True)
class World:
    """One kind of data with one truth.

    Parameters
    ----------
    title : str
        Kind of data in words.
    effect : str
        "none" or what happened.
    tried : tuple of Tried
    draw : callable
        A random generator -> a study of the program "p".
    limit : str
        What these data do that the intervals do not know of, so that bounds need not be kept; mostly empty.
    """

    title: str
    effect: str
    tried: tuple[Tried, ...]
    draw: Callable[[np.random.Generator], Study]
    limit: str = ""

    def studies(self, draws: int) -> Iterator[Study]:
        """Yield studies; the same world gives the same ones."""
        for number in range(draws):
            yield self.draw(np.random.default_rng([*f"{self.title}, {self.effect}".encode(), number]))


@dataclass(frozen=True)
class Score:
    """How one metric did in one world.

    Parameters
    ----------
    draws, made, limited, tested : int
        Studies; estimates among them; those with an interval; those with a p-value.
    covered, alarms : int
        Intervals that hold the truth; p-values below 0.05.
    null : bool
        Whether the truth is that nothing happened, or does not bear the claim: an alarm is then a false one.
    interval : bool
        Whether the interval is judged, and not only the claim.
    truth, mean, error, width : float
        The truth, the mean estimate, its Monte Carlo standard error, and the median width of the intervals.
    reason, limit : str
        Why it declined most often; `World.limit`.
    """

    metric: str
    title: str
    effect: str
    draws: int
    made: int
    limited: int
    tested: int
    covered: int
    alarms: int
    null: bool
    interval: bool
    truth: float
    mean: float
    error: float
    width: float
    reason: str
    limit: str = ""


def score(tried: Tried, world: World, estimates: Sequence[Estimate]) -> Score:
    """Set what a metric said, one estimate a study, against the truth."""
    made = [e for e in estimates if e.made]
    limited = [e for e in made if not math.isnan(e.conf_low)]
    tested = [e for e in made if not math.isnan(e.p_value)]
    reasons = Counter(e.note for e in estimates if not e.made)
    values = np.array([e.estimate for e in made])
    slack = 1e-9 * max(1.0, abs(tried.truth))
    return Score(
        metric=tried.name,
        title=world.title,
        effect=world.effect,
        draws=len(estimates),
        made=len(made),
        limited=len(limited),
        tested=len(tested),
        covered=sum(e.conf_low - slack <= tried.truth <= e.conf_high + slack for e in limited),
        alarms=sum(e.p_value < 0.05 for e in tested),
        null=tried.claim or math.isclose(tried.truth, tried.null, abs_tol=1e-9),
        interval=not tried.claim,
        truth=tried.truth,
        mean=float(values.mean()) if made else math.nan,
        error=float(values.std(ddof=1)) / math.sqrt(len(made)) if len(made) > 1 else math.nan,
        width=float(np.median([e.conf_high - e.conf_low for e in limited])) if limited else math.nan,
        reason=reasons.most_common(1)[0][0] if reasons else "",
        limit=tried.limit or world.limit,
    )


def failures(found: Score, errors: float) -> list[str]:
    """Name the bounds that a score is beyond by more than so many Monte Carlo errors."""
    failed = []
    if found.interval and found.limited >= LEAST_MADE * found.draws:
        low, high = share_limits(found.covered, found.limited, errors)
        if high < COVERAGE[0]:
            failed.append("too narrow")
        if low > COVERAGE[1]:
            failed.append("wider than need be")
    enough = found.null and found.tested >= LEAST_MADE * found.draws
    if enough and share_limits(found.alarms, found.tested, errors)[0] > FALSE_ALARMS:
        failed.append("false claims" if not found.interval else "false alarms")
    return failed


def verdict(found: Score, errors: float) -> str:
    """Say "holds", "declines", "OUTSIDE" with the bounds not kept, or "limit" where the data explain them."""
    failed = failures(found, errors)
    if failed:
        return f"{'limit' if found.limit else 'OUTSIDE'} ({', '.join(failed)})"
    judged = found.limited if found.interval else found.tested
    return "holds" if max(judged, found.tested) >= LEAST_MADE * found.draws else "declines"


def try_world(world: World, draws: int, metrics: Sequence[str] = ()) -> list[Score]:
    """Draw studies of a world and score every metric that is tried there, or some of them."""
    chosen = [tried for tried in world.tried if not metrics or tried.metric in metrics]
    said: dict[Tried, list[Estimate]] = {tried: [] for tried in chosen}
    for study in world.studies(draws):
        found = {tried.metric: get_metric(tried.metric).function(study, "p") for tried in chosen}
        for tried, estimates in said.items():
            estimates.append(tried.of(found[tried.metric]))
    return [score(tried, world, estimates) for tried, estimates in said.items()]
