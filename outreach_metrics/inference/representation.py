"""Whether those who came, or who answered, are like those who could have."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.design_based import wilson
from outreach_metrics.inference.rates import check_counts

NAN = math.nan
NOTHING = Result(NAN, NAN, NAN, NAN)
LEAST_EXPECTED = 5.0
"""Expected count in every category from which chi-square is trusted."""


def representation_ratio(
    count: float, n: float, population_share: float, *, conf_level: float = 0.95
) -> Result:
    """Share of a group among `n` people / its share of the community.

    Parameters
    ----------
    count, n : float
        People of the group, and all whose group is known.
    population_share : float
        Share of the group in the community, 0 to 1, taken as known.
    conf_level : float

    Returns
    -------
    Result
        1 is as the community is, below 1 underrepresented. Limits: Wilson's, divided; p-value: the score
        test, which matches them. No people, or a group that the community does not have: NaN.

    Notes
    -----
    Assumes that people are drawn independently. R: ``prop.test(count, n, p = population_share,
    correct = FALSE)``, its interval divided by `population_share`.

    Examples
    --------
    >>> [round(x, 4) for x in representation_ratio(12, 80, 0.25)]
    [0.6, 0.3518, 0.9765, 0.0389]
    """
    if not (0 <= count <= n and 0 <= population_share <= 1):
        raise ValueError(f"{count} of {n} against a share of {population_share} is not possible")
    if n == 0 or population_share == 0:
        return Result(NAN, NAN, NAN, NAN)
    share, low, high, _ = wilson(count, n, conf_level)
    error = math.sqrt(population_share * (1 - population_share) / n)
    gap = abs(share - population_share)
    p_value = float(2 * stats.norm.sf(gap / error)) if error > 0 else float(gap == 0)
    return Result(share / population_share, low / population_share, high / population_share, p_value)


def standardized_difference(
    sample: np.ndarray,
    target: np.ndarray,
    *,
    sample_weights: np.ndarray | None = None,
    target_weights: np.ndarray | None = None,
    deviation: Literal["target", "sample", "pooled"] = "target",
    absolute: bool = True,
) -> np.ndarray:
    """Difference of the means of columns between two groups of people, in standard deviations.

    Parameters
    ----------
    sample, target : ndarray, shape (n, k) or (n,)
        Numbers, or an indicator column for each category; missing values are left out of their column.
    sample_weights, target_weights : ndarray, shape (n,), optional
    deviation : {"target", "sample", "pooled"}
        Whose standard deviation; pooled is the root of the mean of both variances.
    absolute : bool
        Return sizes without sign.

    Returns
    -------
    ndarray, shape (k,)
        NaN where nothing varies or nobody is.

    Notes
    -----
    Absolute standardized mean difference; variances are unbiased for weights of reliability. Above 0.1 is
    commonly called imbalance (Austin PC, 2009, Stat Med 28:3083). Python: ``asmd`` of balance 0.23.

    Examples
    --------
    >>> standardized_difference(np.array([1, 2]), np.array([3, 4])).round(4).tolist()
    [2.8284]
    """
    if deviation not in ("target", "sample", "pooled"):
        raise ValueError(f"deviation is target, sample or pooled, not {deviation}")
    one, other = _moments(sample, sample_weights), _moments(target, target_weights)
    variance = {"target": other[1], "sample": one[1], "pooled": (one[1] + other[1]) / 2}[deviation]
    return _standardized(one[0] - other[0], variance, absolute)


def standardized_share_difference(
    counts: np.ndarray, target_counts: np.ndarray, *, absolute: bool = True
) -> np.ndarray:
    """Standardized difference of the share of each category, from counts of people.

    Parameters
    ----------
    counts, target_counts : ndarray, shape (k,)
        People of each category, here and in the community.
    absolute : bool

    Returns
    -------
    ndarray, shape (k,)
        As `standardized_difference` of indicator columns; NaN where the community has none of a category.

    Examples
    --------
    >>> standardized_share_difference(np.array([644, 268]), np.array([4551, 4551])).round(6).tolist()
    [0.412258, 0.412258]
    """
    here, there = np.asarray(counts, dtype=float), np.asarray(target_counts, dtype=float)
    _check_alike(here, there)
    size, others = here.sum(), there.sum()
    if size == 0 or others <= 1:
        return np.full(here.shape, NAN)
    share = there / others
    return _standardized(here / size - share, share * (1 - share) * others / (others - 1), absolute)


def mean_standardized_difference(differences: Sequence[np.ndarray]) -> float:
    """Mean absolute standardized difference, each variable counting once.

    Parameters
    ----------
    differences : sequence of ndarrays
        One array a variable: its categories' differences, or the one difference of a number.

    Returns
    -------
    float
        What has no difference is left out; NaN when that is everything.

    Notes
    -----
    Python: ``mean(asmd)`` of balance, which counts a difference that is missing as 0.

    Examples
    --------
    >>> mean_standardized_difference([np.array([0.4, 0.4]), np.array([0.1])])
    0.25
    """
    sizes = [np.abs(np.asarray(part, dtype=float)) for part in differences]
    means = [float(part[~np.isnan(part)].mean()) for part in sizes if not np.isnan(part).all()]
    return float(np.mean(means)) if means else NAN


class Fit(NamedTuple):
    """How far counts are from known shares: statistic, degrees of freedom, p-value and how it was made."""

    statistic: float
    df: float
    p_value: float
    method: str


def goodness_of_fit(
    counts: np.ndarray,
    population_shares: np.ndarray,
    *,
    statistic: Literal["pearson", "likelihood"] = "pearson",
    draws: int = 9999,
    seed: int = 0,
) -> Fit:
    """Test whether people come from all categories as the community has them: one p-value for a variable.

    Parameters
    ----------
    counts : ndarray, shape (k,)
        People of each category.
    population_shares : ndarray, shape (k,)
        Shares or counts of the community, taken as known; they are made to sum to 1.
    statistic : {"pearson", "likelihood"}
        Pearson's chi-square, or G.
    draws : int
        Samples from the community when some category should hold fewer than 5 people.
    seed : int

    Returns
    -------
    Fit
        Categories that neither side has do not count. Nobody, one category, or people of a category that the
        community does not have: NaN, and the method says so.

    Notes
    -----
    R: ``chisq.test(counts, p = shares)``, at small counts with ``simulate.p.value = TRUE, B = draws``.

    Examples
    --------
    >>> fit = goodness_of_fit(np.array([30, 50, 20]), np.array([0.25, 0.5, 0.25]))
    >>> round(fit.statistic, 3), fit.df, round(fit.p_value, 4), fit.method
    (2.0, 2, 0.3679, 'chi-square test')
    """
    observed, shares = np.asarray(counts, dtype=float), np.asarray(population_shares, dtype=float)
    _check_alike(observed, shares)
    if ((shares == 0) & (observed > 0)).any():
        return Fit(NAN, NAN, NAN, "no test: the community lacks a category that came")
    observed, shares = observed[shares > 0], shares[shares > 0]
    total = observed.sum()
    if total == 0 or len(shares) < 2:
        return Fit(NAN, NAN, NAN, "no test: fewer than two categories, or nobody")
    expected = total * shares / shares.sum()
    distance = _pearson if statistic == "pearson" else _likelihood
    found, df = float(distance(observed, expected)), len(shares) - 1
    name = "chi-square test" if statistic == "pearson" else "likelihood-ratio test"
    if expected.min() >= LEAST_EXPECTED:
        return Fit(found, df, float(stats.chi2.sf(found, df)), name)
    drawn = np.random.default_rng(seed).multinomial(round(total), expected / total, draws)
    reached = distance(drawn, expected) >= found * (1 - 1e-7)
    return Fit(found, df, float((1 + reached.sum()) / (draws + 1)), f"{name}, {draws} simulated samples")


def _check_alike(counts: np.ndarray, others: np.ndarray) -> None:
    if counts.shape != others.shape or counts.ndim != 1:
        raise ValueError("the categories must be the same on both sides")
    check_counts(counts, others)


def _pearson(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return (np.square(observed - expected) / expected).sum(axis=-1)


def _likelihood(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    return 2 * special.xlogy(observed, observed / expected).sum(axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RIndicator:
    """How even the propensities to respond are: 1 where all are the same.

    Parameters
    ----------
    unadjusted, adjusted : float
        1 - 2 standard deviations of the propensities, as estimated and with the bias that their sampling
        error causes taken out.
    standard_error : float
        Of the unadjusted indicator.
    result : Result
        The adjusted indicator and its normal interval, held between 0 and 1.
    coefficient_of_variation, coefficient_of_variation_error : float
        Standard deviation / mean of the propensities, unadjusted: the largest relative bias of a mean that is
        not weighted, and its standard error.
    mean_propensity : float
    propensities : ndarray, shape (n,)
    counts : ndarray, shape (n,)
        Weighted people behind each propensity.
    reason : str
        Why there is no number, if there is none.
    """

    unadjusted: float = NAN
    adjusted: float = NAN
    standard_error: float = NAN
    result: Result = NOTHING
    coefficient_of_variation: float = NAN
    coefficient_of_variation_error: float = NAN
    mean_propensity: float = NAN
    propensities: np.ndarray
    counts: np.ndarray
    reason: str = ""

    def partial(self, categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unconditional partial indicators of the categories of a variable; below 0 is underrepresented.

        Parameters
        ----------
        categories : ndarray, shape (n,)

        Returns
        -------
        labels, indicators : ndarray, shape (k,)
            Root of the share of a category times the distance of its mean propensity from the mean of all.
            The root of the sum of their squares is that of the variable. R: ``PuUnadj`` of RISQ.
        """
        labels, code = np.unique(np.asarray(categories), return_inverse=True)
        size = np.bincount(code.ravel(), self.counts)
        mean = np.bincount(code.ravel(), self.counts * self.propensities) / size
        return labels, np.sqrt(size / size.sum()) * (mean - self.mean_propensity)


def r_indicator(
    design: np.ndarray,
    responded: np.ndarray,
    *,
    counts: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    strata: np.ndarray | None = None,
    conf_level: float = 0.95,
) -> RIndicator:
    """Representativity indicator from logistic propensities to respond (or to come).

    Parameters
    ----------
    design : ndarray, shape (n, p)
        Terms of the propensity, intercept among them, for those who responded and those who did not.
    responded : ndarray of bool, shape (n,)
    counts : ndarray, shape (n,), optional
        People that a row stands for; default 1.
    weights : ndarray, shape (n,), optional
        Sampling weights. Without them the rows are the whole population, and only the response is random.
    strata : ndarray, shape (n,), optional
        Sampling strata; by default rows of one weight are a stratum, where there are up to 20 weights.
    conf_level : float

    Returns
    -------
    RIndicator
        Nobody or everybody responding, or nothing varying, gives no number, and `reason` says so.

    Notes
    -----
    Schouten B, Cobben F & Bethlehem J (2009) Survey Methodology 35:101; bias and variance: Shlomo N, Skinner
    C & Schouten B (2012) J Stat Plan Inference 142:201. It is about the variables in the design only.
    R: ``getRIndicator(responded ~ x1 + x2, data, sampleWeights, sampleStrata)`` of RISQ.

    Examples
    --------
    >>> design = np.array([[1, 0], [1, 0], [1, 1], [1, 1]])
    >>> found = r_indicator(design, np.array([1, 0, 1, 0]), counts=np.array([60, 40, 40, 60]))
    >>> round(found.unadjusted, 4), round(found.adjusted, 4), round(found.standard_error, 4)
    (0.7995, 0.8251, 0.0713)
    """
    rows = np.asarray(design, dtype=float)
    answer = np.asarray(responded, dtype=float)
    people = np.ones(len(rows)) if counts is None else np.asarray(counts, dtype=float)
    weight = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=float)
    if not (rows.ndim == 2 and len(answer) == len(rows) == len(people) == len(weight)):
        raise ValueError("design, responded, counts and weights must be of one length")
    check_counts(people, weight)
    if not (np.isfinite(rows).all() and np.isin(answer, (0, 1)).all()):
        raise ValueError("terms must be finite, and responded true or false")
    scaled = people * weight
    share = float(scaled @ answer / scaled.sum()) if scaled.sum() > 0 else NAN
    if not 0 < share < 1:
        reason = "nobody or everybody responded" if len(rows) and scaled.sum() > 0 else "there is nobody"
        return RIndicator(mean_propensity=share, propensities=answer, counts=scaled, reason=reason)
    propensity, gradient, sigma, converged = _propensities(rows, answer, scaled * people.sum() / scaled.sum())
    if not converged:
        reason = "the propensities could not be fitted"
        return RIndicator(propensities=propensity, counts=scaled, reason=reason)
    stratum = _strata(weight, strata)
    return _indicator(propensity, gradient, sigma, people, weight, stratum, conf_level)


def r_indicator_of_categories(
    responded: np.ndarray, totals: np.ndarray, *, conf_level: float = 0.95
) -> RIndicator:
    """R-indicator of one variable from the people of each category who responded, and all of them.

    Parameters
    ----------
    responded, totals : ndarray, shape (k,)
        Of every category those who responded (came) and all in the community. More who came than there are
        is held at all.
    conf_level : float

    Returns
    -------
    RIndicator
        Rows: the k categories' responding, then their not responding people.

    Examples
    --------
    >>> round(r_indicator_of_categories(np.array([60, 40]), np.array([100, 100])).unadjusted, 4)
    0.7995
    """
    came, everybody = np.asarray(responded, dtype=float), np.asarray(totals, dtype=float)
    _check_alike(came, everybody)
    came = np.minimum(came, everybody)
    design = np.column_stack([np.ones(len(came)), np.eye(len(came))[:, 1:]])
    answer = np.repeat([1.0, 0.0], len(came))
    people = np.concatenate([came, everybody - came])
    return r_indicator(np.vstack([design, design]), answer, counts=people, conf_level=conf_level)


def _indicator(
    propensity: np.ndarray,
    gradient: np.ndarray,
    sigma: np.ndarray,
    people: np.ndarray,
    weight: np.ndarray,
    stratum: np.ndarray,
    conf_level: float,
) -> RIndicator:
    """R-indicator, its bias and standard error from fitted propensities (Shlomo, Skinner & Schouten 2012)."""
    counts, size = people * weight, float(people @ weight)
    share = counts / size
    mean = float(share @ propensity)
    spread = float(share @ np.square(propensity - mean))
    if not spread > 1e-14:
        reason = "all propensities are the same"
        return RIndicator(mean_propensity=mean, propensities=propensity, counts=counts, reason=reason)
    variance = spread * size / (size - 1)
    errors = np.einsum("ij,jk,ik->i", gradient, sigma, gradient)
    bias = (counts @ errors - _total_variance(propensity, people, weight, stratum) / size) / size
    centred = gradient - share @ gradient
    slope = (share * (propensity - mean)) @ centred
    product = (centred.T @ (share[:, None] * centred)) @ sigma
    sampled = _total_variance(np.square(propensity - mean), people, weight, stratum) / size**2
    error_variance = float(4 * slope @ sigma @ slope + 2 * np.trace(product @ product) + sampled) / spread
    ratio = math.sqrt(variance) / mean
    adjusted = 1 - 2 * math.sqrt(max(variance - bias, 0.0))
    error = math.sqrt(error_variance)
    reach = float(stats.norm.ppf((1 + conf_level) / 2)) * error
    return RIndicator(
        unadjusted=1 - 2 * math.sqrt(variance),
        adjusted=adjusted,
        standard_error=error,
        result=Result(*np.clip([adjusted, adjusted - reach, adjusted + reach], 0.0, 1.0).tolist(), NAN),
        coefficient_of_variation=ratio,
        coefficient_of_variation_error=math.sqrt(error_variance / mean**2 / 4 + ratio**4 / people.sum()),
        mean_propensity=mean,
        propensities=propensity,
        counts=counts,
    )


def _propensities(
    design: np.ndarray, responded: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Logistic propensities, their gradients, the covariance of the coefficients, and whether they hold."""
    import statsmodels.api as sm

    held = counts > 0
    model = sm.GLM(responded[held], design[held], family=sm.families.Binomial(), freq_weights=counts[held])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # separation only moves a propensity to 0 or 1
        fit = model.fit(atol=1e-9, rtol=1e-8, maxiter=25)
        propensity = np.asarray(fit.predict(design))
        sigma = np.asarray(fit.cov_params(scale=1.0))
    gradient = (propensity * (1 - propensity))[:, None] * design
    return propensity, gradient, sigma, bool(fit.converged and np.isfinite(sigma).all())


def _strata(weights: np.ndarray, strata: np.ndarray | None) -> np.ndarray:
    if strata is not None:
        return np.unique(np.asarray(strata).astype(str), return_inverse=True)[1].ravel()
    values, code = np.unique(weights, return_inverse=True)
    return code.ravel() if len(values) <= 20 else np.zeros(len(weights), dtype=int)


def _total_variance(values: np.ndarray, people: np.ndarray, weight: np.ndarray, stratum: np.ndarray) -> float:
    """Sampling variance of a weighted total: by stratum of one weight, else with unequal probabilities."""
    n = people.sum()
    spans = [weight[(stratum == one) & (people > 0)] for one in np.unique(stratum)]
    if any(len(span) and span.min() != span.max() for span in spans):
        weighted = values * weight
        return float(people @ np.square(n * weighted - people @ weighted) / n / (n - 1))
    total = 0.0
    for one in np.unique(stratum):
        held = stratum == one
        drawn, size = people[held].sum(), float(people[held] @ weight[held])
        if drawn > 1:
            centred = values[held] - people[held] @ values[held] / drawn
            total += size**2 * (1 - drawn / size) * (people[held] @ np.square(centred)) / (drawn - 1) / drawn
    return float(total)


def _moments(values: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Weighted means and unbiased variances of columns."""
    columns = np.asarray(values, dtype=float)
    columns = columns[:, None] if columns.ndim == 1 else columns
    weight = np.ones(len(columns)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != columns.shape[:1] or not (weight >= 0).all() or np.isinf(columns).any():
        raise ValueError("weights must be 0 or more, one a row, and numbers finite or missing")
    held = np.where(np.isnan(columns), 0.0, weight[:, None])
    filled = np.nan_to_num(columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = held.sum(axis=0)
        mean = (held * filled).sum(axis=0) / total
        squares = (held * np.square(filled - mean)).sum(axis=0)
        return mean, squares * total / (np.square(total) - np.square(held).sum(axis=0))


def _standardized(difference: np.ndarray, variance: np.ndarray, absolute: bool) -> np.ndarray:
    varies = variance > 0
    scaled = np.divide(difference, np.sqrt(np.where(varies, variance, 1.0)))
    return np.where(varies, np.abs(scaled) if absolute else scaled, NAN)
