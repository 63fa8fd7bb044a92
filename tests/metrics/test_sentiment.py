"""Sentiment metrics on small surveys with known answers."""

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outreach_metrics.metrics import sentiment
from outreach_metrics.study import Program, Settings, Study

ITEMS = pd.DataFrame(
    {
        "item": ["t1", "t2", "t3"],
        "construct": ["trust", "trust", "trust"],
        "low": 1.0,
        "high": 5.0,
        "reversed": pd.array([False, True, False], dtype="boolean"),
        "favourable_from": 4.0,
    }
)


def survey(frames, **settings) -> Study:
    program = Program(program_id="p", name="P", type="other", start=date(2022, 1, 1))
    responses = pd.concat(frames, ignore_index=True).assign(program_id="p")
    return Study(
        folder=Path(),
        settings=Settings(**settings),
        programs={"p": program},
        tables={"responses": responses, "items": ITEMS},
    )


def wave(name, day, people, answers, arm="program", **more):
    frame = pd.DataFrame(answers, columns=["t1", "t2", "t3"])
    return frame.assign(respondent_id=people, wave=name, date=pd.Timestamp(day), arm=arm, **more)


def answers(random, n, level):
    """Draw answers about a level from 0 to 4; the second item is reverse-keyed."""
    base = np.clip(np.round(random.normal(level, 0.9, (n, 3))), 0, 4) + 1
    base[:, 1] = 6 - base[:, 1]
    return base


def test_scores_turn_reverse_keys_and_leave_out_missing_answers():
    rows = [[5, 1, 5], [1, 5, 1], [3, 3, np.nan], [5, np.nan, np.nan], [9, 3, 3]]
    scores = sentiment.construct_scores(survey([wave("w", "2021-06-01", range(5), rows)]), "p")
    assert dict(zip(scores["respondent_id"], scores["score"], strict=True)) == {0: 100, 1: 0, 2: 50, 4: 50}
    assert scores["favourable"].to_list() == [1, 0, 0, 0]


def test_waves_are_ordered_by_date_not_by_name():
    random = np.random.default_rng(1)
    frames = [
        wave("a later one", "2023-01-01", range(30), answers(random, 30, 3)),
        wave("z first", "2021-01-01", range(100, 130), answers(random, 30, 2)),
    ]
    (change,) = sentiment.sentiment_change(survey(frames), "p")
    assert change.group == "z first to a later one"
    assert change.estimate > 0


def test_change_is_paired_when_the_same_people_answer():
    random = np.random.default_rng(2)
    first, later = answers(random, 60, 2), answers(random, 60, 2.5)
    study = survey([wave("1", "2021-01-01", range(60), first), wave("2", "2022-06-01", range(60), later)])
    scores = sentiment.construct_scores(study, "p").pivot_table(
        index="respondent_id", columns="wave", values="score", observed=True
    )
    expected = stats.ttest_rel(scores["2"], scores["1"])
    (change,) = sentiment.sentiment_change(study, "p")
    assert change.method.startswith("paired")
    assert change.p_value == pytest.approx(expected.pvalue)
    assert (change.conf_low, change.conf_high) == pytest.approx(expected.confidence_interval(0.95))
    assert change.design_level == 2


def test_change_of_separate_samples_is_welch():
    random = np.random.default_rng(3)
    frames = [
        wave("1", "2021-01-01", range(50), answers(random, 50, 2)),
        wave("2", "2022-01-01", range(100, 170), answers(random, 70, 2.4)),
    ]
    study = survey(frames)
    scores = sentiment.construct_scores(study, "p")
    parts = [scores.loc[scores["wave"] == w, "score"] for w in ("2", "1")]
    (change,) = sentiment.sentiment_change(study, "p")
    assert change.p_value == pytest.approx(stats.ttest_ind(*parts, equal_var=False).pvalue)


def test_weights_move_the_mean_and_missing_weights_are_left_out():
    rows = [[5, 1, 5]] * 20 + [[1, 5, 1]] * 20
    weight = [3.0] * 20 + [1.0] * 19 + [np.nan]
    study = survey([wave("w", "2021-01-01", range(40), rows, weight=weight)])
    (score,) = sentiment.sentiment_score(study, "p")
    assert score.estimate == pytest.approx(100 * 60 / 79)
    assert "weighted" in score.method
    (favourable,) = sentiment.sentiment_favourable(study, "p")
    assert favourable.estimate == pytest.approx(60 / 79)
    assert 0 < favourable.conf_low < favourable.conf_high < 1


def test_relative_change_takes_out_what_changed_for_everybody():
    random = np.random.default_rng(4)
    frames = []
    for arm, offset, people in (("program", 0.9, 0), ("comparison", 0.5, 1000)):
        for position, name in enumerate(("1", "2")):
            rows = answers(random, 400, 2 + offset * position)
            frames.append(wave(name, f"202{position + 1}-01-01", range(people, people + 400), rows, arm=arm))
    study = survey(frames)
    (relative,) = sentiment.sentiment_relative_change(study, "p")
    (own,) = sentiment.sentiment_change(study, "p")
    assert relative.estimate < own.estimate
    assert relative.conf_low < 10 < relative.conf_high  # 0.4 of a 4-point scale is 10 of 100
    assert relative.design_level == 3
    assert "comparison" in relative.method or "paired changes" in relative.method


def test_small_groups_are_suppressed():
    random = np.random.default_rng(5)
    frames = [
        wave("1", "2021-01-01", range(9), answers(random, 9, 2)),
        wave("2", "2022-01-01", range(30), answers(random, 30, 2)),
    ]
    study = survey(frames)
    for metric in (
        sentiment.sentiment_response_count,
        sentiment.sentiment_score,
        sentiment.sentiment_favourable,
    ):
        small, large = metric(study, "p")
        assert math.isnan(small.estimate)
        assert small.note.startswith("Suppressed: fewer than 10")
        assert large.made
    (change,) = sentiment.sentiment_change(study, "p")
    assert change.note.startswith("Suppressed")
    (few,) = sentiment.sentiment_score(survey([frames[1]], minimum_responses=50), "p")
    assert "Fewer than 50" in few.note


def test_what_is_not_there_declines():
    study = survey([wave("1", "2021-01-01", range(30), answers(np.random.default_rng(6), 30, 2))])
    assert "only one survey wave" in sentiment.sentiment_change(study, "p")[0].note
    assert "only one survey wave" in sentiment.sentiment_relative_change(study, "p")[0].note
    no_items = replace(study, tables={"responses": study.tables["responses"]})
    assert "no items" in sentiment.sentiment_score(no_items, "p")[0].note
    same = survey(
        [wave(w, f"202{w}-01-01", range(20), [[3, 3, 3]] * 20) for w in ("1", "2")],
    )
    assert "vary too little" in sentiment.sentiment_change(same, "p")[0].note
    bare = replace(study, tables={**study.tables, "items": ITEMS.drop(columns="favourable_from")})
    assert "favourable_from" in sentiment.sentiment_favourable(bare, "p")[0].note


def test_weights_in_one_wave_only_do_not_lose_the_other():
    random = np.random.default_rng(8)
    frames = [
        wave("1", "2021-01-01", range(40), answers(random, 40, 2)),
        wave("2", "2022-01-01", range(100, 140), answers(random, 40, 2.4), weight=[2.0] * 39 + [np.nan]),
    ]
    (change,) = sentiment.sentiment_change(survey(frames), "p")
    assert change.made
    assert "without a survey weight" in change.note
    counts = sentiment.sentiment_response_count(survey(frames), "p")
    assert [e.estimate for e in counts] == [40, 40]


def test_missing_clusters_are_people_of_their_own():
    random = np.random.default_rng(9)
    rows = answers(random, 60, 2)
    school = np.array([f"school {i // 6}" if i < 30 else None for i in range(60)], dtype=object)
    (some,) = sentiment.sentiment_score(
        survey([wave("1", "2021-01-01", range(60), rows, cluster=school)]), "p"
    )
    (none,) = sentiment.sentiment_score(survey([wave("1", "2021-01-01", range(60), rows)]), "p")
    assert some.estimate == none.estimate
    assert 0.5 < (some.conf_high - some.conf_low) / (none.conf_high - none.conf_low) < 2


def test_a_few_dropouts_cannot_be_worked_out():
    random = np.random.default_rng(10)
    first, later = answers(random, 22, 2), answers(random, 20, 2.5)
    study = survey([wave("1", "2021-01-01", range(22), first), wave("2", "2022-01-01", range(20), later)])
    (change,) = sentiment.sentiment_change(study, "p")
    assert change.made
    assert not change.method.startswith("paired")
    assert "20 people" not in change.note


def test_random_assignment_counts_only_with_several_clusters():
    random = np.random.default_rng(11)
    frames = [
        wave(w, f"202{w}-01-01", range(p, p + 40), answers(random, 40, 2), arm=arm, cluster=f"{arm} school")
        for arm, p in (("program", 0), ("comparison", 100))
        for w in ("1", "2")
    ]
    study = survey(frames)
    drawn = replace(study, programs={"p": replace(study.program("p"), assignment="random")})
    assert {e.design_level for e in sentiment.sentiment_relative_change(drawn, "p")} <= {3, None}
    many = [f.assign(cluster=f["respondent_id"].mod(5).astype(str) + f["arm"]) for f in frames]
    several = replace(survey(many), programs=drawn.programs)
    assert {e.design_level for e in sentiment.sentiment_relative_change(several, "p")} == {5}
