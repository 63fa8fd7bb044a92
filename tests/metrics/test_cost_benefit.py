"""Prices of crime, benefit-cost ratio, net present value, break-even and sensitivity, worked out by hand."""

import json
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_metrics import load_study, sample_study
from outreach_metrics.metrics import cost
from outreach_metrics.metrics.cost.benefit import account
from outreach_metrics.metrics.cost.prices import prices
from outreach_metrics.registry import get_metric
from outreach_metrics.study import Program, TableQuality
from outreach_metrics.study.crime_costs import crime_costs, price_index
from tests.conftest import SHARED
from tests.metrics.cost_studies import (
    bare_study,
    costs,
    falling,
    found,
    monthly,
    only,
    priced_study,
    with_settings,
)

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]
LABELS = ("burglary", "robbery")
PUBLISHED = {
    "murder": 8982907, "rape and sexual assault": 240776, "aggravated assault": 107020, "robbery": 42310,
    "arson": 21103, "motor vehicle theft": 10772, "stolen property": 7974, "household burglary": 6462,
    "embezzlement": 5480, "forgery and counterfeiting": 5265, "fraud": 5032, "vandalism": 4860,
    "larceny and theft": 3532,
}  # fmt: skip
NAMES = {
    "rape_sexual_assault": "rape and sexual assault", "aggravated_assault": "aggravated assault",
    "motor_vehicle_theft": "motor vehicle theft", "stolen_property": "stolen property",
    "household_burglary": "household burglary", "forgery_counterfeiting": "forgery and counterfeiting",
    "larceny_theft": "larceny and theft",
}  # fmt: skip


def unit_costs(*rows, year=2022):
    """Return the table crime_costs of (offense, tangible, total)."""
    frame = pd.DataFrame(list(rows), columns=["offense", "tangible", "total"])
    return frame.assign(category=pd.NA, intangible=np.nan, price_year=year, source="by hand")


def index(**levels):
    """Return the table price_index of y2022=100.0 and so on."""
    frame = pd.DataFrame({"year": [int(y[1:]) for y in levels], "index": list(levels.values())})
    return frame.assign(source="by hand")


FLAT = index(y2021=100.0, y2022=100.0, y2023=100.0, y2024=100.0)
BY_HAND = unit_costs(("BURGLARY", 40.0, 100.0), ("Robbery", 500.0, 900.0))


def hand_made(seed=1, **given):
    tables = {"crime_costs": BY_HAND, "price_index": FLAT}
    more = {name: given.pop(name) for name in list(given) if name in ("roles", "outcomes", "table")}
    return priced_study(falling(seed=seed), LABELS, **more, **(tables | given))


def test_totals_are_those_of_table_5():
    held = {one.category: one.total for one in crime_costs(bare_study()).values()}
    assert held == PUBLISHED
    assert {one.year for one in crime_costs(bare_study()).values()} == {2008}


def test_the_reference_case(cases):
    case = cases["cost_of_crime_mccollister"]
    held = {one.category: one.total for one in crime_costs(bare_study()).values()}
    for name, expected in case["expected"].items():
        assert held[NAMES.get(name, name)] == pytest.approx(expected["value"], abs=expected["tol"])
    table = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    assert {NAMES.get(n, n): v for n, v in table.itertuples(index=False)} == held


def test_tangible_and_intangible_overstate_the_total_where_deaths_are_in_both():
    held = {one.category: one for one in crime_costs(bare_study()).values()}
    murder = held["murder"]
    assert murder.tangible + murder.intangible - murder.total == 737517  # lifetime earnings, table 3
    for one in held.values():
        assert 0 < one.tangible <= one.total
        assert one.tangible + one.intangible >= one.total - 1


def test_the_price_index_is_the_consumer_price_index():
    levels, told = price_index(bare_study())
    assert list(levels) == list(range(2000, 2026))
    # BLS CUUR0000SA0, annual averages
    assert (levels[2008], levels[2020], levels[2024]) == (215.303, 258.811, 313.689)
    assert "CUUR0000SA0" in told


def test_prices_are_moved_to_the_last_year_of_the_costs():
    study = priced_study(falling(), LABELS)
    told = prices(study, "p")
    assert told.year == 2023
    assert told.total["burglary"] == pytest.approx(6462 * 304.702 / 215.303)
    assert told.tangible["robbery"] == pytest.approx(21398 * 304.702 / 215.303)
    asked = prices(with_settings(study, price_year=2008), "p")
    assert (asked.year, asked.total["burglary"]) == (2008, 6462)


def test_a_study_brings_its_own_prices():
    told = prices(hand_made(), "p")
    assert dict(told.total) == {"burglary": 100.0, "robbery": 900.0}
    assert dict(told.tangible) == {"burglary": 40.0, "robbery": 500.0}
    assert told.sources == "by hand"


def test_tables_that_cannot_be_used_are_not_replaced_by_the_default():
    quality = TableQuality(table="crime_costs", file="crime_costs.csv", rows_read=3, rows_used=0,
                           dropped={"no offense": 3})  # fmt: skip
    study = replace(priced_study(falling(), LABELS), quality=(quality,))
    assert not crime_costs(study)
    assert only(study, "benefit_cost_ratio").note == "The table crime_costs of the study cannot be used."


def test_another_currency_needs_its_own_prices():
    study = with_settings(priced_study(falling(), LABELS), currency="EUR")
    assert "give crime_costs in EUR" in only(study, "benefit_cost_ratio").note
    own = with_settings(hand_made(), currency="EUR")
    assert found(own, "net_present_value")["", ""].unit == "EUR of 2023"


def test_years_without_an_index_are_told():
    study = hand_made(price_index=index(y2023=100.0))
    assert (
        "does not tell how prices of 2022 compare with those of 2023"
        in only(study, "benefit_cost_ratio").note
    )


def test_benefit_is_the_harm_averted_at_those_prices():
    study = hand_made()
    priced = replace(study, harm_weights={"burglary": 100.0, "robbery": 900.0}, harm_unit="USD")
    (harm,) = get_metric("crime_harm_change").function(priced, "p")
    made = found(study, "cost_harm_averted")
    assert made["", ""].estimate == pytest.approx(-harm.estimate)
    assert made["", ""].conf_low == pytest.approx(-harm.conf_high)
    assert made["", ""].estimate != pytest.approx(made["", "tangible"].estimate)
    assert "Assumes equal changes per resident" in made["", ""].note


def test_ratio_and_net_value_without_discounting_are_plain_arithmetic():
    study = with_settings(hand_made(), discount_rate=0.0)
    benefit, ratio, net = (
        found(study, name)["", ""]
        for name in ("cost_harm_averted", "benefit_cost_ratio", "net_present_value")
    )
    for end in ("estimate", "conf_low", "conf_high"):
        assert getattr(ratio, end) == pytest.approx(getattr(benefit, end) / 24000)
        assert getattr(net, end) == pytest.approx(getattr(benefit, end) - 24000)
    assert (ratio.unit, ratio.design_level) == ("benefit-cost ratio", 3)


def test_discounting_is_from_the_start_of_the_program():
    one = account(with_settings(hand_made(), discount_rate=0.07), "p")
    worth = one.worth(2400.0)
    middles = [date(2022 + m // 12, m % 12 + 1, 15) for m in range(24)]
    factors = [1.07 ** (-(day - date(2022, 1, 1)).days / 365.25) for day in middles]
    assert worth.benefits == pytest.approx(100 * sum(factors), rel=2e-4)
    paid = [date(2022 + m // 12, m % 12 + 1, 1) for m in range(24)]
    assert worth.costs == pytest.approx(
        sum(1000 * 1.07 ** (-(day - date(2022, 1, 1)).days / 365.25) for day in paid)
    )


@settings(max_examples=12)
@given(level=st.floats(0.1, 20))
def test_the_ratio_scales_with_the_price_level_of_crime(level):
    dear = unit_costs(("burglary", 40.0 * level, 100.0 * level), ("robbery", 500.0 * level, 900.0 * level))
    one, other = (found(hand_made(crime_costs=table), "benefit_cost_ratio") for table in (BY_HAND, dear))
    for arm in ("", "tangible"):
        assert other["", arm].estimate == pytest.approx(one["", arm].estimate * level)
        assert other["", arm].conf_low == pytest.approx(one["", arm].conf_low * level)


def test_inflation_of_everything_leaves_the_ratio_alone():
    prices_2008 = unit_costs(("burglary", 40.0, 100.0), ("robbery", 500.0, 900.0), year=2008)
    flat = hand_made(crime_costs=prices_2008, price_index=index(y2008=100.0, y2022=100.0, y2023=100.0))
    risen = hand_made(crime_costs=prices_2008, price_index=index(y2008=100.0, y2022=150.0, y2023=150.0))
    one, other = (found(study, "benefit_cost_ratio")["", ""].estimate for study in (flat, risen))
    assert other == pytest.approx(1.5 * one)  # the costs are of today, the prices of crime rise


def test_rare_offenses_are_left_out_and_told():
    counts = np.concatenate([falling(), np.zeros((1, 8, 48), dtype=int)])
    counts[2, 0, ::4] = 1
    study = priced_study(counts, (*LABELS, "homicide"))
    told = prices(study, "p")
    assert set(told.total) == set(LABELS) and set(told.rare) == {"homicide"}
    assert (
        "Too few to count (20 incidents are needed): homicide."
        in found(study, "benefit_cost_ratio")["", ""].note
    )
    counts[2, 0, :] = 1
    assert "homicide" in prices(priced_study(counts, (*LABELS, "homicide")), "p").total


def test_outcomes_that_overlap_are_counted_once_and_may_be_chosen_beforehand():
    outcomes = {"all": ("*",), "burglary": ("burglary",), "both": LABELS}
    overlapping, plain = hand_made(outcomes=outcomes), hand_made()
    name = "cost_harm_averted"
    assert found(overlapping, name)["", ""].estimate == pytest.approx(found(plain, name)["", ""].estimate)
    chosen = with_settings(overlapping, cost_outcomes=("burglary",))
    assert set(prices(chosen, "p").total) == {"burglary"}
    both = with_settings(overlapping, cost_outcomes=("both", "burglary"))
    assert found(both, name)["", ""].estimate == pytest.approx(found(plain, name)["", ""].estimate)


def test_offenses_without_a_price_are_told():
    study = hand_made(crime_costs=unit_costs(("burglary", 40.0, 100.0)))
    assert prices(study, "p").unpriced == ("robbery",)
    assert "Without a price: robbery." in found(study, "benefit_cost_ratio")["", ""].note
    nothing = hand_made(crime_costs=unit_costs(("arson", 1.0, 2.0)))
    assert "has a price" in only(nothing, "benefit_cost_ratio").note
    total_only = hand_made(crime_costs=unit_costs(("burglary", np.nan, 100.0), ("robbery", np.nan, 900.0)))
    made = found(total_only, "benefit_cost_ratio")
    assert made["", ""].made and "tangible" in made["", "tangible"].note


def test_displacement_areas_are_counted_in():
    roles = {
        "treatment": (0, 1, 2),
        "comparison": (3, 4),
        "displacement": (5, 6),
        "displacement_comparison": (7,),
    }
    counts = falling(mean=40.0)
    counts[0, 5:7, 24:] += 12
    study = priced_study(counts, LABELS, roles=roles, crime_costs=BY_HAND, price_index=FLAT)
    alone = {role: areas for role, areas in study.programs["p"].areas.items() if "displacement" not in role}
    without = replace(study, programs={"p": replace(study.programs["p"], areas=alone)})
    name = "cost_harm_averted"
    one, other = found(study, name)["", ""], found(without, name)["", ""]
    assert one.estimate < other.estimate - 100 * 12 * 24
    assert one.conf_high - one.conf_low > other.conf_high - other.conf_low
    assert "Displacement areas are counted in." in one.note and "Displacement" not in other.note


def test_break_even_is_costs_over_the_price_of_an_incident():
    study = with_settings(hand_made(outcomes={"all": ("*",), "burglary": ("burglary",)}), discount_rate=0.0)
    needed, share = found(study, "cost_break_even_incidents"), found(study, "cost_break_even_reduction")
    assert needed["burglary", ""].estimate == pytest.approx(24000 / 100)
    before = [int(falling()[i, :3, :24].sum()) for i in (0, 1)]
    mean = (before[0] * 100 + before[1] * 900) / sum(before)
    assert needed["all", ""].estimate == pytest.approx(24000 / mean)
    (effect,) = (e for e in get_metric("crime_difference").function(study, "p") if e.outcome == "burglary")
    expected = falling()[0, :3, 24:].sum() - effect.estimate
    assert share["burglary", ""].estimate == pytest.approx(240 / expected)
    dear = with_settings(hand_made(table=monthly(1e6)), discount_rate=0.0)
    assert found(dear, "cost_break_even_reduction")["all", ""].note.startswith("More than all")


def test_with_the_incidents_to_break_even_the_ratio_is_one():
    study = hand_made(outcomes={"all": ("*",), "burglary": ("burglary",)})
    (needed,) = (e for e in cost.cost_break_even_incidents(study, "p") if e.outcome == "burglary")
    assert account(study, "p").worth(needed.estimate * 100.0).ratio == pytest.approx(1.0)


def test_sensitivity_moves_one_assumption_and_is_sorted():
    table = pd.concat([monthly(1000.0), monthly(200.0, source="in_kind", category="rooms")])
    study = hand_made(table=table)
    ratio = found(study, "benefit_cost_ratio")["", ""]
    told = {one.name: one for one in cost.benefit_cost_sensitivity(study, "p")}
    assert told["Effect on crime"].ratios == pytest.approx((ratio.conf_low, ratio.conf_high))
    assert told["Costs"].ratios == pytest.approx((ratio.estimate / 1.2, ratio.estimate / 0.8))
    assert told["Gifts in kind"].ratios == pytest.approx((ratio.estimate, ratio.estimate * 1.2))
    tangible = found(study, "benefit_cost_ratio")["", "tangible"]
    assert told["Price of crime"].ratios == pytest.approx((tangible.estimate, ratio.estimate))
    widths = [abs(one.ratios[1] - one.ratios[0]) for one in cost.benefit_cost_sensitivity(study, "p")]
    assert widths == sorted(widths, reverse=True)
    assert "Gifts in kind" not in {one.name for one in cost.benefit_cost_sensitivity(hand_made(), "p")}
    assert cost.benefit_cost_sensitivity(bare_study(), "p") == ()


def test_comparison_by_percentages_is_that_of_the_relative_effects():
    study = hand_made(outcomes={"burglary": ("burglary",), "robbery": ("robbery",)})
    effects = {e.outcome: e for e in get_metric("crime_relative_effect").function(study, "p")}
    worth = {"burglary": 100.0, "robbery": 900.0}
    averted = sum(worth[o] * e.n_after * (1 / e.estimate - 1) for o, e in effects.items())
    told = {one.name: one for one in cost.benefit_cost_sensitivity(study, "p")}
    assert told["Comparison of areas"].ratios[0] == pytest.approx(account(study, "p").worth(averted).ratio)


def test_what_cannot_be_made_says_why():
    no_comparison = replace(hand_made(), programs={"p": _areas(hand_made(), "treatment")})
    assert "No comparison areas" in only(no_comparison, "benefit_cost_ratio").note
    no_areas = replace(hand_made(), programs={"p": _areas(hand_made())})
    assert "no crime counts of areas" in only(no_areas, "benefit_cost_ratio").note
    later = hand_made(table=monthly(first="2024-06-01", months=3))
    assert (
        only(later, "benefit_cost_ratio").note == "No costs were recorded up to the end of the window after."
    )
    back = hand_made(table=costs(("2022-01-01", "staff", -5.0, "grant")))
    assert found(back, "benefit_cost_ratio")["", ""].note.startswith("The costs are not above 0")
    for name in ("cost_break_even_incidents", "cost_break_even_reduction"):
        assert all(e.note == "The costs are not above 0." for e in getattr(cost, name)(back, "p"))
    for name in ("net_present_value", "cost_break_even_incidents", "cost_break_even_reduction"):
        assert all(e.note and math.isnan(e.estimate) for e in getattr(cost, name)(no_areas, "p"))


def _areas(study, *roles) -> Program:
    program = study.programs["p"]
    return replace(program, areas={role: program.areas[role] for role in roles})


def test_programs_that_do_nothing_are_not_said_to_pay(sample):
    for program_id in ("oakridge-watch", "youth-nights", "crisis-team", "coffee-eastside"):
        for e in cost.benefit_cost_ratio(sample, program_id):
            assert not e.conf_low > 1, (program_id, e.group)


def test_street_outreach_of_the_sample_paid_as_planted(sample):
    """Robbery and aggravated assault x 0.64: the planted worth lies within an interval above 1."""
    program = sample.program("bridge-outreach")
    told = prices(sample, "bridge-outreach")
    planted = 0.0
    for label in ("robbery", "aggravated assault"):
        effect = TRUTH["bridge-outreach"]["crime"]["effects_on_offenses"][label.upper()]
        after = slice(27, 51)
        observed = sample.offenses.of(label, program.treatment).sum(axis=0)[after].sum()
        planted += told.total[label] * observed * (1 / effect - 1)
    made = {e.group: e for e in cost.cost_harm_averted(sample, "bridge-outreach")}[""]
    assert made.conf_low < planted < made.conf_high
    assert all(e.conf_low > 1 for e in cost.benefit_cost_ratio(sample, "bridge-outreach"))


@pytest.mark.slow
def test_a_study_folder_may_hold_its_own_prices(tmp_path):
    import shutil

    shutil.copytree(sample_study(), tmp_path / "study")
    (tmp_path / "study" / "crime_costs.csv").write_text(
        "offense,tangible,total,price_year,source\nBURGLARY,100,200,2024,own\nROBBERY,90,-300,2024,own\n"
    )
    study = load_study(tmp_path / "study")
    assert set(crime_costs(study)) == {"burglary"}
    assert any(problem.file == "crime_costs.csv" for problem in study.errors())
    assert prices(study, "harbor-watch").total == {"burglary": 200.0}
