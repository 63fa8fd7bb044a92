"""Synthetic control of several treated areas together, against groups of as many areas without treatment."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from outreach_metrics.inference import Result
from outreach_metrics.inference.synthetic import (
    MINIMUM_BEFORE,
    MINIMUM_DONORS,
    POOR_FIT,
    POOR_LEVEL,
    simplex_weights,
)

NAN = math.nan
DONORS_FOR_LIMITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticGroup:
    """Treated areas together beside their weighted donors.

    Parameters
    ----------
    weights : ndarray, shape (donors,)
    effect : Result
        Observed / synthetic count after the start; below 1 is a fall.
    placebos : ndarray
        The same ratio, as a logarithm, of every group of areas taken as if it had been treated; NaN for
        groups whose fit before would be refused too.
    reason : str
        Why `effect` is withheld, or has no limits; empty when it is whole.
    """

    weights: np.ndarray
    effect: Result
    placebos: np.ndarray
    reason: str


def synthetic_group(
    counts: np.ndarray,
    exposure: np.ndarray,
    treated: np.ndarray,
    before: int,
    conf_level: float = 0.95,
    draws: int = 199,
    seed: int = 0,
) -> SyntheticGroup:
    """Compare the treated areas' summed rate with the mix of donors that tracked it before the start.

    Parameters
    ----------
    counts, exposure : ndarray, shape (areas, periods)
        Exposures greater than 0.
    treated : ndarray of bool, shape (areas,)
    before : int
        Periods before the start.
    conf_level : float
    draws : int
        Placebo groups; with one treated area every donor is one.
    seed : int

    Returns
    -------
    SyntheticGroup
        No effect, with a reason, with fewer than 3 donors, 8 periods before, nothing counted before or after,
        or a poor fit before (root mean square gap above a quarter of the mean, or mean gap above a tenth).
        No limits below 20 donors, or 2 for each treated area; then there is no p-value either.

    Notes
    -----
    A sum of several areas is steadier than one area, so that its placebos are sums of as many areas, drawn at
    random and fitted by the other donors. Assumes that areas are exchangeable but for the program, and no
    other shock to the treated ones alone. The interval holds every constant ratio that the placebo test does
    not reject: Firpo S & Possebom V (2018) J Causal Inference 6(2). Several treated units: Cavallo E et al.
    (2013) Rev Econ Stat 95:1549. Weights: `simplex_weights`.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> level = 40 * (1 + 0.2 * np.sin(np.arange(16))) * np.linspace(0.8, 1.2, 44)[:, None]
    >>> level[20:23, 8:] *= 0.7
    >>> treated = np.isin(np.arange(44), [20, 21, 22])
    >>> made = synthetic_group(random.poisson(level), np.ones(level.shape), treated, 8)
    >>> [round(float(x), 2) for x in made.effect]
    [0.69, 0.62, 0.77, 0.01]
    """
    cells, years = np.asarray(counts, dtype=float), np.asarray(exposure, dtype=float)
    if not (years > 0).all() or (cells < 0).any():
        raise ValueError("counts must be 0 or more and exposures greater than 0")
    members, donors = np.flatnonzero(treated), np.flatnonzero(~np.asarray(treated, dtype=bool))
    reason = _impossible(len(donors), before, cells.shape[1])
    if reason:
        return _withheld(len(donors), reason)
    rates = cells / years
    weights, log_effect, gap = _fit(cells, years, rates, members, donors, before)
    reason = _refusal(cells, years, members, gap, before)
    if reason:
        return _withheld(len(donors), reason, weights)
    ratio = math.exp(log_effect)
    if len(donors) < max(DONORS_FOR_LIMITS, 2 * len(members)):
        needed = max(DONORS_FOR_LIMITS, 2 * len(members))
        reason = f"it needs at least {needed} comparison areas, and there are {len(donors)}"
        none = np.empty(0)
        return SyntheticGroup(
            weights=weights, effect=Result(ratio, NAN, NAN, NAN), placebos=none, reason=reason
        )
    groups = _groups(donors, len(members), draws, seed)
    placebos = np.array([_placebo(cells, years, rates, g, donors, before) for g in groups])
    away = np.sort(np.abs(placebos[~np.isnan(placebos)]))
    p_value = (1 + int((away >= abs(log_effect)).sum())) / (1 + len(away))
    reach = _allowed(away, conf_level)
    effect = Result(ratio, math.exp(log_effect - reach), math.exp(log_effect + reach), p_value)
    return SyntheticGroup(weights=weights, effect=effect, placebos=placebos, reason="")


def _fit(
    cells: np.ndarray,
    years: np.ndarray,
    rates: np.ndarray,
    members: np.ndarray,
    donors: np.ndarray,
    before: int,
) -> tuple[np.ndarray, float, np.ndarray]:
    """Return weights, log of observed / synthetic count after, and the gap of the rate in every period."""
    observed, at_risk = cells[members].sum(axis=0), years[members].sum(axis=0)
    weights = simplex_weights((observed / at_risk)[:before], rates[donors, :before])
    expected = weights @ rates[donors]
    after = float(observed[before:].sum()), float((expected * at_risk)[before:].sum())
    log_effect = math.log(after[0] / after[1]) if min(after) > 0 else NAN
    return weights, log_effect, observed / at_risk - expected


def _placebo(
    cells: np.ndarray,
    years: np.ndarray,
    rates: np.ndarray,
    group: np.ndarray,
    donors: np.ndarray,
    before: int,
) -> float:
    """Return the log effect of a group fitted by the other donors; NaN where its fit would be refused."""
    _, log_effect, gap = _fit(cells, years, rates, group, np.setdiff1d(donors, group), before)
    return NAN if _refusal(cells, years, group, gap, before) else log_effect


def _groups(donors: np.ndarray, size: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    if size == 1:
        yield from donors[:, None]
        return
    random = np.random.default_rng(seed)
    for _ in range(draws):
        yield random.choice(donors, size, replace=False)


def _allowed(away: np.ndarray, conf_level: float) -> float:
    """Return the largest distance that is not rejected: so many placebos lie as far away."""
    needed = math.ceil(round((1 - conf_level) * (len(away) + 1) - 1, 9))
    return float(away[-needed]) if needed > 0 else math.inf


def _impossible(donors: int, before: int, periods: int) -> str:
    if donors < MINIMUM_DONORS:
        return f"{donors} donor areas, and at least {MINIMUM_DONORS} are needed"
    if before < MINIMUM_BEFORE:
        return f"{before} periods before, and at least {MINIMUM_BEFORE} are needed"
    return "" if periods > before else "there are no periods after"


def _refusal(cells: np.ndarray, years: np.ndarray, members: np.ndarray, gap: np.ndarray, before: int) -> str:
    """Say why the fit before does not carry an effect; empty when it does."""
    observed = cells[members].sum(axis=0)
    if observed[:before].sum() == 0 or observed[before:].sum() == 0:
        return "nothing was counted before, or nothing after"
    level = float((observed / years[members].sum(axis=0))[:before].mean())
    error, shift = math.sqrt(float(np.square(gap[:before]).mean())), float(gap[:before].mean())
    if error > POOR_FIT * level:
        return f"the fit before is poor: it errs by {error / level:.0%} of the mean"
    if abs(shift) > POOR_LEVEL * level:
        return f"the areas lie outside the range of the donors: {shift / level:+.0%} of the mean before"
    return ""


def _withheld(donors: int, reason: str, weights: np.ndarray | None = None) -> SyntheticGroup:
    nothing = Result(NAN, NAN, NAN, NAN)
    weights = np.full(donors, NAN) if weights is None else weights
    return SyntheticGroup(weights=weights, effect=nothing, placebos=np.empty(0), reason=reason)
