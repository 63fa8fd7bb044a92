"""Size, smallness, course and single questions of a change in views, and what weighting does to it."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outreach_metrics.evidence.checks import finding
from outreach_metrics.inference.reliability import cronbach_alpha
from outreach_metrics.metrics import sentiment
from outreach_metrics.study import Program, Settings, Study
from tests.metrics.test_sentiment import ITEMS, answers, survey, wave


def two_samples(shift, n=300, seed=1, **more):
    random = np.random.default_rng(seed)
    first = wave("1", "2021-01-01", range(n), answers(random, n, 2), **more)
    return survey([first, wave("2", "2022-01-01", range(n, 2 * n), answers(random, n, 2 + shift), **more)])


def same_people(shift, n=120, seed=2):
    random = np.random.default_rng(seed)
    first = answers(random, n, 2)
    later = answers(random, n, 2 + shift)
    return survey([wave("1", "2021-01-01", range(n), first), wave("2", "2022-01-01", range(n), later)])


def test_no_change_is_shown_to_be_small_only_when_the_interval_lies_within_the_margin():
    (small,) = sentiment.sentiment_equivalence(two_samples(0.0, n=2000), "p")
    assert small.p_value < 0.05
    assert -3 < small.conf_low < small.conf_high < 3
    assert small.conf_level == 0.9
    (few,) = sentiment.sentiment_equivalence(two_samples(0.0, n=40), "p")
    assert few.p_value > 0.05
    assert max(abs(few.conf_low), abs(few.conf_high)) > 3


def test_size_of_a_change_is_hedges_g_of_samples_and_d_z_of_the_same_people():
    study = two_samples(0.4)
    scores = sentiment.construct_scores(study, "p")
    first, later = (scores.loc[scores["wave"] == name, "score"] for name in ("1", "2"))
    spread = math.sqrt((first.var() + later.var()) / 2)
    (size,) = sentiment.sentiment_effect_size(study, "p")
    assert "Hedges" in size.method
    assert size.estimate == pytest.approx((later.mean() - first.mean()) / spread, rel=0.01)
    (same,) = sentiment.sentiment_effect_size(same_people(0.4), "p")
    assert "d_z" in same.method
    weighted = two_samples(0.4, weight=2.0)
    (scaled,) = sentiment.sentiment_effect_size(weighted, "p")
    assert scaled.estimate == pytest.approx(size.estimate, rel=0.01)
    assert "divided by the standard deviation" in scaled.method


def test_dominance_is_cliffs_delta_and_declines_with_clusters():
    study = two_samples(0.5)
    scores = sentiment.construct_scores(study, "p")
    first, later = (scores.loc[scores["wave"] == name, "score"].to_numpy() for name in ("1", "2"))
    u = stats.mannwhitneyu(later, first).statistic
    (found,) = sentiment.sentiment_dominance(study, "p")
    assert found.estimate == pytest.approx(2 * u / (len(first) * len(later)) - 1)
    (none,) = sentiment.sentiment_dominance(two_samples(0.5, cluster="a"), "p")
    assert not none.made


def test_single_questions_turn_reverse_keys():
    study = two_samples(0.8)
    odds = {e.outcome: e for e in sentiment.sentiment_item_change(study, "p")}
    shares = {e.outcome: e for e in sentiment.sentiment_item_favourable_change(study, "p")}
    assert set(odds) == set(shares) == {"t1", "t2", "t3"}
    assert all(e.estimate > 1.5 and e.conf_low > 1 for e in odds.values())
    assert all(e.estimate > 0 and "Newcombe" in e.method for e in shares.values())
    shifted = sentiment.sentiment_item_shift(same_people(0.8), "p")
    assert all(e.estimate > 0 and e.p_value < 0.01 and math.isnan(e.conf_low) and e.note for e in shifted)
    assert all(not e.made for e in sentiment.sentiment_item_shift(study, "p"))


def test_paired_favourable_change_is_the_difference_of_shares():
    study = same_people(0.8)
    rows = study.table("responses")
    first, later = (rows.loc[rows["wave"] == name, "t1"].to_numpy() for name in ("1", "2"))
    found = next(e for e in sentiment.sentiment_item_favourable_change(study, "p") if e.outcome == "t1")
    assert found.estimate == pytest.approx((later >= 4).mean() - (first >= 4).mean())
    assert "paired" in found.method


def test_spread_of_answers_adds_up_and_hides_small_groups():
    study = two_samples(0.2)
    spread = sentiment.answer_spread(study, "p")
    assert spread.groupby(["item", "group"])["share"].sum().to_numpy() == pytest.approx(1.0)
    rows = study.table("responses")
    third = rows.loc[(rows["wave"] == "1"), "t2"]
    mine = spread[(spread["item"] == "t2") & (spread["wave"] == "1") & (spread["code"] == 5)]
    assert mine["share"].item() == pytest.approx((third == 1).mean())
    assert sentiment.answer_spread(two_samples(0.2, n=9), "p").empty


def test_trend_takes_three_waves_and_finds_the_slope():
    random = np.random.default_rng(7)
    frames = [
        wave(str(y), f"{2020 + y}-01-01", range(y * 500, y * 500 + 500), answers(random, 500, 1.6 + 0.2 * y))
        for y in range(4)
    ]
    (trend,) = sentiment.sentiment_trend(survey(frames), "p")
    assert trend.conf_low < 5 < trend.conf_high  # 0.2 of a 4-point scale is 5 of 100
    assert trend.conf_low > 2
    assert not sentiment.sentiment_trend(survey(frames[:2]), "p")[0].made


def test_reliability_is_alpha_of_the_first_wave_and_tells_a_wrong_key():
    random = np.random.default_rng(8)
    level = random.normal(2, 1, (200, 1))
    base = np.clip(np.round(level + random.normal(0, 0.7, (200, 3))), 0, 4) + 1
    base[:, 1] = 6 - base[:, 1]
    (alpha,) = sentiment.sentiment_reliability(survey([wave("1", "2021-01-01", range(200), base)]), "p")
    expected = cronbach_alpha(base, [False, True, False])
    assert alpha.estimate == pytest.approx(expected.result.estimate)
    assert math.isnan(alpha.p_value)
    base[:, 1] = 6 - base[:, 1]
    (wrong,) = sentiment.sentiment_reliability(survey([wave("1", "2021-01-01", range(200), base)]), "p")
    assert "t2" in wrong.note


def raked_study(rake=("sex",), **settings):
    """Make a survey in which women answer 100 and men 0, two women for one man, residents half."""
    rows = [[5, 1, 5]] * 40 + [[1, 5, 1]] * 20
    frames = [
        wave(str(y), f"202{y}-01-01", range(y * 60, y * 60 + 60), rows).assign(sex=["f"] * 40 + ["m"] * 20)
        for y in (1, 2)
    ]
    program = Program(program_id="p", name="P", type="other", start=pd.Timestamp("2021-06-01").date())
    people = pd.DataFrame({"variable": "sex", "category": ["f", "m", "x"], "count": [490.0, 490.0, 20.0]})
    return Study(
        folder=None,
        settings=Settings(rake=rake, **settings),
        programs={"p": program},
        tables={
            "responses": pd.concat(frames, ignore_index=True).assign(program_id="p"),
            "items": ITEMS,
            "benchmarks": people.assign(area_id=""),
        },
    )


def test_raking_gives_every_group_its_share_of_the_community():
    score = sentiment.sentiment_score(raked_study(), "p")[0]
    assert score.estimate == pytest.approx(50)
    assert "raked" in score.method
    assert "all residents" in score.note
    bare = sentiment.sentiment_score(raked_study(rake=()), "p")[0]
    assert bare.estimate == pytest.approx(200 / 3)
    lacking = sentiment.sentiment_score(raked_study(rake=("age",)), "p")[0]
    assert lacking.estimate == pytest.approx(200 / 3)
    assert "Not raked: the answers have no column age" in lacking.note


def test_raked_scores_vary_less_where_groups_explain_the_answers():
    """All that varies is between the groups raked to, so that nothing is left to chance."""
    assert not sentiment.sentiment_change(raked_study(), "p")[0].made
    bare = sentiment.sentiment_change(raked_study(rake=()), "p")[0]
    assert bare.made
    assert bare.conf_high - bare.conf_low > 10


def test_weights_are_trimmed_at_the_limit():
    study = raked_study(weight_limit=1.2)
    weights = sentiment.construct_scores(study, "p").query("wave == '1'")["weight"]
    assert weights.max() <= 1.2 * weights.mean() + 1e-9
    assert weights.sum() == pytest.approx(60)


def test_checks_tell_attrition_that_is_not_by_chance():
    random = np.random.default_rng(9)
    first = answers(random, 200, 2)
    loyal = np.argsort(-sentiment_score_of(first))[:110]
    later = answers(random, 110, 2)
    study = survey([wave("1", "2021-01-01", range(200), first), wave("2", "2022-01-01", loyal, later)])
    checks = {check.name: check for check in sentiment.sentiment_checks(study, "p", "trust")}
    assert checks["attrition"].verdict == "caution"
    assert dict(checks["attrition"].values)["gap"] < 0
    assert "lower at first" in finding(checks["attrition"])
    assert checks["nonresponse"].verdict == "unknown"
    assert "benchmarks" in checks["nonresponse"].reason
    assert checks["make_up"].verdict == "unknown"
    assert all(finding(check) for check in checks.values())


def sentiment_score_of(rows):
    return rows[:, 0] + 6 - rows[:, 1] + rows[:, 2]


def test_checks_tell_a_change_that_is_one_of_who_answered():
    """Women answer higher; more of them answered later: the means differ, within the sexes they do not."""
    random = np.random.default_rng(10)
    frames = []
    for place, (name, women) in enumerate((("1", 60), ("2", 140))):
        rows = np.vstack([answers(random, women, 3), answers(random, 200 - women, 1.5)])
        sex = ["f"] * women + ["m"] * (200 - women)
        people = range(1000 * place, 1000 * place + 200)
        frames.append(wave(name, f"202{place + 1}-01-01", people, rows).assign(sex=sex))
    study = survey(frames)
    people = pd.DataFrame({"variable": "sex", "category": ["f", "m"], "count": [500.0, 500.0], "area_id": ""})
    study.tables["benchmarks"] = people
    checks = {check.name: check for check in sentiment.sentiment_checks(study, "p", "trust")}
    assert checks["make_up"].verdict == "caution"
    assert checks["nonresponse"].verdict == "caution"
    values = dict(checks["nonresponse"].values)
    assert values["change"] > 10
    assert abs(values["raked"]) < 6
    assert values["low"] < 0 < values["high"]
    assert "sex" in finding(checks["make_up"])


def test_weights_of_0_and_benchmarks_of_0_decline_and_do_not_fail():
    random = np.random.default_rng(11)
    first = wave("1", "2021-01-01", range(60), answers(random, 60, 2), weight=1.0)
    nobody = wave("2", "2022-01-01", range(100, 160), answers(random, 60, 2), weight=0.0)
    study = survey([first, nobody])
    for name in ("sentiment_change", "sentiment_effect_size", "sentiment_score", "sentiment_item_change"):
        made = [e for e in getattr(sentiment, name)(study, "p") if e.group != "1"]
        assert all(e.note and (not e.made or math.isfinite(e.estimate)) for e in made if not e.made)
    assert sentiment.sentiment_checks(study, "p", "trust") is not None
    empty = raked_study()
    empty.tables["benchmarks"]["count"] = 0.0
    assert "counts nobody by sex" in sentiment.sentiment_score(empty, "p")[0].note


def test_columns_of_our_own_are_no_demographics():
    checks = {check.name: check for check in sentiment.sentiment_checks(raked_study(rake=()), "p", "trust")}
    assert set(checks["make_up"].values) == {"largest", "gap:sex"}


def test_ends_of_a_change_are_those_of_the_people_it_is_about():
    """The least trusting leave: the means of the waves rise although nobody changed."""
    random = np.random.default_rng(12)
    rows = answers(random, 200, 2)
    loyal = np.sort(np.argsort(-sentiment_score_of(rows))[:120])
    waves = [wave("1", "2021-01-01", range(200), rows), wave("2", "2022-01-01", loyal, rows[loyal])]
    ((first, later),) = sentiment.change_ends(survey(waves), "p")["trust", "1 to 2"]
    assert first == pytest.approx(later)
    scores = {e.group: e.estimate for e in sentiment.sentiment_score(survey(waves), "p")}
    assert scores["2"] > scores["1"] + 5
    assert later == pytest.approx(scores["2"])


@pytest.mark.parametrize("weight", [1.0, 2.5])
@pytest.mark.parametrize("study", [same_people, two_samples])
def test_ends_are_as_far_apart_as_the_change(study, weight):
    (change,) = sentiment.sentiment_change(study(0.5), "p")
    ((first, later),) = sentiment.change_ends(study(0.5), "p")["trust", "1 to 2"]
    assert later - first == pytest.approx(change.estimate)


def test_ends_of_the_comparison_arm_are_there_with_a_relative_change():
    random = np.random.default_rng(13)
    frames = [
        wave(name, f"202{name}-01-01", range(start, start + 80), answers(random, 80, level), arm)
        for name, start, level, arm in (
            ("1", 0, 2, "program"),
            ("2", 100, 2.5, "program"),
            ("1", 200, 2, "comparison"),
            ("2", 300, 2, "comparison"),
        )
    ]
    study = survey(frames)
    (relative,) = sentiment.sentiment_relative_change(study, "p")
    own, other = sentiment.change_ends(study, "p")["trust", "1 to 2"]
    assert own[1] - own[0] - (other[1] - other[0]) == pytest.approx(relative.estimate)


def test_questions_are_paired_where_most_people_answered_twice():
    random = np.random.default_rng(14)
    first, later = answers(random, 120, 2), answers(random, 120, 2.5)
    later[:30] = np.nan
    waves = [wave("1", "2021-01-01", range(120), first), wave("2", "2022-01-01", range(120), later)]
    study = survey(waves)
    for name in ("sentiment_item_change", "sentiment_item_favourable_change"):
        found = getattr(sentiment, name)(study, "p")[0]
        assert found.n_before == found.n_after == 90
        assert "90 people answered both times, of 120 at first and 90 later" in found.note
    weighted = survey([frame.assign(weight=2.0) for frame in waves])
    assert sentiment.sentiment_item_favourable_change(weighted, "p")[0].n_before == 90


def test_few_who_answered_once_keep_a_change_from_being_paired():
    random = np.random.default_rng(15)
    first, later = answers(random, 100, 2), answers(random, 95, 2.5)
    waves = [wave("1", "2021-01-01", range(100), first), wave("2", "2022-01-01", range(95), later)]
    (change,) = sentiment.sentiment_change(survey(waves), "p")
    assert "Not paired: fewer than 10 people answered only once" in change.note
    assert change.n_before == 100
    shift = sentiment.sentiment_item_shift(survey(waves), "p")[0]
    assert not shift.made
    assert "few people" in shift.note
    everyone = survey([waves[0], wave("2", "2022-01-01", range(100), answers(random, 100, 2.5))])
    assert "Not paired" not in sentiment.sentiment_change(everyone, "p")[0].note
    assert sentiment.sentiment_item_shift(everyone, "p")[0].made


def test_questions_that_a_wave_was_not_asked_are_in_no_score():
    rows = [[5, 1, 1]] * 40
    later = [[5, 1, np.nan]] * 40
    waves = [wave("1", "2021-01-01", range(40), rows), wave("2", "2022-01-01", range(40, 80), later)]
    scores = sentiment.construct_scores(survey(waves), "p")
    assert set(scores["score"]) == {100.0}
    one_left_out = np.array(rows, dtype=float)
    one_left_out[0, 2] = np.nan
    whole = survey([waves[0], wave("2", "2022-01-01", range(40, 80), one_left_out)])
    assert sentiment.construct_scores(whole, "p")["score"].min() == pytest.approx(200 / 3)


def test_groups_that_nobody_asked_belongs_to_are_outside_the_survey():
    study = raked_study()
    people = study.tables["benchmarks"]
    study.tables["benchmarks"] = people.assign(count=[390.0, 390.0, 220.0])
    score = sentiment.sentiment_score(study, "p")[0]
    assert score.estimate == pytest.approx(50)
    assert "nobody asked has the sex x" in score.note
    study = raked_study()
    study.tables["benchmarks"] = people.assign(count=[300.0, 300.0, 400.0])
    assert "Not raked: nobody answered whose sex is 'x'" in sentiment.sentiment_score(study, "p")[0].note
