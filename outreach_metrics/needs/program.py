"""What the study's data tell of the need in the areas of one program, beside all other areas."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from outreach_metrics.inference import Result
from outreach_metrics.inference.rates import rate_ratio_overdispersed
from outreach_metrics.needs.areas import LEAST_EXPECTED, NAN, NO_RESULT, AreaNeeds, area_needs
from outreach_metrics.needs.people import reach_by_area, trust_by_group
from outreach_metrics.study import Program, Study


@dataclass(frozen=True, kw_only=True, eq=False)
class ProgramNeed:
    """The need in a program's areas: crime beside the other areas, low trust, low reach.

    Parameters
    ----------
    program : Program
    city : AreaNeeds
        All areas of the study, of one outcome.
    areas : pandas.DataFrame
        The rows of `city.areas` that are areas of the program, the highest smoothed rate first.
    rate, rate_others : float
        Incidents per `rate_per` residents per year in the program's areas and in all others, as counted.
    ratio : Result
        `rate / rate_others` with its interval.
    low_trust : pandas.DataFrame
        Rows of `trust_by_group` of the program's survey that are clearly below the others.
    low_reach : pandas.DataFrame
        Rows of `reach_by_area` of the program's areas that are clearly below the others.
    reason : str
        Why crime cannot be told; empty where it can.
    """

    program: Program
    city: AreaNeeds
    areas: pd.DataFrame
    rate: float
    rate_others: float
    ratio: Result
    low_trust: pd.DataFrame
    low_reach: pd.DataFrame
    reason: str = ""


def program_need(study: Study, program_id: str, outcome: str = "", conf_level: float = 0.95) -> ProgramNeed:
    """Compare the areas of a program with all other areas of the study, in the last two years of the data.

    Parameters
    ----------
    study : Study
    program_id : str
    outcome : str
        Crime outcome; empty for the study's first.
    conf_level : float

    Returns
    -------
    ProgramNeed
        Without counts, areas of the program or areas beside them: no rates, and the reason.

    Raises
    ------
    UnknownNameError
        The study has no such program, or no such outcome; the message lists those there are.

    Notes
    -----
    Quasi-Poisson ratio of two rates with the dispersion of the areas' own changes, as `area_needs`. It says
    how these areas stand beside those, not what a program did: what they differ in may be anything.

    Examples
    --------
    >>> from outreach_metrics import load_study, sample_study
    >>> need = program_need(load_study(sample_study()), "coffee-eastside")
    >>> [round(float(end), 2) for end in need.ratio[:3]], need.areas["rank_low"].to_list()
    ([1.28, 1.2, 1.36], [1, 1, 5])
    """
    program = study.program(program_id)
    city = area_needs(study, outcome, conf_level=conf_level)
    own = city.areas["area_id"].isin(program.treatment)
    areas, others = city.areas[own].reset_index(drop=True), city.areas[~own]
    reason = _obstacle(program, city, areas, others)
    trust, reach = trust_by_group(study), reach_by_area(study)
    here = reach["area_id"].isin(program.treatment) & (reach["standing"] == "below")
    return ProgramNeed(
        program=program,
        city=city,
        areas=areas,
        rate=NAN if reason else _rate(areas),
        rate_others=NAN if reason else _rate(others),
        ratio=NO_RESULT if reason else _ratio(city, areas, others),
        low_trust=trust[(trust["program_id"] == program_id) & (trust["standing"] == "below")],
        low_reach=reach[here],
        reason=reason,
    )


def _obstacle(program: Program, city: AreaNeeds, areas: pd.DataFrame, others: pd.DataFrame) -> str:
    if not city.made:
        return city.reason
    if not program.treatment:
        return "No areas of the program are named."
    if areas.empty:
        return "Of no area of the program the residents are known."
    return "There are no other areas to compare with." if others.empty else ""


def _rate(areas: pd.DataFrame) -> float:
    """Return the rate of areas together: every area was counted over the same time."""
    return float((areas["rate"] * areas["residents"]).sum() / areas["residents"].sum())


def _ratio(city: AreaNeeds, areas: pd.DataFrame, others: pd.DataFrame) -> Result:
    counts, residents = (
        (float(others[name].sum()), float(areas[name].sum())) for name in ("count", "residents")
    )
    if min(residents) / sum(residents) * sum(counts) < LEAST_EXPECTED:
        return NO_RESULT
    return rate_ratio_overdispersed(
        counts[0], residents[0], counts[1], residents[1], city.dispersion, city.dispersion_df, city.conf_level
    )
