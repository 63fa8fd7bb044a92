"""Labels of answers -> codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.convert.scales import read_scales


def scale(labels, times=10, **options):
    return read_scales([dict.fromkeys(labels.split("|"), times)], **options)[0]


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ("Strongly disagree|Disagree|Neither agree nor disagree|Agree|Strongly agree", "1 2 3 4 5"),
        ("STRONGLY DISAGREE|disagree|Neutral|Agree.|Strongly Agree", "1 2 3 4 5"),
        ("Strongly disagree|Somewhat disagree|Somewhat agree|Strongly agree", "1 2 3 4"),
        (
            "Strongly disagree|Disagree|Somewhat disagree|Neutral|Somewhat agree|Agree|Strongly agree",
            "1 2 3 4 5 6 7",
        ),
        ("Very unsafe|A bit unsafe|Fairly safe|Very safe", "1 2 3 4"),
        ("Not at all safe|Not very safe|Fairly safe|Very safe", "1 2 3 4"),
        (
            "Not at all confident|Not so confident|Somewhat confident|Very confident|Extremely confident",
            "1 2 3 4 5",
        ),
        ("Never|Rarely|Sometimes|Often|Always", "1 2 3 4 5"),
        ("Never|Sometimes|About half the time|Most of the time|Always", "1 2 3 4 5"),
        (
            "Very dissatisfied|Dissatisfied|Neither satisfied nor dissatisfied|Satisfied|Very satisfied",
            "1 2 3 4 5",
        ),
        ("Poor|Fair|Good|Very good|Excellent", "1 2 3 4 5"),
        ("Much worse|Worse|About the same|Better|Much better", "1 2 3 4 5"),
        ("No|Yes|Not sure", "0 1 98"),
        ("Agree|Don’t know|Prefer not to say|N/A", "4 98 99 97"),
        ("1 - Strongly disagree|2|3|4|5 - Strongly agree|9 - Don't know", "1 2 3 4 5 9"),
        ("Unsafe (2)|Safe (4)", "2 4"),
        ("1|5|8|9", "1 5 8 9"),
        ("0|10|7", "0 10 7"),
    ],
)
def test_codes(labels, codes):
    found = scale(labels)
    assert [found.codes[label] for label in labels.split("|")] == codes.split()


@pytest.mark.parametrize(
    "labels",
    [
        "Blue|Green",
        "Agree|Blue",
        "18-34|35-54",
        "200|300",
        "Agree|Safe",
        "Very safe|Extremely safe|Safe",
        "Don't know",
    ],
)
def test_what_is_not_understood_is_no_scale(labels):
    assert scale(labels) is None


def test_missing_codes_lie_outside_the_scale():
    found = scale("1|2|5|9")
    assert (found.low, found.high, found.missing) == (1, 5, ("9",))
    assert scale("0|9|10").missing == ()


def test_a_scale_without_a_middle_needs_all_its_labels_and_enough_answers():
    four = "Strongly disagree|Disagree|Agree|Strongly agree"
    assert scale(four).high == 4
    assert scale(four, times=4).high == 5
    assert scale(four, times=4).assumed
    assert scale(four, times=4, points=4).high == 4
    assert scale("Disagree|Agree|Strongly agree").high == 5


def test_items_of_one_wording_share_a_scale():
    one, other = read_scales(
        [
            {"Strongly disagree": 20, "Disagree": 20, "Agree": 20, "Strongly agree": 20},
            {"Neutral": 1, "Agree": 5},
        ]
    )
    assert (one.high, one.codes["Strongly agree"]) == (5, "5")
    assert other.codes["Agree"] == one.codes["Agree"] == "4"
    seven, plain = read_scales([{"Somewhat agree": 5, "Agree": 5}, {"Agree": 5, "Strongly agree": 5}])
    assert plain.codes["Agree"] == seven.codes["Agree"] == "6"


def test_favourable_is_above_the_middle():
    assert [scale("1|5").favourable_from, scale("No|Yes").favourable_from] == ["4", "1"]
    assert scale("Very unsafe|Unsafe|Safe|Very safe").favourable_from == "3"
    assert scale("0|10").favourable_from == ""


@given(st.lists(st.dictionaries(st.text(max_size=25), st.integers(1, 9), max_size=6), max_size=4))
def test_any_text_is_coded_or_declined(answers):
    for found, counts in zip(read_scales(answers), answers, strict=True):
        if found is not None:
            assert set(found.codes) == set(counts)
            assert found.low < found.high
            codes = {code for code in found.codes.values() if code not in found.missing}
            assert all(found.low <= int(code) <= found.high for code in codes)
