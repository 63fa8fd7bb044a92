"""Counts of anything but crime: the designs of crime, shares of one count in another, wanted directions."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from outreach_metrics.metrics import crime
from outreach_metrics.metrics.outcome import DESIGNS, as_wanted, outcome_series, shares_of, wanted_way
from outreach_metrics.registry import get_metric
from tests.conftest import crime_study

EFFECT = 1.6


def counted_study(counts, *, wanted=None, share_of=None, crime_too=True, **given):
    """Make a study whose counts (name -> areas x periods) are other outcomes than crime."""
    first = next(iter(counts.values()))
    study = crime_study(np.ones_like(first) * 9, **given)
    panels = {
        name: replace(study.panel, outcomes=(name,), counts=np.asarray(cells)[None])
        for name, cells in counts.items()
    }
    settings = replace(study.settings, wanted=wanted or {}, share_of=share_of or {})
    return replace(study, settings=settings, counted=panels, panel=study.panel if crime_too else None)


def drawn(effect=1.0, *, areas=8, treated=4, mean=30.0, seed=1):
    """Draw monthly counts; the first areas change by a factor from the 25th month on."""
    rates = np.full((areas, 48), float(mean))
    rates[:treated, 24:] *= effect
    return np.random.default_rng(seed).poisson(rates)


@pytest.fixture(scope="module")
def tips():
    counts = {"tips": drawn(EFFECT), "use_of_force": drawn(1.0, seed=2)}
    return counted_study(counts, wanted={"tips": "rise", "use_of_force": "fall"}, treated=4)


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_gives_the_numbers_of_crime(name, tips):
    made = get_metric(f"outcome_{name}").function(tips, "p")
    assert {e.outcome for e in made} == {"tips", "use_of_force"}
    for told in ("tips", "use_of_force"):
        same = replace(tips, panel=replace(tips.counted[told]))
        expected = get_metric(f"crime_{name}").function(same, "p")
        own = [e for e in made if e.outcome == told]
        numbers = [(e.estimate, e.conf_low, e.p_value, e.design_level) for e in expected]
        np.testing.assert_equal([(e.estimate, e.conf_low, e.p_value, e.design_level) for e in own], numbers)
    for e in made:
        assert (e.strand, e.metric) == ("outcome", f"outcome_{name}")
        words = f"{e.note} {e.unit} {e.method}".lower()
        assert "incident" not in words and "crime" not in words


def test_a_planted_effect_is_found_and_a_flat_outcome_is_not(tips):
    effect = {e.outcome: e for e in get_metric("outcome_relative_effect").function(tips, "p")}
    assert effect["tips"].conf_low < EFFECT < effect["tips"].conf_high
    assert effect["tips"].p_value < 0.001
    assert effect["use_of_force"].conf_low < 1 < effect["use_of_force"].conf_high


def test_the_wanted_direction_stands_in_the_note_and_changes_no_number(tips):
    ratio = {e.outcome: e for e in get_metric("outcome_rate_ratio").function(tips, "p")}
    assert wanted_way(ratio["tips"]) == "rise" and as_wanted(ratio["tips"]) is True
    assert wanted_way(ratio["use_of_force"]) == "fall"
    against = replace(tips, settings=replace(tips.settings, wanted={"tips": "fall"}))
    other = {e.outcome: e for e in get_metric("outcome_rate_ratio").function(against, "p")}
    assert as_wanted(other["tips"]) is False
    assert other["tips"].estimate == ratio["tips"].estimate
    assert as_wanted(other["use_of_force"]) is None


def test_a_fall_that_spreads_is_not_said_to_be_against_what_is_wanted():
    rates = np.full((12, 48), 100.0)
    rates[:4, 24:], rates[4:8, 24:] = 50, 70
    roles = {"treatment": (0, 1, 2, 3), "displacement": (4, 5, 6, 7), "comparison": (8, 9, 10, 11)}
    counts = {"use_of_force": np.random.default_rng(0).poisson(rates)}
    study = counted_study(counts, wanted={"use_of_force": "fall"}, roles=roles)
    (spread,) = get_metric("outcome_displacement").function(study, "p")
    assert spread.conf_low > 0 and as_wanted(spread) is None
    (averted,) = get_metric("outcome_difference").function(study, "p")
    assert averted.conf_high < 0 and as_wanted(averted) is True
    (level,) = get_metric("outcome_rate_before").function(study, "p")
    assert level.made and as_wanted(level) is None


def test_crime_itself_is_untouched(tips):
    names = {e.outcome for e in crime.crime_rate_ratio(tips, "p")}
    assert names == {"all"}


def test_outcomes_without_crime_and_crime_without_outcomes():
    alone = counted_study({"tips": drawn()}, crime_too=False, treated=4)
    assert get_metric("outcome_rate_ratio").function(alone, "p")[0].made
    assert not crime.crime_rate_ratio(alone, "p")[0].made
    none = crime_study(drawn(), treated=4)
    for name in DESIGNS:
        (declined,) = get_metric(f"outcome_{name}").function(none, "p")
        assert not declined.made and "no counts of other outcomes" in declined.note


def diverted(before, after, comparison=(0.2, 0.2), *, calls=80, seed=1, noise=0.0):
    """Draw calls, and the share of them diverted before and after in program and comparison areas."""
    rng = np.random.default_rng(seed)
    total = rng.poisson(calls, (8, 48))
    share = np.full((8, 48), comparison[0])
    share[:, 24:], share[:4, :24], share[:4, 24:] = comparison[1], before, after
    share = np.clip(share * np.exp(noise * rng.normal(size=(1, 48))), 0, 1)
    return {"diversions": rng.binomial(total, share), "calls": total}


def shares(study):
    names = ("before", "after", "ratio", "relative_effect")
    made = {name: get_metric(f"outcome_share_{name}").function(study, "p") for name in names}
    return {name: estimates[0] for name, estimates in made.items()}


def test_planted_shares_are_found():
    study = counted_study(diverted(0.2, 0.3, (0.2, 0.24)), wanted={"diversions": "rise"}, treated=4)
    found = shares(study)
    for name, truth in {"before": 0.2, "after": 0.3, "ratio": 1.5, "relative_effect": 1.25}.items():
        assert found[name].conf_low < truth < found[name].conf_high
    assert found["ratio"].outcome == "diversions_as_a_share_of_calls"
    assert as_wanted(found["ratio"]) is True
    cells = study.counted["diversions"].counts[0, :4], study.counted["calls"].counts[0, :4]
    sides = [cells[0][:, side].sum() / cells[1][:, side].sum() for side in (slice(0, 24), slice(24, 48))]
    assert (found["before"].estimate, found["after"].estimate) == pytest.approx(sides)
    assert found["ratio"].estimate == pytest.approx(sides[1] / sides[0])
    assert (found["ratio"].design_level, found["relative_effect"].design_level) == (2, 3)


def test_a_share_that_jumps_from_month_to_month_has_a_wider_interval():
    calm, wild = (
        shares(counted_study(diverted(0.2, 0.2, noise=noise), treated=4))["ratio"] for noise in (0, 0.3)
    )
    reach = [math.log(e.conf_high / e.conf_low) for e in (calm, wild)]
    assert reach[1] > 2 * reach[0]


def test_shares_are_those_of_study_toml_else_diversions_of_calls():
    counts = {"diversions": drawn(), "calls": drawn(mean=90), "force": drawn(mean=3), "arrests": drawn()}
    assert shares_of(counted_study(counts)) == {"diversions": "calls"}
    stated = {"force": "arrests", "tips": "calls"}
    assert shares_of(counted_study(counts, share_of=stated)) == {"force": "arrests"}
    assert shares_of(counted_study({"calls": drawn()})) == {}


def test_shares_say_why_there_is_none():
    assert "study.toml names none" in shares(counted_study({"tips": drawn()}))["ratio"].note
    more = counted_study({"diversions": drawn(mean=90), "calls": drawn()}, treated=4)
    assert "more diversions than calls" in shares(more)["before"].note
    nobody = counted_study(diverted(0.0, 0.3), treated=4)
    assert "no count" in shares(nobody)["ratio"].note
    assert shares(nobody)["before"].estimate == 0
    alone = counted_study(diverted(0.2, 0.3), roles={"treatment": (0, 1)})
    assert "No comparison areas" in shares(alone)["relative_effect"].note


def test_two_counts_of_different_spans_are_compared_where_both_are_known():
    study = counted_study(diverted(0.2, 0.3), treated=4)
    panel = study.counted["diversions"]
    short = replace(
        panel, periods=panel.periods[12:], counts=panel.counts[:, :, 12:], population=panel.population[:, 12:]
    )
    found = shares(replace(study, counted={**study.counted, "diversions": short}))
    assert found["before"].n_before == panel.counts[0, :4, 12:24].sum()
    assert "12 of 24 months before are used" in found["before"].note


def test_series_sum_to_the_counts_by_quarter_and_year():
    study = counted_study({"tips": drawn()}, treated=4)
    for length, rows in (("", 48), ("quarter", 16), ("year", 4)):
        series = outcome_series(study, "p", "tips", length)
        own = series[series["group"] == "treatment"]
        assert len(own) == rows
        assert own["count"].sum() == study.counted["tips"].counts[0, :4].sum()
        assert (own["conf_low"] < own["rate"]).all() and (own["rate"] < own["conf_high"]).all()
        years = (own["end"] - own["start"]).dt.days.sum() / 365.25
        assert own["rate"].mean() == pytest.approx(own["count"].sum() / years / 4, rel=1e-3)
    unknown = counted_study({"tips": drawn()}, treated=4, population=math.nan)
    assert outcome_series(unknown, "p", "tips")["rate"].isna().all()


def test_parts_of_quarters_at_the_ends_are_left_out():
    study = counted_study({"tips": drawn()}, treated=4, first="2020-02", start=date(2022, 2, 1))
    series = outcome_series(study, "p", "tips", "quarter")
    assert str(series["start"].min().date()) == "2020-04-01"
    assert str(series["end"].max().date()) == "2024-01-01"
