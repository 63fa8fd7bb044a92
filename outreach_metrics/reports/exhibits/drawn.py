"""The numbers that a chart shows, as a frame for the file beside it: whole words for columns, unrounded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from outreach_metrics.estimate import Estimate
from outreach_metrics.plots.timeline import Panel

_INTERVAL = {"conf_low": "interval_low", "conf_high": "interval_high"}
_TRACK = {"start": "start", "end": "end", "value": "value", **_INTERVAL}


def estimates_drawn(names: Iterable[str], estimates: Iterable[Estimate]) -> pd.DataFrame:
    """Return a row an estimate, in the order drawn.

    Parameters
    ----------
    names : iterable of str, length n
        What each is called in the chart.
    estimates : iterable of Estimate, length n
        One that could not be made has no number and tells why in `note`.

    Examples
    --------
    >>> fall = Estimate(program_id="a", strand="crime", metric="crime_rate_ratio", outcome="burglary",
    ...                 unit="ratio", estimate=0.7, conf_low=0.6, conf_high=0.8)
    >>> estimates_drawn(["Burglary"], [fall])[["name", "estimate", "interval_low", "unit"]].values.tolist()
    [['Burglary', 0.7, 0.6, 'ratio']]
    """
    rows = [
        {
            "name": name,
            "measure": e.metric,
            "outcome": e.outcome,
            "group": e.group,
            "estimate": e.estimate,
            "interval_low": e.conf_low,
            "interval_high": e.conf_high,
            "interval_level": math.nan if math.isnan(e.conf_low) else e.conf_level,
            "adjusted_p_value": e.p_adjusted,
            "unit": e.unit,
            "note": e.note,
        }
        for name, e in zip(names, estimates, strict=True)
    ]
    return pd.DataFrame(rows)


def columns_drawn(frame: pd.DataFrame, *plain: str, **renamed: str) -> pd.DataFrame:
    """Return those columns of a frame that are drawn, limits of intervals last and by their whole name.

    Parameters
    ----------
    frame : pandas.DataFrame
    *plain : str
        Columns that keep their name; `conf_low` and `conf_high` become `interval_low` and `interval_high`.
    **renamed : str
        New name -> column.

    Examples
    --------
    >>> columns_drawn(pd.DataFrame({"day": [1], "conf_low": [0.2], "n": [9]}), "day", "conf_low", people="n")
       day  people  interval_low
    0    1       9           0.2
    """
    names = {name: name for name in plain} | {old: new for new, old in renamed.items()}
    names = {old: new for old, new in names.items() if old not in _INTERVAL} | {
        name: _INTERVAL[name] for name in _INTERVAL if name in names
    }
    return frame[list(names)].rename(columns=names).reset_index(drop=True)


def panels_drawn(panels: Sequence[Panel]) -> pd.DataFrame:
    """Return a row a mark of a timeline: `measure`, `unit`, `line`, `start`, `end`, `value`, limits.

    `end` is the last day that a value is about.
    """
    parts = [
        track.frame.reindex(columns=list(_TRACK))
        .rename(columns=_TRACK)
        .assign(measure=panel.name, unit=panel.unit, line=track.label)
        for panel in panels
        for track in panel.tracks
    ]
    frame = pd.concat(parts, ignore_index=True)
    last = pd.to_datetime(frame["end"]) - pd.Timedelta(days=1)
    return frame.assign(end=last)[["measure", "unit", "line", *_TRACK.values()]]
