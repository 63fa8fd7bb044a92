"""Codes of comments find the answer that the comment stands beside."""

from outreach_metrics.study.loading import load_study
from tests.study.conftest import said

ITEMS = [["item", "construct", "low", "high"], ["q1", "trust", 1, 5]]
RESPONSES = [
    ["respondent_id", "program_id", "wave", "q1", "comment"],
    ["Ann Lee", "watch", "before", 3, "Good."],
    ["Ann Lee", "watch", "after/later", 4, "Better."],
    ["Bo Ray", "watch", "before", 2, "Bad."],
]
CODES = [
    ["comment_id", "coder", "theme"],
    ["Ann Lee/before", "A", "trust"],
    ["Ann Lee/after/later", "A", "safety"],
    ["Bo Ray", "B", "response"],
    ["Ann Lee", "B", "trust"],
    ["Cy Dow/before", "A", "trust"],
]


def test_codes_are_joined_to_answers_and_lose_the_name(make_study):
    study = load_study(make_study(items=ITEMS, responses=RESPONSES, codes=CODES))
    codes, answers = study.table("codes"), study.table("responses")
    assert codes["wave"].to_list() == ["before", "after/later", "before"]
    assert codes["respondent_id"].to_list() == answers["respondent_id"].to_list()
    assert set(codes["program_id"]) == {"watch"}
    assert not codes.astype(str).apply(lambda column: column.str.contains("Ann|Bo Ray")).to_numpy().any()


def test_codes_without_an_answer_are_counted_and_told_without_the_name(make_study):
    study = load_study(make_study(items=ITEMS, responses=RESPONSES, codes=CODES))
    (quality,) = [table for table in study.quality if table.table == "codes"]
    assert (quality.rows_read, quality.rows_used, dict(quality.dropped)) == (5, 3, {"no such comment": 2})
    told = [text for text in said(study.problems) if "codes.csv" in text]
    assert any("belongs to no answer" in text for text in told)
    assert not any("Ann" in text or "Cy" in text for text in told)


def test_raking_to_what_is_not_there_is_told(make_study):
    settings = '[periods]\nunit = "month"\n[survey]\nrake = ["sex", "age"]\n'
    responses = [["respondent_id", "program_id", "wave", "q1", "sex"], ["a", "watch", "w", 3, "f"]]
    benchmarks = [["variable", "category", "count"], ["sex", "f", 10], ["agee", "old", 10]]
    study = load_study(make_study(settings, items=ITEMS, responses=responses, benchmarks=benchmarks))
    told = [text for text in said(study.problems) if "survey.rake" in text]
    assert len(told) == 2
    assert all("'age' is not" in text for text in told)
    assert any("did you mean 'agee'" in text for text in told)
