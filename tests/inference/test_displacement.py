"""Displacement difference, its parts, its harm, and the quotient: published values and properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.displacement import (
    displacement_difference,
    displacement_parts,
    displacement_quotient,
    displacement_weights,
    harm_difference,
)

PUBLISHED = np.array([[207, 110], [308, 318], [178, 157], [150, 140]])
OFFENCES = np.array(
    [
        [[130, 74], [133, 91]],
        [[327, 202], [388, 305]],
        [[398, 190], [148, 97]],
        [[144, 92], [86, 64]],
        [[183, 96], [94, 67]],
    ]
)
HARM = np.array([3, 2, 5, 7, 10])
EQUAL = np.ones((2, 2))
cells = st.lists(st.integers(1, 500), min_size=8, max_size=8).map(lambda n: np.array(n).reshape(4, 2))
triples = st.lists(st.integers(1, 900), min_size=6, max_size=6).map(lambda n: np.array(n).reshape(3, 2))
levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])


def test_parts_are_those_of_wheeler_and_ratcliffe():
    # Wheeler & Ratcliffe (2018), table 2; R: ptools::wdd(c(308, 318), c(207, 110), c(150, 140), c(178, 157),
    # alpha = 0.05)
    parts = displacement_parts(PUBLISHED, np.ones((4, 2)))
    assert parts.local.estimate == -107
    assert parts.local.standard_error == pytest.approx(30.708305066, abs=1e-8)
    assert (parts.displacement.estimate, parts.displacement.standard_error) == (-11, 25)
    assert parts.total.estimate == -118
    assert parts.total.standard_error == pytest.approx(39.597979746, abs=1e-8)
    assert parts.total.z == pytest.approx(-2.979950006, abs=1e-8)
    assert parts.total[1:3] == pytest.approx((-195.610614164, -40.389385836), abs=1e-7)
    assert displacement_difference(PUBLISHED, np.ones((4, 2))) == parts.total[:4]


def test_time_weights():
    # R: ptools::wdd(c(100, 50), c(80, 20), time_weights = c(2, 1), alpha = 0.05)
    parts = displacement_parts(np.array([[80, 20], [100, 50]]), displacement_weights(time=(2, 1)))
    assert parts.total[:3] == pytest.approx((-20, -41.018272155, 1.018272155), abs=1e-7)
    assert parts.total.standard_error == pytest.approx(10.723805295, abs=1e-8)


def test_area_weights():
    # R: ptools::wdd(c(100, 50), c(80, 20), area_weights = c(2, 1, 1, 1)), by its formula:
    # (20 - 80) - (50 - 100) / 2, variance 20 + 80 + (50 + 100) / 4
    weights = displacement_weights(area=(1, 2))
    total = displacement_parts(np.array([[80, 20], [100, 50]]), weights).total
    assert (total.estimate, total.standard_error) == pytest.approx((-35, math.sqrt(137.5)))


def test_another_level():
    # ptools README: wdd(c(20, 20), c(20, 10), alpha = 0.1)
    total = displacement_parts(np.array([[20, 10], [20, 20]]), EQUAL, conf_level=0.9).total
    assert total[:3] == pytest.approx((-10, -23.761832792, 3.761832792), abs=1e-7)
    assert (total.standard_error, total.z) == pytest.approx((8.366600265, -1.195228609), abs=1e-8)


def test_harm_is_that_of_ptools():
    # R: ptools::wdd_harm(est, se, c(3, 2, 5, 7, 10), alpha = 0.05) after wdd of each offence
    harm = harm_difference(OFFENCES, HARM, EQUAL)
    assert harm.estimate == -1721
    assert (harm.standard_error, harm.z) == pytest.approx((304.10360077, -5.65925558), abs=1e-7)
    assert harm[1:3] == pytest.approx((-2317.03210507, -1124.96789493), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "counts", "weights"),
    [
        ("wdd_paper", PUBLISHED, np.ones((4, 2))),
        ("wdd_time_weights", np.array([[80, 20], [100, 50]]), displacement_weights(time=(2, 1))),
        ("wdd_90ci", np.array([[20, 10], [20, 20]]), EQUAL),
    ],
)
def test_shared_cases(cases, name, counts, weights):
    case = cases[name]
    local, moved, total = displacement_parts(counts, weights, conf_level=1 - case["settings"]["alpha"])
    found = {
        "est_local": local.estimate,
        "se_local": local.standard_error,
        "est_displace": moved.estimate,
        "se_displace": moved.standard_error,
        "est_total": total.estimate,
        "se_total": total.standard_error,
        "z": total.z,
        "ci_low": total.conf_low,
        "ci_high": total.conf_high,
    }
    for key, expected in case["expected"].items():
        assert found[key] == pytest.approx(expected["value"], abs=expected["tol"]), key


def test_shared_harm_case(cases):
    case = cases["wdd_harm"]
    weights = np.array(case["settings"]["weights"])
    harm = harm_difference(OFFENCES, weights, EQUAL, conf_level=1 - case["settings"]["alpha"])
    found = dict(zip(("est", "ci_low", "ci_high", "p", "se", "z"), harm, strict=True))
    for key, expected in case["expected"].items():
        assert found[key] == pytest.approx(expected["value"], abs=expected["tol"]), key


def test_arrays_are_the_single_calls():
    random = np.random.default_rng(2)
    counts = random.poisson(20, (3, 5, 4, 2))
    weights = random.uniform(0.5, 2, (3, 1, 4, 2))
    dispersion, df = random.uniform(1, 3, (5, 4)), random.integers(3, 30, (3, 5, 4))
    together = displacement_difference(counts, weights, dispersion, df)
    for i, j in np.ndindex(3, 5):
        alone = displacement_difference(counts[i, j], weights[i, 0], dispersion[j], df[i, j])
        assert alone == pytest.approx([number[i, j] for number in together], rel=1e-10)
        assert all(type(number) is float for number in alone)


def test_harm_of_arrays_is_the_single_calls_and_of_one_class_the_difference():
    random = np.random.default_rng(3)
    counts, dispersion = random.poisson(20, (6, 5, 2, 2)), random.uniform(1, 3, (5, 2))
    together = harm_difference(counts, HARM, EQUAL, dispersion, 8)
    for i in range(6):
        alone = harm_difference(counts[i], HARM, EQUAL, dispersion, 8)
        assert alone == pytest.approx([number[i] for number in together], rel=1e-10)
    one = harm_difference(counts[0, :1], np.ones(1), EQUAL, dispersion[0], 8)
    assert one[:4] == pytest.approx(displacement_difference(counts[0, 0], EQUAL, dispersion[0], 8))


def test_harm_variance_is_the_sum_of_the_weighted_parts():
    dispersion = np.linspace(1, 3, 10).reshape(5, 2)
    by_hand = (HARM[:, None, None] ** 2 * dispersion[..., None] * OFFENCES).sum()
    assert harm_difference(OFFENCES, HARM, EQUAL, dispersion).standard_error ** 2 == pytest.approx(by_hand)


def test_without_counts_there_is_no_interval():
    nothing = displacement_difference(np.zeros((2, 2)), EQUAL)
    assert nothing.estimate == 0
    assert all(math.isnan(number) for number in nothing[1:])
    some = displacement_parts(np.array([[[0, 0], [0, 0]], [[4, 0], [0, 0]]]), EQUAL)
    assert np.isnan(some.total.conf_low).tolist() == [True, False]
    assert np.isnan(some.total.z).tolist() == [True, False]
    assert some.displacement.estimate.tolist() == [0, 0]
    assert np.isnan(some.displacement.p_value).all()


@pytest.mark.parametrize(
    "counts", [np.array([[1, -1], [1, 1]]), np.ones((3, 2)), np.ones((2, 3)), np.ones(2)]
)
def test_impossible_counts_raise(counts):
    with pytest.raises(ValueError, match="must"):
        displacement_difference(counts, np.ones(2))


@pytest.mark.parametrize("sizes", [{"time": (0, 1)}, {"area": (1, -1)}])
def test_impossible_weights_raise(sizes):
    with pytest.raises(ValueError, match="must"):
        displacement_weights(**sizes)


@given(cells, st.floats(1, 5), st.integers(2, 60), levels)
def test_interval_and_test_agree(counts, dispersion, df, level):
    result = displacement_difference(counts, np.ones((4, 2)), dispersion, df, level)
    if abs(result.p_value - (1 - level)) > 1e-9:
        assert (result.p_value < 1 - level) == (not result.conf_low <= 0 <= result.conf_high)


@given(cells, st.floats(0.1, 10))
def test_swapping_periods_turns_the_sign_and_weights_scale(counts, factor):
    one = displacement_difference(counts, np.ones((4, 2)))
    back = displacement_difference(counts[:, ::-1], np.ones((4, 2)))
    assert back == pytest.approx((-one.estimate, -one.conf_high, -one.conf_low, one.p_value), abs=1e-9)
    scaled = displacement_difference(counts, np.full((4, 2), factor))
    assert scaled[:3] == pytest.approx([number * factor for number in one[:3]], rel=1e-9, abs=1e-9)


@given(st.integers(1, 60), st.floats(1, 4))
def test_more_dispersion_is_a_wider_interval(df, dispersion):
    narrow = displacement_difference(PUBLISHED, np.ones((4, 2)), 1.0, df)
    wide = displacement_difference(PUBLISHED, np.ones((4, 2)), dispersion, df)
    assert wide.conf_low <= narrow.conf_low
    assert wide.conf_high >= narrow.conf_high
    assert wide.estimate == narrow.estimate


@pytest.mark.parametrize(
    ("displaced", "quotient"),
    [((400, 300), 1 / 3), ((400, 500), -1 / 3), ((400, 850), -1.5), ((900, 500), 4 / 3)],
)
def test_quotient_by_hand(displaced, quotient):
    # Bowers & Johnson (2003): ((D1/C1) - (D0/C0)) / ((A1/C1) - (A0/C0)), comparison areas unchanged
    result, reason = displacement_quotient(np.array([[600, 300], displaced, [1000, 1000]]))
    assert result.estimate == pytest.approx(quotient)
    assert result.conf_low < quotient < result.conf_high
    assert reason == ""


def test_quotient_with_one_huge_comparison_group_is_fiellers_for_independent_parts():
    # without error in the comparison areas the changes are independent: Fieller (1954) by his own formula
    result, _ = displacement_quotient(np.array([[600, 300], [400, 450], [10**12, 10**12]]))
    squared_error = 1.959963984540054**2 * 900 / 300**2
    root = math.sqrt(
        (50 / 300) ** 2 - (1 - squared_error) * ((50 / 300) ** 2 - 1.959963984540054**2 * 850 / 300**2)
    )
    assert result.conf_low == pytest.approx((-50 / 300 - root) / (1 - squared_error), rel=1e-6)
    assert result.conf_high == pytest.approx((-50 / 300 + root) / (1 - squared_error), rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "words", "estimate"),
    [
        ([[20, 15], [30, 33], [100, 100]], "may be chance", -0.6),
        ([[20, 25], [30, 33], [100, 100]], "did not fall", math.nan),
        ([[20, 20], [30, 33], [100, 100]], "did not fall", math.nan),
        ([[20, 10], [0, 0], [100, 100]], "displacement areas have no incident", math.nan),
        ([[20, 10], [30, 33], [100, 0]], "comparison areas have no incident", math.nan),
    ],
)
def test_quotient_says_why_there_is_none(counts, words, estimate):
    result, reason = displacement_quotient(np.array(counts))
    assert words in reason
    assert result.estimate == pytest.approx(estimate, nan_ok=True)
    assert all(math.isnan(number) for number in result[1:])


@given(triples, st.floats(1, 3), levels)
def test_quotient_interval_and_test_agree(counts, dispersion, level):
    result, reason = displacement_quotient(counts, dispersion, conf_level=level)
    assert math.isnan(result.conf_low) == bool(reason)
    if not reason and abs(result.p_value - (1 - level)) > 1e-9:
        assert result.conf_low <= result.estimate <= result.conf_high
        assert (result.p_value < 1 - level) == (not result.conf_low <= 0 <= result.conf_high)


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [1.0, 3.0])
def test_fieller_covers_as_often_as_it_says(dispersion):
    random = np.random.default_rng(5)
    means = np.array([[400, 220], [300, 330], [1000, 900]])
    truth = (330 / 900 - 300 / 1000) / (220 / 900 - 400 / 1000)
    size = means / (dispersion - 1) if dispersion > 1 else None
    covered = []
    for _ in range(4000):
        drawn = random.poisson(means if size is None else random.gamma(size, dispersion - 1))
        result, _ = displacement_quotient(drawn, dispersion)
        covered.append(result.conf_low <= truth <= result.conf_high or math.isnan(result.conf_low))
    assert 0.94 < np.mean(covered) < 0.97


def test_how_offenses_are_split_does_not_change_their_harm():
    whole = np.array([[[400, 300], [500, 480]]])
    parts = np.repeat(whole / 4, 4, axis=0)
    one = harm_difference(whole, np.array([3.0]), np.ones((2, 2)), 2.0, 10)
    four = harm_difference(parts, np.full(4, 3.0), np.ones((2, 2)), 2.0, 10)
    assert four == pytest.approx(one)


def test_the_quotient_is_of_rates_where_residents_change():
    cells = np.array([[600, 300], [400, 450], [1000, 500]])
    halved = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.5]])
    found, _ = displacement_quotient(cells, exposure=halved)
    even = displacement_quotient(np.array([[600, 300], [400, 450], [1000, 1000]]))[0]
    assert found.estimate == pytest.approx(even.estimate)
    assert not displacement_quotient(cells)[0].estimate < 0
