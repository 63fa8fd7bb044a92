"""Change of the same people between two waves: means, shares, categories and ranks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from outreach_metrics.inference import Result
from outreach_metrics.inference.effect_size import (
    EXACT_BELOW,
    NOTHING,
    Alternative,
    HypothesisTest,
    hedges_factor,
    matched,
    square_and_add,
    standardized,
    varies,
)
from outreach_metrics.inference.rates import from_standard_error, odds

NAN = math.nan


@dataclass(frozen=True, slots=True)
class Paired:
    """Mean change of the same people, after less before; NaN with a reason where there is none."""

    change: Result
    standard_error: float = NAN
    t: float = NAN
    df: float = NAN
    d_z: Result = NOTHING
    """Mean change in standard deviations of the change."""
    d_av: float = NAN
    """Mean change in the root of the mean variance of both waves."""
    correlation: float = NAN
    n: int = 0
    reason: str = ""


def paired_change(
    before: np.ndarray, after: np.ndarray, conf_level: float = 0.95, *, hedges: bool = False
) -> Paired:
    """Mean change with the paired t test, and its size.

    Parameters
    ----------
    before, after : ndarrays, shape (n,)
        Scores of the same people in the same order; who lacks one (NaN) is left out.
    conf_level : float
    hedges : bool
        Whether d_z is freed of its small-sample bias.

    Returns
    -------
    Paired
        Fewer than 2 people, or all changed alike: no interval, with the reason.

    Notes
    -----
    Lakens D (2013) Front Psychol 4:863 on d_z and d_av; noncentral t interval of d_z.
    R: ``t.test(after, before, paired = TRUE)``, ``effectsize::cohens_d(after, before, paired = TRUE)``.

    Examples
    --------
    >>> made = paired_change(np.array([50.0, 40, 60, 55, 45]), np.array([55.0, 48, 61, 62, 44]))
    >>> [round(value, 2) for value in made.change], round(made.d_z.estimate, 2)
    ([4.0, -0.81, 8.81, 0.08], 1.03)
    """
    before, after = both_answered(before, after)
    n = len(before)
    if n == 0:
        return Paired(NOTHING, reason="Nobody answered both times.")
    if not np.isfinite([before, after]).all():
        return Paired(NOTHING, n=n, reason="A score is infinite.")
    difference = after - before
    change = float(difference.mean())
    if n == 1:
        return Paired(Result(change, NAN, NAN, NAN), n=1, reason="Only one person answered both times.")
    spread = float(difference.std(ddof=1))
    average = math.sqrt((before.var(ddof=1) + after.var(ddof=1)) / 2)
    d_av = change / average if varies(average, before, after) else NAN
    if not varies(spread, before, after):
        only = Result(change, NAN, NAN, NAN)
        return Paired(only, d_av=d_av, n=n, reason="Everybody changed by the same amount.")
    error, df = spread / math.sqrt(n), n - 1.0
    factor = hedges_factor(df) if hedges else 1.0
    return Paired(
        change=from_standard_error(change, error, df, conf_level),
        standard_error=error,
        t=change / error,
        df=df,
        d_z=standardized(change / error, df, factor / math.sqrt(n), conf_level),
        d_av=d_av,
        correlation=_correlation(before, after),
        n=n,
    )


def both_answered(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the scores of the people who have both."""
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if before.shape != after.shape or before.ndim != 1:
        raise ValueError("before and after must hold the same people, in one dimension")
    there = ~(np.isnan(before) | np.isnan(after))
    return before[there], after[there]


def _correlation(before: np.ndarray, after: np.ndarray) -> float:
    if not (varies(float(before.std()), before) and varies(float(after.std()), after)):
        return NAN
    return float(np.corrcoef(before, after)[0, 1])


@dataclass(frozen=True, slots=True)
class PairedShares:
    """Change of a share of the same people; NaN where there is none."""

    test: HypothesisTest
    """Chi-square of McNemar (statistic and 1 degree of freedom NaN where the test is exact)."""
    difference: Result
    """Share after less share before, with Newcombe's paired interval and the p-value that matches it."""
    odds_ratio: Result
    """People gained for one lost, with the exact conditional interval and p-value."""
    n: int
    reason: str = ""


def mcnemar(
    *,
    kept: float,
    gained: float,
    lost: float,
    never: float,
    conf_level: float = 0.95,
    correction: bool = False,
    exact: bool | None = None,
) -> PairedShares:
    """Change of the share of people who approve, from those who changed their mind.

    Parameters
    ----------
    kept, gained, lost, never : int
        People who approved both times, only after, only before, at neither time.
    conf_level : float
    correction : bool
        Edwards' continuity correction of the chi-square.
    exact : bool, optional
        Whether the test is binomial instead; by default when fewer than 25 people changed.

    Returns
    -------
    PairedShares
        Nobody: NaN. Nobody changed: difference 0, p 1, no odds ratio. Nobody lost: ratio inf.

    Notes
    -----
    McNemar Q (1947) Psychometrika 12:153. Interval: method 10 of Newcombe RG (1998) Stat Med 17:2635.
    R: ``mcnemar.test(table, correct = correction)``, ``contingencytables::
    Newcombe_square_and_add_CI_paired_2x2``; exact: ``binom.test(gained, gained + lost)``.

    Examples
    --------
    >>> made = mcnemar(kept=794, gained=86, lost=150, never=570)
    >>> round(made.test.statistic, 4), [round(value, 4) for value in made.difference[:3]]
    (17.3559, [-0.04, -0.0587, -0.0212])
    """
    if min(kept, gained, lost, never) < 0:
        raise ValueError("a count must be 0 or more")
    n, moved = kept + gained + lost + never, gained + lost
    if n == 0:
        empty = HypothesisTest(NAN, NAN, NAN)
        return PairedShares(empty, NOTHING, NOTHING, 0, "Nobody answered both times.")
    ratio = _odds_gained(gained, lost, conf_level)
    if moved == 0:
        test = HypothesisTest(NAN, NAN, 1.0)
    elif exact or (exact is None and moved < 25):
        test = HypothesisTest(NAN, NAN, ratio.p_value)
    else:
        apart = max(abs(gained - lost) - correction, 0)
        test = HypothesisTest(apart**2 / moved, 1.0, float(stats.chi2.sf(apart**2 / moved, 1)))
    correlation = _phi(kept, gained, lost, never)

    def limits(z: float) -> tuple[float, float]:
        return square_and_add(kept + gained, n, kept + lost, n, z, correlation)

    difference = matched((gained - lost) / n, limits, conf_level)
    return PairedShares(test, difference, ratio, int(n), "" if moved else "Nobody changed.")


def _odds_gained(gained: float, lost: float, conf_level: float) -> Result:
    """Gained / lost with Clopper and Pearson's interval and twice the smaller binomial tail."""
    moved, tail = gained + lost, (1 - conf_level) / 2
    if moved == 0:
        return Result(NAN, 0.0, math.inf, 1.0)
    low = float(odds(stats.beta.ppf(tail, gained, lost + 1))) if gained else 0.0
    high = float(odds(stats.beta.ppf(1 - tail, gained + 1, lost))) if lost else math.inf
    p = min(2 * float(stats.binom.cdf(min(gained, lost), moved, 0.5)), 1.0)
    return Result(gained / lost if lost else math.inf, low, high, p)


def _phi(kept: float, gained: float, lost: float, never: float) -> float:
    """Correlation of both answers, with Newcombe's correction toward 0."""
    product = (kept + gained) * (kept + lost) * (never + gained) * (never + lost)
    apart, half = kept * never - gained * lost, (kept + gained + lost + never) / 2
    if product == 0 or 0 <= apart <= half:
        return 0.0
    return (apart - half if apart > 0 else apart) / math.sqrt(product)


def stuart_maxwell(table: np.ndarray) -> HypothesisTest:
    """Test whether the shares of the categories changed (marginal homogeneity).

    Parameters
    ----------
    table : ndarray, shape (k, k)
        People by answer before (rows) and after (columns).

    Returns
    -------
    HypothesisTest
        Chi-square. Categories nobody came to or left say nothing and are dropped; degrees of freedom are
        the rank of the covariance of those left. Nobody changed: statistic 0, df 0, p 1.

    Notes
    -----
    Stuart A (1955) Biometrika 42:412; Maxwell AE (1970) Br J Psychiatry 116:651.
    R: ``DescTools::StuartMaxwellTest(table)``.

    Examples
    --------
    >>> [round(value, 4) for value in stuart_maxwell(np.array([[20, 10, 5], [3, 30, 15], [0, 5, 40]]))]
    [13.7647, 2.0, 0.001]
    """
    moved = _moved(table)
    come, gone = moved.sum(axis=0), moved.sum(axis=1)
    covariance = np.diag(come + gone) - moved - moved.T
    df = int(np.linalg.matrix_rank(covariance))
    statistic = float((come - gone) @ np.linalg.pinv(covariance, hermitian=True) @ (come - gone))
    return _chi_square(statistic, df)


def bowker(table: np.ndarray) -> HypothesisTest:
    """Test whether as many people went from each answer to each other as came back (symmetry).

    Parameters
    ----------
    table : ndarray, shape (k, k)
        People by answer before (rows) and after (columns).

    Returns
    -------
    HypothesisTest
        Chi-square; a pair of answers nobody moved between is not counted. Nobody changed: p 1.

    Notes
    -----
    Bowker AH (1948) JASA 43:572. R: ``mcnemar.test(table)``, where no pair is empty.

    Examples
    --------
    >>> [round(value, 4) for value in bowker(np.array([[20, 10, 5], [3, 30, 15], [0, 5, 40]]))]
    [13.7692, 3.0, 0.0032]
    """
    moved = _moved(table)
    upper = np.triu_indices(len(moved), 1)
    there, back = moved[upper], moved.T[upper]
    pairs = there + back > 0
    statistic = float(((there - back)[pairs] ** 2 / (there + back)[pairs]).sum())
    return _chi_square(statistic, int(pairs.sum()))


def _moved(table: np.ndarray) -> np.ndarray:
    """People who changed their answer: the table without its diagonal."""
    table = np.array(table, dtype=float)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not (np.isfinite(table) & (table >= 0)).all():
        raise ValueError("the table must be square, of finite counts 0 or more")
    np.fill_diagonal(table, 0)
    return table


def _chi_square(statistic: float, df: int) -> HypothesisTest:
    return HypothesisTest(statistic, float(df), float(stats.chi2.sf(statistic, df)) if df else 1.0)


@dataclass(frozen=True, slots=True)
class SignedRank:
    """Wilcoxon's signed-rank test, and how much of the ranks went up; NaN where there is none."""

    test: HypothesisTest
    """R's V, the sum of the ranks of those who rose."""
    rank_biserial: Result
    """Share of the rank sum that rose less the share that fell, -1 to 1."""
    n: int
    """People who changed."""
    exact: bool = False
    reason: str = ""


def signed_rank(
    before: np.ndarray,
    after: np.ndarray,
    alternative: Alternative = "two-sided",
    conf_level: float = 0.95,
    *,
    exact: bool | None = None,
    correction: bool = True,
) -> SignedRank:
    """Wilcoxon's signed-rank test of the change of the same people.

    Parameters
    ----------
    before, after : ndarrays, shape (n,)
        Who lacks one (NaN) or did not change is left out.
    alternative : {"two-sided", "greater", "less"}
        "greater": people rose.
    conf_level : float
    exact : bool, optional
        By default exact with fewer than 50 people, no ties and nobody unchanged, else normal.
    correction : bool
        Continuity correction of the normal approximation.

    Returns
    -------
    SignedRank
        Interval of the rank-biserial correlation by Fisher's z, with its own p-value; if all rose, or all
        fell, from the exact binomial limit of that share. Nobody changed: V 0, p 1, no correlation.

    Notes
    -----
    Wilcoxon F (1945) Biometrics Bulletin 1:80; Kerby DS (2014) Compr Psychol 3:1.
    R: ``wilcox.test(after, before, paired = TRUE, alternative, exact, correct)``,
    ``effectsize::rank_biserial(after, before, paired = TRUE)``.

    Examples
    --------
    >>> made = signed_rank(np.array([50.0, 40, 60, 55, 45]), np.array([55.0, 48, 61, 62, 43]))
    >>> made.test.statistic, round(made.rank_biserial.estimate, 3)
    (13.0, 0.733)
    """
    before, after = both_answered(before, after)
    empty = HypothesisTest(NAN, NAN, NAN)
    if len(before) == 0:
        return SignedRank(empty, NOTHING, 0, reason="Nobody answered both times.")
    if not np.isfinite([before, after]).all():
        return SignedRank(empty, NOTHING, 0, reason="A score is infinite.")
    largest = max(np.abs(before).max(), np.abs(after).max()) or 1.0
    every = np.round((after - before) / largest, 12)  # so that rounding errors do not break ties
    difference = every[every != 0]
    n = len(difference)
    if n == 0:
        return SignedRank(HypothesisTest(0.0, NAN, 1.0), NOTHING, 0, reason="Nobody changed.")
    ranks = stats.rankdata(np.abs(difference))
    if exact is None:
        exact = n == len(every) and len(np.unique(ranks)) == n and n < EXACT_BELOW
    method = "exact" if exact else "asymptotic"
    p = stats.wilcoxon(difference, alternative=alternative, correction=correction, method=method).pvalue
    risen = float(ranks[difference > 0].sum())
    test = HypothesisTest(risen, NAN, min(float(p), 1.0))
    return SignedRank(test, _rank_biserial(2 * risen / float(ranks.sum()) - 1, n, conf_level), n, exact)


def _rank_biserial(share: float, n: int, conf_level: float) -> Result:
    """Interval of a matched rank-biserial correlation by Fisher's z, as effectsize has it."""
    if abs(share) == 1:
        far = 2 * ((1 - conf_level) / 2) ** (1 / n) - 1
        low, high = (far, 1.0) if share > 0 else (-1.0, -far)
        return Result(share, low, high, min(2 * 0.5**n, 1.0))
    error = math.sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n**2 + n) / 2)
    center, reach = math.atanh(share), float(special.ndtri((1 + conf_level) / 2)) * error
    p = 2 * float(special.ndtr(-abs(center) / error))
    return Result(share, math.tanh(center - reach), math.tanh(center + reach), p)
