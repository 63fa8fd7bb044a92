"""How a sample was drawn, and the linearised (Taylor) variance that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

LONELY = ("adjust", "average", "certainty", "fail")
"""What may be done with a stratum of one cluster."""


class Stage(NamedTuple):
    """One stage of a draw: `unit` of each row, `stratum` of each unit; `fraction` sampled of each stratum.

    `carried` into each stratum is the product of the fractions of the stages above.
    """

    unit: np.ndarray
    stratum: np.ndarray
    fraction: np.ndarray
    carried: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """How n people were drawn: weights, strata, clusters, population, and what the weights were raked to.

    Parameters
    ----------
    weights : ndarray of shape (n,)
        Finite; 0 leaves a person out of estimates and degrees of freedom.
    strata, clusters : ndarray of shape (n,) or (n, stages), optional
        Labels. Without clusters each person is one. A cluster lies within its stratum: the same label
        in two strata is two clusters.
    population : float or ndarray of shape (n,) or (n, stages), optional
        For each row, how many clusters its stratum has in the population (1 or more), or the fraction
        sampled (1 or less); NaN or infinite where it is not known. Without it the draw counts as one
        with replacement. Stages after the first count only where population is given for them.
    margins : ndarray of shape (n, p), optional
        Variables whose population totals the weights were calibrated (raked) to; indicators of categories
        for raking. Only what they do not explain is left to sampling error.
    base_weights : ndarray of shape (n,), optional
        Weights before calibration; equal by default.
    lonely : {"adjust", "average", "certainty", "fail"}
        A stratum of one cluster is centred at the mean of all, given the average variance of the others,
        given none, or leaves no standard error.

    Notes
    -----
    Binder DA (1983) Int Stat Rev 51:279; Deville J-C, Särndal C-E (1992) JASA 87:376 for calibration.
    R: ``survey::svydesign(ids, strata, weights, fpc, nest = TRUE)``, ``survey.lonely.psu``.

    Examples
    --------
    >>> design = Design(np.array([3.0, 3, 3, 3, 3, 4, 4, 4]), np.repeat([1, 2], [5, 3]))
    >>> design.degrees_of_freedom()
    6.0
    """

    weights: np.ndarray
    strata: np.ndarray | None = None
    clusters: np.ndarray | None = None
    population: np.ndarray | float | None = None
    margins: np.ndarray | None = None
    base_weights: np.ndarray | None = None
    lonely: str = "adjust"
    stages: tuple[Stage, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.lonely not in LONELY:
            raise ValueError(f"lonely must be one of {', '.join(LONELY)}, not {self.lonely}")
        weights = np.asarray(self.weights, dtype=float)
        if weights.ndim != 1 or not np.isfinite(weights).all():
            raise ValueError("weights must be one finite number a person")
        for name in ("strata", "clusters", "population", "margins", "base_weights"):
            given = getattr(self, name)
            if np.ndim(given) and len(given) != len(weights):
                raise ValueError(f"{name} must have a row for each of the {len(weights)} weights")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "stages", _stages(len(weights), self))

    def covariance(self, scores: np.ndarray) -> np.ndarray:
        """Covariance of sums of scores.

        Parameters
        ----------
        scores : ndarray of shape (n, k)
            Each person's weighted part of each of k estimates (the estimate's linearisation); 0 for people
            outside the domain.

        Returns
        -------
        ndarray of shape (k, k)
            NaN where there is nobody, the whole sample is one cluster, or a lonely stratum is to fail.
        """
        first = self.stages[0]
        if scores.size == 0 or (len(first.stratum) < 2 and not (first.fraction >= 1).all()):
            return np.full((scores.shape[1], scores.shape[1]), np.nan)
        rest = self.residuals(scores)
        return sum(_stage_covariance(rest, stage, self.lonely) for stage in self.stages)

    def degrees_of_freedom(self, domain: np.ndarray | None = None) -> float:
        """Clusters less strata among people with a weight (in the domain). R: ``survey::degf``."""
        counted = self.weights != 0
        counted = counted if domain is None else counted & domain
        units = np.unique(self.stages[0].unit[counted])
        return float(len(units) - len(np.unique(self.stages[0].stratum[units])))

    @property
    def base(self) -> np.ndarray:
        """Weights before calibration, 0 for people without a weight."""
        given = np.ones(len(self.weights)) if self.base_weights is None else self.base_weights
        return np.where(self.weights != 0, given, 0.0)

    def residuals(self, scores: np.ndarray) -> np.ndarray:
        """Return scores (n, k) less what the calibration variables explain of them."""
        if self.margins is None:
            return scores
        counted = self.weights != 0
        root = np.sqrt(self.base)[:, None]
        weights = np.where(counted, self.weights, 1.0)[:, None]
        fitted = np.asarray(self.margins, dtype=float)
        slopes = np.linalg.lstsq(root * fitted, root * scores / weights, rcond=None)[0]
        return np.where(counted[:, None], scores - weights * (fitted @ slopes), 0.0)


def sums(codes: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Column sums of values (n, k) by code, as (size, k)."""
    return np.stack([np.bincount(codes, column, minlength=size) for column in values.T], axis=1)


def codes_of(*labels: np.ndarray) -> np.ndarray:
    """Number the distinct rows of labels, each of shape (n,), from 0 on."""
    code = np.zeros(len(labels[0]), dtype=np.int64)
    for part in labels:
        part = np.asarray(part)
        part = part.astype(str) if part.dtype == object else part
        distinct, position = np.unique(part, return_inverse=True)
        code = np.unique(code * len(distinct) + position.ravel(), return_inverse=True)[1].ravel()
    return code


def _columns(given: np.ndarray | None, n: int) -> list[np.ndarray]:
    if given is None:
        return []
    array = np.asarray(given)
    array = np.full(n, array[()]) if array.ndim == 0 else array
    return [array] if array.ndim == 1 else list(array.T)


def _stages(n: int, design: Design) -> tuple[Stage, ...]:
    strata, population = _columns(design.strata, n), _columns(design.population, n)
    clusters = _columns(design.clusters, n) or [np.arange(n)]
    stages, within, carried = [], np.zeros(n, dtype=np.int64), np.ones(n)
    for number, cluster in enumerate(clusters[: max(1, len(population))]):
        row_stratum = codes_of(within, strata[number]) if number < len(strata) else within
        unit = codes_of(row_stratum, cluster)
        first_row = np.unique(unit, return_index=True)[1]
        size = np.bincount(row_stratum[first_row])
        fraction = _fractions(population[number], row_stratum, size) if population else np.zeros(len(size))
        one_row = np.unique(row_stratum, return_index=True)[1]
        stages.append(Stage(unit, row_stratum[first_row], fraction, carried[one_row]))
        within, carried = unit, carried * fraction[row_stratum]
    return tuple(stages)


def _fractions(population: np.ndarray, stratum: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Sampled fraction of each stratum, from its size in the population or the fraction itself."""
    known = np.where(np.isnan(np.asarray(population, dtype=float)), np.inf, population).astype(float)
    given = known[np.unique(stratum, return_index=True)[1]]
    if (known != given[stratum]).any():
        raise ValueError("population must be the same for all people of a stratum")
    if (given <= 0).any() or ((given > 1).any() and (given < 1).any()):
        raise ValueError("population must hold sizes (1 or more) or fractions (0 to 1), not both")
    fraction = size / given if (given > 1).any() else given
    if (fraction > 1).any():
        raise ValueError("population is smaller than the sample in a stratum")
    return fraction


def _stage_covariance(scores: np.ndarray, stage: Stage, lonely: str) -> np.ndarray:
    size = np.bincount(stage.stratum)
    totals = sums(stage.unit, scores, len(stage.stratum))
    alone = (size == 1) & (stage.fraction < 1)
    centre = sums(stage.stratum, totals, len(size)) / size[:, None]
    scale = stage.carried * (1 - stage.fraction) * np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
    if lonely == "adjust":
        centre[alone] = totals.mean(axis=0)
    elif lonely == "average" and alone.any():
        scale = scale * (len(size) / (~alone).sum() if (~alone).any() else np.nan)
    elif lonely == "fail" and alone.any():
        scale = np.full(len(size), np.nan)
    rest = totals - centre[stage.stratum]
    return (rest * scale[stage.stratum][:, None]).T @ rest
