"""The counts of an outcome over time, for charts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_metrics.inference.rates import poisson_rate
from outreach_metrics.study import CountPanel, Study
from outreach_metrics.study.windows import PERIODS_PER_YEAR


def outcome_series(study: Study, program_id: str, outcome: str = "", length: str = "") -> pd.DataFrame:
    """Return a count in the areas of a program over time, as a rate where residents are known.

    Parameters
    ----------
    study : Study
    program_id : str
    outcome : str
        An outcome of `study.counted`, or of crime; empty for the study's first of crime.
    length : {"", "quarter", "year"}
        Whole quarters or years instead of the study's periods; periods as long already stay as they are.

    Returns
    -------
    pandas.DataFrame
        `start`, `end` (first day, and first day after), `group` (treatment, comparison), `count`, `rate`
        (per `rate_per` residents and year; NaN where residents are not known), `conf_low`, `conf_high`
        (exact Poisson limits of the rate, or of the count where there is no rate: chance alone). Empty
        without counts or areas.
    """
    columns = ["start", "end", "group", "count", "rate", "conf_low", "conf_high"]
    panel = study.counted.get(outcome) or study.panel
    program = study.program(program_id)
    if panel is None or not program.treatment or (outcome and outcome not in panel.outcomes):
        return pd.DataFrame(columns=columns)
    place, kept = _places(panel, length)
    frames = []
    for role in ("treatment", "comparison"):
        areas = program.areas.get(role, ())
        if areas:
            frames.append(_group(study, panel, outcome or panel.outcomes[0], areas, place).assign(group=role))
    frame = pd.concat(frames, ignore_index=True)
    return frame[frame["start"].isin(kept)][columns].reset_index(drop=True)


def _places(panel: CountPanel, length: str) -> tuple[pd.PeriodIndex, pd.DatetimeIndex]:
    """Return the longer period that holds each period, and the starts of those that are whole."""
    letter = {"quarter": "Q", "year": "Y"}.get(length)
    periods = panel.periods
    if letter is None or periods.freqstr[0] in ("Y", letter):
        return periods, periods.start_time
    middle = periods.start_time + (periods.end_time - periods.start_time) / 2
    place = middle.to_period(letter)
    sizes = place.value_counts()
    least = {"M": {"Q": 3, "Y": 12}, "W": {"Q": 12, "Y": 52}, "Q": {"Y": 4}}[periods.freqstr[0]][letter]
    whole = sizes.index[sizes >= least]
    return place, pd.PeriodIndex(sorted(whole), freq=place.freq).start_time


def _group(
    study: Study, panel: CountPanel, outcome: str, areas: tuple[str, ...], place: pd.PeriodIndex
) -> pd.DataFrame:
    unit = study.settings.unit
    years = panel.population[panel.rows(areas)].sum(axis=0) / PERIODS_PER_YEAR[unit]
    count = panel.of(outcome, areas).sum(axis=0).astype(float)
    sums = pd.DataFrame({"count": count, "years": years}).groupby(place).sum(min_count=1)
    known = bool((years > 0).all())
    exposure = sums["years"].to_numpy() / study.settings.rate_per if known else np.ones(len(sums))
    rate = poisson_rate(sums["count"].to_numpy(), exposure)
    return pd.DataFrame(
        {
            "start": sums.index.start_time,
            "end": sums.index.end_time.normalize() + pd.Timedelta(days=1),
            "count": sums["count"].to_numpy(),
            "rate": rate.estimate if known else np.nan,
            "conf_low": rate.conf_low,
            "conf_high": rate.conf_high,
        }
    )
