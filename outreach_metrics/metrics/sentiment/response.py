"""Who answered, and who of them had answered before: beside every change, what may have made it."""

from __future__ import annotations

import math

import pandas as pd

from outreach_metrics.inference.raking import kish_design_effect, kish_effective
from outreach_metrics.metrics.sentiment.answers import respondents
from outreach_metrics.metrics.sentiment.weighting import base_weights
from outreach_metrics.study import Study

COLUMNS = (
    "wave",
    "arm",
    "first_day",
    "last_day",
    "people",
    "effective",
    "design_effect",
    "again",
    "clusters",
)


def response_table(study: Study, program_id: str) -> pd.DataFrame:
    """Return how many people answered each wave, how much their answers count, and how many came back.

    Parameters
    ----------
    study : Study
    program_id : str

    Returns
    -------
    pandas.DataFrame
        One row a wave and arm: `wave`, `arm`, `first_day`, `last_day` (NaT where no date is given, or few
        answered), `people` (NaN where fewer than may be shown), `effective` (answers that they count like:
        Kish 1965), `design_effect` (of the weights alone), `again` (people who had answered the first wave;
        NaN in the first wave, and where few did or few did not), `clusters` (0 without).
    """
    rows = respondents(study, program_id)
    least = study.settings.min_cell
    found = []
    for arm, answers in rows.groupby("arm", sort=False):
        waves = [wave for wave in rows["wave"].cat.categories if (answers["wave"] == wave).any()]
        start = set(answers.loc[answers["wave"] == waves[0], "respondent_id"])
        for wave in waves:
            cell = answers[answers["wave"] == wave]
            days = pd.to_datetime(cell["date"])
            weights = base_weights(cell)
            again = int(cell["respondent_id"].isin(start).sum())
            told = wave != waves[0] and not any(0 < size < least for size in _parts(cell, start, again))
            shown = len(cell) >= least
            found.append(
                (
                    wave,
                    arm,
                    days.min() if shown else pd.NaT,
                    days.max() if shown else pd.NaT,
                    float(len(cell)) if shown else math.nan,
                    kish_effective(weights) if shown else math.nan,
                    kish_design_effect(weights) if shown else math.nan,
                    float(again) if told and shown else math.nan,
                    int(cell["cluster"].nunique()),
                )
            )
    return pd.DataFrame(found, columns=list(COLUMNS))


def _parts(cell: pd.DataFrame, start: set, again: int) -> tuple[int, int, int]:
    """Return the people who came back, those who were new, and those who stayed away."""
    return again, len(cell) - again, len(start) - again
