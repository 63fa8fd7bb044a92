"""Money at different times brought to one: present values, benefit-cost ratios, one-way sensitivity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

NAN = math.nan


class BenefitCost(NamedTuple):
    """Present values of benefits and of costs, their difference and their ratio."""

    benefits: float
    costs: float
    net: float
    ratio: float


class Swing(NamedTuple):
    """What a result becomes when one assumption takes its low and its high setting."""

    name: str
    low: float
    high: float

    @property
    def width(self) -> float:
        """How far the two lie apart."""
        return abs(self.high - self.low)


def discount_factors(times: np.ndarray, rate: float) -> np.ndarray:
    """Value today of one unit of money at each time.

    Parameters
    ----------
    times : ndarray, shape (n,)
        Years from the day that counts as today; before it below 0.
    rate : float
        Real rate a year, above -1 (0.03 for 3 %).

    Returns
    -------
    ndarray, shape (n,)
        1 at time 0, and everywhere at rate 0.

    Examples
    --------
    >>> discount_factors(np.array([0, 1, 2]), 0.03).round(4).tolist()
    [1.0, 0.9709, 0.9426]
    """
    if not rate > -1:
        raise ValueError(f"a discount rate must be above -1, not {rate}")
    return (1 + rate) ** -np.asarray(times, dtype=float)


def net_present_value(amounts: np.ndarray, rate: float, times: np.ndarray | None = None) -> float:
    """Sum of amounts, each brought to today.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
        Benefits above 0, costs below.
    rate : float
        Real rate a year.
    times : ndarray, shape (n,), optional
        Years from today; 0, 1, 2, ... when not given, so that the first amount is not discounted.

    Returns
    -------
    float
        0 without amounts.

    Notes
    -----
    Python: ``numpy_financial.npv(rate, amounts)``. R: ``FinCal::npv`` with the first amount at time 0.

    Examples
    --------
    >>> round(net_present_value(np.array([-40000.0, 5000, 8000, 12000, 30000]), 0.08), 5)
    3065.22267
    """
    values = np.asarray(amounts, dtype=float)
    when = np.arange(len(values)) if times is None else np.asarray(times, dtype=float)
    if when.shape != values.shape:
        raise ValueError(f"amounts and times differ in number: {values.shape} and {when.shape}")
    return float(values @ discount_factors(when, rate))


def benefit_cost(
    benefits: np.ndarray,
    costs: np.ndarray,
    rate: float,
    benefit_times: np.ndarray | None = None,
    cost_times: np.ndarray | None = None,
) -> BenefitCost:
    """Present values of benefits and costs, the net present value and the benefit-cost ratio.

    Parameters
    ----------
    benefits, costs : ndarray, shape (n,) and (m,)
        Amounts of both, costs above 0.
    rate : float
        Real rate a year, for amounts in the prices of one year.
    benefit_times, cost_times : ndarray, optional
        Years from today; 0, 1, 2, ... when not given.

    Returns
    -------
    BenefitCost
        Costs of 0 or less leave no ratio.

    Notes
    -----
    Office of Management and Budget (1992) Circular A-94, section 5; Boardman AE et al. (2018) Cost-Benefit
    Analysis, 5th ed., chapter 9.

    Examples
    --------
    >>> found = benefit_cost(np.array([0.0, 5000, 8000, 12000, 30000]), np.array([40000.0]), 0.08)
    >>> round(found.net, 5), round(found.ratio, 6)
    (3065.22267, 1.076631)
    """
    gained = net_present_value(benefits, rate, benefit_times)
    spent = net_present_value(costs, rate, cost_times)
    return BenefitCost(gained, spent, gained - spent, gained / spent if spent > 0 else NAN)


def one_way(
    result: Callable[..., float],
    base: Mapping[str, float],
    settings: Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]],
) -> list[Swing]:
    """Change one assumption at a time and leave the others: what a tornado chart draws.

    Parameters
    ----------
    result : callable
        Takes the assumptions by name and returns the number they lead to.
    base : mapping of name to float
        All assumptions.
    settings : mapping of str to (low, high)
        What is changed, each end the assumptions that differ from `base`; none for `base` itself.

    Returns
    -------
    list of Swing
        The one that matters most first; equal ones in the order given.

    Notes
    -----
    Eschenbach TG (1992) Interfaces 22(6):40. It does not show what happens when several change together.

    Examples
    --------
    >>> found = one_way(lambda averted, price: averted * price, {"averted": 10, "price": 5.0},
    ...                 {"price": ({"price": 4.0}, {"price": 6.0}), "effect": ({"averted": 2}, {})})
    >>> [(swing.name, swing.low, swing.high) for swing in found]
    [('effect', 10.0, 50.0), ('price', 40.0, 60.0)]
    """
    unknown = [name for ends in settings.values() for end in ends for name in end if name not in base]
    if unknown:
        raise ValueError(f"no such assumption: {', '.join(unknown)}")
    swings = [
        Swing(name, *(float(result(**{**base, **end})) for end in ends)) for name, ends in settings.items()
    ]
    return sorted(swings, key=lambda swing: -swing.width)
