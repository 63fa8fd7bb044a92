"""Areas and incidents: expected counts with the planted effects, noise on top, and a few dirty rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from riverton import city
from riverton.programs import PROGRAMS, Plan
from riverton.writing import frame

BAD_DATES = ("2021-02-30", "13/45/2022", "2022-00-17", "unknown", "2023-06-31", "20231-05-02")


@dataclass(frozen=True)
class Expected:
    """Expected incidents by offense, area and month: `base` without any program, `planted` with all."""

    base: np.ndarray
    planted: np.ndarray


def make_areas(rng: np.random.Generator) -> pd.DataFrame:
    """Return 40 areas of about 3,500 to 7,000 residents, 200,000 in all."""
    names = city.area_names()
    shares = np.clip(rng.lognormal(0.0, 0.20, len(names)), 0.45, 1.7)
    populations = np.round(shares / shares.sum() * city.POPULATION / 10).astype(int) * 10
    rows = (
        {"area_id": area, "population": int(people), "name": name}
        for (area, name), people in zip(names.items(), populations, strict=True)
    )
    return frame("areas", rows)


def expected_counts(areas: pd.DataFrame, rng: np.random.Generator) -> Expected:
    """Return what each area, offense and month would hold on average; arrays of shape (12, 40, 60)."""
    months = city.MONTHS
    shares, heights, tops = (np.array(column) for column in zip(*city.OFFENSES.values(), strict=True))
    season = 1 + heights[:, None] * np.cos(2 * np.pi * (months.month.to_numpy() - tops[:, None]) / 12)
    years = (
        np.clip((months - pd.Period(city.TREND_FROM, "M")).map(lambda gap: gap.n).to_numpy(), 0, None) / 12
    )
    over_time = np.exp(city.TREND_PER_YEAR * years + rng.normal(0, city.CITY_SHOCK, len(months)))
    risk = np.array([city.DISTRICT_RISK[area[:2]] for area in areas["area_id"]])
    size = areas["population"].to_numpy(float) * risk * rng.lognormal(0, 0.12, len(areas))
    mix = rng.lognormal(0, 0.12, (len(shares), len(areas)))
    base = (shares[:, None] * mix * size)[:, :, None] * (season * over_time)[:, None, :]
    planted = base * _effects(list(areas["area_id"]))
    scale = city.EXPECTED_INCIDENTS / planted.sum()
    return Expected(base * scale, planted * scale)


def _effects(areas: list[str]) -> np.ndarray:
    factors = np.ones((len(city.OFFENSES), len(areas), len(city.MONTHS)))
    offenses = list(city.OFFENSES)
    for plan in PROGRAMS:
        if plan.crime is None:
            continue
        for role in ("treatment", "displacement"):
            effects = plan.crime.effects if role == "treatment" else plan.crime.displacement_effects
            for area in getattr(plan.crime, role):
                share = share_of_month_after(plan.crime.area_starts.get(area, plan.start))
                for offense, effect in effects.items():
                    factors[offenses.index(offense), areas.index(area)] *= 1 + (effect - 1) * share
    return factors


def share_of_month_after(start: str) -> np.ndarray:
    """Return the share of every month's days on or after the start: 0, 1, or between in the month itself."""
    day = pd.Timestamp(start)
    month = day.to_period("M")
    within = (month.days_in_month - day.day + 1) / month.days_in_month
    return np.where(month > city.MONTHS, 0.0, np.where(month < city.MONTHS, 1.0, within))


def draw_counts(expected: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return overdispersed counts: an area-month shock for all offenses, then negative binomial noise."""
    shape = 1 / city.AREA_MONTH_SPREAD**2
    shock = rng.gamma(shape, 1 / shape, expected.shape[1:])
    extra = city.DISPERSION - 1
    return rng.poisson(rng.gamma(expected * shock / extra, extra))


def make_incidents(areas: pd.DataFrame, counts: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return one row an incident, ordered by date, numbered within the year (R22-000123)."""
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    offense, area, month = np.unravel_index(cells, counts.shape)
    first = city.MONTHS.start_time.to_numpy().astype("datetime64[D]")[month]
    days = city.MONTHS.days_in_month.to_numpy()[month]
    dates = first + np.floor(rng.random(len(cells)) * days).astype("timedelta64[D]")
    order = np.lexsort((rng.random(len(cells)), dates))
    dates = dates[order]
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    table = pd.DataFrame(
        {
            "incident_id": _numbers(years),
            "occurred_at": np.datetime_as_string(dates, unit="D"),
            "offense": np.array(list(city.OFFENSES), dtype=object)[offense[order]],
            "area_id": areas["area_id"].to_numpy(object)[area[order]],
        },
        dtype=object,
    )
    return table


def _numbers(years: np.ndarray) -> list[str]:
    positions = np.arange(len(years)) - np.searchsorted(years, years) + 1
    return [f"R{year % 100:02d}-{position:06d}" for year, position in zip(years, positions, strict=True)]


def soil(incidents: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the incidents with the flaws of real exports, and how many rows have each."""
    flaws = {
        "blank_area": 140,
        "unknown_area": 12,
        "bad_date": len(BAD_DATES),
        "blank_id": 3,
        "label_in_lower_case": 60,
        "second_offense_of_an_incident": 75,
    }
    table = incidents.copy()
    rows = np.split(rng.permutation(len(table)), np.cumsum(list(flaws.values())))
    picked = {flaw: np.sort(chosen) for flaw, chosen in zip(flaws, rows, strict=False)}
    table.iloc[picked["blank_area"], 3] = ""
    table.iloc[picked["unknown_area"], 3] = "9999"
    table.iloc[picked["bad_date"], 1] = list(BAD_DATES)
    table.iloc[picked["blank_id"], 0] = ""
    lower = picked["label_in_lower_case"]
    table.iloc[lower, 2] = [f"{label.title()} " for label in table.iloc[lower, 2]]
    repeated = table.iloc[picked["second_offense_of_an_incident"]].copy()
    repeated["offense"] = np.where(repeated["offense"] == "VANDALISM", "LARCENY", "VANDALISM")
    return pd.concat([table, repeated]).sort_index(kind="stable").reset_index(drop=True), flaws


def windows(start: str, length: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of the whole months before and after a start, at most `length` each, equally many."""
    shares = share_of_month_after(start)
    before, after = np.flatnonzero(shares == 0), np.flatnonzero(shares == 1)
    span = min(length, len(before), len(after))
    return before[len(before) - span :], after[:span]


def crime_truth(plan: Plan, areas: Iterable[str], expected: Expected) -> dict[str, object]:
    """Return the program's exact effect on every outcome, and what before/after alone would show."""
    assert plan.crime is not None
    positions = {area: position for position, area in enumerate(areas)}
    treated = [positions[area] for area in plan.crime.treatment]
    compared = [positions[area] for area in plan.crime.comparison]
    before, after = windows(plan.start)

    def total(counts: np.ndarray, outcome: str, rows: list[int], months: np.ndarray) -> float:
        offenses = [list(city.OFFENSES).index(label) for label in city.labels_of(outcome)]
        return float(counts[np.ix_(offenses, rows, months)].sum())

    def ratios(outcome: str) -> Mapping[str, float | None]:
        observed = total(expected.planted, outcome, treated, after)
        earlier = total(expected.planted, outcome, treated, before)
        effect = observed / total(expected.base, outcome, treated, after)
        elsewhere = None
        if compared:
            elsewhere = total(expected.planted, outcome, compared, after)
            elsewhere = round(elsewhere / total(expected.planted, outcome, compared, before), 4)
        return {
            "effect": round(effect, 4),
            "naive_ratio": round(observed / earlier, 4),
            "comparison_ratio": elsewhere,
        }

    return {
        "headline_outcome": plan.crime.headline,
        "effects_on_offenses": dict(plan.crime.effects),
        "displacement_effects_on_offenses": dict(plan.crime.displacement_effects),
        "months_before": len(before),
        "months_after": len(after),
        "outcomes": {outcome: ratios(outcome) for outcome in city.OUTCOMES},
    }
