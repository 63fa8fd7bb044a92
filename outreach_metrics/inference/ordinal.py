"""Ordered answers: proportional-odds regression, and the change of one question's answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special, stats
from scipy.sparse import coo_array, csr_array

from outreach_metrics.inference import Result
from outreach_metrics.inference.effect_size import NOTHING, HypothesisTest
from outreach_metrics.inference.rates import ratio_from_log

NAN = math.nan
UNTESTED = HypothesisTest(NAN, NAN, NAN)
FLAT = 1e-9
"""Rise of the log-likelihood still to come, per weight of a cell, at which its maximum is reached."""
MOVING = 1e-3
"""Part of the parameters by which they still move when the likelihood is flat: the maximum is at infinity."""
SINGULAR = 1e-13
"""Least eigenvalue of the information over the largest at which nothing can be told from it."""


@dataclass(frozen=True, slots=True)
class OrdinalFit:
    """A proportional-odds regression; NaN with a reason where there is none."""

    categories: np.ndarray
    """Shape (k,): the answers given, in order."""
    coefficients: np.ndarray
    """Shape (p,): log odds of a higher answer per unit of a predictor."""
    thresholds: np.ndarray
    """Shape (k - 1,): log odds of an answer up to each category but the last, where predictors are 0."""
    standard_errors: np.ndarray
    threshold_standard_errors: np.ndarray
    odds_ratios: tuple[Result, ...]
    log_likelihood: float = NAN
    deviance: float = NAN
    proportional: HypothesisTest = UNTESTED
    """Brant's test that the odds ratios are the same at every threshold."""
    n: float = 0.0
    reason: str = ""


def ordinal_logit(
    answers: np.ndarray,
    design: np.ndarray,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    conf_level: float = 0.95,
) -> OrdinalFit:
    """Regress ordered answers on predictors by the proportional-odds logit.

    Parameters
    ----------
    answers : ndarray, shape (n,)
        Ordered codes; which numbers does not matter. NaN are left out.
    design : ndarray, shape (n, p)
        Predictors without a constant.
    weights : ndarray, shape (n,), optional
        How often each row occurred; with clusters survey weights too.
    clusters : ndarray, shape (n,), optional
        Persons or sampling clusters: standard errors are then robust (times G / (G - 1)), and intervals
        Student's on G - 1; without, they come from the observed information and the normal.
    conf_level : float

    Returns
    -------
    OrdinalFit
        Empty, with the reason: one answer only; predictors that do not vary or repeat each other; groups
        without an answer in common (separation); fewer clusters than parameters. No test of proportional odds
        with two answers, where one of its binary regressions is separated, or where the covariance of their
        differences is no covariance (few answers).

    Notes
    -----
    McCullagh P (1980) JRSS B 42:109; Brant R (1990) Biometrics 46:1171.
    R: ``MASS::polr(factor(answers) ~ design, weights, Hess = TRUE)``, ``brant::brant``.

    Examples
    --------
    >>> answers, women = np.array([1, 1, 2, 2, 3, 1, 2, 3, 3, 3]), np.repeat([[0], [1]], 5, axis=0)
    >>> fit = ordinal_logit(answers, women)
    >>> [round(value, 2) for value in fit.odds_ratios[0]]
    [4.24, 0.37, 49.16, 0.25]
    """
    answers, design, weight, cluster = _complete(answers, design, weights, clusters)
    categories, codes = np.unique(answers, return_inverse=True)
    scaled, back = _scaled(design, len(categories) - 1)
    codes, scaled, weight, of_cluster = _cells(codes, scaled, weight, cluster)
    maximum = _maximum(codes, scaled, weight)
    reason = maximum.reason
    if reason:
        return _empty(categories, design.shape[1], float(weight.sum()), reason)
    errors, parameters = _errors(maximum, back, of_cluster), back @ maximum.parameters
    if np.isnan(errors).any():
        return _empty(categories, design.shape[1], float(weight.sum()), "There are too few clusters.")
    cut, df = len(categories) - 1, math.inf if of_cluster is None else of_cluster.shape[0] - 1.0
    return OrdinalFit(
        categories=categories,
        coefficients=parameters[cut:],
        thresholds=parameters[:cut],
        standard_errors=errors[cut:],
        threshold_standard_errors=errors[:cut],
        odds_ratios=tuple(
            ratio_from_log(float(one), float(error), df, conf_level)
            for one, error in zip(parameters[cut:], errors[cut:], strict=True)
        ),
        log_likelihood=maximum.log_likelihood,
        deviance=-2 * maximum.log_likelihood,
        proportional=_brant(codes, scaled, weight, of_cluster),
        n=float(weight.sum()),
    )


def _complete(
    answers: np.ndarray, design: np.ndarray, weights: np.ndarray | None, clusters: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the rows that lack nothing and have a weight, with the codes of their clusters."""
    answers, design = np.asarray(answers, dtype=float), np.asarray(design, dtype=float)
    weight = np.ones(len(answers)) if weights is None else np.asarray(weights, dtype=float)
    if design.ndim != 2 or len(design) != len(answers) or len(weight) != len(answers):
        raise ValueError("answers, weights and the rows of the design must be as many")
    if np.isinf(design).any() or np.isinf(weight).any():
        raise ValueError("predictors and weights must be finite, or NaN where they are missing")
    held = ~(np.isnan(answers) | np.isnan(design).any(axis=1)) & (np.nan_to_num(weight) > 0)
    cluster = None if clusters is None else _codes(np.asarray(clusters)[held])
    return answers[held], design[held], weight[held], cluster


def _codes(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1].ravel()


def _cells(
    codes: np.ndarray, design: np.ndarray, weight: np.ndarray, cluster: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, csr_array | None]:
    """Put equal answers with equal predictors into one cell with the sum of their weights.

    The last part is the weight of each cluster in each cell, shape (clusters, cells).
    """
    cell = codes
    for column in design.T:
        alike = _codes(column)
        cell = _codes(cell * (alike.max(initial=0) + 1) + alike)
    first = np.unique(cell, return_index=True)[1]
    of_cluster = None
    if cluster is not None:
        size = (cluster.max(initial=-1) + 1, len(first))
        of_cluster = csr_array(coo_array((weight, (cluster, cell)), shape=size))
    return codes[first], design[first], np.bincount(cell, weight), of_cluster


def _scaled(design: np.ndarray, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictors centered and in units of their range, and the matrix that turns parameters back."""
    if len(design) == 0:
        return design, np.empty((0, 0))
    center, reach = design.mean(axis=0), np.ptp(design, axis=0)
    reach = np.where(reach > 0, reach, 1.0)
    back = np.eye(cut + len(reach))
    back[cut:, cut:] = np.diag(1 / reach)
    back[:cut, cut:] = center / reach
    return (design - center) / reach, back


def _empty(categories: np.ndarray, predictors: int, n: float, reason: str) -> OrdinalFit:
    none, cuts = np.full(predictors, NAN), np.full(max(len(categories) - 1, 0), NAN)
    return OrdinalFit(categories, none, cuts, none, cuts, (NOTHING,) * predictors, n=n, reason=reason)


class _Maximum(NamedTuple):
    """Thresholds then coefficients, at the highest likelihood."""

    parameters: np.ndarray
    log_likelihood: float
    scores: np.ndarray  # (cells, parameters), of one answer in each
    information: np.ndarray
    reason: str = ""


def _maximum(codes: np.ndarray, design: np.ndarray, weight: np.ndarray) -> _Maximum:
    """Newton's method on a likelihood that has one maximum at most; predictors as `_scaled` leaves them."""
    if len(codes) == 0 or codes.max() == 0:
        return _no_maximum("Everybody answered alike." if len(codes) else "There are no answers.")
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return _no_maximum("The predictors do not vary, or repeat each other.")
    shares = np.cumsum(np.bincount(codes, weight))[:-1] / weight.sum()
    parameters = np.append(special.logit(shares), np.zeros(design.shape[1]))
    if not (np.isfinite(parameters).all() and (np.diff(shares) > 0).all()):
        return _no_maximum("An answer has next to no weight beside the others.")
    cut, flat = len(shares), FLAT * float(weight.mean())
    value, scores, information = _likelihood(parameters, codes, design, weight)
    for _ in range(100):
        gradient = weight @ scores
        if not _invertible(information):
            break
        step = np.linalg.solve(information, gradient)
        size = 1.0
        while size > 1e-6:
            tried = parameters + size * step
            if (np.diff(tried[:cut]) > 0).all():
                made = _likelihood(tried, codes, design, weight)
                if made[0] >= value - 1e-12 * abs(value):
                    break
            size /= 2
        else:
            break
        parameters, (value, scores, information) = tried, made
        if gradient @ step < flat:
            if np.abs(step).max() > MOVING * (1 + np.abs(parameters).max()):
                return _no_maximum("Groups have no answer in common, so that their odds cannot be compared.")
            return _Maximum(parameters, value, scores, information)
    return _no_maximum("The regression did not converge.")


def _invertible(information: np.ndarray) -> bool:
    if not np.isfinite(information).all():
        return False
    curves = np.linalg.eigvalsh(information)
    return bool(curves[0] > SINGULAR * curves[-1])


def _no_maximum(reason: str) -> _Maximum:
    nothing = np.empty(0)
    return _Maximum(nothing, NAN, nothing, nothing, reason)


def _errors(maximum: _Maximum, back: np.ndarray, of_cluster: csr_array | None) -> np.ndarray:
    """Return the standard errors of the parameters; NaN where so few clusters leave none."""
    inverse = np.linalg.inv(maximum.information)
    model = np.diag(back @ inverse @ back.T)
    if of_cluster is None:
        return np.sqrt(model)
    if of_cluster.shape[0] < len(model):
        return np.full(len(model), NAN)
    sandwich = back @ inverse @ _meat(maximum.scores, of_cluster) @ inverse @ back.T
    variance = np.diag(sandwich)
    return np.sqrt(np.where(variance > 1e-9 * model, variance, NAN))


def _likelihood(
    parameters: np.ndarray, codes: np.ndarray, design: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood, each answer's score, and the observed information."""
    cut = len(parameters) - design.shape[1]
    cuts = np.concatenate([[-math.inf], parameters[:cut], [math.inf]])
    line = design @ parameters[cut:]
    upper, lower = cuts[codes + 1] - line, cuts[codes] - line
    turn = np.where(lower > 0, -1.0, 1.0)  # the tail that does not round to 1
    share = np.maximum(turn * (special.expit(turn * upper) - special.expit(turn * lower)), 1e-300)
    rise_upper = special.expit(upper) * special.expit(-upper) / share
    rise_lower = special.expit(lower) * special.expit(-lower) / share
    below = np.eye(cut + 1, cut)  # the threshold above category j is threshold j
    at_upper = np.column_stack([below[codes], -design])
    at_lower = np.column_stack([np.vstack([np.zeros(cut), np.eye(cut)])[codes], -design])
    scores = rise_upper[:, None] * at_upper - rise_lower[:, None] * at_lower
    bend_upper = -weight * rise_upper * np.tanh(upper / 2)
    bend_lower = -weight * rise_lower * np.tanh(lower / 2)
    with np.errstate(over="ignore", invalid="ignore"):  # far from the maximum; the step there is refused
        information = (weight[:, None] * scores).T @ scores
        information -= (bend_upper[:, None] * at_upper).T @ at_upper
        information += (bend_lower[:, None] * at_lower).T @ at_lower
    return float(weight @ np.log(share)), scores, information


def _meat(scores: np.ndarray, of_cluster: csr_array) -> np.ndarray:
    totals = of_cluster @ scores
    return totals.T @ totals * len(totals) / (len(totals) - 1)


def _brant(
    codes: np.ndarray, design: np.ndarray, weight: np.ndarray, of_cluster: csr_array | None
) -> HypothesisTest:
    """Wald test that the coefficients of the binary regressions at every threshold are the same."""
    cuts, predictors = int(codes.max()), design.shape[1]
    fits = [_maximum((codes > cut).astype(int), design, weight) for cut in range(cuts)]
    if cuts < 2 or any(fit.reason for fit in fits):
        return UNTESTED
    full = np.column_stack([np.ones(len(design)), -design])
    above = [special.expit(-full @ fit.parameters) for fit in fits]
    meat = np.empty((cuts, cuts, predictors + 1, predictors + 1))
    for one in range(cuts):
        for other in range(one, cuts):
            both = weight * above[other] * (1 - above[one])
            meat[one, other] = meat[other, one] = full.T @ (both[:, None] * full)
    flat = meat.transpose(0, 2, 1, 3).reshape(cuts * (predictors + 1), -1)
    if of_cluster is not None:
        flat = _meat(np.hstack([fit.scores for fit in fits]), of_cluster)
    bread = np.zeros_like(flat)
    for index, fit in enumerate(fits):
        block = slice(index * (predictors + 1), (index + 1) * (predictors + 1))
        bread[block, block] = np.linalg.inv(fit.information)
    contrasts = np.hstack([-np.ones((cuts - 1, 1)), np.eye(cuts - 1)])
    turn = np.kron(contrasts, np.eye(predictors + 1)[1:])
    apart = turn @ np.concatenate([fit.parameters for fit in fits])
    spread = turn @ bread @ flat @ bread @ turn.T
    df = len(apart)
    if df == 0 or not _invertible((spread + spread.T) / 2):
        return UNTESTED
    statistic = float(apart @ np.linalg.solve(spread, apart))
    return HypothesisTest(statistic, float(df), float(stats.chi2.sf(statistic, df)))


@dataclass(frozen=True, slots=True)
class OrdinalChange:
    """Odds of a higher answer after, over those before; NaN with a reason where there are none."""

    odds_ratio: Result
    proportional: HypothesisTest = UNTESTED
    """Brant's test that the odds ratio is the same at every threshold."""
    n_before: int = 0
    n_after: int = 0
    reason: str = ""


def ordinal_change(
    before: np.ndarray,
    after: np.ndarray,
    person_before: np.ndarray | None = None,
    person_after: np.ndarray | None = None,
    weight_before: np.ndarray | None = None,
    weight_after: np.ndarray | None = None,
    conf_level: float = 0.95,
) -> OrdinalChange:
    """Odds of a higher answer to one question after, relative to before.

    Parameters
    ----------
    before, after : ndarrays of shapes (n,) and (m,)
        Ordered codes; NaN are left out.
    person_before, person_after : ndarrays of shapes (n,) and (m,), optional
        Who answered, or the sampling cluster; who answered both times counts as one cluster.
    weight_before, weight_after : ndarrays, optional
        Survey weights; standard errors are then robust.
    conf_level : float

    Returns
    -------
    OrdinalChange
        Above 1: higher answers after. Nobody in a wave, one answer only, waves without an answer in common:
        NaN, with the reason.

    Notes
    -----
    A ratio for the population, not for a person. See `ordinal_logit`.

    Examples
    --------
    >>> made = ordinal_change(np.array([1, 1, 2, 2, 3]), np.array([1, 2, 3, 3, 3]))
    >>> round(made.odds_ratio.estimate, 2)
    4.24
    """
    waves = (before, after)
    answers = np.concatenate([np.asarray(wave, dtype=float) for wave in waves])
    later = np.repeat([0.0, 1.0], [len(wave) for wave in waves])
    people, weights = _joined(person_before, person_after), _joined(weight_before, weight_after)
    if people is None and weights is not None:
        people = np.arange(len(answers))
    held = ~np.isnan(answers) & (True if weights is None else np.nan_to_num(weights) > 0)
    sizes = [int((held & (later == wave)).sum()) for wave in (0, 1)]
    if min(sizes) == 0:
        reason = "Nobody answered in one of the waves."
        return OrdinalChange(NOTHING, UNTESTED, sizes[0], sizes[1], reason)
    fit = ordinal_logit(answers, later[:, None], weights, people, conf_level)
    return OrdinalChange(fit.odds_ratios[0], fit.proportional, sizes[0], sizes[1], fit.reason)


def _joined(before: np.ndarray | None, after: np.ndarray | None) -> np.ndarray | None:
    if (before is None) != (after is None):
        raise ValueError("both waves need persons (or weights), or neither")
    return None if before is None or after is None else np.concatenate([before, after])
