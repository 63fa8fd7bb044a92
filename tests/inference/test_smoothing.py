"""Smoothed rates: the lip cancer of Scotland, what holds for any counts, coverage; false discoveries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.multiplicity import benjamini_hochberg
from outreach_metrics.inference.smoothing import gamma_of_rates, rank_intervals, smooth_rates

# Observed and expected lip cancers in 56 districts of Scotland, 1975-1980: Clayton & Kaldor (1987) Biometrics
# 43:671, table 1; R: gcmr::scotland.
OBSERVED = np.array([
    9, 39, 11, 9, 15, 8, 26, 7, 6, 20, 13, 5, 3, 8, 17, 9, 2, 7, 9, 7, 16, 31, 11, 7, 19, 15, 7, 10, 16, 11,
    5, 3, 7, 8, 11, 9, 11, 8, 6, 4, 10, 8, 2, 6, 19, 3, 2, 3, 28, 6, 1, 1, 1, 1, 0, 0,
], dtype=float)  # fmt: skip
EXPECTED = np.array([
    1.4, 8.7, 3.0, 2.5, 4.3, 2.4, 8.1, 2.3, 2.0, 6.6, 4.4, 1.8, 1.1, 3.3, 7.8, 4.6, 1.1, 4.2, 5.5, 4.4, 10.5,
    22.7, 8.8, 5.6, 15.5, 12.5, 6.0, 9.0, 14.4, 10.2, 4.8, 2.9, 7.0, 8.5, 12.3, 10.1, 12.7, 9.4, 7.2, 5.3,
    18.8, 15.8, 4.3, 14.6, 50.7, 8.2, 5.6, 9.3, 88.7, 19.6, 3.4, 3.6, 5.7, 7.0, 4.2, 1.8,
])  # fmt: skip

counts = st.lists(st.integers(0, 60), min_size=3, max_size=25).filter(any)


def exposures(size, seed=0):
    return np.random.default_rng(seed).uniform(0.3, 4.0, size)


def test_scotland_is_that_of_a_negative_binomial_regression():
    # R: SpatialEpi::eBayes(O, E), which is MASS::glm.nb(O ~ 1 + offset(log(E))): its theta and exp(beta), and
    # RR = w * O / E + (1 - w) * mu with w = E * mu / (theta + E * mu). Values: statsmodels 0.15
    # NegativeBinomial(O, 1, offset = log(E)), the same likelihood.
    shape, mean = gamma_of_rates(OBSERVED, EXPECTED)
    assert shape == pytest.approx(1.879490, abs=1e-4) and mean == pytest.approx(1.422060, abs=1e-5)
    found = smooth_rates(OBSERVED, EXPECTED)
    weight = EXPECTED * 1.422060 / (1.879490 + EXPECTED * 1.422060)
    ratios = weight * OBSERVED / EXPECTED + (1 - weight) * 1.422060
    assert found.estimate == pytest.approx(ratios, rel=1e-4)
    # County 1 has the highest raw ratio (6.43 of 9 cases), county 2 the highest smoothed (4.48 of 39).
    assert found.estimate[[0, 1, 55]] == pytest.approx([3.9974, 4.0791, 0.6021], abs=2e-4)


def test_statsmodels_agrees_on_other_counts():
    from statsmodels.api import NegativeBinomial

    generator = np.random.default_rng(4)
    time = exposures(60)
    events = generator.negative_binomial(3, 3 / (3 + 8 * time)).astype(float)
    fit = NegativeBinomial(events, np.ones(60), offset=np.log(time)).fit(disp=0, method="bfgs", maxiter=500)
    shape, mean = gamma_of_rates(events, time)
    assert [mean, 1 / shape] == pytest.approx([math.exp(fit.params[0]), fit.params[1]], rel=1e-3)


@given(counts)
def test_rates_are_drawn_towards_the_mean_and_hold_together(given_counts):
    events, time = np.array(given_counts, dtype=float), exposures(len(given_counts))
    found = smooth_rates(events, time, draws=300)
    raw = events / time
    low, high = np.minimum(raw, found.mean), np.maximum(raw, found.mean)
    assert ((found.estimate >= low - 1e-9) & (found.estimate <= high + 1e-9)).all()
    assert ((found.conf_low <= found.estimate) & (found.estimate <= found.conf_high)).all()
    assert ((found.above >= 0) & (found.above <= 1)).all()
    assert found.overall == pytest.approx(events.sum() / time.sum())
    ranks = found.ranks
    assert sorted(ranks.rank) == list(range(1, len(events) + 1))
    assert ((ranks.conf_low <= ranks.rank) & (ranks.rank <= ranks.conf_high)).all()
    assert (np.diff(found.estimate[np.argsort(ranks.rank)]) <= 1e-12).all()


@given(counts)
def test_smaller_areas_are_drawn_further_and_the_sum_is_about_kept(given_counts):
    events, time = np.array(given_counts, dtype=float), exposures(len(given_counts))
    found = smooth_rates(events, time, draws=100)
    order = np.argsort(time)
    assert (np.diff(found.weight[order]) >= -1e-12).all()
    # The equation of the mean of largest likelihood: what is taken and given weighs up, small areas more.
    if math.isfinite(found.shape):
        balance = ((events - found.mean * time) / (1 + found.mean * time / found.shape)).sum()
        assert balance == pytest.approx(0, abs=1e-6 * events.sum())
        assert (found.estimate * time).sum() == pytest.approx(events.sum(), rel=0.35)


def test_chance_alone_gives_every_area_the_rate_of_all():
    time = np.full(30, 2.0)
    found = smooth_rates(np.full(30, 10.0), time)
    assert math.isinf(found.shape) and found.estimate == pytest.approx(np.full(30, 5.0))
    # The gamma is uncertain even then, so that there is an interval, and no area stands apart.
    assert (found.conf_low < 5).all() and (found.conf_high > 5).all()
    assert (found.ranks.conf_high - found.ranks.conf_low > 20).all()


def test_scaling_exposure_scales_rates_and_dispersion_widens():
    once, twice = smooth_rates(OBSERVED, EXPECTED), smooth_rates(OBSERVED, 2 * EXPECTED)
    assert twice.estimate == pytest.approx(once.estimate / 2, rel=1e-5)
    assert twice.above == pytest.approx(once.above, abs=0.03)
    wide = smooth_rates(OBSERVED, EXPECTED, dispersion=3.0)
    assert (wide.weight < once.weight).all()
    assert np.median(wide.conf_high - wide.conf_low) > np.median(once.conf_high - once.conf_low)


def test_the_seed_decides_the_draws():
    first, again, other = (smooth_rates(OBSERVED, EXPECTED, seed=seed) for seed in (1, 1, 2))
    assert (first.conf_low == again.conf_low).all() and (first.conf_low != other.conf_low).any()


def test_an_area_without_any_event_has_a_rate_and_an_interval():
    found = smooth_rates(np.array([0, 5, 12, 30, 8]), np.ones(5))
    assert 0 < found.estimate[0] < 5 and found.conf_low[0] >= 0


@pytest.mark.parametrize(
    ("events", "reason"),
    [([], "3 areas"), ([4, 9], "3 areas"), ([0, 0, 0], "nothing was counted")],
)
def test_what_cannot_be_smoothed_says_why(events, reason):
    found = smooth_rates(np.array(events, dtype=float), np.ones(len(events)))
    assert reason in found.reason and np.isnan(found.estimate).all() and math.isnan(found.overall)


def test_a_broken_contract_is_refused():
    with pytest.raises(ValueError, match="count"):
        smooth_rates(np.array([-1.0, 2, 3]), np.ones(3))
    with pytest.raises(ValueError, match="exposure"):
        smooth_rates(np.ones(3), np.array([1.0, 0, 1]))
    with pytest.raises(ValueError, match="dispersion"):
        smooth_rates(np.ones(3), np.ones(3), dispersion=0.5)


def test_ranks_of_areas_that_are_far_apart_are_certain():
    draws = np.array([[1.0, 50, 9]]) + np.random.default_rng(0).normal(0, 0.1, (500, 3))
    ranks = rank_intervals(draws, draws.mean(axis=0))
    assert [part.tolist() for part in ranks] == [[3, 1, 2]] * 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("areas", "shape", "level", "dispersion"), [(5, 4, 20, 1), (12, 9, 50, 1), (40, 9, 300, 2), (40, 2, 2, 1)]
)
def test_intervals_and_ranks_hold_the_truth(areas, shape, level, dispersion):
    generator = np.random.default_rng(3)
    held, ranked, named, wrong = [], [], 0, 0
    for seed in range(150):
        true = generator.gamma(shape, 1 / shape, areas) * level
        time = generator.uniform(0.3, 2, areas)
        mean = true * time
        drawn = (
            generator.poisson(mean)
            if dispersion == 1
            else generator.negative_binomial(mean / (dispersion - 1), 1 / dispersion)
        )
        if not drawn.any():
            continue
        found = smooth_rates(drawn, time, dispersion=dispersion, draws=600, seed=seed)
        held.append(((found.conf_low <= true) & (true <= found.conf_high)).mean())
        place = (-true).argsort().argsort() + 1
        ranked.append(((found.ranks.conf_low <= place) & (place <= found.ranks.conf_high)).mean())
        above = found.conf_low > found.overall
        named, wrong = named + above.sum(), wrong + (above & (true <= mean.sum() / time.sum())).sum()
    assert 0.92 <= np.mean(held) <= 0.99 and np.mean(ranked) >= 0.94
    assert wrong <= 0.03 * named + 2


def test_false_discovery_rate_of_benjamini_and_hochberg():
    # The 15 p-values of Benjamini & Hochberg (1995), section 3.3, of which 4 are significant at 0.05.
    # R: p.adjust(p, "BH")
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
         0.6528, 0.7590, 1.0]  # fmt: skip
    adjusted = benjamini_hochberg(np.array(p))
    expected = [
        0.0015, 0.0030, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486, 0.58118182,
        0.714875, 0.75323077, 0.81321429, 1.0,
    ]  # fmt: skip
    assert adjusted == pytest.approx(expected, abs=1e-8) and (adjusted < 0.05).sum() == 4
