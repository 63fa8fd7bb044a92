"""Rare names with a slip are one person, common ones need more, and who gives no name is nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outreach_metrics import load_study
from outreach_metrics.metrics.attendance.case import attendance_by_event, attendance_case
from outreach_metrics.metrics.attendance.counts import linkage_note
from outreach_metrics.study.identity import read_name
from outreach_metrics.study.linkage import number_people, shared_addresses
from outreach_metrics.study.matching import ENOUGH, common_names
from outreach_metrics.study.model import NOBODY
from tests.study.test_linkage import linked, sheet

PHONE = "555 010 0101"
CROWD = [(str(n), f"{a}{b} Quill") for n in range(3) for a in "ABCD" for b in ("nna", "ila", "ora")]


def pair(one: str, other: str, times: int = 1, phone: str = "", *, alike: bool | None = None, mail: str = ""):
    """Sign one name at some events and the other at one more; return whether joined, and the review row.

    `alike` sets whether two demographic columns agree, among a crowd that answers in all ways.
    """
    rows = [(str(n), one, mail, phone) for n in range(times)] + [("99", other, mail, phone)]
    columns = {}
    if alike is not None:
        rows += CROWD
        last = "a" if alike else "b"
        columns = {name: ["a"] * times + [last] + list("bcde") * 9 for name in ("age", "race")}
    people, linkage = linked(*rows, **columns)
    near = linkage.review[(linkage.review["row_1"] == 2) & (linkage.review["row_2"] == times + 2)]
    return people[0] == people[times], near.to_dict("records")


@pytest.mark.parametrize(
    "one, other",
    [
        ("Jonathan Smitherson", "Jonathan Smithreson"),
        ("Jonathan Smitherson", "Jonathan Smithersson"),
        ("Jonathan Smitherson", "Jonathan Smiterson"),
        ("Jonathan Smitherson", "Jonahtan Smitherson"),
        ("Jonathan Smitherson", "Jonnathan Smitherson"),
        ("Marisol Brindlemere", "Marisol Brindelmere"),
    ],
)
def test_a_usual_slip_in_a_rare_name_is_joined_on_one_signature_each(one, other):
    joined, [row] = pair(one, other)
    assert joined
    assert row["decision"] == "joined"
    assert not pair(one, other, alike=False)[0], "other answers speak against"
    namesakes = [("50", f"{first} {one.split()[1]}") for first in ("Abel", "Cora", "Dina", "Emil", "Fay")]
    people, _ = linked(("1", one), ("2", other), *namesakes)
    assert people[0] != people[1], "a name that many bear here is not rare"


@pytest.mark.parametrize(
    "one, other",
    [
        ("Jonathan Brindlemere", "Jonathan Brindlemore"),
        ("Maria Smith", "Maria Smiht"),
        ("Jonathan Smith", "Jonahtan Smith"),
        ("Ann Lehman", "Ann Lehmann"),
        ("Karina Smitherson", "Katrina Smitherson"),
        ("Mohamed Ali", "Mohammed Ali"),
        ("Gloria Hanssen", "Gloria Hansen"),
    ],
)
def test_a_common_name_or_an_unusual_slip_is_for_review(one, other):
    joined, [row] = pair(one, other)
    assert not joined
    assert row["reason"].endswith("too little speaks for it")
    assert row["score"] < ENOUGH
    assert pair(one, other, phone=PHONE)[0]
    assert pair(one, other, alike=True)[0]


@pytest.mark.parametrize(
    "one, other",
    [
        ("Erica Jones", "Erika Jones"),
        ("Karen Smith", "Karin Smith"),
        ("Brian Garcia", "Bryan Garcia"),
        ("Marcia Lopez", "Maria Lopez"),
        ("Stephen Brindlemere", "Stephan Brindlemere"),
    ],
)
def test_two_common_first_names_need_more_than_a_phone(one, other):
    for case in (pair(one, other), pair(one, other, 5), pair(one, other, phone=PHONE)):
        assert not case[0]
        assert case[1][0]["reason"] == "both first names are common; too little speaks for it"
    assert pair(one, other, phone=PHONE, alike=True)[0]
    assert not pair(one, other, phone=PHONE, alike=False)[0]
    assert pair(one, other, mail="e@x.org")[0]


@pytest.mark.parametrize(
    "one, other",
    [
        ("David Chan", "David Chang"),
        ("Mary Johnson", "Mary Johnston"),
        ("Mary Clark", "Mary Clarke"),
        ("Luis Gonzales", "Luis Gonzalez"),
    ],
)
def test_two_common_last_names_need_a_phone_or_more(one, other):
    for case in (pair(one, other), pair(one, other, 5)):
        assert not case[0]
        assert case[1][0]["reason"] == "both last names are common; too little speaks for it"
    assert pair(one, other, phone=PHONE)[0]
    assert not pair(one, other, phone=PHONE, alike=False)[0]
    assert pair(one, other, mail="e@x.org")[0]


@pytest.mark.parametrize(
    "one, other",
    [
        ("Maria Lopez", "Mario Lopez"),
        ("Daniel Smith", "Danielle Smith"),
        ("Jean Smith", "Jane Smith"),
        ("Christian Garcia", "Christina Garcia"),
        ("Robert Richards", "Robert Richardson"),
        ("John Stevens", "John Stephens"),
    ],
)
def test_names_of_their_own_are_never_joined_whatever_a_family_shares(one, other):
    assert not pair(one, other, 5)[0]
    joined, rows = pair(one, other, 5, PHONE, alike=True)
    assert not joined
    assert [row["decision"] for row in rows] == ["left apart"]


def test_the_lists_hold_names_as_they_are_compared():
    for part, some in (("first", {"maria", "mario", "jonathan"}), ("last", {"chan", "chang", "obrien"})):
        names = common_names(part)
        assert some <= names
        assert {read_name(f"{name} {name}").first for name in names} == names
    assert not {"smitherson", "smithreson"} & common_names("last")


@pytest.mark.parametrize(
    "rows",
    [
        [("1", "Ann Lee"), ("1", "Bo Ray")],
        [("1", "Jonathan Smitherson"), ("1", "Jonathan Smithreson")],
        [("1", "Ann Lee", "", PHONE), ("1", "Anne Lee", "", PHONE)],
        [("1", "Ann Lee", "l@x.org"), ("1", "Bo Lee", "l@x.org")],
        [("1", "Ann Lee", "a@x.org"), ("1", "Ann Lee", "b@x.org")],
        [("3", "Ann Lee"), ("3", "Bo Ray"), ("1", "M-1", "", "", "Ann Lee"), ("2", "M-1", "", "", "Bo Ray")],
        [("3", "Jonathan Smithreson"), ("3", "Jonathan Smithersson"),
         *[(str(n), "Jonathan Smitherson") for n in range(10, 15)]],
    ],
)  # fmt: skip
def test_two_names_on_one_sheet_are_two_people(rows):
    people, _ = linked(*rows)
    assert people[0] != people[1]
    people, _ = linked(*rows[::-1])
    assert people[-1] != people[-2]


def test_one_address_on_one_sheet_is_one_person_where_the_names_agree():
    assert linked(("1", "Ann Lee", "a@x.org"), ("1", "A. Lee", "a@x.org"))[0] == [0, 0]
    lent = [("1", "M-1", "", "", "Ann Lee"), ("2", "M-1", "", "", "Ann M. Lee"), ("3", "Ann Lee")]
    assert linked(*lent)[0] == [0, 0, 0]


NOBODIES = """
Anonymous|anon.|ANON|Guest|guests|Guest 2|guest2|Guest, Anonymous|Anonymous Guest|Guest of Ann Lee|N/A|n.a.
NA|n / a|none|None None|Unknown|Mr. Unknown|no name|No Name Given|NoName|child|Child 3|(child)|???|?|-|--
...|*|x|XXX|test|Test Test|Test User|walk-in|Walk-In #4|walk ins|walkin|+1|+ 1|plus one|the guest|Anónimo|null
"""
SOMEBODIES = """
Christopher Guest|Julia Child|Kid Rock|Unknown Smith|Kim Na|Will Tester|Minor Jones|王芳|Ann|J. X.|Xu
"""


@pytest.mark.parametrize("text", NOBODIES.strip().replace("\n", "|").split("|"))
def test_what_stands_where_there_is_no_name_names_nobody(text):
    assert read_name(text).kind == ""
    tables, linkage = number_people({"attendance": sheet(("1", text), ("2", text), ("2", text))}, [])
    assert tables["attendance"]["attendee_id"].to_list() == [NOBODY] * 3
    counts = (linkage.rows, linkage.nameless, linkage.people, linkage.spellings, linkage.linked)
    assert counts == (3, 3, 0, 0, 0)
    assert linkage.match_rate == 0


@pytest.mark.parametrize("text", SOMEBODIES.strip().split("|"))
def test_names_that_hold_such_a_word_are_names(text):
    assert read_name(text).kind == "name"
    assert linked(("1", text), ("2", text))[0] == [0, 0]


@pytest.mark.parametrize("text", ["1", "A-1", "Guest-0012", "Participant 12", "x1", "N-1"])
def test_numbers_are_identifiers(text):
    assert read_name(text).kind == "id"


def test_nobody_with_an_address_or_a_name_elsewhere_is_somebody():
    rows = [
        ("1", "Guest", "a@x.org"),
        ("2", "Ann Lee", "a@x.org"),
        ("3", "N/A", "", "", "Ann Lee"),
        ("4", "-"),
    ]
    people, linkage = linked(*rows, ("5", "-", "", PHONE))
    assert people == [0, 0, 0, 1, 1]
    assert (linkage.people, linkage.nameless) == (1, 2)


def test_the_nameless_say_nothing_of_how_people_answer():
    rows = [("1", "Jonathan Brindlemere"), ("2", "Jonathan Brindlemore"), *CROWD]
    answers = ["a", "a", *"bcde" * 9]
    bare = linked(*rows, age=answers)[1].review["score"].to_list()
    noise = [(str(n), "Guest") for n in range(40)]
    told = linked(*rows, *noise, age=answers + [None] * 40)[1].review["score"].to_list()
    assert told == bare
    mixed = linked(*rows, *noise, age=answers + list("abcde") * 8)[1].review["score"].to_list()
    assert len(bare) and np.allclose(mixed, bare, atol=0.5)


def test_nobody_shares_no_address():
    names = pd.Series(["Ann Lee", "Guest", "N/A", "walk-in"])
    assert not shared_addresses(pd.Series(["e"] * 4), names, pd.Series(["a@x.org"] * 4)).any()


def test_the_nameless_count_in_totals_and_not_as_people(make_study):
    events = [["event_id", "program_id", "date"]]
    events += [[f"e{n}", "watch", f"2024-03-0{n}"] for n in (1, 2, 3)]
    rows = [["event_id", "attendee_id"], ["e1", "Ann Lee"], ["e2", "Ann Lee"], ["e3", "???"]]
    rows += [[event, text] for event in ("e1", "e2") for text in ("Guest", "Guest", "N/A", "-")]
    study = load_study(make_study(events=events, attendance=rows))
    case = attendance_case(study, "watch")
    assert attendance_by_event(study, "watch")["attended"].to_list() == [5, 5, 1]
    assert (len(case.people), case.again, case.dose.tolist()) == (1, 1, [2])
    assert case.by_person(np.array([1.0, 2.0, 4.0])).tolist() == [3.0]
    assert case.named_events == 2
    assert case.nameless.startswith("1 of 3 events have no names;")
    assert case.nameless.endswith("Who signed without a name is not counted among the people.")
    assert study.linkage.nameless == 9
    assert "9 sign-ins name nobody" in linkage_note(study)
