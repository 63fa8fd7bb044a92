"""The ready codebooks are items tables that a study takes, and questions find their construct."""

import pandas as pd
import pytest

from outreach_metrics import load_study
from outreach_metrics.errors import UnknownNameError
from outreach_metrics.study.codebooks import codebook, codebook_names, suggest_constructs

NAMES = {
    "trust", "procedural_justice", "effectiveness", "legitimacy", "willingness_to_report",
    "willingness_to_cooperate", "perceived_safety", "satisfaction", "student_perceptions", "training",
}  # fmt: skip


def test_every_construct_is_there_with_three_to_five_items():
    assert set(codebook_names()) == NAMES
    table = codebook()
    assert table["item"].is_unique and table["text"].is_unique
    assert table.groupby("codebook").size().between(3, 5).all()
    assert (table["construct"] == table["codebook"]).all()


def test_items_share_a_scale_and_name_their_source():
    table = codebook()
    assert (table["low"] == 1).all() and (table["high"] == 5).all() and (table["favourable_from"] == 4).all()
    assert (table["missing_codes"] == "8 9").all()
    assert table["source"].str.contains(r"\((?:19|20)\d\d\)").all()
    assert table["text"].str.endswith(".").all()


def test_every_codebook_has_a_reversed_item_but_not_only_those():
    reversed_share = codebook().groupby("codebook")["reversed"].mean()
    assert ((reversed_share > 0) & (reversed_share <= 0.5)).all()


def test_codebooks_come_in_the_order_asked_and_once():
    table = codebook("training", "trust", "training")
    assert table["codebook"].drop_duplicates().to_list() == ["training", "trust"]
    assert len(table) == len(codebook("training")) + len(codebook("trust"))
    table.loc[0, "text"] = "changed"
    assert codebook("training")["text"][0] != "changed"


def test_an_unknown_codebook_lists_the_known():
    with pytest.raises(UnknownNameError, match=r"Unknown codebook 'trusst'. Did you mean 'trust'\?"):
        codebook("trusst")


def test_a_study_takes_a_codebook_as_it_is(make_study):
    table = codebook("trust", "perceived_safety")
    items = [list(table.columns), *table.itertuples(index=False, name=None)]
    names = table["item"].to_list()
    answers = [["respondent_id", "program_id", "wave", *names]]
    answers += [[f"r{i}", "watch", "1", *[5 if i % 2 else 9] * len(names)] for i in range(4)]
    study = load_study(make_study(items=items, responses=answers))
    assert study.table("items")["item"].to_list() == names
    assert study.table("items")["reversed"].to_list() == table["reversed"].to_list()
    assert study.table("responses")[names].isna().sum().eq(2).all()
    assert not [problem for problem in study.problems if problem.severity == "error"]


def test_questions_find_their_construct():
    questions = {
        "How much do you trust the police in your neighborhood?": "trust",
        "Officers treat some people worse than others.": "procedural_justice",
        "The police respond quickly to calls": "effectiveness",
        "I have a duty to obey the police": "legitimacy",
        "I would call if I saw something suspicious.": "willingness_to_report",
        "I would give a statement as a witness.": "willingness_to_cooperate",
        "How safe do you feel when walking alone at night?": "perceived_safety",
        "My last contact with the police went well.": "satisfaction",
        "The school resource officer makes me feel safe at school": "student_perceptions",
        "How confident are you that you can use these skills?": "training",
    }
    found = suggest_constructs(questions)
    assert dict(zip(found["text"], found["construct"], strict=True)) == questions
    for row in found.itertuples():
        assert row.item in codebook(row.construct)["item"].to_list()
        assert 60 <= row.score <= 100


@pytest.mark.parametrize(
    "question",
    ["What is your age?", "Timestamp", "Email Address", "How did you hear about this event?", "",
     "你多大了？", "Any other comments?", "What is your ZIP code?", "Which language do you speak at home?"],
)  # fmt: skip
def test_other_questions_are_left_alone(question):
    found = suggest_constructs([question])
    assert found["construct"].to_list() == found["item"].to_list() == [""]
    assert found["score"][0] < 60


def test_the_least_likeness_can_be_chosen_and_no_question_is_no_row():
    weak = "How many events did you attend this year?"
    assert suggest_constructs([weak], least=0)["construct"][0] != ""
    none = suggest_constructs([])
    assert list(none.columns) == ["text", "construct", "item", "score"]
    assert isinstance(none, pd.DataFrame) and none.empty
