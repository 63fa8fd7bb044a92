"""Who was missed: shares against the community, worked out by hand, and no few people given away."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.design_based import wilson
from outreach_metrics.metrics import attendance
from outreach_metrics.metrics.attendance.protection import hidden_cells
from tests.metrics.attendance_studies import attendance_study, found, only


def benchmarks(counts, variable="age", area=None):
    return pd.DataFrame(
        {"variable": variable, "category": list(counts), "count": list(counts.values()), "area_id": area}
    ).astype({"count": float})


def study_of(counts, community, *, times=1, answers=None, **settings):
    """Make a study in which as many people of each category came as told."""
    ages = [age for age, size in counts.items() for _ in range(size)]
    people = {person: {"age": age} for person, age in enumerate(ages)} | (answers or {})
    rows = [(event, person, None) for person in people for event in range(times)]
    return attendance_study([{} for _ in range(times)], rows, people=people, benchmarks=community, **settings)


CITY = benchmarks({"young": 2000, "middle": 3000, "old": 5000})


def test_ratio_of_shares_with_wilson_limits():
    told = found(study_of({"young": 60, "middle": 20, "old": 20}, CITY), "representation")
    young = told["age", "young"]
    assert young.estimate == pytest.approx(0.6 / 0.2)
    share = wilson(60, 100)
    assert (young.conf_low, young.conf_high) == pytest.approx((share[1] / 0.2, share[2] / 0.2))
    assert told["age", "old"].estimate == pytest.approx(0.4)
    assert young.n_after == 100
    assert young.note == "Compared with all residents."


def test_nobody_of_a_category_is_zero():
    told = found(study_of({"young": 60, "middle": 40}, CITY), "representation")
    assert (told["age", "old"].estimate, told["age", "old"].conf_low) == (0, 0)


def test_people_count_once_and_by_their_most_frequent_answer():
    days = [{"date": f"2023-0{month}-01"} for month in range(1, 5)]
    rows = [(event, 1, None) for event in range(4)] + [(0, 2, None), (1, 2, None), (0, 3, None)]
    study = attendance_study(days, rows, benchmarks=CITY)
    sheets = study.tables["attendance"].assign(age=["young", "old", "old", None, "young", "middle", "Young "])
    study.tables["attendance"] = sheets
    told = found(study, "representation")
    # person 1 is old twice of three times; person 2 is as often young as middle, and middle last
    assert [told["age", age].estimate for age in ("young", "middle", "old")] == pytest.approx(
        [1 / 3 / 0.2, 1 / 3 / 0.3, 1 / 3 / 0.5]
    )
    assert "counts by the most frequent one" in told["age", "young"].note


def test_absent_people_do_not_count_and_their_answers_neither():
    study = attendance_study([{}], [(0, 1, True), (0, 2, False)], benchmarks=CITY)
    study.tables["attendance"] = study.tables["attendance"].assign(age=["young", "old"])
    told = found(study, "representation")
    assert told["age", "young"].estimate == pytest.approx(1 / 0.2)
    assert told["age", "old"].estimate == 0


def test_unknown_answers_are_told_and_left_out():
    counts = {"young": 40, "old": 40, "prefer not to say": 20}
    told = found(study_of(counts, CITY, min_cell=10), "representation")
    assert told["age", "young"].estimate == pytest.approx(0.5 / 0.2)
    assert told["age", "young"].n_after == 80
    assert "20% of the people" in told["age", "young"].note
    few = found(study_of({**counts, "prefer not to say": 3}, CITY, min_cell=10), "representation")
    assert "fewer than 10 people" in few["age", "young"].note
    assert math.isnan(few["age", "young"].n_after)  # beside the number of people it would tell of three


def test_the_community_is_that_of_the_treatment_areas_where_all_are_there():
    local = benchmarks({"young": 100, "middle": 100, "old": 200}, area="a")
    both = pd.concat([CITY, local, benchmarks({"young": 900, "old": 10}, area="b")], ignore_index=True)
    told = found(study_of({"young": 60, "old": 60}, both), "representation")
    assert told["age", "young"].estimate == pytest.approx(0.5 / 0.25)
    assert told["age", "young"].note == "Compared with residents of the program's areas."
    lacking = found(study_of({"young": 60, "old": 60}, both, areas=("a", "c")), "representation")
    assert lacking["age", "young"].estimate == pytest.approx(0.5 / 0.2)
    assert lacking["age", "young"].note == "Compared with all residents."


def test_a_hidden_category_cannot_be_worked_out():
    study = study_of({"young": 60, "middle": 4, "old": 25}, CITY, min_cell=10)
    told = found(study, "representation")
    assert told["age", "young"].made
    for age in ("middle", "old"):
        assert told["age", age].note.startswith("Suppressed")
        assert math.isnan(told["age", age].n_after)
    assert only(study, "imbalance").note.startswith("Suppressed")
    assert only(study, "r_indicator").note.startswith("Suppressed")


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(1, 15))
def test_hidden_cells_are_never_one_nor_few_together(counts, min_cell):
    counts = np.array(counts)
    hidden = hidden_cells(counts, min_cell)
    assert not hidden[counts == 0].any()
    assert hidden[(counts > 0) & (counts < min_cell)].all()
    if hidden.any() and (~hidden & (counts > 0)).any():
        assert hidden.sum() >= 2
        assert counts[hidden].sum() >= min_cell
    assert hidden.any() == ((counts > 0) & (counts < min_cell)).any()


def test_imbalance_is_the_mean_standardized_difference():
    made = only(study_of({"young": 60, "middle": 20, "old": 20}, CITY), "imbalance")
    target, share = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.2, 0.2])
    spread = np.sqrt(target * (1 - target) * 10000 / 9999)
    assert made.estimate == pytest.approx((np.abs(share - target) / spread).mean())
    assert made.outcome == "age"
    assert "no interval" in made.note
    assert only(
        study_of({"young": 20, "middle": 30, "old": 50}, CITY), "imbalance"
    ).estimate == pytest.approx(0)


def test_r_indicator_of_one_variable():
    # 60 of 200, 30 of 300 and 50 of 500 came: propensities 0.3, 0.1, 0.1
    community = benchmarks({"young": 200, "middle": 300, "old": 500})
    told = found(study_of({"young": 60, "middle": 30, "old": 50}, community), "r_indicator")
    spread = math.sqrt((200 * 0.16**2 + 800 * 0.04**2) / 999)  # about the mean, 0.14
    varied = told["", "coefficient of variation"]
    assert varied.estimate == pytest.approx(spread / 0.14, rel=1e-6)
    made = told["", ""]
    assert 1 - 2 * spread < made.estimate < 1 - 1.8 * spread  # sampling bias is taken out
    assert made.conf_low < made.estimate < made.conf_high <= 1
    crowd = study_of({"young": 300, "old": 900}, community)
    assert only(crowd, "r_indicator").note == "More people came than there are in the community."


def test_r_indicator_takes_variables_as_independent():
    community = pd.concat(
        [benchmarks({"x": 500, "y": 500}), benchmarks({"f": 400, "m": 600}, "sex")], ignore_index=True
    )
    people = {i: {"age": "xy"[i % 2], "sex": "fm"[i % 5 > 1]} for i in range(100)}
    study = attendance_study([{}], [(0, i, None) for i in people], people=people, benchmarks=community)
    made = found(study, "r_indicator")["", ""]
    assert made.estimate == 1
    assert made.note.startswith("All propensities are alike")
    assert "independent in the community" in made.note


def test_reasons():
    names = ("representation", "imbalance", "r_indicator")
    bare = attendance_study([{}], [(0, 1, None)])
    lacking = attendance_study([{}], [(0, 1, None)], benchmarks=CITY)
    few = study_of({"young": 3, "old": 4}, CITY, min_cell=10)
    for name in names:
        assert "no benchmarks table" in only(bare, name).note
        assert "No column of the sign-in sheets" in only(lacking, name).note
        assert only(few, name).note == "Suppressed: fewer than 10 people."
    strange = study_of({"?": 30}, CITY, min_cell=10)
    assert "is known to be in a category" in only(strange, "representation").note


def test_safe_seniors_of_the_sample_are_seniors(sample):
    told = {(e.outcome, e.group): e for e in attendance.attendance_representation(sample, "safe-seniors")}
    assert told["age_group", "55 and over"].conf_low > 2
    imbalance = {e.outcome: e for e in attendance.attendance_imbalance(sample, "youth-nights")}
    assert imbalance["age_group"].estimate > 0.3
    assert imbalance["race_ethnicity"].estimate < 0.1
