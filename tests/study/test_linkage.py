"""The same person has one number, and different people have different ones."""

from __future__ import annotations

import pandas as pd
import pytest

from outreach_metrics.study.linkage import identity_keys, normal_name, person_codes


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
    ],
)
def test_names_are_compared_without_accents_case_and_punctuation(one, other, same):
    assert (normal_name(one) == normal_name(other)) is same


def test_an_address_links_and_two_addresses_part():
    names = pd.Series(["Ann Lee", "A. Lee", "Ann Lee", "Bo Ray", "Bo Ray", "Bo Ray", ""])
    emails = pd.Series(["a@x.org", "A@x.org", "", "b1@x.org", "b2@x.org", "", ""])
    keys = identity_keys(names, emails)
    assert keys[0] == keys[1] == keys[2]
    assert keys[3:6].nunique() == 3
    assert keys[6] == ""


def test_what_is_no_address_is_none():
    keys = identity_keys(pd.Series(["Ann", "Bo"]), pd.Series(["n/a", "n/a"]))
    assert keys.nunique() == 2


def test_codes_are_shared_between_tables_and_keep_the_index():
    first, second = person_codes([pd.Series(["a", "b"], index=[5, 9]), pd.Series(["b"], index=[2])])
    assert first.to_dict() == {5: 0, 9: 1}
    assert second.to_dict() == {2: 1}
    assert person_codes([]) == []
