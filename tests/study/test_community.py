"""Whose make-up the answers are held against."""

from pathlib import Path

import pandas as pd

from outreach_metrics.study import Settings, Study
from outreach_metrics.study.community import community


def benchmarks(rows) -> Study:
    table = pd.DataFrame(rows, columns=["variable", "category", "count", "area_id"])
    return Study(folder=Path(), settings=Settings(), programs={}, tables={"benchmarks": table})


CITY = [("sex", "f", 500, ""), ("sex", "m", 480, "")]
AREAS = [("sex", "f", 10, "01"), ("sex", "m", 30, "01"), ("sex", "f", 20, "02"), ("sex", "m", 5, "02")]


def test_areas_are_added_up_where_all_are_there():
    found = community(benchmarks(CITY + AREAS), ("01", "02"))
    assert found.counts["sex"].to_dict() == {"f": 30, "m": 35}
    assert not found.whole
    assert "areas" in found.words


def test_the_whole_stands_in_where_an_area_is_missing_or_none_is_asked_for():
    for areas in (("01", "03"), ()):
        found = community(benchmarks(CITY + AREAS), areas)
        assert found.counts["sex"].to_dict() == {"f": 500, "m": 480}
        assert found.whole
    assert community(benchmarks(AREAS), ()).counts["sex"].to_dict() == {"f": 30, "m": 35}


def test_one_variable_without_an_area_makes_every_variable_that_of_the_whole():
    found = community(benchmarks([*CITY, *AREAS, ("age", "old", 300, "")]), ("01", "02"))
    assert found.whole
    assert found.counts["sex"]["f"] == 500


def test_no_benchmarks_is_no_community():
    study = Study(folder=Path(), settings=Settings(), programs={}, tables={})
    assert community(study, ("01",)).counts == {}
