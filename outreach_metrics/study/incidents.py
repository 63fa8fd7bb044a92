"""Rows of incidents -> counts by outcome, area and period, all in DuckDB: the rows never become a frame."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from outreach_metrics.errors import Problem
from outreach_metrics.study.areas import Polygons, locate
from outreach_metrics.study.counts import (
    incomplete_sentence,
    population_by_period,
    unseen_labels,
    whole_periods,
)
from outreach_metrics.study.incident_files import IncidentSource, load_rows
from outreach_metrics.study.model import EVERY_OFFENSE, CountPanel, HourCounts, Settings, TableQuality
from outreach_metrics.study.settings import names_day
from outreach_metrics.study.windows import FREQUENCIES
from outreach_metrics.study.wording import listing, normal_label, plural, shortened

# Periods at an edge with less than this share of what the period of a typical incident holds are strays.
STRAY_SHARE = 0.05
HOUR_YEARS = 2
# Where the hour after midnight holds more than this many times what the hours beside it do, 00:00 is no time.
MIDNIGHT_PILE = 2
_MONDAY = pd.offsets.Week(weekday=0)

_ISO = (
    r"^(19|20|21)\d{2}-\d{2}-\d{2}"
    r"([T ][0-2]\d:[0-5]\d(:[0-5]\d(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$"
)
_ISO_DAY = f"CASE WHEN regexp_matches(occurred_at, '{_ISO}') THEN try_cast(left(occurred_at, 10) AS DATE) END"
_ISO_CLOCK = (
    f"CASE WHEN regexp_matches(occurred_at, '{_ISO}') AND length(occurred_at) >= 16 "
    "THEN CAST(substr(occurred_at, 12, 2) AS INTEGER) * 60 + CAST(substr(occurred_at, 15, 2) AS INTEGER) END"
)
_COMMON_FORMATS = (
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%Y/%m/%d %I:%M:%S %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y%m%d",
    "%Y-%m",
)


@dataclass(slots=True)
class IncidentReading:
    """What came of the incidents: the panels (None: they cannot be used), the balance, the problems."""

    file: str
    panel: CountPanel | None = None
    offenses: CountPanel | None = None
    hours: HourCounts | None = None
    labels: tuple[str, ...] = ()
    rows_read: int = 0
    rows_used: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    def tell(self, message: str, rule: str, severity: str = "warning", **place: object) -> None:
        """Add a problem of this file."""
        self.problems.append(
            Problem(severity=severity, file=self.file, message=message, rule=rule, **place)  # type: ignore[arg-type]
        )

    @property
    def quality(self) -> TableQuality:
        """The balance of rows."""
        return TableQuality(
            table="incidents",
            file=self.file,
            rows_read=self.rows_read,
            rows_used=self.rows_used,
            dropped=self.dropped,
            unknown_columns=self.unknown_columns,
        )


def panel_from_incidents(
    source: IncidentSource,
    settings: Settings,
    areas: pd.DataFrame | None,
    polygons: Polygons | None,
    listed: Collection[str] = (),
) -> IncidentReading:
    """Count incidents by outcome, area and period of the study.

    Parameters
    ----------
    source : IncidentSource
        The file, its columns and its problems.
    settings : Settings
        Unit, outcomes and date format.
    areas : DataFrame or None
        The typed areas table; without it the areas are those of the incidents.
    polygons : Polygons or None
        For incidents that have coordinates and no area.
    listed : collection of str
        Offense labels, as `normal_label` writes them, that are to be counted one by one in `offenses`.

    Returns
    -------
    IncidentReading
        Every row is used or dropped for one reason. An incident counts once an outcome, at its first
        usable row; a row without an identifier is an incident of its own.
    """
    reading = IncidentReading(
        source.file, problems=list(source.problems), unknown_columns=source.unknown_columns
    )
    if not source.usable:
        return reading
    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    ) as base:
        reading.rows_read, reading.dropped = load_rows(base, source, reading.problems)
        _parse(base, settings.incidents.get("date_format", ()), source.typed)
        _place(base, areas, polygons, reading)
        _mark_outcomes(base, settings.outcomes or {"all": ("*",)}, reading)
        span = _mark_dates(base, settings, reading)
        _count(base, settings, areas, span, reading)
        _count_offenses(base, listed, settings.unit, reading)
        _count_hours(base, reading)
        _balance(base, reading)
    return reading


def _parse(base: duckdb.DuckDBPyConnection, formats: tuple[str, ...], typed: bool) -> None:
    """Add what a row says (day, longitude, latitude) and `reason`, empty while the row can be used."""
    day, clock = _ISO_DAY, _ISO_CLOCK
    if formats:
        declared = f"CAST(try_strptime(occurred_at, {list(formats)}) AS DATE)"
        day = f"coalesce({declared}, {_ISO_DAY})" if typed else declared
        clock = f"coalesce({_clock(formats)}, {_ISO_CLOCK})" if typed else _clock(formats)
    base.execute(f"""
        CREATE TABLE parsed AS
        SELECT * EXCLUDE (longitude, latitude), {day} AS day, CAST({clock} AS INTEGER) AS clock,
               try_cast(longitude AS DOUBLE) AS longitude, try_cast(latitude AS DOUBLE) AS latitude
        FROM incident_rows""")
    base.execute("""
        CREATE TABLE judged AS
        SELECT * REPLACE (
            CASE WHEN longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90
                  AND longitude <> 0 AND latitude <> 0 THEN longitude END AS longitude),
            CASE WHEN incident_id IS NULL AND occurred_at IS NULL AND offense IS NULL THEN 'blank row'
                 WHEN day IS NULL OR year(day) NOT BETWEEN 1900 AND 2199 THEN 'date cannot be read'
                 WHEN offense IS NULL THEN 'no offense' ELSE '' END AS reason
        FROM parsed""")
    base.execute("DROP TABLE parsed")


def _clock(formats: tuple[str, ...]) -> str:
    """Return the minutes since midnight by the formats that name the hour, as an expression."""
    timed = [text for text in formats if re.search(r"%-?[HIcXT]", text)]
    if not timed:
        return "NULL"
    moment = f"try_strptime(occurred_at, {timed})"
    return f"date_part('hour', {moment}) * 60 + date_part('minute', {moment})"


def _place(
    base: duckdb.DuckDBPyConnection,
    areas: pd.DataFrame | None,
    polygons: Polygons | None,
    reading: IncidentReading,
) -> None:
    """Give every row its area: the one that it names, else the polygon that holds its point."""
    base.execute("CREATE TABLE points (longitude DOUBLE, latitude DOUBLE, position INTEGER, further INTEGER)")
    if polygons is not None and polygons.area_ids:
        _locate_points(base, polygons)
    names = (
        pa.table({"position": range(len(polygons.area_ids)), "place": polygons.area_ids})
        if polygons
        else None
    )
    base.register(
        "polygon_names", names if names is not None else pa.table({"position": [-1], "place": [""]})
    )
    known = areas["area_id"].unique().tolist() if areas is not None else []
    base.register("known_areas", pa.table({"known": pa.array(known, pa.string())}))
    listed = "known_areas.known IS NOT NULL" if areas is not None else "true"
    base.execute(f"""
        CREATE TABLE placed AS
        SELECT judged.* EXCLUDE (reason, area_id), coalesce(area_id, place) AS area,
               coalesce(further, 0) AS further,
               CASE WHEN reason <> '' THEN reason
                    WHEN area_id IS NULL AND judged.longitude IS NULL THEN 'no area or coordinates'
                    WHEN coalesce(area_id, place) IS NULL OR NOT ({listed}) THEN 'outside all areas'
                    ELSE '' END AS reason
        FROM judged
        LEFT JOIN points ON judged.area_id IS NULL AND judged.longitude = points.longitude
                        AND judged.latitude = points.latitude
        LEFT JOIN polygon_names ON points.position = polygon_names.position
        LEFT JOIN known_areas ON known_areas.known = coalesce(area_id, place)""")
    base.execute("DROP TABLE judged")
    _tell_overlaps(base, reading)


def _locate_points(base: duckdb.DuckDBPyConnection, polygons: Polygons) -> None:
    """Stream the distinct points through the polygons, a record batch at a time."""
    reader = base.cursor()
    batches = reader.sql(
        "SELECT DISTINCT longitude, latitude FROM judged WHERE area_id IS NULL AND longitude IS NOT NULL "
        "AND reason = '' ORDER BY longitude"
    ).to_arrow_reader(100_000)
    for batch in batches:
        longitude, latitude = (batch.column(name).to_numpy() for name in ("longitude", "latitude"))
        position, further = locate(longitude, latitude, polygons)
        found = pa.table({"x": longitude, "y": latitude, "position": position, "further": further})
        base.register("located", found)
        base.execute("INSERT INTO points SELECT * FROM located WHERE position >= 0")
        base.unregister("located")


def _tell_overlaps(base: duckdb.DuckDBPyConnection, reading: IncidentReading) -> None:
    rows, first = base.sql(
        "SELECT count(*), min(row) FROM placed WHERE reason = '' AND further > 0"
    ).fetchall()[0]
    if rows:
        message = (
            f"{plural(rows, 'row')} in more than one area of areas.geojson or on a shared border; "
            "each is counted in the first of them"
        )
        reading.tell(message, "overlapping_areas", row=first)


def _mark_outcomes(
    base: duckdb.DuckDBPyConnection, outcomes: Mapping[str, tuple[str, ...]], reading: IncidentReading
) -> None:
    """Make `hits`: a row for every outcome that a usable incident row counts in."""
    wanted = [
        (number, normal_label(label))
        for number, labels in enumerate(outcomes.values())
        for label in (["*"] if "*" in labels else labels)
    ]
    numbers, labels = zip(*wanted, strict=True)
    base.register("wanted", pa.table({"outcome": numbers, "label": labels}))
    seen = [
        label
        for (label,) in base.sql("SELECT DISTINCT offense FROM placed WHERE offense IS NOT NULL").fetchall()
    ]
    reading.labels = tuple(seen)
    reading.problems += unseen_labels(outcomes, seen) if seen else []
    base.register(
        "labels", pa.table({"offense": pa.array(seen, pa.string()), "label": [normal_label(s) for s in seen]})
    )
    base.execute("""
        CREATE TABLE counted_labels AS
        SELECT DISTINCT labels.offense, outcome
        FROM labels JOIN wanted ON wanted.label IN ('*', labels.label)""")
    base.execute("""
        CREATE TABLE sorted_rows AS
        SELECT * REPLACE (CASE WHEN reason = '' AND offense NOT IN (SELECT offense FROM counted_labels)
                          THEN 'offense in no outcome' ELSE reason END AS reason) FROM placed""")
    base.execute("DROP TABLE placed")


def _mark_dates(
    base: duckdb.DuckDBPyConnection, settings: Settings, reading: IncidentReading
) -> tuple[pd.Period, pd.Period] | None:
    """Leave out stray dates and incomplete first and last periods; return the span that is covered.

    Every dated row tells what the file covers, those outside the areas too: a quiet last month is a zero.
    """
    days = base.sql("""
        SELECT day, count(*) AS rows FROM sorted_rows
        WHERE reason NOT IN ('date cannot be read', 'blank row') GROUP BY day ORDER BY day""").fetchnumpy()
    if len(days["day"]) == 0:
        return None
    table = pd.Series(np.asarray(days["rows"]), index=pd.to_datetime(np.asarray(days["day"])))
    first, last = _covered(table, settings.unit)
    inside = table[(table.index >= first.start_time) & (table.index <= last.end_time)]
    _leave_out(base, first, last, "outside the covered span")
    first_day, last_day = inside.index[0].date(), inside.index[-1].date()
    if _months_only(inside.index, settings.incidents.get("date_format", ())):
        last_day, slack = pd.Period(last_day, freq="M").end_time.date(), 1.0
    else:
        slack = 7 * (last_day - first_day).days / int(inside.sum()) + 1
    span = whole_periods(first_day, last_day, (first, last), slack)
    gone = _leave_out(base, *span, "in an incomplete period")
    if gone:
        message = incomplete_sentence(gone, first_day, last_day, settings.unit)
        reading.tell(message, "incomplete_period", column="occurred_at")
    return span if span[0] <= span[1] else None


def _covered(days: pd.Series, unit: str) -> tuple[pd.Period, pd.Period]:
    """Return the first and last period that hold more than stray dates."""
    counts = days.groupby(days.index.to_period(FREQUENCIES[unit])).sum()
    ranked = counts.sort_values()
    typical = ranked.iloc[np.searchsorted(ranked.cumsum(), counts.sum() / 2)]
    full = counts.index[counts >= STRAY_SHARE * typical]
    return full[0], full[-1]


def _months_only(days: pd.DatetimeIndex, formats: tuple[str, ...]) -> bool:
    return bool((days.day == 1).all()) or any(not names_day(text) for text in formats)


def _leave_out(base: duckdb.DuckDBPyConnection, first: pd.Period, last: pd.Period, reason: str) -> int:
    """Give the rows outside the periods a reason and return how many these are."""
    base.execute(
        "UPDATE sorted_rows SET reason = ? WHERE reason IN ('', 'offense in no outcome') "
        "AND day NOT BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)",
        [reason, first.start_time.date(), last.end_time.date()],
    )
    return _rows_of(base, reason)


def _rows_of(base: duckdb.DuckDBPyConnection, reason: str) -> int:
    return base.execute("SELECT count(*) FROM sorted_rows WHERE reason = ?", [reason]).fetchall()[0][0]


def _count(
    base: duckdb.DuckDBPyConnection,
    settings: Settings,
    areas: pd.DataFrame | None,
    span: tuple[pd.Period, pd.Period] | None,
    reading: IncidentReading,
) -> None:
    """Count each incident once an outcome, at its first usable row, and make the panel."""
    base.execute("""
        CREATE TABLE firsts AS
        SELECT outcome, min(row) AS row, arg_min(area, row) AS area, arg_min(day, row) AS day,
               arg_min_null(clock, row) AS clock
        FROM sorted_rows JOIN counted_labels USING (offense) WHERE reason = ''
        GROUP BY outcome, coalesce('id ' || incident_id, 'row ' || row)""")
    base.execute("""
        UPDATE sorted_rows SET reason = 'repeats an incident'
        WHERE reason = '' AND row NOT IN (SELECT row FROM firsts)""")
    undated = _rows_of(base, "date cannot be read")
    if span is None or undated > reading.rows_read / 2 or not _rows_of(base, ""):
        if reading.rows_read:
            reading.tell(_unusable_sentence(base, reading.dropped), "no_incidents", "error")
        base.execute("UPDATE sorted_rows SET reason = 'table cannot be used' WHERE reason = ''")
        return
    rows = _grouped(base, "firsts", settings.unit)
    periods = pd.period_range(*span, freq=FREQUENCIES[settings.unit])
    names = areas["area_id"] if areas is not None else rows.column("area").to_pandas().sort_values()
    area_ids = tuple(names.unique())
    outcomes = tuple(settings.outcomes or ("all",))
    reading.panel = CountPanel(
        outcomes=outcomes,
        area_ids=area_ids,
        periods=periods,
        counts=_cells(rows, len(outcomes), area_ids, periods),
        population=population_by_period(areas, area_ids, periods),
    )


def _grouped(base: duckdb.DuckDBPyConnection, firsts: str, unit: str) -> pa.Table:
    """Return how many there are by outcome, area and the first day of the period."""
    return base.sql(
        f"SELECT outcome, area, date_trunc('{unit}', day) AS day, count(*) AS n FROM {firsts} GROUP BY ALL"
    ).to_arrow_table()


def _cells(rows: pa.Table, outcomes: int, area_ids: tuple[str, ...], periods: pd.PeriodIndex) -> np.ndarray:
    """Return counts of shape (outcomes, areas, periods); rows in other areas are left out."""
    counts = np.zeros((outcomes, len(area_ids), len(periods)), dtype=np.int64)
    area = pd.Index(area_ids).get_indexer(rows.column("area").to_pandas())
    days = pd.DatetimeIndex(rows.column("day").to_numpy())
    period = periods.get_indexer(days.to_period(periods.freq))
    outcome, number, known = rows.column("outcome").to_numpy(), rows.column("n").to_numpy(), area >= 0
    np.add.at(counts, (outcome[known], area[known], period[known]), number[known])
    return counts


def _count_offenses(
    base: duckdb.DuckDBPyConnection, listed: Collection[str], unit: str, reading: IncidentReading
) -> None:
    """Count each incident once an offense label, at its first row, be the label in an outcome or not."""
    panel, labels = reading.panel, [normal_label(label) for label in reading.labels]
    names = sorted(set(labels) & set(listed))
    if panel is None or not names:
        return
    numbers = {label: number for number, label in enumerate([*names, *sorted(set(labels) - set(names))])}
    base.register(
        "numbered", pa.table({"offense": reading.labels, "number": [numbers[label] for label in labels]})
    )
    base.execute(f"""
        CREATE VIEW offense_firsts AS
        SELECT least(number, {len(names)}) AS outcome, arg_min(area, row) AS area, arg_min(day, row) AS day
        FROM sorted_rows JOIN numbered USING (offense)
        WHERE reason IN ('', 'offense in no outcome', 'repeats an incident')
        GROUP BY number, coalesce('id ' || incident_id, 'row ' || row)""")
    counts = _cells(_grouped(base, "offense_firsts", unit), len(names) + 1, panel.area_ids, panel.periods)
    counts[-1] = counts.sum(axis=0)
    reading.offenses = replace(panel, outcomes=(*names, EVERY_OFFENSE), counts=counts)


def _count_hours(base: duckdb.DuckDBPyConnection, reading: IncidentReading) -> None:
    """Count the incidents of the last years by weekday and hour, over whole weeks."""
    panel = reading.panel
    if panel is None:
        return
    start, end = panel.periods[0].start_time, panel.periods[-1].end_time.normalize() + pd.Timedelta(days=1)
    start = max(start, end - pd.DateOffset(years=HOUR_YEARS))
    first, stop = _MONDAY.rollforward(start), _MONDAY.rollback(end)
    found = base.execute(
        f"""
        SELECT outcome, (days // 7) % 2 AS week, days % 7 AS weekday, clock // 60 AS hour,
               clock = 0 AS midnight, count(*)
        FROM (SELECT *, date_diff('day', DATE '{first.date()}', day) AS days FROM firsts)
        WHERE day >= ? AND day < ? GROUP BY ALL""",
        [first.date(), stop.date()],
    ).fetchall()
    counts = np.zeros((len(panel.outcomes), 2, 7, 24), dtype=np.int64)
    midnights, untimed = np.zeros_like(counts[..., 0]), np.zeros(len(panel.outcomes), dtype=np.int64)
    for outcome, week, weekday, hour, midnight, number in found:
        if hour is None or hour > 23:
            untimed[outcome] += number
            continue
        counts[outcome, week, weekday, hour] += number
        midnights[outcome, week, weekday] += number * bool(midnight)
    every = counts.sum(axis=(0, 1, 2))
    piled = bool(every[0] > MIDNIGHT_PILE * (every[23] + every[1]) / 2) and bool(midnights.any())
    if piled:
        counts[..., 0] -= midnights
        untimed += midnights.sum(axis=(1, 2))
    if counts.any():
        reading.hours = HourCounts(
            outcomes=panel.outcomes,
            counts=counts,
            untimed=untimed,
            first=first.date(),
            last=(stop - pd.Timedelta(days=1)).date(),
            midnight=piled,
        )


def _unusable_sentence(base: duckdb.DuckDBPyConnection, unread: Mapping[str, int]) -> str:
    counts = base.sql(
        "SELECT reason, count(*) FROM sorted_rows WHERE reason <> '' GROUP BY reason ORDER BY count(*) DESC"
    ).fetchall()
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in [*unread.items(), *counts])
    return f"the incidents cannot be used, so that there are no crime figures ({reasons})"


_SENTENCES = {
    "date cannot be read": ("occurred_at", "{rows} left out, because the date cannot be read"),
    "no offense": ("offense", "{rows} left out, because the offense is empty"),
    "no area or coordinates": ("", "{rows} left out, because they have no area and no coordinates"),
    "outside all areas": ("", "{rows} left out, because they lie outside the areas of the study"),
    "outside the covered span": (
        "occurred_at",
        "{rows} left out, because few others are as early or as late",
    ),
    "repeats an incident": (
        "incident_id",
        "{rows} not counted again, because the incident is counted already",
    ),
}


def _balance(base: duckdb.DuckDBPyConnection, reading: IncidentReading) -> None:
    """Count the rows of each reason and tell them, with the first as an example."""
    found = base.sql("""
        SELECT reason, count(*), min(row), arg_min(occurred_at, row), arg_min(area, row)
        FROM sorted_rows GROUP BY reason ORDER BY min(row)""").fetchall()
    for reason, rows, row, occurred_at, area in found:
        if not reason:
            reading.rows_used = rows
            continue
        reading.dropped[reason] = reading.dropped.get(reason, 0) + rows
        if reason in _SENTENCES:
            column, sentence = _SENTENCES[reason]
            message = sentence.format(rows=plural(rows, "row"))
            value = {"date cannot be read": occurred_at, "outside all areas": area}.get(reason) or ""
            if reason == "date cannot be read":
                message += _date_hint(value)
            elif reason == "outside all areas" and value:
                message += f" ({_outside_areas(base)})"
            reading.tell(message, reason.replace(" ", "_"), row=row, column=column, value=value)
    _tell_blank_ids(base, reading)


def _outside_areas(base: duckdb.DuckDBPyConnection) -> str:
    areas = base.sql("""
        SELECT area FROM sorted_rows WHERE reason = 'outside all areas' AND area IS NOT NULL
        GROUP BY area ORDER BY min(row)""").fetchall()
    return listing(area for (area,) in areas)


def _date_hint(text: str) -> str:
    """Return the example, and the format in which it could be read."""
    if not text:
        return " (it is empty)"
    for form in _COMMON_FORMATS:
        found = duckdb.execute("SELECT try_strptime(?, ?)", [text, form]).fetchall()[0][0]
        if found is not None:
            return f' ({shortened(text)}); it may be date_format = "{form}" under [incidents] in study.toml'
    return f" ({shortened(text)})"


def _tell_blank_ids(base: duckdb.DuckDBPyConnection, reading: IncidentReading) -> None:
    rows, first = base.sql(
        "SELECT count(*), min(row) FROM sorted_rows WHERE reason = '' AND incident_id IS NULL"
    ).fetchall()[0]
    if rows:
        message = f"{plural(rows, 'row')} without an incident_id; each is counted as an incident of its own"
        reading.tell(message, "blank_incident_id", row=first, column="incident_id")
