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


def monthly(area="01", first="2019-01", last="2022-06", outcome="all"):
    return [[area, str(month), outcome, 5] for month in pd.period_range(first, last, freq="M")]


def test_a_mistyped_period_does_not_stretch_the_span(load):
    study = load([*monthly(), *monthly("02"), ["02", "2032-01", "all", 10], ["02", "1912-01", "all", 1]])
    assert (str(study.panel.periods[0]), str(study.panel.periods[-1])) == ("2019-01", "2022-06")
    assert (
        "counts.csv, row 86, period: 2 rows left out, because a long gap without any count lies between "
        "them and the others (2032-01 and 1912-01)" in said(study.warnings())
    )
    quality = next(quality for quality in study.quality if quality.table == "counts")
    assert dict(quality.dropped) == {"outside the covered span": 2} and quality.balanced


@pytest.mark.parametrize(
    "rows, noun, when",
    [
        (monthly(last="2021-05", outcome="theft"), "outcome 'theft'", "ends at 2021-05, 13 periods before"),
        (monthly("02", first="2020-01"), "area '02'", "starts at 2020-01, 12 periods after"),
    ],
)
def test_an_outcome_or_area_that_is_counted_for_a_part_of_the_time_is_told(load, rows, noun, when):
    [sentence] = [p.message for p in load([*monthly(), *rows]).warnings() if p.rule == "counted_in_part"]
    assert sentence.startswith(f"the {noun} {when} the others; its missing cells are taken as 0: if it was")


def test_rare_outcomes_and_quiet_areas_are_not_told(load):
    rare = [["01", month, "murder", 1] for month in ("2020-02", "2021-01", "2021-09", "2021-11")]
    quiet = [["02", month, "all", 1] for month in ("2020-02", "2020-04", "2020-05")]
    study = load([*monthly(), *rare, *quiet])
    assert not [p for p in study.warnings() if p.rule in ("counted_in_part", "outside_the_covered_span")]
    assert len(study.panel.periods) == 42


def test_a_period_in_two_forms_counts_once(load):
    study = load([["01", "2024-01", "all", 3], ["01", "2024-01-01", "all", 3], ["01", "2024-02", "all", 1]])
    assert counted(study) == {"2024-01": 3, "2024-02": 1}
    assert (
        "counts.csv, row 3, period: 2024-01-01 lies in 2024-01 of row 2, for the same area and outcome, "
        "and would count twice; the longer period is used" in said(study.errors())
    )


def test_a_year_beside_its_months_counts_once(load):
    rows = [["01", f"2024-{month:02d}", "all", 1] for month in range(1, 13)]
    study = load([*rows, ["01", "2024", "all", 15], ["02", "2024-03", "all", 2]], unit="year")
    assert study.panel.counts.tolist() == [[[15], [2]]]
    assert any("11 more" in text or "7 more rows" in text for text in said(study.errors()))


def test_one_day_written_in_two_ways_repeats(load):
    study = load(
        [["01", "2024-01-31", "all", 3], ["01", "2024-01-31T00:00", "all", 3], ["01", "2024-01-01", "all", 1]]
    )
    assert counted(study) == {"2024-01": 4}
