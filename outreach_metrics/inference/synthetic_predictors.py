"""Synthetic control matched on predictors, their importance chosen by the fit of the outcome before."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from outreach_metrics.inference.synthetic import (
    Statistic,
    SyntheticControl,
    _assembled,
    _checked,
    _nearest,
    _root_mean_square,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorControl:
    """A synthetic control and how much each predictor counted.

    Parameters
    ----------
    control : SyntheticControl
        Without placebos its p-value and limits are NaN. `unique` is not looked into.
    importance : ndarray, shape (k,)
        The diagonal of V, on predictors of unit variance; it adds up to 1.
    """

    control: SyntheticControl
    importance: np.ndarray


def synthetic_control_on_predictors(
    outcomes: np.ndarray,
    predictors: np.ndarray,
    treated: int | np.ndarray,
    before: int | np.ndarray,
    placebos: bool = True,
    conf_level: float = 0.95,
    statistic: Statistic = "mean",
) -> PredictorControl:
    """Synthetic control of Abadie, Diamond and Hainmueller, with nested choice of the predictors' importance.

    For each importance the donors' weights are those that bring the predictors nearest; the importance is
    the one whose weights bring the outcome before nearest, sought from equal importance, importance by
    regression and each predictor alone.

    Parameters
    ----------
    outcomes : ndarray, shape (areas, periods)
    predictors : ndarray, shape (areas, k)
        Covariates and past outcomes, in any units; none that is the same in every area.
    treated, before
        As for `synthetic_control`.
    placebos : bool
        Whether to fit every donor too: seconds an area.
    conf_level, statistic
        As for `synthetic_control`.

    Returns
    -------
    PredictorControl
        Refusals are those of `synthetic_control`.

    Notes
    -----
    Abadie A, Diamond A & Hainmueller J (2010) JASA 105:493. The outer problem has several optima (Becker M &
    Kloessner S, 2018, Econometrics and Statistics 5:1), hence the starts; each is a Nelder-Mead search on the
    logarithm of the importance, the same every time. R: ``Synth::synth``, ``MSCMT::mscmt``.

    Examples
    --------
    >>> areas = 10 + np.random.default_rng(0).random((4, 10)).cumsum(axis=1)
    >>> areas[0] = 0.75 * areas[1] + 0.25 * areas[2]
    >>> made = synthetic_control_on_predictors(areas, areas[:, [0, 4, 7]], 0, 8, placebos=False)
    >>> made.control.weights.round(2).tolist()
    [0.75, 0.25, 0.0]
    """
    values, is_treated, is_before = _checked(outcomes, treated, before)
    covariates = np.asarray(predictors, dtype=float)
    if covariates.ndim != 2 or len(covariates) != len(values) or not np.isfinite(covariates).all():
        raise ValueError("predictors must be finite, of shape (areas, k)")
    spread = covariates.std(axis=0, ddof=1)
    if len(values) < 2 or not (spread > 0).all():
        raise ValueError("every predictor must differ between areas")
    scaled = covariates / spread
    target, donors = values[is_treated][0], values[~is_treated]
    weights, importance = _nested(values[:, is_before], scaled, int(is_treated.argmax()))
    gaps = np.full(donors.shape, math.nan)
    if placebos:
        gaps = _placebos(donors, scaled[~is_treated], is_before)
    control = _assembled(target, donors, is_before, weights, True, gaps, conf_level, statistic)
    return PredictorControl(control=control, importance=importance)


def _placebos(donors: np.ndarray, scaled: np.ndarray, is_before: np.ndarray) -> np.ndarray:
    fitted = [_nested(donors[:, is_before], scaled, i)[0] for i in range(len(donors))]
    synthetic = [weights @ np.delete(donors, i, axis=0) for i, weights in enumerate(fitted)]
    return donors - np.array(synthetic)


def _nested(past: np.ndarray, scaled: np.ndarray, treated: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the donors' weights and the importance that fit the past of one area best."""
    points = np.delete(scaled, treated, axis=0) - scaled[treated]
    donors = np.delete(past, treated, axis=0)

    def fitted(log_importance: np.ndarray) -> np.ndarray:
        half = points * np.exp((log_importance - log_importance.max()) / 2)
        return _nearest(half / (_root_mean_square(half) or 1.0))

    def misfit(log_importance: np.ndarray) -> float:
        return float(np.square(past[treated] - fitted(log_importance) @ donors).mean())

    def search(start: np.ndarray, steps: int) -> optimize.OptimizeResult:
        options = {"maxiter": steps * scaled.shape[1], "xatol": 1e-4, "fatol": 1e-8, "adaptive": True}
        return optimize.minimize(misfit, start, method="Nelder-Mead", options=options)

    rough = sorted((search(start, 30) for start in _starts(past, scaled)), key=lambda one: one.fun)
    best = min((search(one.x, 250) for one in rough[:3]), key=lambda one: one.fun).x
    importance = np.exp(best - best.max())
    return fitted(best), importance / importance.sum()


def _starts(past: np.ndarray, scaled: np.ndarray) -> list[np.ndarray]:
    """Return equal importance, that of a regression of the past on the predictors, and one predictor each."""
    count = scaled.shape[1]
    slopes = np.linalg.lstsq(np.column_stack([np.ones(len(scaled)), scaled]), past, rcond=None)[0][1:]
    by_regression = np.log(np.square(slopes).sum(axis=1) + 1e-12)
    return [np.zeros(count), by_regression, *(4 * np.eye(count) - 4)]
