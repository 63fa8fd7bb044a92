"""Columns that hold the categories of benchmarks take its names."""

import pytest

BENCHMARKS = (
    "variable,category,count,area_id\n"
    "age_group,under 18,10,\nage_group,18-34,20,\nage_group,35 and over,20,\n"
    "gender,Female,25,\ngender,Male,25,\nrace_ethnicity,White,20,\nrace_ethnicity,Black,20,\n"
    "homeowner,Yes,20,\nhomeowner,No,20,\n"
)


@pytest.fixture
def town(tmp_path):
    """Put benchmarks into the folder that is converted into."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "benchmarks.csv").write_text(BENCHMARKS)


HEADER = ["Timestamp", "What is your age?", "Sex", "¿Raza?", "Do you own a car?", "The police listen."]
ANSWERS = [
    ["2026/01/05", "18 – 34", "FEMALE", "black", "Yes", "Agree"],
    ["2026/01/06", "Under 18", "male", "White", "No", "Disagree"],
    ["2026/01/07", "Prefer not to say", "", "White", "No", "Agree"],
]


def test_survey_columns_take_name_and_spelling_of_benchmarks(town, write, converted, table):
    result = converted("google_forms", write("a.csv", [HEADER, *ANSWERS]))
    rows = table("responses")
    assert [row["age_group"] for row in rows] == ["18-34", "under 18", "Prefer not to say"]
    assert [row["gender"] for row in rows] == ["Female", "Male", ""]
    assert [row["race_ethnicity"] for row in rows] == ["Black", "White", "White"]
    assert "homeowner" not in rows[0], "yes and no mean anything: the heading decides"
    assert any("What is your age?' is age_group of benchmarks" in note for note in result.notes)
    assert not any(row["item"] == "gender" for row in table("items"))


def test_without_benchmarks_they_are_kept_as_they_are(write, converted, table):
    result = converted("google_forms", write("a.csv", [HEADER, *ANSWERS]))
    assert table("responses")[0]["what_is_your_age"] == "18 – 34"
    assert any("kept as text" in note and "what_is_your_age" in note for note in result.notes)


def test_other_categories_are_kept_and_told(town, write, converted, table):
    rows = [[*row[:1], "18-25", *row[2:]] for row in ANSWERS]
    result = converted("google_forms", write("a.csv", [HEADER, *rows]))
    assert {row["what_is_your_age"] for row in table("responses")} == {"18-25"}
    (told,) = [problem for problem in result.problems if problem.rule == "other_categories"]
    assert "categories of age_group in benchmarks (18-25)" in told.message


def test_event_columns_too(town, write, converted, table):
    rows = [["Name", "Age", "Own your home"], ["Ann Lee", "18-34", "Yes"], ["Bo Ray", "UNDER 18", ""]]
    result = converted("sign_in", write("a.csv", rows), date="2026-10-05")
    assert [row["age_group"] for row in table("attendance")] == ["18-34", "under 18"]
    assert "'Age' is age_group of benchmarks" in result.notes


def test_a_variable_is_given_once(town, write, converted, table):
    header = ["Timestamp", "Your gender", "Gender of your child", "The police listen."]
    rows = [["2026/01/05", "Male", "Female", "Agree"], ["2026/01/06", "Female", "Male", "Agree"]]
    converted("google_forms", write("a.csv", [header, *rows]))
    first = table("responses")[0]
    assert (first["gender"], first["gender_of_your_child"]) == ("Male", "Female")
