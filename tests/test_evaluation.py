"""One program through everything: its checks, what must not be said, and programs of one type together."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from outreach_metrics.estimate import Estimate
from outreach_metrics.evaluation import evaluate_program, pooled_by_type
from outreach_metrics.inference.pooling import pool
from tests.conftest import crime_study

MONTH = np.arange(48)
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def evaluation():
    level = np.full((12, 48), 60.0)
    level[:4, 24:] *= 0.6
    counts = np.random.default_rng(1).poisson(level)
    return evaluate_program(crime_study(np.stack([counts, 2 * counts]), treated=4), "p")


def test_every_outcome_that_will_be_told_is_checked(evaluation):
    assert {check.outcome for check in evaluation.checks if check.outcome} == {"all", "burglary"}
    assert [check.name for check in evaluation.checks].count("several_outcomes") == 1
    study = crime_study(np.random.default_rng(2).poisson(30, (2, 6, 48)), treated=2)
    calm = evaluate_program(study, "p")
    assert {check.outcome for check in calm.checks if check.outcome} == {"all"}


def test_what_must_not_be_said_stands_beside_what_may(evaluation):
    assert any(claim.startswith("Recorded crime fell") for claim in evaluation.claims)
    assert any(text.startswith("Do not say that the program changed") for text in evaluation.must_not_be_said)


def effect(evaluation, ratio, error):
    """Give an evaluation one relative effect."""
    reach = 1.959963984540054 * error
    made = Estimate(
        program_id="p", strand="crime", metric="crime_relative_effect", outcome="all", unit="ratio",
        estimate=ratio, conf_low=ratio * math.exp(-reach), conf_high=ratio * math.exp(reach), design_level=3,
    )  # fmt: skip
    number = next(NUMBERS)
    areas = {**evaluation.program.areas, "comparison": (f"c{number}",)}
    return replace(evaluation, estimates=(made,), program=replace(evaluation.program, areas=areas))


def test_programs_of_one_type_are_pooled_with_random_effects(evaluation):
    ratios, errors = (0.8, 0.9, 0.6, 0.75), (0.1, 0.12, 0.2, 0.15)
    (found,) = pooled_by_type(effect(evaluation, *each) for each in zip(ratios, errors, strict=True))
    expected = pool(np.log(ratios), np.array(errors))
    assert found.estimate.estimate == pytest.approx(math.exp(expected.mean.estimate))
    assert found.prediction == pytest.approx(tuple(math.exp(limit) for limit in expected.prediction))
    assert (found.type, len(found.program_ids), found.estimate.design_level) == ("other", 4, 3)


def test_one_program_or_one_without_limits_is_no_pool(evaluation):
    alone = effect(evaluation, 0.8, 0.1)
    unbounded = replace(alone, estimates=(replace(alone.estimates[0], conf_low=0.0, conf_high=math.inf),))
    assert pooled_by_type([alone]) == ()
    assert pooled_by_type([alone, unbounded]) == ()


def test_two_programs_say_nothing_of_a_third(evaluation):
    (found,) = pooled_by_type([effect(evaluation, 0.8, 0.1), effect(evaluation, 0.9, 0.1)])
    assert all(math.isnan(limit) for limit in found.prediction)
    assert found.estimate.note


def test_programs_that_share_comparison_areas_have_no_common_interval(evaluation):
    one = effect(evaluation, 0.8, 0.1)
    (found,) = pooled_by_type([one, replace(effect(evaluation, 0.9, 0.1), program=one.program)])
    assert found.estimate.made
    assert math.isnan(found.estimate.conf_low)
    assert "share comparison areas" in found.estimate.note
