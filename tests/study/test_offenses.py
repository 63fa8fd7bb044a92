"""Harm weights and offense groups: the defaults are sourced, a study's own tables replace them."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from outreach_metrics.reports.files import quality_json
from outreach_metrics.study import EVERY_OFFENSE, load_study
from outreach_metrics.study.checks import check_cells
from outreach_metrics.study.offenses import DEFAULTS, NAMES, offense_tables
from outreach_metrics.study.reading import Source, read_table
from outreach_metrics.study.tables import TABLES
from tests.conftest import SHARED

from .conftest import SETTINGS, said

HEADER = ["incident_id", "occurred_at", "offense", "area_id"]
WEIGHTS = ["offense", "weight", "unit", "source"]
OUTCOMES = SETTINGS + '[crime.outcomes]\nburglary = ["BURGLARY"]\n'
# McCollister, French & Fang (2010), Drug and Alcohol Dependence 108:98-109, table 5.
PUBLISHED = {
    "murder": 8982907,
    "rape": 240776,
    "aggravated assault": 107020,
    "robbery": 42310,
    "arson": 21103,
    "motor vehicle theft": 10772,
    "stolen property": 7974,
    "burglary": 6462,
    "embezzlement": 5480,
    "forgery/counterfeiting": 5265,
    "fraud": 5032,
    "vandalism": 4860,
    "larceny-theft": 3532,
}


def incidents() -> list[list[str]]:
    """A burglary a day in area 01, and beside it in March a few others."""
    first = date(2024, 1, 1)
    rows = [[f"i{n}", (first + timedelta(days=n)).isoformat(), "Burglary", "01"] for n in range(152)]
    return [
        *rows,
        ["a", "2024-03-02", "Simple Assault", "02"],
        ["a", "2024-03-02", " SIMPLE ASSAULT", "01"],
        ["a", "2024-03-02", "Burglary", "02"],
        ["b", "2024-03-05", "Motor Vehicle Theft", "02"],
        ["", "2024-03-06", "Loitering", "02"],
        ["", "2024-03-06", "Loitering", "02"],
        ["c", "2024-03-07", "Robbery", "99"],
    ]


@pytest.fixture
def load(make_study):
    def load(settings=OUTCOMES, **tables):
        tables = {"counts": None, "incidents": [HEADER, *incidents()], **tables}
        return load_study(make_study(settings=settings, **tables))

    return load


def test_defaults_keep_their_own_rules_and_name_their_sources():
    for name in NAMES:
        draft = read_table(TABLES[name], Source(DEFAULTS / f"{name}.csv"))
        check_cells(draft)
        assert draft.problems == []
        assert draft.quality().rows_used == draft.rows_read > 40
        assert (draft.frame["source"] != "").all()
        assert (draft.frame["source"].str.contains(r"\b(?:19|20)\d\d\b|judgment of this package")).all()


def test_default_weights_are_the_published_costs():
    known = offense_tables({})
    assert {label: known.weights[label] for label in PUBLISHED} == PUBLISHED
    assert set(known.weights.values()) == set(PUBLISHED.values())
    assert known.unit == "2008 US dollars"
    assert "McCollister, French & Fang (2010)" in known.source
    for spelling, same in (
        ("homicide", "murder"),
        ("criminal sexual assault", "rape"),
        ("auto theft", "motor vehicle theft"),
        ("criminal damage", "vandalism"),
        ("theft from vehicle", "larceny-theft"),
    ):
        assert known.weights[spelling] == PUBLISHED[same]
    assert not {"simple assault", "battery", "drug offense", "disorderly conduct"} & set(known.weights)


def test_default_weights_are_those_of_the_reference_data():
    path = SHARED / "reference" / "data" / "mccollister_2010_total_2008usd.csv"
    if not path.is_file():
        pytest.skip("the shared reference data are not beside this checkout")
    with path.open(encoding="utf-8") as stream:
        costs = {float(row["total_cost_2008usd"]) for row in csv.DictReader(stream)}
    assert set(offense_tables({}).weights.values()) == costs


def test_default_groups_do_not_share_a_label():
    groups = offense_tables({}).groups
    always, sensitive = set(groups["always_recorded"]), set(groups["reporting_sensitive"])
    assert {"homicide", "murder", "motor vehicle theft", "auto theft"} <= always
    assert {"simple assault", "vandalism", "domestic disturbance"} <= sensitive
    assert not always & sensitive


def test_offenses_are_counted_by_label_whether_in_an_outcome_or_not(load):
    study = load()
    panel = study.offenses
    assert panel.outcomes == ("burglary", "motor vehicle theft", "robbery", "simple assault", EVERY_OFFENSE)
    assert (panel.area_ids, panel.periods.equals(study.panel.periods)) == (study.panel.area_ids, True)
    assert panel.of("burglary", ("01", "02")).tolist() == [[31, 29, 31, 30, 31], [0, 0, 1, 0, 0]]
    assert panel.of("simple assault", ("01", "02")).sum(axis=1).tolist() == [0, 1]
    assert panel.of(EVERY_OFFENSE, ("01", "02"))[:, 2].tolist() == [31, 5]
    assert panel.of("robbery", ("01", "02")).sum() == 0
    assert study.harm_weights == {"burglary": 6462.0, "motor vehicle theft": 10772.0, "robbery": 42310.0}
    assert dict(study.offense_groups) == {
        "always_recorded": ("motor vehicle theft",),
        "reporting_sensitive": ("simple assault",),
    }
    assert "NCJ 238536" in study.group_sources["always_recorded"]
    assert study.harm_unit == "2008 US dollars"


def test_outcomes_and_the_balance_of_rows_are_as_without_offenses(load):
    study = load()
    (quality,) = (quality for quality in study.quality if quality.table == "incidents")
    assert quality.balanced
    assert dict(quality.dropped) == {"offense in no outcome": 5, "outside all areas": 1}
    assert study.panel.outcomes == ("burglary",)
    assert study.panel.counts.sum(axis=(0, 2)).tolist() == [152, 1]


def test_areas_without_a_table_are_those_of_the_panel(load):
    study = load(areas=None, program_areas=None)
    assert study.offenses.area_ids == study.panel.area_ids == ("01", "02")
    assert study.offenses.of(EVERY_OFFENSE, ("02",)).sum() == 5


def test_labels_without_weight_and_group_make_no_panel(load):
    rows = [[*row[:2], "Parking", row[3]] for row in incidents()]
    study = load(incidents=[HEADER, *rows], settings=SETTINGS)
    assert study.panel is not None
    assert study.offenses is None
    assert (dict(study.harm_weights), dict(study.offense_groups)) == ({}, {})


COUNTS = [
    ["area_id", "period", "outcome", "count"],
    *(["01", f"2024-{month:02d}", "Burglary ", month] for month in range(1, 7)),
    *(["02", f"2024-{month:02d}", "BURGLARY", 1] for month in range(1, 7)),
    *(["02", f"2024-{month:02d}", "Loitering", 2] for month in range(1, 7)),
]


def test_counts_by_offense_are_offenses_in_the_unit_of_the_study(load):
    study = load(incidents=None, counts=COUNTS, settings='[periods]\nunit = "quarter"\n')
    assert study.offenses.outcomes == ("burglary", EVERY_OFFENSE)
    assert study.offenses.of("burglary", ("01", "02")).tolist() == [[6, 15], [3, 3]]
    assert study.offenses.of(EVERY_OFFENSE, ("01", "02")).tolist() == [[6, 15], [9, 9]]
    assert study.panel.outcomes == ("Burglary", "BURGLARY", "Loitering")


def test_a_total_among_the_counts_is_not_added_to_its_parts(load):
    rows = [*COUNTS, *(["02", f"2024-{month:02d}", "All", 7] for month in range(1, 7))]
    study = load(incidents=None, counts=rows, settings=SETTINGS)
    assert study.offenses.of(EVERY_OFFENSE, ("02",)).tolist() == [[7] * 6]


def test_counts_of_other_outcomes_make_no_panel(load):
    study = load(incidents=None, counts=[COUNTS[0], *([a, p, "felony", n] for a, p, _, n in COUNTS[1:])])
    assert study.offenses is None


def test_own_tables_replace_the_defaults_as_a_whole(load):
    study = load(
        harm_weights=[WEIGHTS, [" loitering", "0.5", "days in prison", "own"], ["Burglary", 20, "", "own"]],
        offense_groups=[["offense", "group"], ["LOITERING", "reporting_sensitive"]],
    )
    (told,) = said(study.problems)
    assert told.startswith("incidents.csv, row 160: 1 row left out, because they lie outside the areas")
    assert dict(study.harm_weights) == {"loitering": 0.5, "burglary": 20.0}
    assert (study.harm_unit, study.harm_source) == ("days in prison", "own")
    assert dict(study.offense_groups) == {"reporting_sensitive": ("loitering",)}
    assert dict(study.group_sources) == {"reporting_sensitive": ""}
    priced = ("motor vehicle theft", "robbery")
    assert study.offenses.outcomes == ("burglary", "loitering", *priced, EVERY_OFFENSE)
    assert study.offenses.of("loitering", ("02",)).sum() == 2
    read = [file.file for file in study.inputs]
    assert {"harm_weights.csv", "offense_groups.csv"} <= set(read)
    assert all(quality.balanced for quality in study.quality)


def test_defaults_are_no_input_and_no_table_of_the_study(load):
    study = load()
    files = [file.file for file in study.inputs] + [quality.file for quality in study.quality]
    assert not any("harm" in file or "group" in file for file in files)
    assert not {"harm_weights", "offense_groups"} & set(study.tables)
    assert "harm_weights" not in quality_json(study)


def test_templates_without_rows_leave_the_defaults(load):
    study = load(harm_weights=[WEIGHTS], offense_groups=[["offense", "group", "source"]])
    assert study.harm_weights["burglary"] == 6462.0
    assert study.offense_groups["always_recorded"] == ("motor vehicle theft",)


@pytest.mark.parametrize(
    "table, rows, sentence",
    [
        ("harm_weights", [["Burglary", 0]], "row 2, weight: 0 is not above 0"),
        ("harm_weights", [["Burglary", "-3.5"]], "row 2, weight: -3.5 is not above 0"),
        ("harm_weights", [["Burglary", "high"]], "row 2, weight: 'high' is not a number"),
        ("harm_weights", [["Burglary", ""]], "row 2, weight: is empty"),
        ("harm_weights", [["", 5]], "row 2, offense: is empty"),
        ("harm_weights", [["Burglary", 5], ["BURGLARY ", 6]], "row 3, offense: repeats row 2"),
        ("offense_groups", [["Burglary", "always"]], "row 2, group: 'always' is not one of"),
        (
            "offense_groups",
            [["Burglary", "always_recorded"], ["burglary", "reporting_sensitive"]],
            "row 3, offense: repeats row 2",
        ),
    ],
)
def test_what_is_wrong_is_an_error_with_its_place(load, table, rows, sentence):
    header = ["offense", "weight" if table == "harm_weights" else "group"]
    study = load(**{table: [header, *rows]})
    (error,) = study.errors()
    assert f"{table}.csv, {sentence}" in str(error)
    assert error.value == str(rows[-1][header.index(error.column)]).strip()
    assert all(quality.balanced for quality in study.quality)


def test_weights_that_cannot_be_used_are_not_replaced_by_the_default(load):
    study = load(harm_weights=[["offense", "weight"], ["Burglary", 0]])
    assert dict(study.harm_weights) == {}
    assert study.offense_groups["always_recorded"] == ("motor vehicle theft",)
    assert dict(load(harm_weights=[["offense", "cost"], ["Burglary", 1]]).harm_weights) == {}


def test_weights_in_several_units_cannot_be_added(load):
    rows = [
        ["Burglary", 1, "USD", ""],
        ["Robbery", 2, "", ""],
        ["Arson", 3, "days", ""],
        ["Rape", 4, "usd", ""],
    ]
    study = load(harm_weights=[WEIGHTS, *rows])
    (error,) = study.errors()
    assert (error.file, error.row, error.column, error.value) == ("harm_weights.csv", 4, "unit", "days")
    assert "in several units ('USD' and 'days')" in error.message
    assert dict(study.harm_weights) == {}
    assert all(quality.balanced for quality in study.quality)


@pytest.mark.parametrize("kind", ["incidents", "counts"])
def test_own_labels_that_never_occur_are_told_and_those_of_the_defaults_not(load, kind):
    tables = {} if kind == "incidents" else {"incidents": None, "counts": COUNTS, "settings": SETTINGS}
    assert [problem for problem in load(**tables).problems if problem.rule == "unseen_label"] == []
    rows = [["Burglary", 2], ["Burglry", 1]]
    study = load(harm_weights=[["offense", "weight"], *rows], **tables)
    (warning,) = (problem for problem in study.warnings() if problem.rule == "unseen_label")
    place = (warning.file, warning.row, warning.column, warning.value)
    assert place == ("harm_weights.csv", 3, "offense", "Burglry")
    assert "no row has the offense 'Burglry' (did you mean 'B" in warning.message
    assert dict(study.harm_weights) == {"burglary": 2.0}


def test_the_sample_has_weights_and_both_groups(sample):
    panel, labels = sample.offenses, set(sample.harm_weights)
    assert labels == set(panel.outcomes) - {"simple assault", EVERY_OFFENSE}
    assert sample.offense_groups == {
        "reporting_sensitive": ("simple assault", "vandalism"),
        "always_recorded": ("homicide", "motor vehicle theft"),
    }
    areas = panel.area_ids
    assert (panel.of("burglary", areas) == sample.panel.of("burglary", areas)).all()
    every = panel.of(EVERY_OFFENSE, areas)
    assert (every >= sample.panel.of("all", areas)).all()
    assert panel.counts[:-1].sum() < every.sum()
    assert (panel.population == sample.panel.population).all()
