"""Displacement: weighted displacement difference, its harm-weighted form, and the displacement quotient."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import (
    NAN,
    Numbers,
    as_result,
    check_counts,
    check_exposures,
    from_standard_error,
    pooled_df,
    student_quantile,
    student_tail,
)


class Difference(NamedTuple):
    """A difference of counts: the numbers of a `Result`, and its standard error and z."""

    estimate: Numbers
    conf_low: Numbers
    conf_high: Numbers
    p_value: Numbers
    standard_error: Numbers
    z: Numbers

    @property
    def result(self) -> Result:
        """Estimate, interval and p-value alone."""
        return as_result(*self[:4])


class DisplacementParts(NamedTuple):
    """The change in the treated areas, the change in the displacement areas, and both together."""

    local: Difference
    displacement: Difference
    total: Difference


def displacement_difference(
    counts: np.ndarray,
    weights: np.ndarray,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
    conf_level: float = 0.95,
) -> Result:
    """Weighted displacement difference: change in the treated areas less change in the comparison areas.

    Parameters
    ----------
    counts : ndarray, shape (..., g, 2)
        Groups by before and after. Groups are treated, comparison and, where given, displacement and
        displacement comparison, in this order (g is 2 or 4). Any axes in front are programs or outcomes.
    weights : ndarray, shape (g, 2) or (..., g, 2)
        What a count is multiplied by to be on the scale of the treated areas after the start
        (area and time weights, see `displacement_weights`).
    dispersion, df : float or ndarray, shape (g,) or (..., g)
        Variance / mean of the counts, and the degrees of freedom behind it; of each group or of all.
    conf_level : float

    Returns
    -------
    Result
        Incidents, arrays of the shape of the axes in front; below 0 is a fall. All counts 0: 0 without
        interval.

    Notes
    -----
    Assumes that without the program treated and comparison counts, weighted, would have changed by the same
    number. Wheeler AP & Ratcliffe JH (2018) Crime Science 7:11; there the counts are Poisson (dispersion 1).
    R: ``ptools::wdd``.

    Examples
    --------
    >>> published = np.array([[207, 110], [308, 318], [178, 157], [150, 140]])
    >>> [round(x, 2) for x in displacement_difference(published, np.ones((4, 2)))[:3]]
    [-118.0, -195.61, -40.39]
    """
    changes, variances = _changes(counts, weights, dispersion)
    return _difference(changes, variances, _first(df, variances), conf_level).result


def displacement_parts(
    counts: np.ndarray,
    weights: np.ndarray,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
    conf_level: float = 0.95,
) -> DisplacementParts:
    """Weighted displacement difference by part: treated areas, displacement areas, both.

    Parameters
    ----------
    counts, weights, dispersion, df, conf_level
        As for `displacement_difference`.

    Returns
    -------
    DisplacementParts
        Without displacement areas (g is 2) that part is 0 without interval. A local fall and a rise in the
        displacement areas is displacement; a fall in both, diffusion of benefits.

    Notes
    -----
    Wheeler & Ratcliffe (2018). R: ``Est_Local``, ``Est_Displace`` and ``Est_Total`` of ``ptools::wdd``.

    Examples
    --------
    >>> published = np.array([[207, 110], [308, 318], [178, 157], [150, 140]])
    >>> parts = displacement_parts(published, np.ones((4, 2)))
    >>> parts.local.estimate, parts.displacement.estimate, round(parts.total.z, 2)
    (-107.0, -11.0, -2.98)
    """
    changes, variances = _changes(counts, weights, dispersion)
    freedom = _first(df, variances)
    parts = (slice(0, 2), slice(2, None), slice(None))
    return DisplacementParts(
        *(_difference(changes[part], variances[part], freedom[part], conf_level) for part in parts)
    )


def harm_difference(
    counts: np.ndarray,
    harm: np.ndarray,
    weights: np.ndarray,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
    conf_level: float = 0.95,
) -> Difference:
    """Weighted displacement difference summed over offense classes, each weighted by its harm.

    Parameters
    ----------
    counts : ndarray, shape (..., k, g, 2)
        Offense classes, groups, before and after; groups as for `displacement_difference`.
    harm : ndarray, shape (k,)
        Harm of one incident of each class (days, points or money), known without error.
    weights : ndarray, shape (g, 2) or (..., k, g, 2)
        As for `displacement_difference`.
    dispersion, df : float or ndarray, shape (g,) or (..., k, g)
        As for `displacement_difference`.
    conf_level : float

    Returns
    -------
    Difference
        Harm; below 0 is a fall. All counts 0: 0 without interval.

    Notes
    -----
    Assumes that the classes vary independently: where they rise and fall together the interval is too
    narrow. Variance: sum of (harm * weight)^2 * dispersion * count. Wheeler & Ratcliffe (2018), extended by
    harm. R: ``ptools::wdd_harm``.

    Examples
    --------
    >>> robbery, theft = [[144, 92], [86, 64]], [[327, 202], [388, 305]]
    >>> found = harm_difference(np.array([robbery, theft]), np.array([7, 2]), np.ones((2, 2)))
    >>> found.estimate, round(found.standard_error, 2), round(found.z, 2)
    (-294.0, 154.28, -1.91)
    """
    harmful = np.asarray(harm, dtype=float)[:, None, None] * weights
    changes, variances = _changes(counts, harmful, dispersion)
    freedom = _first(df, variances).min(axis=-1)
    return _difference(changes.sum(axis=-1), variances.sum(axis=-1), freedom, conf_level)


def displacement_weights(
    time: tuple[float, float] = (1.0, 1.0), area: tuple[float, ...] = (1.0, 1.0)
) -> np.ndarray:
    """Return what counts are multiplied by when windows or groups of areas differ in size.

    Parameters
    ----------
    time : (2,) numbers greater than 0
        Length of the windows before and after.
    area : (g,) numbers greater than 0
        Size of the groups, in the order of `displacement_difference`: treated, comparison, displacement,
        displacement comparison.

    Returns
    -------
    ndarray, shape (g, 2)
        1 / (time * area): the change is then one per unit of time and of area.

    Notes
    -----
    R: ``time_weights`` and ``area_weights`` of ``ptools::wdd``, whose order of areas is comparison, treated,
    displacement comparison, displacement.

    Examples
    --------
    >>> displacement_weights(time=(2, 1), area=(1, 4)).tolist()
    [[0.5, 1.0], [0.125, 0.25]]
    """
    check_exposures(np.array(time), np.array(area))
    return 1 / np.outer(area, time)


def _changes(counts: np.ndarray, weights: np.ndarray, dispersion: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Return each group's weighted change, signed as it enters the difference, and its variance.

    The axis of the groups is moved to the front: sums over long rows are many times faster than over pairs.
    """
    check_counts(counts)
    shape = np.shape(counts)
    if len(shape) < 2 or shape[-1] != 2 or shape[-2] not in (2, 4):
        raise ValueError(f"counts must have the shape (..., 2 or 4, 2), not {shape}")
    sign = np.array([[-1.0, 1.0], [1.0, -1.0]] * (shape[-2] // 2))
    factor = np.moveaxis(np.broadcast_to(sign * weights, shape), (-2, -1), (0, 1))
    cells = np.moveaxis(np.asarray(counts), (-2, -1), (0, 1)).astype(float, order="C")
    cells *= factor
    changes = cells[:, 0] + cells[:, 1]
    cells *= factor
    variances = cells[:, 0] + cells[:, 1]
    variances *= _first(dispersion, variances)
    return changes, variances


def _first(given: Numbers, variances: np.ndarray) -> np.ndarray:
    """Return what is given by group, (..., g), in the shape of the variances, (g, ...)."""
    return np.moveaxis(np.broadcast_to(given, (*variances.shape[1:], len(variances))), -1, 0)


def _difference(changes: np.ndarray, variances: np.ndarray, df: Numbers, conf_level: float) -> Difference:
    """Return the sum of independent changes over the first axis."""
    estimate, error = changes.sum(axis=0), np.sqrt(variances.sum(axis=0))
    result = from_standard_error(estimate, error, pooled_df(variances, df), conf_level)
    z = np.divide(estimate, error, out=np.full(np.shape(error), NAN), where=error > 0)
    return Difference(*result, *(x if np.ndim(x) else float(x) for x in (error, z)))


def displacement_quotient(
    counts: np.ndarray,
    dispersion: Numbers = 1.0,
    df: Numbers = math.inf,
    conf_level: float = 0.95,
    exposure: np.ndarray | None = None,
) -> tuple[Result, str]:
    """Weighted displacement quotient: change in the displacement areas per unit of fall in the treated areas.

    Both changes are of the ratio to the comparison areas. It means something only where the treated areas
    fell relative to the comparison areas. Above 1 the displacement areas fell by more than they did; 0 to 1
    they fell too (diffusion of benefits); 0 to -1 they rose by less than the gain (partial displacement);
    below -1 by more than the gain.

    Parameters
    ----------
    counts : ndarray, shape (3, 2)
        Treated, displacement and comparison areas, before and after.
    dispersion, df : float or ndarray, shape (3,)
        Variance / mean of the counts, and the degrees of freedom behind it (the smallest is used); of each
        group or of all.
    conf_level : float
    exposure : ndarray, shape (3, 2), optional
        Person-time of the counts, greater than 0; by default the same before and after.

    Returns
    -------
    result : Result
        The interval is Fieller's; p-value against 0, neither displacement nor diffusion. A quotient without a
        bounded interval (a fall of the treated areas that chance may explain) is given alone. No quotient
        where the treated areas did not fall, or comparison or displacement areas have no count: NaN.
    reason : str
        Why a number is left out; empty when there are all.

    Notes
    -----
    Assumes that without the program the three would have kept their ratios. Bowers KJ & Johnson SD (2003)
    J Quant Criminol 19:275; Fieller EC (1954) J R Stat Soc B 16:175, with the covariance that comes of the
    comparison areas which both changes share. Variances by the delta method.

    Examples
    --------
    >>> cells = np.array([[600, 300], [400, 450], [1000, 1000]])
    >>> result, reason = displacement_quotient(cells)
    >>> [round(x, 3) for x in result], reason
    ([-0.167, -0.445, 0.057, 0.151], '')
    """
    cells = np.asarray(counts, dtype=float)
    check_counts(cells)
    if cells.shape != (3, 2):
        raise ValueError(f"counts must have the shape (3, 2), not {cells.shape}")
    nothing = Result(NAN, NAN, NAN, NAN)
    if (cells[2] == 0).any():
        return nothing, "The comparison areas have no incident before or after."
    if cells[1].sum() == 0:
        return nothing, "The displacement areas have no incident."
    (gain, moved), covariance = _relative_changes(cells, dispersion, exposure)
    if gain >= 0:
        return nothing, "The treated areas did not fall relative to the comparison areas."
    smallest = np.min(df)
    limits = _fieller(moved, gain, covariance, float(student_quantile((1 + conf_level) / 2, smallest)))
    if math.isnan(limits[0]):
        reason = "The fall of the treated areas may be chance, which leaves the quotient without limits."
        return nothing._replace(estimate=moved / gain), reason
    p = 2 * float(student_tail(abs(moved) / math.sqrt(covariance[1, 1]), smallest))
    return as_result(moved / gain, *limits, p), ""


def _relative_changes(
    cells: np.ndarray, dispersion: Numbers, exposure: np.ndarray | None
) -> tuple[list[float], np.ndarray]:
    """Return the changes of treated / comparison and displacement / comparison, and their covariance."""
    grown = np.ones(cells.shape) if exposure is None else exposure / exposure[:, 1:]
    scale = grown[2] / grown[:2]
    ratios = cells[:2] / cells[2] * scale
    spread = np.broadcast_to(dispersion, 3)
    own = spread[:2] * (cells[:2] * np.square(scale) / cells[2] ** 2).sum(axis=1)
    shared = (spread[2] / cells[2] * ratios) @ ratios.T
    return [float(x) for x in ratios[:, 1] - ratios[:, 0]], np.diag(own) + shared


def _fieller(moved: float, gain: float, covariance: np.ndarray, quantile: float) -> tuple[float, float]:
    """Return Fieller's limits of moved / gain, NaN where they are not bounded."""
    square = gain**2 - quantile**2 * covariance[0, 0]
    middle = moved * gain - quantile**2 * covariance[0, 1]
    constant = moved**2 - quantile**2 * covariance[1, 1]
    if not square > 0:
        return NAN, NAN
    root = math.sqrt(max(middle**2 - square * constant, 0.0))
    return (middle - root) / square, (middle + root) / square
