"""The same person has one hash, different people have different ones, and names are nowhere."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_metrics import load_study
from outreach_metrics.study.identity import KEY_VARIABLE, hashed, normal_name, read_name, study_key
from outreach_metrics.study.linkage import number_people, shared_addresses
from outreach_metrics.study.matching import ENOUGH, Spellings, agreement_weights, candidate_pairs, distances
from outreach_metrics.study.quick_csv import quick_cells
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "sample"


def sheet(*rows, **demographic) -> pd.DataFrame:
    """Attendance rows as they are typed: event, who signed, and as far as given e-mail, phone, name."""
    order = ["event_id", "attendee_id", "email", "phone", "name"]
    frame = pd.DataFrame([dict(zip(order, row, strict=False)) for row in rows], columns=order, dtype="str")
    frame = frame.assign(**{name: pd.Series(values, dtype="str") for name, values in demographic.items()})
    frame = frame.where(frame != "")
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def linked(*rows, **demographic):
    """Return a small number for each row's person, in order of appearance, and the linkage."""
    tables, linkage = number_people({"attendance": sheet(*rows, **demographic)}, [])
    return pd.factorize(tables["attendance"]["attendee_id"])[0].tolist(), linkage


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("José  NÚÑEZ", "jose nunez.", True),
        ("O'Brien", "O’Brien", True),
        ("Smith-Jones", "smith jones", True),
        ("1-12", "11-2", False),
        ("Ann Lee", "Ann Li", False),
        ("???", "!!!", False),
        ("王芳", "王芳 ", True),
        ("Søren Łukasz", "soren lukasz", True),
    ],
)
def test_names_are_compared_without_accents_case_and_punctuation(one, other, same):
    assert (normal_name(one) == normal_name(other)) is same


@pytest.mark.parametrize(
    "text, compared",
    [
        ("Lee, Ann", "ann lee"),
        ("LEE, Dr. Ann M.", "ann m lee"),
        ("Mr. Bo Ray, Jr.", "bo ray jr"),
        ("Ray Jr, Bo", "bo ray jr"),
        ("Ann Lee, PhD", "ann lee"),
        ("Mr Lee", "mr lee"),
        ("Lee,", "lee"),
        ("Maria de la Cruz", "maria de la cruz"),
    ],
)
def test_order_titles_and_degrees_are_no_part_of_a_name(text, compared):
    assert read_name(text).text == compared
    assert read_name(text).kind == "name"


def test_an_address_links_and_two_addresses_part():
    people, _ = linked(
        ("1", "Ann Lee", "a@x.org"), ("2", "A. Lee", "A+forum@x.org"), ("3", "Ann Lee"),
        ("1", "Bo Ray", "b1@x.org"), ("2", "Bo Ray", "b2@x.org"), ("3", "Bo Ray"),
    )  # fmt: skip
    assert people == [0, 0, 0, 1, 2, 3]


def test_a_family_with_one_address_is_several_people():
    mail = "lee@x.org"
    names = ["Ann Lee", "Bob Lee", "Anna Lee", "A. Lee", "Ann Lee", "Jon Lee", "John Lee"]
    people, _ = linked(*((str(n), name, mail) for n, name in enumerate(names)))
    assert people[0] == people[4]
    assert len(set(people)) == 6


def test_what_is_no_address_is_none():
    assert linked(("1", "Ann", "n/a"), ("1", "Bo", "n/a"))[0] == [0, 1]


def test_numbers_are_matched_exactly_even_when_names_are_near():
    rows = [("1", "YN-0012"), ("2", "yn 0012"), ("2", "YN-0013"), ("3", "YN-0021"), ("3", "YN-00l2")]
    assert linked(*rows)[0] == [0, 0, 1, 2, 3]
    named = [("1", "M-1", "", "", "Marisol Garcia"), ("2", "M-2", "", "", "Marisol Garcia")]
    assert linked(*named, gender=["f", "f"])[0] == [0, 1]


KNOWN = [(str(n), "Marisol Brindlemere") for n in range(5)]


@pytest.mark.parametrize(
    "signed, same",
    [
        ("Marisol Brindelmere", True),
        ("Marisol Brindlemer", True),
        ("Marrisol Brindlemere", True),
        ("Marisol Brindle-Mere", True),
        ("Marisol K. Brindlemere", True),
        ("Brindlemere Marisol", True),
        ("MARISÓL BRINDLEMERE", True),
        ("Marisola Brindlemere", False),
        ("Carisol Brindlemere", False),
        ("Mary Brindlemere", False),
        ("M. Brindlemere", False),
        ("Marisol Thistlemere", False),
        ("Marisol", False),
    ],
)
def test_a_slip_beside_a_known_name_is_that_name(signed, same):
    people, linkage = linked(*KNOWN, ("9", signed))
    assert (people[-1] == 0) is same
    assert linkage.people == 1 + (not same)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Ida Larchcombe", "Ada Larchcombe"),
        ("Jon Smithfield", "John Smithfield"),
        ("Ann Lee", "Anna Lee"),
        ("Daniel Marrow", "Daniela Marrow"),
        ("Robert Marrow", "Bob Marrow"),
        ("Ann M Marrow", "Ann K Marrow"),
        ("Bo Ray Jr", "Bo Ray Sr"),
    ],
)
def test_names_of_their_own_stay_apart(one, other):
    rows = [(str(n), one) for n in range(5)] + [("9", other)]
    assert linked(*rows, gender=["f"] * 6, age=["18-34"] * 6)[0] == [0] * 5 + [1]


def test_misread_letters_need_the_rest_to_agree():
    rows = [(str(n), "Carla Burnside") for n in range(5)] + [("9", "Carla Bumside")]
    others = [(str(n), f"{name} Quill") for n, name in enumerate(["Abe Lincoln", "Zoe Moss", "Kim Poe"] * 3)]
    answers = ["a"] * 6 + list("bcdbcdbcd")
    assert linked(*rows, *others, age=answers, race=answers)[0][5] == 0
    assert linked(*rows, *others, age=["a"] * 5 + list("dbcdbcdbcd"), race=answers)[0][5] != 0


def test_whoever_signs_beside_a_name_is_another_person():
    people, linkage = linked(*KNOWN, ("3", "Marisol Brindelmere"))
    assert people[-1] == 1
    assert linkage.review["reason"].to_list() == ["both signed at one event"]


def test_other_addresses_and_demographics_speak_against():
    first = [(*row, "m@x.org") for row in KNOWN]
    assert linked(*first, ("9", "Marisol Brindelmere", "other@x.org"))[0][-1] == 1
    crowd = [(str(n), f"{a}{b} Quill") for n in range(3) for a in "ABCD" for b in ("nna", "ila", "ora")]
    ages = ["18-34"] * 5 + ["55 and over"] + ["18-34", "55 and over"] * 18
    people, linkage = linked(*KNOWN, ("9", "Marisol Brindelmere"), *crowd, age=ages, race=ages)
    assert people[5] != people[0]
    [near] = linkage.review.query("row_1 == 2").to_dict("records")
    assert (near["row_2"], near["decision"]) == (7, "left apart")


def test_near_two_known_people_is_joined_to_neither():
    other = [(str(n), "Marisol Brindlemore") for n in range(10, 15)]
    people, linkage = linked(*KNOWN, *other, ("20", "Marisol Brindlemre"))
    assert people == [0] * 5 + [1] * 5 + [2]
    review = linkage.review[linkage.review["row_2"] == 12]
    assert review["decision"].to_list() == ["left apart"] * 2
    assert review["reason"].str.endswith("near to others as well").all()


def test_nobody_is_joined_through_a_third():
    rows = [(str(n), "Ann Lee Marrow") for n in range(5)]
    people, _ = linked(*rows, ("8", "Ann K Leemarrow"), ("9", "Ann J Leemarrow"))
    assert people == [0] * 5 + [1, 2]


def test_a_phone_speaks_for_a_name_like_it():
    known = [(str(n), "Juno Marrow", "", "+1 555 010 0101") for n in range(2, 6)]
    initial, other = ("1", "J. Marrow", "", "(555) 010-0101"), ("4", "Bo Marrow", "", "555 010 0101")
    assert linked(initial, *known, other)[0] == [0, 0, 0, 0, 0, 1]
    assert linked(initial[:2], *known)[0] == [0, 1, 1, 1, 1]


def test_shares_and_counts_say_what_they_count():
    _, linkage = linked(*KNOWN, ("9", "Marisol Brindelmere"), ("9", "Bo"), ("9", "Bo"))
    counts = (linkage.rows, linkage.named, linkage.spellings, linkage.people, linkage.linked)
    assert counts == (8, 6, 3, 2, 1)
    assert linkage.match_rate == 6 / 8
    [pair] = linkage.review.to_dict("records")
    assert (pair["row_1"], pair["row_2"], pair["decision"]) == (2, 7, "joined")
    assert pair["person_1"] == pair["person_2"]
    assert pair["score"] >= ENOUGH


def test_nobody_signed():
    tables, linkage = number_people({"attendance": sheet()}, [])
    assert (linkage.rows, linkage.people, len(linkage.review)) == (0, 0, 0)
    assert np.isnan(linkage.match_rate)
    assert tables["attendance"]["attendee_id"].dtype == np.int64
    assert number_people({}, []) == ({}, None)


def test_tables_share_people():
    tables = {
        "attendance": sheet(
            ("1", "Ann Lee", "a@x.org"), ("2", "Bo Ray", "b@x.org"), ("2", "Bo Ray", "c@x.org")
        ),
        "responses": pd.DataFrame({"respondent_id": ["LEE, ANN", "a@x.org", "Bo Ray", "R-1"]}),
        "training": pd.DataFrame({"trainee_id": ["r 1", "Bo Ray"]}),
    }
    made, _ = number_people(tables, [])
    ann, bo, other = made["attendance"]["attendee_id"]
    first, mailed, unclear, number = made["responses"]["respondent_id"]
    assert first == mailed == ann
    assert unclear not in (bo, other)
    assert made["training"]["trainee_id"].to_list() == [number, unclear]


def test_the_key_is_the_files_or_the_variable(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    for name, text in (("a.csv", "1"), ("b.csv", "2")):
        (tmp_path / name).write_text(text)
    a, b = study_key([tmp_path / "a.csv"]), study_key([tmp_path / "b.csv"])
    assert a != b
    assert study_key([tmp_path / "a.csv"]) == a
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    assert study_key([tmp_path / "a.csv"]) == study_key([tmp_path / "b.csv"]) not in (a, b)
    # RFC 4231, test case 2: HMAC-SHA-256 of "what do ya want for nothing?" under the key "Jefe"
    [code] = hashed(["what do ya want for nothing?"], b"Jefe").tolist()
    assert code.to_bytes(8, "big", signed=True).hex() == "5bdcc146bf60754e"


def test_a_desk_is_nobody():
    events, names = pd.Series(["e"] * 4), pd.Series(["Ann Lee", "Bo Ray", "Cy Dow", "Eve Poe"])
    mails = pd.Series(["a@x.org", "A@X.org", "a@x.org", None])
    assert shared_addresses(events, names, mails).to_list() == [True, True, True, False]
    assert not shared_addresses(pd.Series(list("eeff")), names, mails).any()


def test_every_slip_of_one_letter_is_a_candidate():
    random = np.random.default_rng(5)
    words = ["".join(random.choice(list("abcdeé"), random.integers(2, 8))) for _ in range(300)]
    parts = np.array(words, dtype=object)
    bare = np.full(len(parts), "", dtype=object)
    names = Spellings(parts, bare, bare, bare)
    one, other = np.triu_indices(len(parts), 1)
    near = (distances(parts[one], parts[other]) <= 1) & (parts[one] != parts[other])
    found = {tuple(pair) for pair in candidate_pairs(names).tolist()}
    missed = [
        pair for pair in zip(one[near].tolist(), other[near].tolist(), strict=True) if pair not in found
    ]
    assert near.sum() > 50
    assert len(missed) <= 0.02 * near.sum(), "only keys that many share are passed over"


def test_columns_that_people_do_not_keep_say_nothing():
    random = np.random.default_rng(3)
    people = np.repeat(np.arange(500), 4)
    stable, fickle = (people % 4), random.integers(0, 4, len(people))
    agreement, disagreement = agreement_weights(stable, people, np.arange(len(people)))
    assert agreement == pytest.approx(np.log2(0.99 / 0.25))
    assert disagreement == pytest.approx(np.log2(0.01 / 0.75))
    agreement, disagreement = agreement_weights(fickle, people, np.arange(len(people)))
    assert abs(agreement) < 0.2 and abs(disagreement) < 0.1


def signed_truth() -> tuple[pd.DataFrame, pd.Series]:
    """Return the sample's sheet with the right name of every row, and the kind of misspelling."""
    told = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["misspelt_signatures"]
    right = {(row["event_id"], row["signed_as"].strip()): (row["name"], row["kind"]) for row in told}
    rows = pd.read_csv(SAMPLE / "attendance.csv", dtype="str", keep_default_na=False)
    pairs = list(zip(rows["event_id"], rows["attendee_id"].str.strip(), strict=True))
    named = rows["name"].where(rows["name"] != "", rows["attendee_id"].str.strip())
    true = [right[pair][0] if pair in right else name for pair, name in zip(pairs, named, strict=True)]
    return rows.assign(true=true), pd.Series([right.get(pair, ("", ""))[1] for pair in pairs])


def test_planted_misspellings_of_the_sample(sample):
    rows, kind = signed_truth()
    rows["person"] = sample.table("attendance")["attendee_id"].to_numpy()
    recall = {which: recall_of(rows, kind == which) for which in ("case", "order", "typo")}
    assert min(recall.values()) >= 0.90, recall
    joined = sample.linkage.review.query("decision == 'joined'")
    true = rows["true"].set_axis(rows.index + 2)
    right = true[joined["row_1"]].to_numpy() == true[joined["row_2"]].to_numpy()
    assert len(joined) > 80
    assert right.mean() >= 0.98
    assert sample.linkage.people == pytest.approx(rows["true"].nunique(), rel=0.005)
    assert sample.linkage.people < sample.linkage.spellings


def recall_of(rows: pd.DataFrame, misspelt: pd.Series) -> float:
    """Share of pairs (misspelt row, other row of the same person) that have one hash."""
    pairs = rows[misspelt.to_numpy()].reset_index().merge(rows.reset_index(), on="true")
    pairs = pairs[pairs["index_x"] != pairs["index_y"]]
    return float((pairs["person_x"] == pairs["person_y"]).mean())


def test_the_review_holds_no_names(sample):
    rows, _ = signed_truth()
    written = sample.linkage.review.to_csv(index=False).lower()
    words = {word.strip(",").lower() for name in rows["true"] for word in name.split()}
    assert len(words) > 100
    assert [word for word in words if f"{word}" in written.replace("another", "") and len(word) > 4] == []
    assert set(sample.linkage.review["program_id"]) <= set(sample.programs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_studies_of_other_seeds(seed):
    from benchmarks.large_study import attendance

    rows, person = attendance(20_000, 4_000, seed)
    rows = rows.assign(name="").astype("str")
    rows = rows.where(rows != "").set_axis(pd.RangeIndex(2, len(rows) + 2))
    tables, linkage = number_people({"attendance": rows}, [])
    joined = linkage.review.query("decision == 'joined'")
    right = person[joined["row_1"] - 2] == person[joined["row_2"] - 2]
    assert len(joined) > 200
    assert right.mean() >= 0.98
    pairs = rows.assign(true=person, person=tables["attendance"]["attendee_id"].to_numpy())
    signed = rows["attendee_id"].map(lambda name: read_name(name).text)
    usual = signed.groupby(person).agg(lambda names: names.mode().iloc[0])
    misspelt = pd.Series(signed.to_numpy() != usual[person].to_numpy())
    assert recall_of(pairs, misspelt) >= 0.90


words = st.sampled_from(
    [
        "Marisol",
        "Marrisol",
        "Mara",
        "Jon",
        "John",
        "Brindlemere",
        "Brindelmere",
        "Brindlemer",
        "Smith",
        "Smyth",
        "Smithe",
        "A.",
    ]
)
signers = st.tuples(
    st.sampled_from("12345"),
    st.builds("{} {}".format, words, words),
    st.sampled_from(["", "", "", "a@x.org", "b@x.org"]),
    st.sampled_from(["", "", "555 010 0101"]),
)


@settings(max_examples=60)
@given(st.lists(signers, min_size=1, max_size=14), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    people, again = linked(*rows)[0], linked(*(rows[place] for place in order))[0]
    assert (
        len(set(people))
        == len(set(again))
        == len({(people[place], code) for place, code in zip(order, again, strict=True)})
    )


@settings(max_examples=60)
@given(st.lists(signers, min_size=1, max_size=14))
def test_one_sheet_holds_a_person_once_unless_the_signatures_are_equal(rows):
    made, linkage = linked(*rows)
    assert linkage.people == len(set(made)) <= linkage.spellings
    for one, (event, name, mail, _) in enumerate(rows):
        for other, (beside, another, its, _) in enumerate(rows[:one]):
            if event == beside and made[one] == made[other] and name != another:
                same_mail = mail != "" and mail == its
                assert same_mail or read_name(name).text == read_name(another).text or "@" in mail + its


def test_rows_twice_are_the_same_people():
    rows = [*KNOWN, ("9", "Marisol Brindelmere"), ("9", "Jon Smith"), ("9", "John Smith")]
    once, twice = linked(*rows)[0], linked(*rows, *rows)[0]
    assert twice == once * 2


@pytest.mark.parametrize(
    "text, quick",
    [
        ('a,b\n1,"x, ""y"""\n', True),
        ("\ufeffa,b\r\n 1 ,2\r\n,\r\n", True),
        ('a,b\n1,"x\ny"\n', True),
        ('a,b\n1,x"y\n', False),
        ('a,b\n1,"x"y\n', False),
        ("a,b\n1\n", False),
        ("a,b\n\n1,2\n\n", True),
        ("a\n1\n", False),
        ("a,b\n1,\x002\n", False),
        ("a,b\r1,2\r", False),
        ('a,b\n1,"2\n', False),
        ("", False),
    ],
)
def test_only_a_well_formed_file_is_read_at_once(tmp_path, text, quick):
    import csv
    import io

    path = tmp_path / "f.csv"
    path.write_bytes(text.encode())
    cells = quick_cells(path)
    assert (cells is not None) is quick
    if cells is not None:
        patient = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        rows = [tuple(map(str.strip, row)) or ("", "") for row in patient]
        assert list(zip(*(column.to_pylist() for column in cells), strict=True)) == rows


def test_the_same_files_give_the_same_hashes(make_study):
    events = [
        ["event_id", "program_id", "date"],
        ["e1", "watch", "2024-03-05"],
        ["e2", "watch", "2024-03-06"],
    ]
    attendance = [["event_id", "attendee_id"], ["e1", "Ann Lee"], ["e2", "LEE, Ann"]]
    folder = make_study(events=events, attendance=attendance)
    first, second = load_study(folder), load_study(folder)
    assert len(set(first.table("attendance")["attendee_id"])) == 1
    assert first.table("attendance").equals(second.table("attendance"))
    assert first.linkage.match_rate == 1
    attendance.append(["e2", "Bo Ray"])
    other = load_study(make_study(events=events, attendance=attendance)).table("attendance")
    assert not set(other["attendee_id"]) & set(first.table("attendance")["attendee_id"])
