"""Random-effects pooling of the results of several programs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from outreach_metrics.inference import Result

NAN = math.nan
REASONS = (
    "No program has an estimate and a standard error.",
    "There is one program, so nothing to pool.",
    "There are two programs, so no prediction interval.",
)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Mean of the programs' effects, how much they differ, and what to expect of another program.

    Parameters
    ----------
    mean : Result
        On the scale of the estimates (log ratios), tested against 0.
    standard_error, df : float
        Of the mean.
    tau2, i2 : float
        Variance of the true effects between programs; its share of the variance of the estimates, 0 to 1.
    q, q_p_value : float
        Cochran's test that all programs have one effect.
    prediction : tuple of float
        Interval for the true effect of another program of the type; NaN with fewer than 3.
    weights : ndarray, shape (k,)
        Share of each program in the mean; 0 for those left out.
    programs, left_out : int
        Programs in the mean, and those without an estimate or a standard error.
    reason : str
        Why there is no number, or only some of them.
    """

    mean: Result
    standard_error: float
    df: float
    tau2: float
    i2: float
    q: float
    q_p_value: float
    prediction: tuple[float, float]
    weights: np.ndarray
    programs: int
    left_out: int
    reason: str


def pool(
    estimates: np.ndarray,
    standard_errors: np.ndarray,
    method: Literal["REML", "DL"] = "REML",
    knapp_hartung: bool = True,
    conf_level: float = 0.95,
) -> Pooled:
    """Pool log ratios of several programs whose true effects may differ.

    Parameters
    ----------
    estimates : ndarray, shape (k,)
        Log ratios; NaN and infinite ones are left out and counted.
    standard_errors : ndarray, shape (k,)
        Greater than 0; NaN and infinite ones leave their program out.
    method : "REML" or "DL"
        Restricted maximum likelihood, or DerSimonian and Laird.
    knapp_hartung : bool
        Student's t with k - 1 degrees of freedom and a standard error from the scatter of the estimates,
        never below the usual one; otherwise normal.
    conf_level : float

    Returns
    -------
    Pooled
        No program: NaN. One program: its own normal interval, and nothing on differences. Two: no prediction
        interval.

    Notes
    -----
    Assumes independent estimates and normal true effects. Viechtbauer W (2005) J Educ Behav Stat 30:261;
    DerSimonian R & Laird N (1986) Control Clin Trials 7:177; Knapp G & Hartung J (2003) Stat Med 22:2693,
    with the lower bound of Röver C et al. (2015) BMC Med Res Methodol 15:99; prediction interval with k - 2
    degrees of freedom of Higgins JPT et al. (2009) JRSS A 172:137.
    R: ``metafor::rma(yi, sei = , method = "REML", test = "adhoc")``.

    Examples
    --------
    >>> pooled = pool(np.array([-0.4, -0.1, 0.0, -0.6]), np.array([0.1, 0.1, 0.2, 0.2]))
    >>> [round(x, 3) for x in (pooled.mean.estimate, pooled.standard_error, pooled.tau2, pooled.q_p_value)]
    [-0.269, 0.128, 0.038, 0.028]
    """
    effects, errors = np.asarray(estimates, dtype=float), np.asarray(standard_errors, dtype=float)
    if effects.shape != errors.shape or effects.ndim != 1 or (errors <= 0).any():
        raise ValueError("estimates and standard errors must be of one length, and standard errors above 0")
    held = np.isfinite(effects) & np.isfinite(errors)
    y, variance, k = effects[held], errors[held] ** 2, int(held.sum())
    if k == 0:
        return _nothing(len(held))
    tau2 = NAN if k == 1 else _reml(y, variance) if method == "REML" else _dersimonian_laird(y, variance)
    weight = 1 / (variance + (tau2 if k > 1 else 0.0))
    mean, error, df = float(weight @ y / weight.sum()), float(weight.sum() ** -0.5), math.inf
    if knapp_hartung and k > 1:
        scatter = float(weight @ (y - mean) ** 2) / (k - 1)
        error, df = error * math.sqrt(max(1.0, scatter)), float(k - 1)
    q, typical = _cochran(y, variance)
    reach = stats.t.ppf((1 + conf_level) / 2, k - 2) * math.sqrt(tau2 + error**2) if k > 2 else NAN
    shares = np.zeros(len(held))
    shares[held] = weight / weight.sum()
    return Pooled(
        mean=_student(mean, error, df, conf_level),
        standard_error=error,
        df=df,
        tau2=tau2,
        i2=tau2 / (tau2 + typical),
        q=q,
        q_p_value=float(stats.chi2.sf(q, k - 1)) if k > 1 else NAN,
        prediction=(float(mean - reach), float(mean + reach)),
        weights=shares,
        programs=k,
        left_out=int((~held).sum()),
        reason=REASONS[k] if k < len(REASONS) else "",
    )


def _nothing(left_out: int) -> Pooled:
    none, interval = Result(NAN, NAN, NAN, NAN), (NAN, NAN)
    numbers = (NAN, NAN, NAN, NAN, NAN, NAN)
    return Pooled(none, *numbers, interval, np.zeros(left_out), 0, left_out, REASONS[0])


def _student(estimate: float, error: float, df: float, conf_level: float) -> Result:
    reach = float(stats.t.ppf((1 + conf_level) / 2, df)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, df))
    return Result(estimate, estimate - reach, estimate + reach, p)


def _cochran(y: np.ndarray, variance: np.ndarray) -> tuple[float, float]:
    """Return Cochran's Q and the typical variance of Higgins & Thompson (2002); NaN for one program."""
    if len(y) == 1:
        return NAN, NAN
    weight = 1 / variance
    q = float(weight @ (y - weight @ y / weight.sum()) ** 2)
    spare = float(weight.sum() - (weight**2).sum() / weight.sum())
    return q, (len(y) - 1) / spare


def _dersimonian_laird(y: np.ndarray, variance: np.ndarray) -> float:
    q, typical = _cochran(y, variance)
    return max(0.0, (q / (len(y) - 1) - 1) * typical)


def _reml(y: np.ndarray, variance: np.ndarray) -> float:
    """Return the REML variance between programs by Fisher scoring, halving steps that would go below 0."""
    tau2 = max(0.0, float(y.var(ddof=1) - variance.mean()))
    for _ in range(200):
        weight = 1 / (variance + tau2)
        total = weight.sum()
        residual = weight * (y - weight @ y / total)
        trace = total - (weight**2).sum() / total
        information = (weight**2).sum() - 2 * (weight**3).sum() / total + ((weight**2).sum() / total) ** 2
        step = float((residual @ residual - trace) / information)
        while tau2 + step < 0 and abs(step) > 1e-12 * (tau2 + variance.min()):
            step /= 2
        moved = max(0.0, tau2 + step)
        if abs(moved - tau2) <= 1e-12 * (moved + variance.min()):
            break
        tau2 = moved
    return moved
