"""Plans: they look at nothing after the start, promise no more than they hold, and say what they cannot."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from outreach_metrics import cli
from outreach_metrics.errors import UnknownNameError
from outreach_metrics.evidence import plans
from outreach_metrics.metrics.crime import crime_relative_effect
from outreach_metrics.planning import HORIZONS, designs, outlook, plan_program, plan_study
from outreach_metrics.planning.designs import find
from outreach_metrics.planning.outlook import Outlook
from outreach_metrics.reports import exhibits
from tests.conftest import ROOT, crime_study

ROLES = {
    "treatment": (0, 1, 2),
    "comparison": (3, 4, 5, 6),
    "displacement": (7,),
    "displacement_comparison": (8,),
}


def drawn(areas=9, periods=48, mean=12.0, seed=3, dispersion=1.5):
    """Counts that vary more than chance, without any program."""
    generator = np.random.default_rng(seed)
    return generator.negative_binomial(mean / (dispersion - 1), 1 / dispersion, (areas, periods))


def study_of(counts=None, **rest):
    return crime_study(drawn() if counts is None else counts, roles=rest.pop("roles", ROLES), **rest)


@pytest.fixture(scope="module", autouse=True)
def _few_draws():
    """Draw less than a user's plan does: what is tested here does not hang on the third digit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(designs, "_REPLICATIONS", 60)
        patch.setattr(outlook, "_FUTURES", 5)
        yield


@pytest.fixture(scope="module")
def plan():
    return plan_program(study_of(), "p")


def numbers(plan):
    return (
        [(design.design, design.reaches, design.needed) for design in plan.designs],
        plan.areas,
        plan.outcomes,
    )


def test_every_design_is_planned_or_says_why_not(plan):
    assert [design.design for design in plan.designs] == list(plans.DESIGNS)
    for design in plan.designs:
        assert design.made != bool(design.reason)
        assert [reach.periods for reach in design.reaches] in ([], list(HORIZONS["month"]))
    assert {design.design for design in plan.designs if not design.made} == {"staggered"}
    assert (plan.advised, plan.horizon) == ("comparison", 24)


def test_what_is_found_grows_with_time_and_falls_short_of_rises(plan):
    for design in ("comparison", "displacement", "before_after"):
        falls = [reach.fall for reach in plan.design(design).reaches]
        assert falls == sorted(falls)
        for reach in plan.design(design).reaches:
            assert reach.fall < reach.half < 1 < reach.rise
            assert reach.fall * reach.rise < 1
            assert list(reach.powers) == sorted(reach.powers)
    alone, compared = (plan.reach(design, 24).fall for design in ("before_after", "comparison"))
    assert alone > compared, "a comparison costs power"
    assert plan.reach("interrupted", 24).fall < alone, "a trend costs power"


def test_nothing_after_the_start_is_looked_at():
    counts = drawn()
    other = counts.copy()
    other[:, 24:] = 0
    assert numbers(plan_program(study_of(counts), "p")) == numbers(plan_program(study_of(other), "p"))


def test_a_start_after_the_data_is_planned_from_all_of_them():
    counts = drawn(periods=30)
    later = plan_program(study_of(counts, start=date(2023, 1, 15)), "p")
    assert later.advised == "comparison"
    assert later.history == (date(2020, 7, 1), date(2022, 6, 1))
    assert later.reach("comparison", 24).after == 24
    assert any("after" not in note and "Keep counting until then" in note for note in later.notes)


def test_a_window_longer_than_the_time_before_is_cut_as_an_evaluation_cuts_it(plan):
    reach = plan.reach("comparison", 36)
    assert (reach.before, reach.after) == (24, 24)
    assert any("finds little more" in note for note in plan.notes)
    assert math.isnan(plan.design("comparison").needed[0])


def test_dispersion_is_found_again():
    spread = []
    for seed in range(12):
        study = study_of(drawn(seed=seed, dispersion=3.0, periods=60), start=date(2024, 1, 1))
        spread.append(Outlook(study, study.programs["p"], "all").series_dispersion("comparison"))
    assert np.mean(spread) == pytest.approx(3.0, rel=0.2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"panel": None}, "no incidents or counts"),
        ({"roles": {"comparison": (0, 1)}}, "No program areas are named"),
        ({"start": date(2020, 6, 1)}, "hold 5 months before the start"),
        ({"start": date(2019, 6, 1)}, "hold 0 months before the start"),
        ({"counts": np.zeros((9, 48), dtype=int)}, "Nothing was recorded in the program areas"),
    ],
)
def test_what_cannot_be_planned_is_told_with_the_reason(change, reason):
    change = dict(change)
    without_panel = "panel" in change and change.pop("panel") is None
    study = study_of(**change)
    plan = plan_program(replace(study, panel=None) if without_panel else study, "p")
    assert all(reason in design.reason for design in plan.designs)
    assert reason in plan.recommendation[0]
    assert "Do not promise a change in crime" in plan.recommendation[1]
    assert plan.survey.answers == 394
    assert plans.plan_text(plan)


@pytest.mark.parametrize(
    ("change", "design", "reason"),
    [
        ({"roles": {"treatment": (0, 1)}}, "comparison", "No comparison areas"),
        ({"roles": {"treatment": (0, 1), "comparison": (2, 3)}}, "displacement", "No displacement or"),
        ({"population": math.nan}, "displacement", "residents"),
        ({"start": date(2021, 6, 1)}, "interrupted", "2 years of counts"),
        ({}, "staggered", "start at the same time"),
    ],
)
def test_a_design_that_the_study_does_not_hold_says_why(change, design, reason):
    plan = plan_program(study_of(**change), "p")
    assert reason in plan.design(design).reason
    assert plan.design("before_after").made
    assert plans.DESIGNS[design] in plans.plan_text(plan)


def test_without_comparison_areas_the_plan_says_what_that_costs():
    plan = plan_program(study_of(roles={"treatment": (0, 1, 2)}), "p")
    assert plan.advised == "interrupted"
    assert any("Name areas like the program areas" in text for text in plan.to_collect)
    short = plan_program(study_of(roles={"treatment": (0, 1, 2)}, start=date(2021, 3, 1)), "p")
    assert short.advised == "before_after"
    assert "Nothing about the cause" in short.recommendation[-1]


def test_no_plan_ends_before_a_year_is_over():
    plan = plan_program(study_of(drawn(mean=2000.0)), "p")
    assert plan.reach("comparison", 6).fall > 0.8
    assert plan.horizon == 12


def test_areas_that_start_one_after_another_are_planned_by_simulation():
    starts = {"0001": date(2022, 4, 1), "0002": date(2022, 7, 1)}
    plan = plan_program(study_of(area_starts=starts), "p")
    assert plan.design("staggered").made
    assert 0.3 < plan.reach("staggered", 24).fall < 0.95


def test_few_incidents_find_nothing_and_promise_nothing():
    plan = plan_program(study_of(drawn(mean=0.05, dispersion=1.2)), "p")
    assert plan.horizon == 0
    assert "too small" in plan.recommendation[0]
    assert plans.finding(plan) == "No design finds a fall in recorded crime"


@pytest.mark.parametrize(
    ("unit", "first", "periods"),
    [("week", "2020-01-06", 208), ("quarter", "2016Q1", 48), ("year", "2002", 30)],
)
def test_other_units_are_planned_in_their_own_periods(unit, first, periods):
    start = {"week": date(2022, 1, 3), "quarter": date(2022, 1, 1), "year": date(2022, 1, 1)}[unit]
    before = {"week": 104, "quarter": 8, "year": 5}[unit]
    counts = drawn(periods=periods, mean={"week": 6.0}.get(unit, 40.0))
    plan = plan_program(study_of(counts, unit=unit, first=first, start=start, before=before), "p")
    assert plan.horizon in HORIZONS[unit]
    assert f"{unit}" in " ".join(plan.recommendation[1:])
    assert 0 < plan.reach("before_after", plan.horizons[1]).fall < 1


def test_sentences_say_what_would_be_missed_and_never_promise(plan):
    told = " ".join(plan.recommendation)
    reach = plan.reach(plan.advised, plan.horizon)
    assert f"falls by {plans.fall(reach.fall)} or more relative to the comparison areas" in told
    assert "8 in 10 such evaluations would find it, and 2 in 10 would not" in told
    assert f"smaller than {plans.fall(reach.half)} would probably be missed" in told
    assert "not mean that the program does not work" in told
    for word in ("will find", "guarantee", "prove", "certain"):
        assert word not in plans.plan_text(plan)


@pytest.mark.parametrize("power", [0.5, 0.8, 0.9, 0.95])
def test_power_asked_for_is_power_told(power):
    plan = plan_program(study_of(), "p", power=power)
    assert f"{math.floor(10 * power)} in 10 such evaluations" in " ".join(plan.recommendation)


def test_text_fits_a_terminal(plan, sample):
    for text in (plans.plan_text(plan), plans.plan_text(plan_program(sample, "oakridge-watch"))):
        assert max(map(len, text.splitlines())) <= 100
        assert "nan" not in text.split()


def test_a_survey_is_planned_from_the_first_wave(sample):
    survey = plan_program(sample, "harbor-watch").survey
    assert survey.observed == 180
    assert 10 < survey.sd < 30
    assert survey.design_effect > 1
    assert plan_program(sample, "porch-talks").survey.observed == 0, "seven people tell no spread"


def test_exhibits_tell_the_plan(plan):
    table = exhibits.plan_table(plan)
    assert [row[0] if isinstance(row[0], str) else row[0].text for row in table.rows] == list(
        plans.DESIGNS.values()
    )
    figure = exhibits.plan_chart(plan)
    assert figure.alt.startswith(plans.finding(plan))
    assert figure.image[1:4] == b"PNG"
    assert len(exhibits.plan_needed_table(plan).rows) == 3
    assert plan.recommendation[0] in exhibits.plan_answer(plan).plain
    empty = plan_program(study_of(roles={"comparison": (0, 1)}), "p")
    for name in (name for name in exhibits.__all__ if name.startswith("plan_")):
        getattr(exhibits, name)(plan)
        getattr(exhibits, name)(empty)


def test_unknown_names_list_the_known():
    study = study_of()
    with pytest.raises(UnknownNameError, match="Unknown program 'q'"):
        plan_program(study, "q")
    with pytest.raises(UnknownNameError, match=r"Unknown outcome 'al'.*Did you mean 'all'"):
        list(plan_study(study, outcome="al"))


def test_one_program_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    from outreach_metrics.planning import program

    def fail_for_coffee(study, program_id, outcome="", real=program.plan_program):
        if program_id == "coffee-eastside":
            raise ZeroDivisionError("no cups")
        return real(study, program_id, outcome)

    monkeypatch.setattr(program, "plan_program", fail_for_coffee)
    asked = ["--program", "tip-line", "coffee-eastside", "ready-riverton"]
    assert cli.main(["plan", str(ROOT / "data" / "sample"), *asked]) == 1
    told = capsys.readouterr()
    assert "Failed: coffee-eastside: ZeroDivisionError: no cups" in told.err
    assert "Riverton Tip Line" in told.out and "Ready Riverton" in told.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--program", "tip-lin"], 2, "Did you mean 'tip-line'"),
        (["--program", "tip-line", "--outcome", "burglery"], 2, "Did you mean 'burglary'"),
        (["--program", "tip-line"], 0, "warnings"),
    ],
)
def test_plan_keeps_the_exit_codes(arguments, code, words, capsys):
    assert cli.main(["plan", str(ROOT / "data" / "sample"), *arguments]) == code
    assert words in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("dispersion", [1.2, 2.5])
def test_an_evaluation_finds_the_planned_fall_as_often_as_planned(dispersion, monkeypatch):
    """Plan from the time before, plant the fall it says it finds, evaluate: about 8 in 10 find it."""
    monkeypatch.setattr(outlook, "_FUTURES", 30)
    roles = {"treatment": (0, 1, 2, 3, 4, 5), "comparison": tuple(range(6, 14))}
    found = []
    for seed in range(120):
        counts = drawn(areas=14, mean=15.0, seed=seed, dispersion=dispersion)
        study = study_of(counts, roles=roles)
        ratio = find(Outlook(study, study.programs["p"], "all"), "comparison", 24, 0.8, 0.95).fall
        generator = np.random.default_rng(1000 + seed)
        planted = counts.copy()
        planted[:6, 24:] = generator.binomial(counts[:6, 24:], ratio)
        (made,) = crime_relative_effect(study_of(planted, roles=roles), "p")
        found.append(made.conf_high < 1)
    assert 0.68 <= np.mean(found) <= 0.93
