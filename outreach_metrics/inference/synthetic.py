"""Synthetic control on the outcomes before the start, with placebo inference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import optimize

from outreach_metrics.inference import Result

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)
MINIMUM_DONORS = 3
MINIMUM_BEFORE = 8
POOR_FIT = 0.25
POOR_LEVEL = 0.10
EXACT = 1e-7
Statistic = Literal["mean", "rmse"]
Limits = tuple[float, float]


def simplex_weights(target: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """Weights of the donors, none below 0 and together 1, whose mean comes nearest to the target.

    Where several sets of weights come equally near (more donors than periods, or donors alike), the one
    with the smallest sum of squares is given, so that the answer does not depend on the donors' order;
    `weights_are_unique` tells.

    Parameters
    ----------
    target : ndarray, shape (t,)
    donors : ndarray, shape (n, t)
        At least one donor.

    Returns
    -------
    ndarray, shape (n,)

    Notes
    -----
    The nearest point of the donors' convex hull, found exactly by non-negative least squares: with
    P = donors - target, the w that minimises |P'w|^2 on the simplex is proportional to the u >= 0 that
    minimises |P'u|^2 + (1 - sum u)^2 (Lawson CL & Hanson RJ, 1974, Solving Least Squares
    Problems, chapter 23).
    R: ``quadprog::solve.QP``; ``Synth::synth`` with equal predictor weights.

    Examples
    --------
    >>> donors = np.array([[1.0, 2, 3, 5], [4.0, 3, 2, 0], [9.0, 9, 0, 9]])
    >>> simplex_weights(0.25 * donors[0] + 0.75 * donors[1], donors).round(6).tolist()
    [0.25, 0.75, 0.0]
    """
    points, scale = _centred(target, donors)
    weights = _nearest(points / scale)
    if _unique(points / scale, weights):
        return weights
    ridge = 1e-5 * np.eye(len(weights))
    return _nearest(np.hstack([points / scale, ridge]))


def weights_are_unique(target: np.ndarray, donors: np.ndarray, weights: np.ndarray) -> bool:
    """Tell whether the nearest point of the donors' hull has one set of weights only.

    Examples
    --------
    >>> twins = np.array([[1.0, 2, 3], [1.0, 2, 3]])
    >>> weights_are_unique(np.array([1.0, 2, 4]), twins, np.array([0.5, 0.5]))
    False
    """
    points, scale = _centred(target, donors)
    return _unique(points / scale, weights)


def _centred(target: np.ndarray, donors: np.ndarray) -> tuple[np.ndarray, float]:
    points = np.asarray(donors, dtype=float) - np.asarray(target, dtype=float)
    return points, math.sqrt(float(np.square(points).sum(axis=1).mean())) or 1.0


def _nearest(points: np.ndarray) -> np.ndarray:
    """Return the weights of the point of the hull of `points` that is nearest to the origin."""
    count, length = points.shape
    design = np.vstack([points.T, np.ones(count)])
    wanted = np.append(np.zeros(length), 1.0)
    found = optimize.nnls(design, wanted, maxiter=30 * count + 100)[0]
    return found / found.sum()


def _unique(points: np.ndarray, weights: np.ndarray) -> bool:
    nearest = weights @ points
    tied = points @ nearest - nearest @ nearest <= 1e-9
    face = np.column_stack([points[tied], np.ones(tied.sum())])
    return len(face) <= face.shape[1] and int(np.linalg.matrix_rank(face)) == len(face)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticControl:
    """A treated area beside its weighted donors.

    Parameters
    ----------
    weights : ndarray, shape (donors,)
        In the order of the areas, the treated one left out.
    unique : bool
        False when other weights would fit the periods before as well.
    gap : ndarray, shape (periods,)
        Observed less synthetic.
    att : float
        Mean gap after the start.
    pre_rmse, post_rmse, ratio : float
        Root mean square gap before and after, and after / before.
    placebo_gaps : ndarray, shape (donors, periods)
        The gap of every donor, taken as if it had been treated.
    placebo_ratios : ndarray, shape (donors,)
        Their after / before.
    p_value : float
        Rank of `ratio` among the placebos': the least it can be is 1 / (donors + 1).
    effect : Result
        Observed / synthetic, summed over the periods after; below 1 is a fall.
    difference : Result
        Mean gap after the start. Its p-value, and that of `effect`, is the rank of the statistic asked for.
    reason : str
        Why `effect` and `difference` are withheld, or have no limits; empty when they are whole.
    """

    weights: np.ndarray
    unique: bool
    gap: np.ndarray
    att: float
    pre_rmse: float
    post_rmse: float
    ratio: float
    placebo_gaps: np.ndarray
    placebo_ratios: np.ndarray
    p_value: float
    effect: Result
    difference: Result
    reason: str

    @property
    def effective_donors(self) -> float:
        """How many donors of equal weight the weights are worth (Kish)."""
        return float(1 / np.square(self.weights).sum())


def synthetic_control(
    outcomes: np.ndarray,
    treated: int | np.ndarray,
    before: int | np.ndarray,
    conf_level: float = 0.95,
    statistic: Statistic = "mean",
) -> SyntheticControl:
    """Synthetic control on the outcomes before the start alone, with in-space placebo inference.

    Parameters
    ----------
    outcomes : ndarray, shape (areas, periods)
        Rates or counts of areas of like size; several treated areas are added up to one by the caller.
    treated : int or ndarray of bool, shape (areas,)
        The treated area; every other one is a donor.
    before : int or ndarray of bool, shape (periods,)
        How many of the first periods, or which, lie before the start; the others lie after.
    conf_level : float
    statistic : {"mean", "rmse"}
        What is ranked for interval and p-value: the mean gap after, or the root mean square gap after, either
        divided by the root mean square gap before. The second also finds effects that come and go; its
        interval is wider, and missing when no constant ratio agrees with the periods after.

    Returns
    -------
    SyntheticControl
        The interval holds every constant ratio (or difference) that the placebo test does not reject; it is
        unbounded when 1 / (donors + 1) is not below 1 - conf_level. `effect` and `difference` are withheld,
        with a reason, when there are fewer than 3 donors or 8 periods before, when the fit before is exact
        (its error then measures nothing), when the root mean square gap before exceeds a quarter of the
        treated mean, or when the mean gap before exceeds a tenth of it (the area lies outside the range of
        the donors). Everything else is told all the same.

    Notes
    -----
    Assumes no other shock to the treated area alone, no spill-over to donors, and areas that are
    exchangeable but for the program. Abadie A, Diamond A & Hainmueller J (2010) JASA 105:493 (placebo ratios;
    donors are fitted by the other donors, never by the treated area); Firpo S & Possebom V (2018) J Causal
    Inference 6(2) (inversion).
    R: ``Synth``, ``SCtools::mspe.test``; their ratio is the square of this one, with the same rank.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> areas = 50 + random.normal(0, 2, (30, 36)) + 10 * random.random((30, 1))
    >>> areas[0] = areas[1:6].mean(axis=0) + random.normal(0, 1, 36)
    >>> areas[0, 24:] *= 0.8
    >>> made = synthetic_control(areas, 0, 24)
    >>> [round(float(x), 2) for x in made.effect]
    [0.8, 0.79, 0.81, 0.03]
    """
    values, is_treated, is_before = _checked(outcomes, treated, before)
    target, donors = values[is_treated][0], values[~is_treated]
    if len(donors) == 0 or not is_before.any() or is_before.all():
        return _impossible(len(donors), values.shape[1])
    weights = simplex_weights(target[is_before], donors[:, is_before])
    unique = weights_are_unique(target[is_before], donors[:, is_before], weights)
    gaps = _placebo_gaps(donors, is_before)
    return _assembled(target, donors, is_before, weights, unique, gaps, conf_level, statistic)


def _assembled(
    target: np.ndarray,
    donors: np.ndarray,
    is_before: np.ndarray,
    weights: np.ndarray,
    unique: bool,
    placebo_gaps: np.ndarray,
    conf_level: float,
    statistic: Statistic,
) -> SyntheticControl:
    """Return what follows from the weights and from the donors' own gaps."""
    gap = target - weights @ donors
    pre, post = _root_mean_square(gap[is_before]), _root_mean_square(gap[~is_before])
    ratios = _error_ratios(placebo_gaps, donors, is_before, "rmse")
    ratio = float(_error_ratios(gap[None], target[None], is_before, "rmse")[0])
    effect, difference = NOTHING, NOTHING
    reason = _refusal(target[is_before], gap[is_before], len(donors))
    if not reason:
        ranked = _error_ratios(placebo_gaps, donors, is_before, statistic)
        own = _error_ratios(gap[None], target[None], is_before, statistic)[0]
        allowed = _allowed(ranked, conf_level) * pre
        limits = _limits_of_mean if statistic == "mean" else _limits_of_root_mean_square
        shift, scale = limits(target[~is_before], gap[~is_before], allowed)
        p_value = _rank(own, ranked)
        difference = Result(float(gap[~is_before].mean()), *shift, p_value)
        effect = Result(_ratio(target[~is_before], gap[~is_before]), *scale, p_value)
        if math.isnan(effect.conf_low) and not math.isnan(p_value):
            reason = "no constant ratio agrees with the periods after"
    return SyntheticControl(
        weights=weights,
        unique=unique,
        gap=gap,
        att=float(gap[~is_before].mean()),
        pre_rmse=pre,
        post_rmse=post,
        ratio=ratio,
        placebo_gaps=placebo_gaps,
        placebo_ratios=ratios,
        p_value=_rank(ratio, ratios),
        effect=effect,
        difference=difference,
        reason=reason,
    )


def _checked(
    outcomes: np.ndarray, treated: int | np.ndarray, before: int | np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = np.asarray(outcomes, dtype=float)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("outcomes must be finite, of shape (areas, periods)")
    is_treated = _mask(treated, len(values), "treated")
    if is_treated.sum() != 1:
        raise ValueError("one area must be treated; add several up first")
    if np.ndim(before) == 0:
        before = np.arange(values.shape[1]) < before
    is_before = np.asarray(before, dtype=bool)
    if is_before.shape != values.shape[1:]:
        raise ValueError("before must be a number of periods or a mask over them")
    return values, is_treated, is_before


def _mask(chosen: int | np.ndarray, length: int, name: str) -> np.ndarray:
    """Return a mask of the rows named by an index, indices or a mask."""
    given = np.asarray(chosen)
    if given.dtype == bool and given.shape != (length,):
        raise ValueError(f"{name} must be an index or a mask of {length} areas")
    mask = np.zeros(length, dtype=bool)
    mask[given] = True
    return mask


def _root_mean_square(values: np.ndarray) -> float:
    return math.sqrt(float(np.square(values).mean()))


def _error_ratios(
    gaps: np.ndarray, series: np.ndarray, is_before: np.ndarray, statistic: Statistic
) -> np.ndarray:
    """Return the size of the gaps after / before, shape (areas,).

    An exact fit before counts as infinitely good, or as 0 when it stays exact.
    """
    before = np.sqrt(np.square(gaps[:, is_before]).mean(axis=1))
    mean = np.abs(gaps[:, ~is_before].mean(axis=1))
    after = mean if statistic == "mean" else np.sqrt(np.square(gaps[:, ~is_before]).mean(axis=1))
    negligible = EXACT * np.sqrt(np.square(series).mean(axis=1))
    exact = np.where(after > negligible, math.inf, 0.0)
    return np.divide(after, before, out=exact, where=~(before <= negligible))


def _rank(own: float, placebos: np.ndarray) -> float:
    if len(placebos) == 0 or np.isnan(placebos).any():
        return NAN
    return (1 + int((placebos >= own).sum())) / (1 + len(placebos))


def _placebo_gaps(donors: np.ndarray, is_before: np.ndarray) -> np.ndarray:
    """Return the gaps of every donor fitted by the other donors; NaN when there is no other."""
    gaps = np.full(donors.shape, NAN)
    for i, series in enumerate(donors if len(donors) > 1 else donors[:0]):
        others = np.delete(donors, i, axis=0)
        points, scale = _centred(series[is_before], others[:, is_before])
        gaps[i] = series - _nearest(points / scale) @ others
    return gaps


def _refusal(target: np.ndarray, gap: np.ndarray, donors: int) -> str:
    """Say why the fit before does not carry an effect; empty when it does."""
    level, error = float(target.mean()), _root_mean_square(gap)
    if donors < MINIMUM_DONORS:
        return f"{donors} donor areas, and at least {MINIMUM_DONORS} are needed"
    if len(target) < MINIMUM_BEFORE:
        return f"{len(target)} periods before, and at least {MINIMUM_BEFORE} are needed"
    if level <= 0:
        return "nothing was counted before"
    if error <= EXACT * _root_mean_square(target):
        return "the donors fit the periods before without error, so that the error measures nothing"
    if error > POOR_FIT * level:
        return f"the fit before is poor: it errs by {error / level:.0%} of the mean"
    if abs(gap.mean()) > POOR_LEVEL * level:
        return f"the area lies outside the range of the donors: {gap.mean() / level:+.0%} of the mean before"
    return ""


def _allowed(placebos: np.ndarray, conf_level: float) -> float:
    """Return the largest error ratio that the placebo test does not reject."""
    p_values = np.arange(1, len(placebos) + 2) / (len(placebos) + 1)
    needed = int((p_values < 1 - conf_level).sum())
    return float(np.sort(placebos)[-needed]) if needed else math.inf


def _ratio(observed: np.ndarray, gap: np.ndarray) -> float:
    synthetic = float((observed - gap).sum())
    return float(observed.sum()) / synthetic if synthetic > 0 else NAN


def _limits_of_mean(observed: np.ndarray, gap: np.ndarray, allowed: float) -> tuple[Limits, Limits]:
    """Return the differences, and the ratios, that leave a mean gap no larger than allowed."""
    shift = float(gap.mean()) - allowed, float(gap.mean()) + allowed
    level, synthetic = float(observed.mean()), float((observed - gap).mean())
    if synthetic <= 0 or math.isnan(allowed) or (level <= 0 and synthetic > allowed):
        return shift, (NAN, NAN)
    high = level / (synthetic - allowed) if synthetic > allowed else math.inf
    return shift, (level / (synthetic + allowed), high)


def _limits_of_root_mean_square(
    observed: np.ndarray, gap: np.ndarray, allowed: float
) -> tuple[Limits, Limits]:
    """Return the differences, and the ratios, that leave a root mean square gap no larger than allowed."""
    synthetic = observed - gap
    shift = _accepted(1.0, gap.mean(), np.square(gap).mean() - allowed**2)
    if synthetic.sum() <= 0:
        return shift, (NAN, NAN)
    square, product = np.square(observed).mean(), (observed * synthetic).mean()
    least, most = _accepted(square, product, np.square(synthetic).mean() - allowed**2)
    if not most > 0:
        return shift, (NAN, NAN)
    return shift, (1 / most, 1 / least if least > 0 else math.inf)


def _accepted(square: float, half: float, rest: float) -> Limits:
    """Return where square x^2 - 2 half x + rest <= 0; NaN where nowhere."""
    if math.isinf(rest):
        return -math.inf, math.inf
    root = half**2 - square * rest
    if square <= 0:
        return (-math.inf, math.inf) if rest <= 0 else (NAN, NAN)
    if root < 0:
        return NAN, NAN
    return float((half - math.sqrt(root)) / square), float((half + math.sqrt(root)) / square)


def _impossible(donors: int, periods: int) -> SyntheticControl:
    return SyntheticControl(
        weights=np.full(donors, NAN),
        unique=False,
        gap=np.full(periods, NAN),
        att=NAN,
        pre_rmse=NAN,
        post_rmse=NAN,
        ratio=NAN,
        placebo_gaps=np.full((donors, periods), NAN),
        placebo_ratios=np.full(donors, NAN),
        p_value=NAN,
        effect=NOTHING,
        difference=NOTHING,
        reason="no donor area" if donors == 0 else "no period before, or none after",
    )
