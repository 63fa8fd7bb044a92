"""Agreement of coders against the krippendorff library, irrCAC, statsmodels and the published tables."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from outreach_metrics.inference.agreement import (
    LEVELS,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    krippendorff_interval,
    percent_agreement,
)
from tests.conftest import SHARED

NAN = math.nan
# The table of Krippendorff's alpha in Wikipedia and in the docstring of the krippendorff library
SAMPLE = np.array(
    [
        [NAN, NAN, NAN, NAN, NAN, 3, 4, 1, 2, 1, 1, 3, 3, NAN, 3],
        [1, NAN, 2, 1, 3, 3, 4, 3, NAN, NAN, NAN, NAN, NAN, NAN, NAN],
        [NAN, NAN, 2, 1, 3, 4, 4, NAN, 2, 1, 1, 3, 3, NAN, 4],
    ]
)
# irrCAC: cac.raw4raters, distrib.6raters (Fleiss 1971), cont3x3abstractors
RAW = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, NAN],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
)
SIX = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
]  # fmt: skip
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
coded = hnp.arrays(float, (3, 9), elements=st.sampled_from([0.0, 1.0, 2.0, 5.0, NAN]))


def test_alpha_of_the_published_table():
    # krippendorff 0.9: 0.691358 nominal, 0.8108448928 interval. R: irr::kripp.alpha(x, "nominal")
    assert krippendorff_alpha(SAMPLE) == pytest.approx(0.691358, abs=1e-6)
    assert krippendorff_alpha(SAMPLE, "interval") == pytest.approx(0.8108448928, abs=1e-9)
    # irrCAC::krippen.alpha.raw(cac.raw4raters), pa.coeff.raw
    assert krippendorff_alpha(RAW) == pytest.approx(0.74342, abs=5e-6)
    assert percent_agreement(RAW) == pytest.approx(0.8181818, abs=5e-8)


def test_alpha_case(cases):
    case = cases["krippendorff_sample"]
    data = pd.read_csv(SHARED / "reference" / case["dataset_file"], index_col="coder").to_numpy(float)
    for level, expected in case["expected"].items():
        assert krippendorff_alpha(data, level) == pytest.approx(expected["value"], abs=expected["tol"]), level


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_that_of_the_library(level):
    library = pytest.importorskip("krippendorff")
    generator = np.random.default_rng(5)
    for _ in range(10):
        data = generator.integers(0, 6, (4, 25)).astype(float)
        data[generator.random(data.shape) < 0.3] = NAN
        expected = library.alpha(reliability_data=data, level_of_measurement=level)
        assert krippendorff_alpha(data, level) == pytest.approx(expected, abs=1e-12)


def test_words_are_codes():
    names = np.array(["", "delay", "respect", "safety", "noise"], dtype=object)
    words = names[np.nan_to_num(SAMPLE).astype(int)]
    assert krippendorff_alpha(words) == pytest.approx(krippendorff_alpha(SAMPLE))
    assert percent_agreement(words) == percent_agreement(SAMPLE)
    words[words == ""] = None
    assert krippendorff_alpha(words) == pytest.approx(krippendorff_alpha(SAMPLE))
    assert krippendorff_alpha([["a", "b"], ["a", "b"]]) == 1
    numbers = np.where(np.isnan(SAMPLE), None, SAMPLE)
    assert krippendorff_alpha(numbers, "ordinal") == pytest.approx(krippendorff_alpha(SAMPLE, "ordinal"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([[1.0, 2.0, 3.0]], "two people"),
        ([[1.0, NAN], [NAN, 2.0]], "two people"),
        (np.empty((2, 0)), "two people"),
        (np.empty((0, 2)), "two people"),
        (np.full((2, 4), NAN), "two people"),
        ([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], "same"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_alpha_that_is_not_defined(data, reason, level):
    assert math.isnan(krippendorff_alpha(data, level))
    found = krippendorff_interval(data, level)
    assert reason in found.reason
    assert all(math.isnan(value) for value in found.result)


def test_agreement_without_an_interval_says_why():
    perfect = krippendorff_interval([[1, 2, 1], [1, 2, 1]])
    assert perfect.result.estimate == perfect.percent == 1
    assert math.isnan(perfect.result.conf_low) and "never disagree" in perfect.reason
    single = krippendorff_interval([[1, 3], [2, NAN]])
    assert math.isnan(single.result.conf_low) and "one unit" in single.reason
    assert (single.units, single.coders) == (1, 2)


def test_contract_of_the_data():
    with pytest.raises(ValueError, match="level"):
        krippendorff_alpha(SAMPLE, "circular")
    with pytest.raises(ValueError, match="coders x units"):
        krippendorff_alpha([1, 2, 3])
    with pytest.raises(ValueError, match="0 or more"):
        krippendorff_alpha([[-1.0, 2.0], [1.0, 2.0]], "ratio")
    with pytest.raises(ValueError, match="could not convert"):
        krippendorff_alpha([["a", "b"], ["a", "c"]], "interval")


@given(coded, st.permutations(range(3)), st.permutations(range(9)))
def test_order_of_coders_and_units_does_not_matter(data, coders, units):
    shuffled = data[np.ix_(coders, units)]
    for level in LEVELS:
        first, second = krippendorff_alpha(data, level), krippendorff_alpha(shuffled, level)
        assert first == pytest.approx(second, nan_ok=True)
        assert math.isnan(first) or first <= 1 + 1e-12


@given(coded)
def test_interval_scale_is_blind_to_shift_and_ordinal_to_stretch(data):
    assert krippendorff_alpha(3 * data + 4, "interval") == pytest.approx(
        krippendorff_alpha(data, "interval"), nan_ok=True
    )
    assert krippendorff_alpha(data**3, "ordinal") == pytest.approx(
        krippendorff_alpha(data, "ordinal"), nan_ok=True
    )


def test_interval_is_seeded_and_near_the_linearised_one():
    # irrCAC::krippen.alpha.dist(distrib.6raters): 0.4204384, se 0.08243228
    raters = np.array([np.repeat(np.arange(5.0), row) for row in SIX]).T
    found = krippendorff_interval(raters, draws=1000, seed=1)
    assert found.result.estimate == pytest.approx(0.4204384, abs=5e-8)
    assert found == krippendorff_interval(raters, draws=1000, seed=1)
    assert found != krippendorff_interval(raters, draws=1000, seed=2)
    width = found.result.conf_high - found.result.conf_low
    assert width == pytest.approx(2 * 1.96 * 0.08243228, rel=0.2)
    assert (found.units, found.coders) == (15, 6)


@pytest.mark.slow
def test_interval_covers():
    generator = np.random.default_rng(11)
    # Two coders who see the true theme (1 in 4) and err in a tenth of cases
    right = np.array([[0.75 * 0.81 + 0.25 * 0.01, 0.09], [0.09, 0.25 * 0.81 + 0.75 * 0.01]])
    common = right.sum(axis=0)
    truth = 1 - 2 * right[0, 1] / (1 - common @ common)
    covered = 0
    for _ in range(300):
        themes = generator.random(120) < 0.25
        data = (themes ^ (generator.random((2, 120)) < 0.1)).astype(float)
        low, high = krippendorff_interval(data, draws=400, seed=3).result[1:3]
        covered += low <= truth <= high
    assert 0.90 <= covered / 300 <= 0.98


def test_cohen_of_published_tables():
    # R: psych::cohen.kappa of Cohen (1968), n.obs = 200: 0.49 unweighted, 0.35 with the weights of the paper
    assert cohen_kappa(COHEN).estimate == pytest.approx(0.4915254237, abs=1e-9)
    paper = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]
    assert cohen_kappa(COHEN, paper).estimate == pytest.approx(0.348, abs=5e-4)
    # irrCAC::kappa2.table(cont3x3abstractors): 0.7964094, se 0.05891072
    found = cohen_kappa(ABSTRACTORS)
    assert found.estimate == pytest.approx(0.7964094, abs=5e-8)
    assert (found.conf_high - found.conf_low) / 2 == pytest.approx(1.959964 * 0.05891072, abs=1e-7)


def test_cohen_case(cases):
    case = cases["cohen_kappa_1968"]
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    table = 200 * frame["proportion"].to_numpy().reshape(3, 3)
    expected = case["expected"]["kappa"]
    assert cohen_kappa(table).estimate == pytest.approx(expected["value"], abs=expected["tol"])


def test_weights_of_cohen():
    table = np.array([[20, 5, 1], [4, 15, 6], [2, 3, 18]])
    plain, linear, quadratic = (cohen_kappa(table, how) for how in (None, "linear", "quadratic"))
    assert plain.estimate < linear.estimate < quadratic.estimate
    steps = np.abs(np.subtract.outer(range(3), range(3)))
    assert cohen_kappa(table, 7 * steps) == pytest.approx(linear)
    assert cohen_kappa(table[:2, :2]) == pytest.approx(cohen_kappa(table[:2, :2], "quadratic"))
    assert cohen_kappa(table.T, "linear") == pytest.approx(linear)


def test_cohen_corners():
    for table in (np.zeros((3, 3)), [[7]], [[7, 0], [0, 0]], np.zeros((0, 0))):
        assert all(math.isnan(value) for value in cohen_kappa(table))
    perfect = cohen_kappa([[4, 0], [0, 6]])
    assert perfect.estimate == 1
    assert math.isnan(perfect.conf_low) and math.isnan(perfect.p_value)
    assert cohen_kappa([[9, 1], [0, 3]]).conf_high <= 1
    for table, weights in (([[1, 2]], None), ([[1, -1], [0, 2]], None), ([[1, 0], [0, 2]], "cubic")):
        with pytest.raises(ValueError, match=r"square|whole counts|weights"):
            cohen_kappa(table, weights)
    with pytest.raises(ValueError, match="diagonal"):
        cohen_kappa([[1, 0], [0, 2]], [[1, 0], [0, 1]])


@given(hnp.arrays(int, (3, 3), elements=st.integers(0, 20)))
def test_cohen_p_matches_interval(table):
    for weights in (None, "linear", "quadratic"):
        found = cohen_kappa(table, weights)
        if math.isfinite(found.conf_low):
            assert (found.p_value < 0.05) == (not found.conf_low <= 0 <= found.conf_high)


def test_fleiss_and_its_error_are_those_of_irrcac():
    # irrCAC::fleiss.kappa.dist(distrib.6raters): 0.4139265, se 0.08119291, (0.24, 0.588), p 0.0001622724
    found = fleiss_kappa(SIX)
    assert found.estimate == pytest.approx(0.4139265, abs=5e-8)
    assert found[1:3] == pytest.approx((0.24, 0.588), abs=5e-4)
    assert found.p_value == pytest.approx(0.0001622724, abs=5e-11)
    # irrCAC::fleiss.kappa.raw(cac.raw4raters): 0.76117, (0.424, 1), p 0.000419173
    counts = (RAW.T[:, :, None] == np.arange(1, 6)).sum(axis=1)
    uneven = fleiss_kappa(counts)
    assert uneven.estimate == pytest.approx(0.76117, abs=5e-6)
    assert uneven[1:3] == pytest.approx((0.424, 1), abs=5e-4)
    assert uneven.p_value == pytest.approx(0.000419173, abs=5e-10)


def test_fleiss_case(cases):
    case = cases["fleiss_wikipedia"]
    counts = pd.read_csv(SHARED / "reference" / case["dataset_file"]).to_numpy()
    expected = case["expected"]["kappa"]
    assert fleiss_kappa(counts).estimate == pytest.approx(expected["value"], abs=expected["tol"])


@given(hnp.arrays(int, (6, 3), elements=st.integers(0, 4)))
def test_fleiss_is_that_of_statsmodels(drawn):
    from statsmodels.stats.inter_rater import fleiss_kappa as peer

    counts = np.column_stack([drawn, 12 - drawn.sum(axis=1)])
    found = fleiss_kappa(counts)
    if math.isnan(found.estimate):
        assert (counts > 0).any(axis=0).sum() == 1
        return
    assert found.estimate == pytest.approx(peer(counts))
    if math.isfinite(found.conf_low):
        assert (found.p_value < 0.05) == (not found.conf_low <= 0 <= found.conf_high)


def test_fleiss_corners():
    for counts in (np.zeros((0, 3)), np.zeros((4, 3)), [[1, 0], [0, 1]], [[3, 0], [3, 0]]):
        assert all(math.isnan(value) for value in fleiss_kappa(counts))
    perfect = fleiss_kappa([[3, 0], [0, 3]])
    assert perfect.estimate == 1
    assert math.isnan(perfect.conf_low)
    assert math.isnan(fleiss_kappa([[2, 1]]).conf_low)
    assert fleiss_kappa([*SIX, [0] * 5]) == fleiss_kappa(SIX)
    with pytest.raises(ValueError, match="categories"):
        fleiss_kappa([1, 2])
