"""Test of association of two questions of a survey."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

from outreach_metrics.inference.sampling import Design

NAN = math.nan


class Association(NamedTuple):
    """A statistic, its degrees of freedom (denominator infinite for a chi-square), p, weighted shares."""

    statistic: float
    df: float
    df_denominator: float
    p_value: float
    shares: np.ndarray


def rao_scott(
    rows: np.ndarray,
    columns: np.ndarray,
    design: Design,
    domain: np.ndarray | None = None,
    *,
    statistic: str = "F",
) -> Association:
    """Pearson's chi-square of a weighted two-way table, corrected for the design.

    Parameters
    ----------
    rows, columns : ndarray of shape (n,)
        Category of each person: text, or numbers from 0 on. Below 0, NaN, None or "" is missing and leaves
        the person out. Categories without people are dropped; the others are in sorted order.
    design : Design
    domain : ndarray of bool, shape (n,), optional
    statistic : {"F", "Chisq"}
        Second-order correction with an F distribution, or first-order with chi-square (its statistic is
        Pearson's, the p-value takes it over the mean design effect).

    Returns
    -------
    Association
        Shares of shape (r, c). NaN where a question has fewer than 2 categories, or the design allows no
        errors.

    Notes
    -----
    Rao JNK, Scott AJ (1984) Ann Stat 12:46; Thomas DR, Rao JNK (1987) JASA 82:630.
    R: ``survey::svychisq(~a + b, design, statistic = "F" or "Chisq")``.

    Examples
    --------
    >>> trust, sex = np.repeat([0, 0, 1, 1], 20), np.repeat([0, 1, 0, 1], [15, 25, 25, 15])
    >>> made = rao_scott(trust, sex, Design(np.ones(80)))
    >>> round(made.statistic, 3), round(made.df, 3), made.df_denominator, round(made.p_value, 4)
    (4.937, 1.0, 79.0, 0.0291)
    """
    if statistic not in ("F", "Chisq"):
        raise ValueError(f"statistic must be F or Chisq, not {statistic}")
    rows, columns = _codes(rows), _codes(columns)
    held = (rows >= 0) & (columns >= 0) & (design.weights != 0)
    held = held if domain is None else held & np.asarray(domain, dtype=bool)
    cells, shape = _cells(rows, columns, held)
    weights = np.where(held, design.weights, 0.0)
    if min(shape) < 2 or weights.sum() <= 0:
        return Association(NAN, NAN, NAN, NAN, np.full(shape, NAN))
    weights = weights / weights.sum()
    shares = weights @ cells
    covariance = design.covariance(weights[:, None] * (cells - shares))
    effects = _design_effects(shares, shape, covariance, int(held.sum()))
    table = shares.reshape(shape)
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)
    pearson = int(held.sum()) * float(((table - expected) ** 2 / expected).sum())
    freedom = design.degrees_of_freedom(held)
    trace = float(np.trace(effects))
    if not (trace > 0 and freedom > 0):
        return Association(NAN, NAN, NAN, NAN, table)
    if statistic == "Chisq":
        p = float(stats.chi2.sf(pearson * len(effects) / trace, len(effects)))
        return Association(pearson, float(len(effects)), math.inf, p, table)
    df = trace**2 / float(np.trace(effects @ effects))
    p = float(stats.f.sf(pearson / trace, df, df * freedom))
    return Association(pearson / trace, df, df * freedom, p, table)


def _codes(labels: np.ndarray) -> np.ndarray:
    """Categories as numbers from 0 on, -1 where missing."""
    given = np.asarray(labels)
    if given.dtype.kind in "biuf":
        return np.where(given >= 0, given, -1)
    there = np.array([label is not None and label == label and label != "" for label in given], dtype=bool)
    codes = np.full(len(given), -1)
    codes[there] = np.unique(given[there].astype(str), return_inverse=True)[1]
    return codes


def _cells(rows: np.ndarray, columns: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Indicators of the cells of the table (n, r * c), and its shape."""
    of_rows = (rows[:, None] == np.unique(rows[held])) & held[:, None]
    of_columns = columns[:, None] == np.unique(columns[held])
    shape = (of_rows.shape[1], of_columns.shape[1])
    cells = of_rows[:, :, None] & of_columns[:, None, :]
    return cells.reshape(len(rows), shape[0] * shape[1]).astype(float), shape


def _design_effects(shares: np.ndarray, shape: tuple[int, int], covariance: np.ndarray, n: int) -> np.ndarray:
    """Matrix of generalised design effects of the interaction of a log-linear model."""
    contrasts = np.kron(_against_first(shape[0]), _against_first(shape[1]))
    turned = contrasts * np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)[:, None]
    simple = contrasts.T @ turned / n
    return np.linalg.lstsq(simple, turned.T @ covariance @ turned, rcond=None)[0]


def _against_first(size: int) -> np.ndarray:
    """Centred indicators of all categories but the first: (size, size - 1)."""
    return np.eye(size)[:, 1:] - 1 / size
