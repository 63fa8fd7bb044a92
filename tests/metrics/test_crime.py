"""Crime metrics on small studies with known answers."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from outreach_metrics.evaluation import adjusted
from outreach_metrics.inference.dispersion import area_dispersion
from outreach_metrics.inference.rates import poisson_rate, rate_ratio
from outreach_metrics.metrics.crime import (
    crime_difference,
    crime_its_level,
    crime_rate_after,
    crime_rate_before,
    crime_rate_ratio,
    crime_relative_effect,
    crime_series,
)
from tests.conftest import crime_study


def steps(*levels):
    """Make counts of two years before and two after, one area a pair of monthly levels."""
    return np.array([[before] * 24 + [after] * 24 for before, after in levels])


def test_rates_are_per_residents_and_year():
    study = crime_study(steps((10, 5), (10, 10)))
    before, after = crime_rate_before(study, "p")[0], crime_rate_after(study, "p")[0]
    assert before.estimate == pytest.approx(120)
    assert after.estimate == pytest.approx(60)
    expected = poisson_rate(240, 2)
    assert (before.conf_low, before.conf_high) == pytest.approx(expected[1:3])
    assert (before.n_before, after.n_after) == (240, 120)
    assert "1,000 residents per year" in before.unit


def test_even_counts_have_the_central_exact_ratio():
    study = crime_study(steps((10, 5), (10, 10)))
    made = crime_rate_ratio(study, "p")[0]
    expected = rate_ratio(240, 2, 120, 2)
    assert (made.estimate, made.conf_low, made.conf_high, made.p_value) == pytest.approx(expected)
    assert "exact" in made.method
    assert made.design_level == 2


def test_overdispersed_counts_widen_the_ratio_and_say_so():
    noise = np.tile([0, 20, 4, 16, 2, 18, 8, 12, 1, 19, 6, 14], 4)
    noise = np.random.default_rng(0).permutation(noise)
    study = crime_study(np.stack([noise, np.full(48, 10)]))
    made = crime_rate_ratio(study, "p")[0]
    counts = noise[:24].sum(), noise[24:].sum()
    poisson = rate_ratio(counts[0], 2, counts[1], 2)
    assert made.estimate == pytest.approx(poisson.estimate)
    assert made.conf_high / made.conf_low > 1.5 * poisson.conf_high / poisson.conf_low
    assert "dispersion" in made.method
    assert "times as much as by chance" in made.note


def test_season_is_not_taken_for_overdispersion():
    season = np.tile((20 + 15 * np.sin(np.arange(12) / 12 * 2 * np.pi)).round().astype(int), 4)
    made = crime_rate_ratio(crime_study(np.stack([season, season])), "p")[0]
    assert "exact" in made.method
    assert made.estimate == pytest.approx(1)


def test_relative_effect_takes_out_what_happened_everywhere():
    study = crime_study(steps((10, 5), (20, 10), (30, 15)))
    made = crime_relative_effect(study, "p")[0]
    assert made.estimate == pytest.approx(1)
    assert made.design_level == 3
    assert made.p_value > 0.9


def test_relative_effect_uses_the_spread_of_the_areas():
    levels = [(10, 5), (10, 6), (10, 4), *[(10, 14), (10, 7), (10, 9), (10, 10), (10, 10)] * 2]
    study = crime_study(steps(*levels), treated=3)
    made = crime_relative_effect(study, "p")[0]
    counts = np.array(levels) * 24
    pooled = area_dispersion(counts[:3], counts[3:])[0]
    assert f"dispersion {pooled:.2f} from the changes of all 13 areas" in made.method
    assert "vary as those of the comparison areas do" in made.note
    assert made.estimate == pytest.approx((15 / 30) / (100 / 100))


def test_difference_is_as_sure_as_the_relative_effect():
    levels = [(10, 5), (10, 6), (10, 4), *[(10, 14), (10, 7), (10, 9), (10, 10), (10, 10)] * 2]
    study = crime_study(steps(*levels), treated=3)
    made, ratio = crime_difference(study, "p")[0], crime_relative_effect(study, "p")[0]
    pooled = area_dispersion(np.array(levels[:3]) * 24, np.array(levels[3:]) * 24)[0]
    assert f"dispersion {pooled:.2f}, that of the relative effect" in made.method
    assert (made.p_value < 0.05) == (ratio.p_value < 0.05)


def test_difference_is_the_published_displacement_difference():
    # Wheeler & Ratcliffe (2018): -118 (-195.6 to -40.4); one area and year a cell, so Poisson
    counts = np.array([[207, 110], [308, 318], [178, 157], [150, 140]])
    roles = {"treatment": (0,), "comparison": (1,), "displacement": (2,), "displacement_comparison": (3,)}
    study = crime_study(
        counts, roles=roles, unit="year", first="2020", start=date(2021, 1, 1), before=1, after=1
    )
    made = crime_difference(study, "p")[0]
    assert made.estimate == pytest.approx(-118)
    assert (made.conf_low, made.conf_high) == pytest.approx((-195.610614164, -40.389385836), abs=1e-6)
    assert "Displacement areas are counted in" in made.note
    assert "Too few areas and periods to tell" in made.note
    assert "slow changes cannot be told from an effect" in crime_relative_effect(study, "p")[0].note


def test_difference_weights_comparison_areas_to_the_same_size():
    study = crime_study(steps((10, 8), (40, 36)), population=np.array([[1000.0], [4000.0]]))
    made = crime_difference(study, "p")[0]
    assert made.estimate == pytest.approx(24 * ((8 - 10) - (36 - 40) / 4))


def test_populations_by_year_enter_the_ratio():
    residents = np.array([[1000.0] * 24 + [2000.0] * 24, [1000.0] * 48])
    made = crime_rate_ratio(crime_study(steps((10, 10), (10, 10)), population=residents), "p")[0]
    assert made.estimate == pytest.approx(0.5)


@pytest.mark.parametrize(
    "metric", [crime_rate_before, crime_rate_after, crime_rate_ratio, crime_relative_effect, crime_difference]
)
class TestDeclines:
    def test_without_counts(self, metric):
        study = replace(crime_study(steps((1, 1), (1, 1))), panel=None)
        self.check_declined(metric(study, "p"), "no incidents or counts")

    def test_without_treatment_areas(self, metric):
        study = crime_study(steps((1, 1), (1, 1)), roles={"comparison": (0, 1)})
        self.check_declined(metric(study, "p"), "No treatment areas")

    def test_a_start_after_the_data(self, metric):
        study = crime_study(steps((1, 1), (1, 1)), start=date(2030, 1, 1))
        self.check_declined(metric(study, "p"), "no full month after")

    def check_declined(self, estimates, reason):
        assert len(estimates) == 1
        assert math.isnan(estimates[0].estimate)
        assert reason in estimates[0].note


def test_zero_counts_decline_or_stay_finite():
    none_before = crime_rate_ratio(crime_study(steps((0, 3), (3, 3))), "p")[0]
    assert math.isnan(none_before.estimate)
    assert "before the start" in none_before.note
    nothing = crime_rate_ratio(crime_study(steps((0, 0), (3, 3))), "p")[0]
    assert math.isnan(nothing.estimate)
    none_after = crime_relative_effect(crime_study(steps((3, 0), (3, 3))), "p")[0]
    assert none_after.estimate == 0
    assert none_after.conf_high < 1
    no_comparison = crime_relative_effect(crime_study(steps((3, 3), (3, 0))), "p")[0]
    assert math.isnan(no_comparison.estimate)


def test_unknown_populations_decline_rates_but_not_ratios():
    study = crime_study(steps((5, 5), (5, 5)), population=np.array([[np.nan], [1000.0]]))
    assert "not known" in crime_rate_before(study, "p")[0].note
    assert crime_rate_ratio(study, "p")[0].made
    assert "population" in crime_difference(study, "p")[0].note


def test_few_incidents_are_told_as_unstable():
    counts = np.zeros((2, 48), dtype=int)
    counts[:, ::6] = 1
    assert "unstable" in crime_rate_before(crime_study(counts), "p")[0].note


def test_several_outcomes_are_adjusted_together():
    counts = np.stack([steps((10, 7), (10, 10)), steps((5, 5), (5, 5)), steps((8, 8), (9, 9))])
    made = adjusted(crime_rate_ratio(crime_study(counts), "p"))
    assert [e.outcome for e in made] == ["all", "burglary", "vehicle"]
    assert made[0].p_adjusted == pytest.approx(3 * made[0].p_value)
    assert all(e.p_adjusted >= e.p_value for e in made)


def test_an_end_within_the_window_is_told():
    study = crime_study(steps((5, 5), (5, 5)), end=date(2022, 6, 30))
    assert "ended on 2022-06-30" in crime_rate_ratio(study, "p")[0].note


@pytest.mark.parametrize(("areas", "treated", "level"), [(10, 4, 5), (10, 1, 3), (4, 2, 3)])
def test_areas_drawn_at_random_are_level_five_where_enough_sets_might_have_been_drawn(areas, treated, level):
    levels = steps(*[(5, 4 + i % 2) for i in range(areas)])
    study = crime_study(levels, treated=treated, assignment="random")
    assert crime_relative_effect(study, "p")[0].design_level == level
    assert crime_its_level(study, "p")[0].design_level == 3


def test_series_names_its_windows():
    frame = crime_series(crime_study(steps((10, 5), (20, 20)), before=12, after=12), "p", "all")
    assert frame.groupby(["group", "window"]).size().to_dict() == {
        (group, window): n
        for group in ("treatment", "comparison")
        for window, n in (("before", 12), ("after", 12), ("left out", 24))
    }
    assert frame.loc[frame["group"] == "treatment", "rate"].iloc[0] == pytest.approx(120)
    assert crime_series(crime_study(steps((1, 1)), roles={"comparison": (0,)}), "p", "all").empty


def test_nothing_is_changed_in_the_study():
    study = crime_study(steps((10, 5), (20, 10)))
    counts = study.panel.counts.copy()
    for metric in (crime_rate_ratio, crime_relative_effect, crime_difference):
        metric(study, "p")
    assert (study.panel.counts == counts).all()


def test_areas_that_were_unlike_before_are_told():
    alike = crime_relative_effect(crime_study(steps((10, 5), (15, 15))), "p")[0]
    assert "times that of" not in alike.note
    unlike = crime_relative_effect(crime_study(steps((30, 15), (10, 10))), "p")[0]
    assert "was 3.0 times that of the comparison areas" in unlike.note


def test_areas_without_residents_are_told():
    study = crime_study(
        steps((10, 5), (10, 10), (10, 10)), treated=2, population=np.array([[0.0], [500.0], [500.0]])
    )
    made = crime_rate_before(study, "p")[0]
    assert "without residents: 1" in made.note
    assert made.estimate == pytest.approx(2 * 120 / 0.5)
