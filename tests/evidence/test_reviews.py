"""The table of reviews: every row has its source and where it was read; every type is answered for."""

import csv
import math
import re

import pytest

from outreach_metrics import Estimate
from outreach_metrics.evidence.reviews import (
    NEEDS,
    SAME,
    SPEAKS_TO,
    no_review,
    reviews,
    reviews_of,
    speaks_to,
    why_they_differ,
)
from outreach_metrics.study.tables import PROGRAM_TYPES
from tests.conftest import ROOT

ROWS = list(
    csv.DictReader((ROOT / "outreach_metrics/evidence/reviews.csv").read_text(encoding="utf-8").splitlines())
)
NUMBER = re.compile(r"\d+(?:\.\d+)?%?")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['program_type']}-{row['outcome']}")
def test_every_row_has_its_source_and_where_it_was_read(row):
    for name in ("practice", "outcome", "finding", "citation", "year", "link", "verified_in", "note", "fit"):
        assert row[name] or (name == "note" and row["effect"]), name
    assert row["program_type"] in PROGRAM_TYPES and row["fit"] in (SAME, "related")
    assert 1990 < int(row["year"]) < 2100
    assert row["link"].startswith("https://") and row["verified_in"].startswith("https://")
    assert bool(row["effect"]) == bool(row["measure"])
    assert row["finding"].endswith(".")
    # A figure that is not in the number as published, or in the finding, is not told as a change.
    told = NUMBER.findall(row["finding"])
    if row["change_low"]:
        ends = {f"{round(100 * (1 - float(row[name])))}%" for name in ("change_low", "change_high")}
        assert ends <= set(told)
    if not row["effect"]:
        assert not told


def test_most_links_are_digital_object_identifiers():
    others = [row["citation"] for row in ROWS if not row["link"].startswith("https://doi.org/10.")]
    assert len(others) == 1 and "street lighting" in others[0]


@pytest.mark.parametrize("kind", PROGRAM_TYPES)
def test_every_type_has_a_review_or_says_that_none_is_known(kind):
    found = reviews_of(kind)
    direct = [review for review in found if review.fit == SAME]
    assert list(found) == sorted(found, key=lambda review: review.fit != SAME)
    assert bool(no_review(kind)) != bool(direct)
    assert ("related" in no_review(kind)) == (bool(found) and not direct)


def test_types_that_nobody_reviewed_are_those_that_were_looked_for():
    without = {kind for kind in PROGRAM_TYPES if not reviews_of(kind)}
    assert without == {"citizen_academy", "safety_campaign", "tip_line", "digital_outreach", "other"}


def test_numbers_are_printed_as_published():
    (watch,) = reviews_of("neighborhood_watch")
    assert watch.change == "−26% to −16%" and "1.19 (fixed effects), 1.36" in watch.number
    (dare,) = reviews_of("public_safety_education")
    assert (dare.conf_low, dare.conf_high) == (-0.04, 0.08) and math.isnan(dare.change_low)
    assert dare.number.endswith("0.023 (−0.04 to 0.08)") and dare.source.endswith("ajph.94.6.1027")
    arrests, officers = reviews_of("crisis_intervention")
    assert "0.180 (p = 0.495)" in arrests.number and "−0.301 (p = 0.191)" in officers.number


def test_every_need_has_types_of_outreach_and_only_findings_about_it():
    assert set(SPEAKS_TO) == set(NEEDS)
    for need, kinds in SPEAKS_TO.items():
        assert set(kinds) <= set(PROGRAM_TYPES)
        for kind, found in speaks_to(need):
            assert set(found) <= set(reviews_of(kind))
    assert all("trust" in review.outcome for _, found in speaks_to("trust") for review in found)
    assert not any(found for _, found in speaks_to("reach"))


def test_why_numbers_differ_depends_on_the_design():
    alone = Estimate(
        program_id="p", strand="crime", metric="crime_rate_ratio", estimate=0.8, design_level=2, conf_low=0.7
    )
    assert "not of one kind" in why_they_differ(alone)[0]
    compared = Estimate(program_id="p", strand="crime", metric="crime_relative_effect", design_level=3)
    assert not any("not of one kind" in sentence for sentence in why_they_differ(compared))
    assert len(why_they_differ(None)) == 2 < len(why_they_differ(alone))


def test_reviews_are_read_once():
    assert reviews() is reviews() and len(reviews()) == len(ROWS)
