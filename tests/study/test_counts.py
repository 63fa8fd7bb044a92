"""Counts and residents by area and period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outreach_metrics.study import load_study
from outreach_metrics.study.counts import population_by_period

from .conftest import AREAS, said

HEADER = ["area_id", "period", "outcome", "count"]


@pytest.fixture
def load(make_study):
    def load(rows, unit="month", outcomes="", **tables):
        settings = f'[periods]\nunit = "{unit}"\nbefore = 1\nafter = 1\n{outcomes}'
        return load_study(make_study(settings=settings, counts=[HEADER, *rows], **tables))

    return load


def counted(study, outcome="all"):
    return dict(zip(map(str, study.panel.periods), study.panel.of(outcome, ("01",))[0].tolist(), strict=True))


def test_a_cell_without_a_row_is_zero_inside_the_span(load):
    study = load([["01", "2024-01", "all", 3], ["02", "2024-04", "theft", 1]])
    assert counted(study) == {"2024-01": 3, "2024-02": 0, "2024-03": 0, "2024-04": 0}
    assert counted(study, "theft") == {"2024-01": 0, "2024-02": 0, "2024-03": 0, "2024-04": 0}


@pytest.mark.parametrize(
    "unit, rows, expected",
    [
        ("quarter", [(f"2024-{m:02d}", m) for m in range(1, 7)], {"2024Q1": 6, "2024Q2": 15}),
        ("quarter", [(f"2024-{m:02d}-01", m) for m in range(1, 7)], {"2024Q1": 6, "2024Q2": 15}),
        ("year", [(f"2024-Q{q}", q) for q in range(1, 5)], {"2024": 10}),
        ("year", [("2023", 1), ("2024", 2)], {"2023": 1, "2024": 2}),
        ("month", [("2024-01-01", 1), ("2024-01-31", 2), ("2024-02-29", 4)], {"2024-01": 3, "2024-02": 4}),
        (
            "week",
            [("2024-W01", 1), ("2024-W02", 2)],
            {"2024-01-01/2024-01-07": 1, "2024-01-08/2024-01-14": 2},
        ),
    ],
)
def test_finer_periods_are_summed(load, unit, rows, expected):
    study = load([["01", period, "all", count] for period, count in rows], unit=unit)
    assert counted(study) == expected
    assert study.errors() == ()


def test_an_incomplete_last_quarter_is_left_out_and_told(load):
    study = load([["01", f"2024-{m:02d}", "all", 1] for m in range(1, 6)], unit="quarter")
    assert counted(study) == {"2024Q1": 3}
    quality = next(quality for quality in study.quality if quality.table == "counts")
    assert (quality.rows_used, dict(quality.dropped)) == (3, {"in an incomplete period": 2})
    assert any(problem.rule == "incomplete_period" for problem in study.warnings())
    assert len(study.table("counts")) == 3


def test_no_whole_period_is_an_error_and_no_panel(load):
    study = load([["01", "2024-02", "all", 1]], unit="quarter")
    assert study.panel is None
    assert "counts.csv, period: the counts cover no whole quarter" in said(study.errors())


def test_outcomes_of_study_toml_are_sums_of_counted_outcomes(load):
    rows = [["01", "2024-01", name, count] for name, count in (("Theft", 1), ("arson", 2), ("fraud", 4))]
    outcomes = '[crime.outcomes]\nall = ["*"]\nproperty = ["THEFT", "Arson"]\nnone = ["murder"]\n'
    study = load(rows, outcomes=outcomes)
    assert study.panel.counts[:, 0, 0].tolist() == [7, 3, 0]
    assert "study.toml, crime.outcomes.none: no row has the offense 'murder'" in said(study.warnings())


def test_areas_of_the_counts_serve_when_there_is_no_table_areas(load):
    study = load([["02", "2024-01", "all", 3], ["01", "2024-01", "all", 1]], areas=None)
    assert study.panel.area_ids == ("01", "02")
    assert np.isnan(study.panel.population).all()
    assert "areas.csv: there is no table areas, so that no rate per resident can be made" in said(
        study.warnings()
    )


def test_the_nearest_year_of_residents_is_used_and_told(load):
    areas = [["area_id", "population", "year"], ["01", 100, 2020], ["01", 200, 2023], ["02", 50, 2020]]
    rows = [["01", str(year), "all", 1] for year in range(2020, 2025)]
    study = load(rows, unit="year", areas=areas)
    assert study.panel.population.tolist() == [[100.0, 100.0, 200.0, 200.0, 200.0], [50.0] * 5]
    sentence = (
        "areas.csv, year: populations are given for 2020 and 2023 and not for 2021, 2022 and 2024; "
        "the nearest year is used"
    )
    assert sentence in said(study.warnings())


def test_residents_of_unknown_areas_are_unknown():
    areas = pd.DataFrame({"area_id": ["a"], "population": [5.0], "year": [np.nan]})
    periods = pd.period_range("2024-01", periods=2, freq="M")
    assert np.isnan(population_by_period(areas, ["a", "b"], periods)).tolist() == [
        [False, False],
        [True, True],
    ]
    assert np.isnan(population_by_period(None, ["a"], periods)).all()


def test_an_area_without_counts_is_there_with_zeros(load):
    study = load([["01", "2024-01", "all", 3]], areas=[*AREAS, ["03", 5]])
    assert study.panel.of("all", ("03",)).tolist() == [[0]]
