"""Log-linear regression of many series of counts at once, and variances that allow for autocorrelation."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

AUTOCORRELATIONS = np.linspace(-0.5, 0.95, 30)
LEAST_LOG_CHI_SQUARE = -20.0


class CountFit(NamedTuple):
    """Fits of n series of t counts by p terms.

    Parameters
    ----------
    coefficients : ndarray, shape (n, p)
    mean : ndarray, shape (n, t)
    scaled_design : ndarray, shape (n, t, p)
        The design times the root of the working weights.
    residuals : ndarray, shape (n, t)
        Pearson residuals.
    converged : ndarray of bool, shape (n,)
        False also where the maximum lies at infinity (separation).
    """

    coefficients: np.ndarray
    mean: np.ndarray
    scaled_design: np.ndarray
    residuals: np.ndarray
    converged: np.ndarray

    @property
    def residual_df(self) -> int:
        """Counts less terms."""
        return self.scaled_design.shape[1] - self.scaled_design.shape[2]

    @property
    def dispersion(self) -> np.ndarray:
        """Pearson chi-square / degrees of freedom, shape (n,)."""
        return np.square(self.residuals).sum(axis=1) / self.residual_df

    def influence(self, contrasts: np.ndarray) -> np.ndarray:
        """Return what each Pearson residual adds to contrasts (n, k, p) of the coefficients, (n, k, t)."""
        transposed = np.swapaxes(self.scaled_design, 1, 2)
        return contrasts @ np.linalg.solve(transposed @ self.scaled_design, transposed)


def fit_counts(
    counts: np.ndarray, design: np.ndarray, log_exposure: np.ndarray, theta: float = np.inf
) -> CountFit:
    """Fit log-linear models to series of counts by iteratively reweighted least squares.

    Parameters
    ----------
    counts : ndarray, shape (n, t)
    design : ndarray, shape (t, p) or (n, t, p)
        Of full rank.
    log_exposure : ndarray, shape (t,) or (n, t)
    theta : float
        Size of the negative binomial; infinite for (quasi-)Poisson.

    Returns
    -------
    CountFit

    Notes
    -----
    McCullagh P & Nelder JA (1989), section 2.5. R: ``glm(counts ~ design + offset(log(exposure)))``.

    Examples
    --------
    >>> fit = fit_counts(np.array([[2.0, 4, 6]]), np.ones((3, 1)), np.zeros(3))
    >>> fit.mean.round(6).tolist(), fit.dispersion.round(6).tolist()
    ([[4.0, 4.0, 4.0]], [1.0])
    """
    mean = (counts + counts.mean(axis=1, keepdims=True)) / 2 + 1e-3
    predictor = np.log(mean)
    for _ in range(60):
        root = np.sqrt(mean / (1 + mean / theta))
        scaled = design * root[..., None]
        working = (predictor - log_exposure + (counts - mean) / mean) * root
        transposed = np.swapaxes(scaled, 1, 2)
        coefficients = np.linalg.solve(transposed @ scaled, transposed @ working[..., None])
        previous, predictor = predictor, np.clip((design @ coefficients)[..., 0] + log_exposure, -18, 30)
        mean = np.exp(predictor)
        converged = (np.abs(predictor - previous) < 1e-10).all(axis=1) & (mean > 2e-8).all(axis=1)
        if converged.all():
            break
    root = np.sqrt(mean / (1 + mean / theta))
    return CountFit(
        coefficients[..., 0], mean, design * root[..., None], (counts - mean) / mean * root, converged
    )


def fit_negative_binomial(
    counts: np.ndarray, design: np.ndarray, log_exposure: np.ndarray
) -> tuple[CountFit, float]:
    """Fit one negative binomial series and its size theta (variance is mean + mean^2 / theta).

    Parameters
    ----------
    counts : ndarray, shape (1, t)
    design : ndarray, shape (t, p)
    log_exposure : ndarray, shape (t,)

    Returns
    -------
    fit : CountFit
    theta : float
        Infinite where the counts vary no more than Poisson counts.

    Notes
    -----
    Venables WN & Ripley BD (2002) Modern Applied Statistics with S, section 7.4: the profile likelihood is
    maximised over theta. R: ``MASS::glm.nb``.

    Examples
    --------
    >>> fit_negative_binomial(np.array([[1.0, 9, 2, 12, 30]]), np.ones((5, 1)), np.zeros(5))[1].__round__(3)
    1.038
    """

    def loss(log_theta: float) -> float:
        theta = float(np.exp(log_theta))
        return -count_log_likelihood(counts, fit_counts(counts, design, log_exposure, theta).mean, theta)

    found = optimize.minimize_scalar(loss, bounds=(-5, 18), method="bounded", options={"xatol": 1e-9})
    theta = float(np.exp(found.x)) if found.x < 16 else np.inf
    return fit_counts(counts, design, log_exposure, theta), theta


def count_log_likelihood(counts: np.ndarray, mean: np.ndarray, theta: float = np.inf) -> float:
    """Return the log-likelihood of Poisson counts, or of negative binomial counts of size theta.

    Examples
    --------
    >>> round(count_log_likelihood(np.array([2.0]), np.array([3.0])), 6)
    -1.495923
    """
    core = special.xlogy(counts, mean) - special.gammaln(counts + 1)
    if np.isinf(theta):
        return float((core - mean).sum())
    ascent = special.gammaln(counts + theta) - special.gammaln(theta) - counts * np.log(theta)
    return float((core + ascent - (counts + theta) * np.log1p(mean / theta)).sum())


def newey_west_variance(fit: CountFit, contrasts: np.ndarray, step: np.ndarray, lags: int) -> np.ndarray:
    """Variance of contrasts of the coefficients, robust to variance and autocorrelation up to a lag.

    Parameters
    ----------
    fit : CountFit
    contrasts : ndarray, shape (n, k, p)
    step : ndarray of int, shape (t,)
        Period number of each count; left-out periods leave a gap.
    lags : int

    Returns
    -------
    ndarray, shape (n, k)

    Notes
    -----
    Newey WK & West KD (1987) Econometrica 55:703, Bartlett weights, no small-sample factor.
    R: ``sandwich::NeweyWest(fit, lag = lags, prewhite = FALSE)``.
    """
    parts = fit.influence(contrasts) * fit.residuals[:, None]
    weights = np.maximum(0, 1 - np.abs(step[:, None] - step) / (lags + 1))
    return ((parts @ weights) * parts).sum(axis=2)


def autoregressive_variance(
    fit: CountFit, contrasts: np.ndarray, step: np.ndarray, fixed_dispersion: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variance of contrasts of the coefficients under first-order autocorrelation of the Pearson residuals.

    The restricted likelihood of the autocorrelation weighs a grid of values. The log variance over the grid
    is matched to that of a scaled inverse chi-square, whose scale and degrees of freedom make Student's
    interval. So an interval is wide where a short series says little of its autocorrelation.

    Parameters
    ----------
    fit : CountFit
    contrasts : ndarray, shape (n, k, p)
    step : ndarray of int, shape (t,)
        Period number of each count, increasing; left-out periods leave a gap.
    fixed_dispersion : bool
        Hold the dispersion at 1 (Poisson) rather than estimate it, never below 1.

    Returns
    -------
    variance, df : ndarray, shape (n, k)
    autocorrelation : ndarray, shape (n,)
        Weighted mean over the grid, which runs from -0.5 to 0.95.

    Notes
    -----
    Restricted likelihood: Cheang WK & Reinsel GC (2000) JASA 95:1173. Degrees of freedom: Satterthwaite FE
    (1946). Why not Newey-West alone: Turner SL et al. (2021) BMC Med Res Methodol 21:181.
    """
    gaps = np.diff(step)
    inverse, log_determinant = _autoregressive_inverse(gaps)
    likelihood, dispersion = _restricted_likelihood(fit, inverse, log_determinant)
    weights = np.exp(likelihood - likelihood.max(axis=0))
    weights /= weights.sum(axis=0)
    influence = fit.influence(contrasts)
    correlations = _correlations(tuple(step.tolist()))
    quadratic = np.stack([((influence @ matrix) * influence).sum(axis=2) for matrix in correlations])
    scale = np.ones_like(dispersion) if fixed_dispersion else np.maximum(1, dispersion)
    log_variance = np.log(np.maximum(quadratic, 1e-300) * scale[..., None])
    mean = (weights[..., None] * log_variance).sum(axis=0)
    spread = (weights[..., None] * np.square(log_variance - mean)).sum(axis=0)
    df = 2 / (spread + 2 / fit.residual_df)
    return np.exp(mean - spread / 2), df, weights.T @ AUTOCORRELATIONS


@lru_cache(maxsize=8)
def _correlations(step: tuple[int, ...]) -> np.ndarray:
    """Return the correlation matrix of every autocorrelation, shape (g, t, t)."""
    distance = np.abs(np.subtract.outer(step, step))
    return AUTOCORRELATIONS[:, None, None] ** distance


def _autoregressive_inverse(gaps: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Return diagonal (g, t) and off-diagonal (g, t - 1) of the inverse correlation, and log determinants."""
    powers = AUTOCORRELATIONS[:, None] ** gaps
    innovation = 1 - np.square(powers)
    diagonal = np.ones((len(AUTOCORRELATIONS), len(gaps) + 1))
    diagonal[:, 1:] = 1 / innovation
    diagonal[:, :-1] += np.square(powers) / innovation
    return (diagonal, -powers / innovation), np.log(innovation).sum(axis=1)


def _restricted_likelihood(
    fit: CountFit, inverse: tuple[np.ndarray, np.ndarray], log_determinant: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the restricted log-likelihood and the dispersion of every autocorrelation, shapes (g, n)."""
    joined = np.concatenate([fit.scaled_design, fit.residuals[..., None]], axis=2)
    series, _, terms = joined.shape
    own = (joined[..., None] * joined[:, :, None]).reshape(series, -1, terms**2)
    next_to = (joined[:, 1:, :, None] * joined[:, :-1, None]).reshape(series, -1, terms**2)
    products = (inverse[0] @ own + inverse[1] @ next_to).reshape(series, -1, terms, terms)
    products += np.swapaxes((inverse[1] @ next_to).reshape(products.shape), 2, 3)
    information = np.linalg.slogdet(products[..., :-1, :-1])[1].T
    log_chi_square = np.maximum(np.linalg.slogdet(products)[1].T - information, LEAST_LOG_CHI_SQUARE)
    half = -0.5 * (fit.residual_df * log_chi_square + log_determinant[:, None] + information)
    return half, np.exp(log_chi_square) / fit.residual_df


def residual_autocorrelation(residuals: np.ndarray, step: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation of residuals at lags 1 to `lags`, shape (n, lags); left-out periods count as gaps.

    Parameters
    ----------
    residuals : ndarray, shape (n, t)
    step : ndarray of int, shape (t,)
    lags : int

    Notes
    -----
    R: ``acf(residuals(fit, "pearson"), demean = FALSE)``. Biased toward 0 in short series.

    Examples
    --------
    >>> residual_autocorrelation(np.array([[1.0, -1, 1, -1]]), np.arange(4), 2).tolist()
    [[-0.75, 0.5]]
    """
    placed = np.zeros((len(residuals), step[-1] - step[0] + 1 + lags))
    placed[:, step - step[0]] = residuals
    products = [(placed[:, lag:] * placed[:, :-lag]).sum(axis=1) for lag in range(1, lags + 1)]
    return np.stack(products, axis=1) / np.maximum(np.square(residuals).sum(axis=1, keepdims=True), 1e-12)
