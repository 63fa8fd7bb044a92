"""How far people who code the same comments agree: Krippendorff's alpha, kappas, percent agreement."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error

NAN = math.nan
UNKNOWN = Result(NAN, NAN, NAN, NAN)

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS = ("nominal", "ordinal", "interval", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Krippendorff's alpha with its interval; NaN, with a reason, where it cannot be made."""

    result: Result
    percent: float
    units: int
    coders: int
    reason: str = ""


def krippendorff_alpha(reliability_data: np.ndarray, level: Level = "nominal") -> float:
    """Krippendorff's alpha: 1 is perfect agreement, 0 what chance alone would give.

    Parameters
    ----------
    reliability_data : ndarray of shape (coders, units)
        Codes; NaN, None or "" where a coder gave none. Numbers, or for the nominal level any text.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How far two codes are apart: all alike, by rank, by difference, by proportion (0 or more).

    Returns
    -------
    float
        At most 1; below 0 is less than by chance. Units with fewer than two codes are left out.
        NaN when no unit has two, or when all codes are the same: nothing tells agreement from habit.

    Notes
    -----
    Krippendorff K (2011) Computing Krippendorff's alpha-reliability; Hayes AF & Krippendorff K (2007) Commun
    Methods Meas 1:77. R: ``irr::kripp.alpha(x, method = level)``.

    Examples
    --------
    >>> nan = np.nan
    >>> codes = [[1, 2, 3, 3, 2, nan], [1, 2, 3, 3, 2, 4], [nan, 3, 3, 3, 2, 4]]
    >>> round(krippendorff_alpha(codes), 4), round(krippendorff_alpha(codes, "interval"), 4)
    (0.8276, 0.9215)
    """
    counts, values = _counts(reliability_data, level)
    return _alpha(counts, values, level, np.ones(len(counts)))


def krippendorff_interval(
    reliability_data: np.ndarray,
    level: Level = "nominal",
    conf_level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha with the percentile interval of resampled units.

    Parameters
    ----------
    reliability_data, level
        As for `krippendorff_alpha`.
    conf_level : float
    draws : int
        Samples of units, drawn with replacement, coders kept as they are.
    seed : int

    Returns
    -------
    Agreement
        No p-value. `percent`: see `percent_agreement`. `units`: units with two codes or more; `coders`:
        people who coded one of them. Without any disagreement, or any agreement on
        a nominal level, there is an estimate, but no interval.

    Notes
    -----
    Assumes that units are a sample of independent ones. Zapf A et al. (2016) BMC Med Res Methodol 16:93
    recommend this bootstrap; that of Hayes & Krippendorff (2007) is another, which keeps the expected
    disagreement as it is. R: ``kripp.boot::kripp.boot(x, raters = "rows")``.

    Examples
    --------
    >>> codes = [[0, 1, 0, 0, 1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0, 0, 1, 0, 1]]
    >>> found = krippendorff_interval(codes)
    >>> [round(float(x), 3) for x in found.result[:3]], found.percent
    ([0.604, -0.044, 1.0], 0.8)
    """
    counts, values = _counts(reliability_data, level)
    alpha = _alpha(counts, values, level, np.ones(len(counts)))
    found = {"percent": _percent(counts), "units": len(counts), "coders": _coders(reliability_data)}
    reason = _no_interval(counts, alpha, level)
    if reason:
        return Agreement(result=Result(alpha, NAN, NAN, NAN), reason=reason, **found)
    generator, even = np.random.default_rng(seed), np.full(len(counts), 1 / len(counts))
    drawn = [_alpha(counts, values, level, generator.multinomial(len(counts), even)) for _ in range(draws)]
    low, high = np.nanquantile(drawn, [(1 - conf_level) / 2, (1 + conf_level) / 2])
    return Agreement(result=Result(alpha, float(low), float(high), NAN), **found)


def percent_agreement(reliability_data: np.ndarray) -> float:
    """Share of pairs of codes that agree, mean over the units that have two codes or more.

    Parameters
    ----------
    reliability_data : ndarray of shape (coders, units)
        As for `krippendorff_alpha`.

    Returns
    -------
    float
        From 0 to 1; NaN when no unit has two codes. Says nothing of what chance alone would give.

    Notes
    -----
    R: ``irrCAC::pa.coeff.raw(t(x))``; for two coders also ``irr::agree(t(x))``.

    Examples
    --------
    >>> round(percent_agreement([["a", "b", "a", ""], ["a", "b", "b", "a"]]), 4)
    0.6667
    """
    return _percent(_counts(reliability_data, "nominal")[0])


def _percent(counts: np.ndarray) -> float:
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))
    return float(agreeing.mean()) if len(counts) else NAN


def _present(data: np.ndarray, level: Level) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes and which of them are given."""
    codes = np.asarray(data)
    if level not in LEVELS or codes.ndim != 2:
        raise ValueError(f"data must be coders x units, the level one of {', '.join(LEVELS)}")
    if codes.dtype.kind in "biuf" or level != "nominal":
        codes = codes.astype(float)
        return codes, ~np.isnan(codes)
    given = [[code is not None and code == code and code != "" for code in row] for row in codes]
    return codes, np.reshape(given, codes.shape).astype(bool)


def _counts(data: np.ndarray, level: Level) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each unit with two codes or more was given each value, and the values."""
    codes, given = _present(data, level)
    chosen = codes[given] if codes.dtype.kind == "f" else codes[given].astype(str)
    if level != "nominal" and np.isinf(chosen).any():
        raise ValueError("codes must be finite, or NaN where there is none")
    if level == "ratio" and (chosen < 0).any():
        raise ValueError("codes on a ratio scale must be 0 or more")
    values, place = np.unique(chosen, return_inverse=True)
    counts = np.zeros((codes.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(given)[1], place), 1)
    counts = counts[counts.sum(axis=1) >= 2]
    return counts, values if values.dtype.kind == "f" else np.arange(len(values), dtype=float)


def _coders(data: np.ndarray) -> int:
    given = _present(data, "nominal")[1]
    return int(given[:, given.sum(axis=0) >= 2].any(axis=1).sum())


def _alpha(counts: np.ndarray, values: np.ndarray, level: Level, times: np.ndarray) -> float:
    """Alpha of units that occur the given number of times each."""
    totals = times @ counts
    distance = _distance(values, totals, level)
    apart = ((counts @ distance) * counts).sum(axis=1) / (counts.sum(axis=1) - 1)
    expected = totals @ distance @ totals
    return float(1 - (totals.sum() - 1) * (times @ apart) / expected) if expected > 0 else NAN


def _distance(values: np.ndarray, totals: np.ndarray, level: Level) -> np.ndarray:
    """Squared distance of each pair of values; by rank it hangs on how often each value occurs."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    place = np.cumsum(totals) - totals / 2 if level == "ordinal" else values
    apart = place[:, None] - place
    if level == "ratio":
        sums = place[:, None] + place
        apart = np.divide(apart, sums, out=np.zeros_like(apart), where=sums > 0)
    return apart**2


def _no_interval(counts: np.ndarray, alpha: float, level: Level) -> str:
    """Tell why there is no alpha, or no interval; empty when there are both."""
    if not len(counts):
        return "No unit was coded by two people."
    if math.isnan(alpha):
        return "All codes are the same, so that agreement cannot be told from habit."
    if len(counts) < 2:
        return "Only one unit was coded by two people: no interval."
    if np.count_nonzero(counts) == len(counts):
        return "The coders never disagree: no interval."
    if level == "nominal" and counts.max() == 1:
        return "The coders never agree: no interval."
    return ""


def cohen_kappa(
    table: np.ndarray,
    weights: Literal["linear", "quadratic"] | np.ndarray | None = None,
    conf_level: float = 0.95,
) -> Result:
    """Cohen's kappa of two coders, with the normal interval.

    Parameters
    ----------
    table : ndarray of shape (k, k)
        Units (not shares of them) by the first coder's category (rows) and the second's (columns).
    weights : {None, "linear", "quadratic"} or ndarray of shape (k, k)
        How bad a disagreement is: all alike, by the steps between two categories, by their square, or as
        given (0 on the diagonal).
    conf_level : float

    Returns
    -------
    Result
        The p-value is Wald's, so that it matches the interval. No units, or nothing to disagree about (both
        coders used one category): NaN. Perfect agreement: no interval.

    Notes
    -----
    Cohen J (1960) Educ Psychol Meas 20:37, (1968) Psychol Bull 70:213; Fleiss JL, Cohen J & Everitt BS (1969)
    Psychol Bull 72:323 for the variance. By statsmodels. R: ``psych::cohen.kappa(table, w, n.obs)``.

    Examples
    --------
    >>> [round(x, 4) for x in cohen_kappa([[13, 0, 0], [0, 20, 7], [0, 4, 56]])]
    [0.7964, 0.6809, 0.9119, 0.0]
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError("the table must be square")
    _check_whole(counts)
    distance = _severity(weights, len(counts))
    if counts.sum() == 0 or (counts.sum(axis=1) @ distance @ counts.sum(axis=0)) == 0:
        return UNKNOWN
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(counts, weights=distance)
    error = math.sqrt(max(found.var_kappa, 0.0)) if counts.sum() >= 2 else 0.0
    error = 0.0 if (counts * distance).sum() == 0 else error
    return _capped(from_standard_error(float(found.kappa), error, conf_level=conf_level))


def _severity(weights: str | np.ndarray | None, k: int) -> np.ndarray:
    """Return how bad each disagreement is, at most 1."""
    steps = np.abs(np.subtract.outer(np.arange(float(k)), np.arange(float(k))))
    named = {None: (steps > 0).astype(float), "linear": steps, "quadratic": steps**2}
    if weights is None or isinstance(weights, str):
        if weights not in named:
            raise ValueError(f"weights must be None, 'linear', 'quadratic' or an array, not {weights!r}")
        distance = named[weights]
    else:
        distance = np.asarray(weights, dtype=float)
    if distance.shape != (k, k) or np.diag(distance).any() or not (distance >= 0).all():
        raise ValueError("weights must be k x k, 0 or more, and 0 on the diagonal")
    return distance / max(distance.max(initial=0.0), 1e-300)


def _check_whole(counts: np.ndarray) -> None:
    whole = np.round(np.nan_to_num(counts))
    if not ((whole >= 0) & (np.abs(counts - whole) < 1e-6)).all():
        raise ValueError("the table must hold whole counts of 0 or more, not shares or codes")


def _capped(found: Result) -> Result:
    return found._replace(conf_high=min(found.conf_high, 1.0))


def fleiss_kappa(counts: np.ndarray, conf_level: float = 0.95) -> Result:
    """Fleiss' kappa of several coders, who may be others, and more or fewer, for each unit.

    Parameters
    ----------
    counts : ndarray of shape (units, categories)
        How many coders put each unit into each category (not the codes themselves, which look alike but would
        give another number). Units without a code are left out; those with one
        tell how common the categories are.
    conf_level : float

    Returns
    -------
    Result
        With the t interval of resampled units' variance. No unit with two codes, or one category only:
        NaN. Perfect agreement: no interval.

    Notes
    -----
    Fleiss JL (1971) Psychol Bull 76:378; the linearised variance, which holds whatever kappa is, is that of
    Gwet KL (2008) Br J Math Stat Psychol 61:29. R: ``irrCAC::fleiss.kappa.dist(counts)``; the estimate also
    ``irr::kappam.fleiss(ratings)``, whose z tests no agreement beyond chance.

    Examples
    --------
    >>> [round(x, 4) for x in fleiss_kappa([[3, 0], [0, 3], [1, 2], [3, 0], [0, 3], [2, 1]])]
    [0.5556, -0.167, 1.0, 0.1051]
    """
    given = np.asarray(counts, dtype=float)
    if given.ndim != 2:
        raise ValueError("counts must be units x categories")
    _check_whole(given)
    given = given[given.sum(axis=1) > 0]
    raters = given.sum(axis=1)
    several = raters >= 2
    common = (given / raters[:, None]).mean(axis=0) if len(given) else np.zeros(given.shape[1])
    by_chance = common @ common
    if not several.any() or by_chance > 1 - 1e-12:
        return UNKNOWN
    pairs = np.where(several, raters * (raters - 1), 1)
    agreeing = (given * (given - 1)).sum(axis=1) / pairs
    kappa = (agreeing[several].mean() - by_chance) / (1 - by_chance)
    if (agreeing[several] == 1).all():
        return Result(float(kappa), NAN, NAN, NAN)
    own = several * (agreeing - by_chance) / several.mean()
    own -= 2 * (1 - kappa) * (given @ common / raters - by_chance)
    n = len(given)
    error = math.sqrt(((own / (1 - by_chance) - kappa) ** 2).sum() / (n * max(n - 1, 1)))
    return _capped(from_standard_error(float(kappa), error if n > 1 else 0.0, max(n - 1, 1), conf_level))
