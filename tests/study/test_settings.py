"""study.toml: what is wrong is said with its key, and everything at once."""

from __future__ import annotations

import pytest

from outreach_metrics.study.model import Settings
from outreach_metrics.study.settings import read_settings, settings_from


def read(tmp_path, text: str | bytes):
    path = tmp_path / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    settings, problems = read_settings(path)
    return settings, [(problem.severity, problem.column, problem.message) for problem in problems]


def test_every_key_is_read(tmp_path):
    settings, problems = read(
        tmp_path,
        """
        [study]
        title = "Riverton"
        agency = "Police"
        currency = "CAD"
        language = "en"
        paper = "a4"
        [periods]
        unit = "week"
        before = 52
        after = 26
        transition = 1
        [crime]
        rate_per = 10000
        placebo_outcomes = ["burglary"]
        [crime.outcomes]
        all = ["*"]
        burglary = "BURGLARY"
        [incidents]
        path = "crimes.csv"
        date_format = "%m/%d/%Y"
        columns = { occurred_at = "Date" }
        [survey]
        scale = [1, 5]
        favourable_from = 4
        minimum_responses = 30
        [privacy]
        min_cell = 5
        """,
    )
    assert problems == []
    assert settings == Settings(
        title="Riverton",
        agency="Police",
        currency="CAD",
        paper="A4",
        unit="week",
        before=52,
        after=26,
        transition=1,
        rate_per=10000.0,
        placebo_outcomes=("burglary",),
        outcomes={"all": ("*",), "burglary": ("BURGLARY",)},
        incidents={"path": "crimes.csv", "date_format": ("%m/%d/%Y",), "columns": {"occurred_at": "Date"}},
        scale=(1.0, 5.0),
        favourable_from=4.0,
        minimum_responses=30,
        min_cell=5,
    )


WRONG = {
    '[periods]\nunit = "months"': (
        "periods.unit",
        "'months' is not one of month, week, quarter, year (did you mean 'month'?)",
    ),
    "[periods]\nbefore = 0": ("periods.before", "must be a whole number of 1 or more, not 0"),
    "[periods]\nafter = true": ("periods.after", "must be a whole number of 1 or more, not True"),
    "[study]\ntitle = 3": ("study.title", "must be text in quotation marks"),
    '[study]\nlanguage = "fr"': ("study.language", "'fr' is not one of en"),
    '[study]\npaper = "legal"': ("study.paper", "'legal' is not one of letter, A4"),
    '[study]\npaper = "leter"': (
        "study.paper",
        "'leter' is not one of letter, A4 (did you mean 'letter'?)",
    ),
    "[study]\npaper = 4": ("study.paper", "4 is not one of letter, A4"),
    "[crime]\nrate_per = 0": ("crime.rate_per", "must be above 0, not 0"),
    '[crime]\nrate_per = "1000"': ("crime.rate_per", "must be a number, not '1000'"),
    "[crime]\nrate_per = inf": ("crime.rate_per", "must be a number, not inf"),
    "[crime.outcomes]\nall = [1]": (
        "crime.outcomes.all",
        'must be a list of offense labels, as in ["BURGLARY"], or ["*"] for every offense',
    ),
    "[crime]\noutcomes = 3": (
        "crime.outcomes",
        "must be a section of outcome names and their offense labels",
    ),
    '[crime]\nplacebo_outcomes = ["frau"]\n[crime.outcomes]\nfraud = ["FRAUD"]': (
        "crime.placebo_outcomes",
        "'frau' is not an outcome of [crime.outcomes] (did you mean 'fraud'?)",
    ),
    '[crime]\nplacebo_outcomes = ["fraud"]': (
        "crime.placebo_outcomes",
        "'fraud' is not an outcome of [crime.outcomes]",
    ),
    "[crime]\nplacebo_outcomes = 3": (
        "crime.placebo_outcomes",
        'must be a list of outcomes, as in ["fraud"]',
    ),
    "[survey]\nscale = [5, 1]": ("survey.scale", "the lowest code (5) must be below the highest (1)"),
    "[survey]\nscale = 5": ("survey.scale", "must be the lowest and the highest code, as in [1, 5]"),
    "[survey]\nscale = [1, 5]\nfavourable_from = 9": (
        "survey.favourable_from",
        "9 lies outside survey.scale (1 to 5)",
    ),
    "periods = 3": ("periods", "must be a section: write [periods] on a line of its own"),
    '[incidents]\npreset = "chicago"': (
        "incidents.preset",
        "is not supported yet; name the columns in incidents.columns",
    ),
    '[incidents]\nsource = "postgres://x"': (
        "incidents.source",
        "is not supported yet; export the incidents to CSV or Parquet and name the file in incidents.path",
    ),
    '[incidents]\ndate_format = "month"': (
        "incidents.date_format",
        "'month' is not a date format: it names no year (as in \"%m/%d/%Y\")",
    ),
    "[incidents]\ncolumns = { date = 'Date' }": (
        "incidents.columns",
        "'date' is not a column of incidents: "
        "incident_id, occurred_at, offense, area_id, latitude, longitude",
    ),
    '[incidents]\ndate_format = "%Y-%m"\n[periods]\nunit = "week"': (
        "incidents.date_format",
        "names no day, so incidents cannot be counted by week; choose another periods.unit",
    ),
}


@pytest.mark.parametrize("text, problem", WRONG.items(), ids=[key for key, _ in WRONG.values()])
def test_wrong_values_are_errors_that_name_the_key(tmp_path, text, problem):
    assert read(tmp_path, text)[1] == [("error", *problem)]


@pytest.mark.parametrize(("written", "paper"), [("letter", "letter"), ("Letter", "letter"), ("A4", "A4")])
def test_the_case_of_a_paper_does_not_matter(written, paper):
    assert settings_from({"study": {"paper": written}}) == (Settings(paper=paper), [])


def test_unknown_keys_and_sections_are_warnings_with_a_suggestion(tmp_path):
    settings, problems = read(tmp_path, "[period]\nunit = 1\n[periods]\nbefor = 3\n[incidents]\npaht = 'x'\n")
    assert settings == Settings()
    message = "is not a known key and is not used (did you mean {!r}?)"
    assert problems == [
        ("warning", "period", message.format("periods")),
        ("warning", "periods.befor", message.format("before")),
        ("warning", "incidents.paht", message.format("path")),
    ]


@pytest.mark.parametrize("text", ["[periods\n", b"\xff\xfe[periods]", "[a]\n[a]\n"])
def test_a_file_that_is_no_toml_is_one_error(tmp_path, text):
    settings, problems = read(tmp_path, text)
    assert settings == Settings()
    assert [severity for severity, _, _ in problems] == ["error"]


def test_a_byte_order_mark_is_nothing(tmp_path):
    assert read(tmp_path, "\ufeff[periods]\nbefore = 3\n") == (Settings(before=3), [])


def test_an_empty_document_is_the_defaults():
    assert settings_from({}) == (Settings(), [])


def test_survey_and_training_settings():
    text = {
        "survey": {"rake": "age", "weight_limit": 1, "equivalence_margin": 0},
        "training": {"threshold": 70},
    }
    settings, problems = settings_from(text)
    assert settings.rake == ("age",)
    assert settings.training_threshold == 70
    assert [problem.column for problem in problems] == ["survey.weight_limit", "survey.equivalence_margin"]
    assert settings_from({"survey": {"rake": 3}})[1][0].column == "survey.rake"
