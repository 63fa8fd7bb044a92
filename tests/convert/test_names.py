"""What stands in the name of a sign-in sheet."""

import pytest

from outreach_metrics.convert.names import signature


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("child", 1), ("Guest", 1), ("+1", 1), ("plus one", 1), ("Plus 1", 1), ("spouse", 1), ("Baby", 1),
        ("kids (2)", 2), ("2 children", 2), ("Ann's 2 kids", 2), ("my wife", 1), ("Ann Lee's husband", 1),
        ("husband of Ann Lee", 1), ("+3", 3), ("family of 4", 4), ("niños", 1), ("Mary’s mom", 1),
    ],
)  # fmt: skip
def test_company_names_nobody(text, people):
    assert signature(text) == ("", people, True)


@pytest.mark.parametrize(
    ("text", "name", "people"),
    [
        ("Ann Lee +2", "Ann Lee", 3), ("Ann Lee plus one", "Ann Lee", 2), ("Ann Lee & guest", "Ann Lee", 2),
        ("Ann Lee and family", "Ann Lee", 2), ("Ann Lee (2 kids)", "Ann Lee", 3),
    ],
)  # fmt: skip
def test_a_name_and_company(text, name, people):
    assert signature(text) == (name, people, False)


@pytest.mark.parametrize(
    "text",
    ["Judith Guest", "Lee Child", "Guest, Edgar", "Tom Friend", "Joyce Brothers", "Nguyen Son",
     "Ann and Bo Lee", "Ann O'Brien", "D'Angelo Baby", "Andy Plusone", "=HYPERLINK(1)", "A" * 200],
)  # fmt: skip
def test_names_of_people_stay(text):
    assert signature(text) == (text, 1, False)


@pytest.mark.parametrize("text", ["", "illegible", "???", "N/A", "walk-in", '"'])
def test_unreadable_is_somebody(text):
    assert signature(text) == ("", 1, False)
