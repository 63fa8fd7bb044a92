"""Rows of area, period, outcome and count -> a `CountPanel`; residents by period."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from outreach_metrics.errors import Problem
from outreach_metrics.study import coverage
from outreach_metrics.study.model import EVERY_OFFENSE, CountPanel, Settings
from outreach_metrics.study.reading import Draft
from outreach_metrics.study.values import parse_period
from outreach_metrics.study.windows import FREQUENCIES
from outreach_metrics.study.wording import listing, normal_label, plural, suggestion

_FINENESS = {"day": 0, "week": 1, "month": 2, "quarter": 3, "year": 4}
_TOTALS = ("all", "total")
_SLACK_DAYS = {"day": 7, "week": 7}
NO_CRIME = frozenset(
    {"tips", "calls", "calls_for_service", "diversions", "referrals", "treatment_referrals", "use_of_force"}
    | {"complaints", "arrests", "stops", "citations", "contacts", "commendations", "visits", "crashes"}
)
"""Outcomes that departments count beside crime, as `_outcome_key` writes them."""


def panel_from_counts(draft: Draft, settings: Settings, areas: pd.DataFrame | None) -> CountPanel | None:
    """Turn the counts table into a panel in the study's unit.

    Parameters
    ----------
    draft : Draft
        The checked counts; rows in an incomplete first or last period are dropped here.
    settings : Settings
        Unit and outcomes.
    areas : DataFrame or None
        The typed areas table.

    Returns
    -------
    CountPanel or None
        None when no row is usable or a period is coarser than the unit (an error in the draft).
        A cell of an area of `areas` (or, without it, of the counts) that has no row is 0.
    """
    if not draft.usable or draft.frame.empty:
        return None
    parsed = {text: parse_period(text) for text in draft.frame["period"].unique()}
    if _tell_coarser(draft, parsed, settings.unit):
        return None
    coverage.drop_overlaps(draft, parsed)
    coverage.drop_stray(draft, {text: _assigned(bounds, settings.unit) for text, bounds in parsed.items()})
    there = set(draft.frame["period"])
    parsed = {text: bounds for text, bounds in parsed.items() if text in there}
    span = _complete_span(draft, parsed, settings.unit)
    if span is None:
        return None
    periods = pd.period_range(*span, freq=FREQUENCIES[settings.unit])
    frame = draft.frame
    place = {
        text: periods.get_loc(_assigned(bounds, settings.unit))
        for text, bounds in parsed.items()
        if _within(bounds, periods, settings.unit)
    }
    columns = frame["period"].map(place).to_numpy(dtype=np.int64)
    coverage.tell_stopped(draft, columns, periods, settings.unit)
    outcomes, codes = _outcome_rows(frame["outcome"], settings.outcomes, draft)
    area_ids = (
        tuple(areas["area_id"].unique()) if areas is not None else tuple(sorted(frame["area_id"].unique()))
    )
    return CountPanel(
        outcomes=outcomes,
        area_ids=area_ids,
        periods=periods,
        counts=_sums(frame, codes, area_ids, columns, len(periods)),
        population=population_by_period(areas, area_ids, periods),
    )


def panels_of_others(
    draft: Draft, settings: Settings, areas: pd.DataFrame | None, *, every: bool
) -> tuple[dict[str, CountPanel], list[Draft]]:
    """Turn the outcomes of the counts table that are not crime into a panel each, over its own periods.

    Parameters
    ----------
    draft : Draft
        The checked counts.
    settings : Settings
        `wanted` and `share_of` name outcomes that are not crime.
    areas : DataFrame or None
        The typed areas table.
    every : bool
        Whether every outcome of the table is another one than crime, because incidents tell of crime.

    Returns
    -------
    counted : dict of outcome to CountPanel
        Outcomes of study.toml first, under their names there, then in the order of the table. One that is
        not counted in any whole period is not there.
    parts : list of Draft
        The rows of crime, for `panel_from_counts`, and then those of each other outcome: for `take_back`.
    """
    outcomes = draft.frame["outcome"]
    normal = outcomes.map({label: _outcome_key(label) for label in outcomes.unique()})
    named = {_outcome_key(name): name for name in (*settings.wanted, *settings.share_of.values())}
    first = dict(zip(normal[::-1], outcomes[::-1], strict=True))
    names = {key: name for key, name in named.items() if key in first} | (
        {key: first[key] for key in dict.fromkeys(normal) if key not in named} if every else {}
    )
    draft.problems += _unseen_outcomes(named, first)
    if not every:
        _tell_no_crime(draft, settings, {key: first[key] for key in first if key not in named})
    parts = [_part(draft, normal == key) for key in names]
    counted = {}
    for name, part in zip(names.values(), parts, strict=True):
        only = replace(settings, outcomes={name: tuple(part.frame["outcome"].unique())})
        panel = panel_from_counts(part, only, areas)
        counted |= {} if panel is None else {name: panel}
    return counted, [_part(draft, ~normal.isin(names)), *parts]


def _tell_no_crime(draft: Draft, settings: Settings, others: Mapping[str, str]) -> None:
    """Warn of outcomes that are no crime by their name, and that an outcome of "*" counts as such."""
    if not any("*" in labels for labels in (settings.outcomes or {"all": ("*",)}).values()):
        return
    for key, name in others.items():
        if key in NO_CRIME:
            message = (
                f"{name!r} is counted as crime, because an outcome of crime.outcomes counts everything; "
                f"if it is none, write [outcomes.{key}] in study.toml"
            )
            draft.tell(message, "counted_as_crime", "warning", column="outcome", value=name)


def _outcome_key(label: str) -> str:
    """Return an outcome as its names are compared: "Use of force" is use_of_force."""
    return "_".join(re.split(r"[\s_-]+", normal_label(label)))


def _part(draft: Draft, rows: pd.Series) -> Draft:
    return replace(draft, frame=draft.frame[rows], dropped=Counter(), problems=[])


def take_back(draft: Draft, parts: Iterable[Draft]) -> None:
    """Return to a draft the rows that its parts have kept, with the problems and losses of each."""
    parts = list(parts)
    draft.frame = pd.concat([part.frame for part in parts]).sort_index()
    draft.dropped += sum((part.dropped for part in parts), Counter())
    draft.problems += [problem for part in parts for problem in part.problems]
    draft.usable = len(draft.frame) > 0 or all(part.usable for part in parts)


def _unseen_outcomes(named: Mapping[str, str], seen: Mapping[str, str]) -> list[Problem]:
    """Return a warning for each outcome of study.toml that the counts do not hold."""
    return [
        Problem(
            severity="warning",
            file="study.toml",
            column=f"outcomes.{name}",
            rule="unseen_outcome",
            message=f"no row of the counts has this outcome{suggestion(name, seen.values())}",
        )
        for key, name in named.items()
        if key not in seen
    ]


def _sums(
    frame: pd.DataFrame,
    codes: Sequence[np.ndarray],
    area_ids: Sequence[str],
    columns: np.ndarray,
    length: int,
) -> np.ndarray:
    """Return counts of shape (codes, areas, periods): the sums of the rows that each code marks."""
    counts = np.zeros((len(codes), len(area_ids), length), dtype=np.int64)
    rows = pd.Index(area_ids).get_indexer(frame["area_id"])
    values = (
        frame["count"]
        .map({text: int(text.partition(".")[0]) for text in frame["count"].unique()})
        .to_numpy(dtype=np.int64)
    )
    for number, matches in enumerate(codes):
        np.add.at(counts[number], (rows[matches], columns[matches]), values[matches])
    return counts


def offenses_from_counts(
    draft: Draft, panel: CountPanel, unit: str, listed: Collection[str]
) -> CountPanel | None:
    """Count the outcomes of the counts table that are offense labels, in the areas and periods of the panel.

    Parameters
    ----------
    draft : Draft
        The counts as `panel_from_counts` left them.
    panel : CountPanel
        What it made of them.
    unit : str
        Unit of the study.
    listed : collection of str
        Offense labels, as `normal_label` writes them.

    Returns
    -------
    CountPanel or None
        The listed labels that occur, sorted, and `EVERY_OFFENSE`: the rows of the outcome all or total where
        the table has it, else of all outcomes. None when no listed label occurs.
    """
    frame = draft.frame
    labels = frame["outcome"].map({label: normal_label(label) for label in frame["outcome"].unique()})
    names = sorted(set(labels.unique()) & set(listed))
    if not names:
        return None
    places = {
        text: panel.periods.get_loc(_assigned(parse_period(text), unit)) for text in frame["period"].unique()
    }
    columns = frame["period"].map(places).to_numpy(dtype=np.int64)
    whole = labels.isin(_TOTALS).to_numpy()
    codes = [*((labels == name).to_numpy() for name in names), whole if whole.any() else ~whole]
    counts = _sums(frame, codes, panel.area_ids, columns, len(panel.periods))
    return replace(panel, outcomes=(*names, EVERY_OFFENSE), counts=counts)


def _assigned(bounds: tuple[str, date, date], unit: str) -> pd.Period:
    """Return the period of the study's unit that holds a finer one; a week is where its Thursday is."""
    kind, first, _ = bounds
    day = pd.Timestamp(first) + pd.Timedelta(days=3 if kind == "week" and unit != "week" else 0)
    return pd.Period(day, freq=FREQUENCIES[unit])


def _within(bounds: tuple[str, date, date], periods: pd.PeriodIndex, unit: str) -> bool:
    return periods[0] <= _assigned(bounds, unit) <= periods[-1]


def _tell_coarser(draft: Draft, parsed: Mapping[str, tuple[str, date, date]], unit: str) -> bool:
    coarser = [text for text, (kind, _, _) in parsed.items() if _FINENESS[kind] > _FINENESS[unit]]
    if not coarser:
        return False
    message = (
        f"{listing(map(repr, coarser))} is longer than a {unit}, the unit of the study; "
        f"set periods.unit in study.toml to {parsed[coarser[0]][0]!r}"
    )
    row = int(draft.frame.index[draft.frame["period"].isin(coarser)][0])
    draft.tell(message, "coarse_period", row=row, column="period", value=coarser[0])
    draft.give_up(f"period longer than a {unit}")
    return True


def _complete_span(
    draft: Draft, parsed: Mapping[str, tuple[str, date, date]], unit: str
) -> tuple[pd.Period, pd.Period] | None:
    """Return the first and last period that the data cover as a whole; drop the rows outside it."""
    first_day, last_day = min(b[1] for b in parsed.values()), max(b[2] for b in parsed.values())
    kinds = {bounds[0] for bounds in parsed.values()}
    if kinds == {"day"} and all(bounds[1].day == 1 for bounds in parsed.values()):
        last_day = pd.Period(last_day, freq="M").end_time.date()
        kinds = {"month"}
    inside = [_assigned(bounds, unit) for bounds in parsed.values()]
    if kinds == {unit}:
        return min(inside), max(inside)
    slack = max(_SLACK_DAYS.get(kind, 0) for kind in kinds)
    span = whole_periods(first_day, last_day, (min(inside), max(inside)), slack)
    for text in [
        text for text, bounds in parsed.items() if not span[0] <= _assigned(bounds, unit) <= span[1]
    ]:
        draft.drop(draft.frame.index[draft.frame["period"] == text], "in an incomplete period")
    gone = draft.dropped["in an incomplete period"]
    if gone:
        draft.tell(
            incomplete_sentence(gone, first_day, last_day, unit),
            "incomplete_period",
            "warning",
            column="period",
        )
    if span[0] > span[1]:
        draft.tell(f"the counts cover no whole {unit}", "no_period", column="period")
        draft.usable = False
        return None
    return span


def whole_periods(
    first_day: date, last_day: date, span: tuple[pd.Period, pd.Period], slack: float
) -> tuple[pd.Period, pd.Period]:
    """Return the first and last of a span's periods that the data cover as a whole.

    Parameters
    ----------
    first_day, last_day : date
        First and last day of the data.
    span : pair of Period
        Periods of the first and the last row.
    slack : float
        Days that may be missing at an edge.

    Examples
    --------
    >>> span = pd.Period("2024-01", "M"), pd.Period("2024-06", "M")
    >>> [str(period) for period in whole_periods(date(2024, 1, 20), date(2024, 6, 29), span, 2.0)]
    ['2024-02', '2024-06']
    """
    first, last = span
    if (first_day - first.start_time.date()).days > slack:
        first += 1
    if (last.end_time.date() - last_day).days > slack:
        last -= 1
    return first, last


def incomplete_sentence(rows: int, first_day: date, last_day: date, unit: str) -> str:
    """Return the sentence on rows in a first or last period that the data do not cover as a whole."""
    return (
        f"the data run from {first_day} to {last_day}, so the first or last {unit} is not complete: "
        f"{plural(rows, 'row')} in it {'is' if rows == 1 else 'are'} left out"
    )


def _outcome_rows(
    labels: pd.Series, wanted: Mapping[str, Sequence[str]], draft: Draft
) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Return the outcomes, and for each which rows it counts."""
    if not wanted:
        names = tuple(dict.fromkeys(labels))
        return names, [(labels == name).to_numpy() for name in names]
    normal = labels.map({label: normal_label(label) for label in labels.unique()})
    draft.problems.extend(unseen_labels(wanted, labels.unique()))
    return tuple(wanted), [
        np.ones(len(labels), dtype=bool)
        if "*" in names
        else normal.isin([normal_label(n) for n in names]).to_numpy()
        for names in wanted.values()
    ]


def unseen_labels(wanted: Mapping[str, Sequence[str]], seen: Iterable[str]) -> list[Problem]:
    """Return a warning for each label of study.toml that the data do not hold."""
    known = {normal_label(label): label for label in seen}
    return [
        Problem(
            severity="warning",
            file="study.toml",
            column=f"crime.outcomes.{outcome}",
            value=label,
            rule="unseen_label",
            message=f"no row has the offense {label!r}{suggestion(label, known.values())}",
        )
        for outcome, labels in wanted.items()
        for label in labels
        if label != "*" and normal_label(label) not in known
    ]


def population_by_period(
    areas: pd.DataFrame | None, area_ids: Sequence[str], periods: pd.PeriodIndex
) -> np.ndarray:
    """Return residents by area and period, of the nearest year that is known.

    Parameters
    ----------
    areas : DataFrame or None
        Columns area_id, population and year; a row without a year holds for years that are not known.
    area_ids : sequence of str, length a
    periods : PeriodIndex, length t

    Returns
    -------
    ndarray of float, shape (a, t)
        NaN where no population is known. At equal distance the earlier year is used.
    """
    if areas is None:
        return np.full((len(area_ids), len(periods)), np.nan)
    wide = areas.pivot_table(
        index="area_id", columns=areas["year"].fillna(np.inf), values="population", aggfunc="first", sort=True
    ).reindex(list(area_ids))
    calendar = period_years(periods)
    by_year = {}
    for year in np.unique(calendar):
        nearest = sorted(wide.columns, key=lambda known, year=year: (abs(known - year), known))
        column = np.full(len(area_ids), np.nan)
        for known in nearest:
            column = np.where(np.isnan(column), wide[known].to_numpy(), column)
        by_year[year] = column
    return np.column_stack([by_year[year] for year in calendar])


def period_years(periods: pd.PeriodIndex) -> np.ndarray:
    """Return the calendar year of each period, that of the Thursday for weeks."""
    middle = (
        periods.start_time + pd.Timedelta(days=3) if periods.freqstr.startswith("W") else periods.start_time
    )
    return np.asarray(middle.year)


def population_problems(areas: pd.DataFrame, periods: pd.PeriodIndex, file: str) -> list[Problem]:
    """Return a warning when residents are known for some of the years only."""
    known = sorted({int(year) for year in areas["year"].dropna()})
    missing = sorted(set(period_years(periods).tolist()) - set(known))
    if not known or not missing:
        return []
    message = (
        f"populations are given for {listing(known, most=12)} and not for {listing(missing, most=12)}; "
        "the nearest year is used"
    )
    return [Problem(severity="warning", file=file, column="year", message=message, rule="population_year")]
