"""Whether a change is shown to be smaller than one that would matter."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import from_standard_error, student_tail

NAN = math.nan

Verdict = Literal["equivalent", "different", "undecided"]


class Equivalence(NamedTuple):
    """Two one-sided tests against a margin, and what they come to."""

    p_value: float
    """The larger p of both one-sided tests."""
    interval: Result
    """The estimate with its interval at 1 - 2 alpha: equivalent exactly when it lies within the margin."""
    verdict: Verdict
    p_difference: float
    """Two-sided p against no change at all."""
    reason: str = ""


def equivalence(
    estimate: float, standard_error: float, df: float, margin: float, conf_level: float = 0.95
) -> Equivalence:
    """Test that a change lies between -margin and margin (two one-sided t tests).

    Parameters
    ----------
    estimate, standard_error : float
        A change or difference and its standard error, greater than 0.
    df : float
        Degrees of freedom; infinite for the normal.
    margin : float
        Least change that would matter, greater than 0, in units of the estimate.
    conf_level : float
        1 - alpha.

    Returns
    -------
    Equivalence
        "equivalent": within the margin, even if it may not be exactly 0 (p < alpha); else "different": not 0
        (two-sided p < alpha); else "undecided". Without a standard error: NaN, "undecided" and the reason.

    Notes
    -----
    The margin has to be set before the data are seen. Schuirmann DJ (1987) J Pharmacokinet Biopharm 15:657;
    Lakens D (2017) Soc Psychol Personal Sci 8:355. R: ``TOSTER::tsum_TOST(eqb = margin)``.

    Examples
    --------
    >>> made = equivalence(0.4, 1.0, df=200, margin=3)
    >>> made.verdict, round(made.p_value, 4), [round(value, 2) for value in made.interval[:3]]
    ('equivalent', 0.005, [0.4, -1.25, 2.05])
    """
    if not margin > 0:
        raise ValueError("the margin must be greater than 0")
    if not (standard_error > 0 and df > 0 and math.isfinite(estimate) and math.isfinite(standard_error)):
        nothing = Result(estimate, NAN, NAN, NAN)
        return Equivalence(NAN, nothing, "undecided", NAN, "The change has no standard error.")
    interval = from_standard_error(estimate, standard_error, df, 2 * conf_level - 1)
    p = float(student_tail((margin - abs(estimate)) / standard_error, df))
    alpha = 1 - conf_level
    verdict: Verdict = "equivalent" if p < alpha else "different" if interval.p_value < alpha else "undecided"
    return Equivalence(p, interval, verdict, interval.p_value)
