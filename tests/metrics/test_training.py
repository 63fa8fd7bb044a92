"""Gains of trainees on scores whose answers are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from outreach_metrics.metrics import training
from outreach_metrics.study import Program, Settings, Study


def trained(pre, post, **settings):
    program = Program(program_id="p", name="P", type="other", start=pd.Timestamp("2022-01-01").date())
    rows = pd.DataFrame({"trainee_id": np.arange(len(pre)), "program_id": "p", "pre": pre, "post": post})
    return Study(
        folder=Path(), settings=Settings(**settings), programs={"p": program}, tables={"training": rows}
    )


def test_gain_is_the_paired_t_test_of_those_with_both_scores():
    random = np.random.default_rng(1)
    pre = random.normal(50, 10, 60)
    post = pre + random.normal(6, 5, 60)
    post[:3] = np.nan
    (gain,) = training.training_gain(trained(pre, post), "p")
    expected = stats.ttest_rel(post[3:], pre[3:])
    assert gain.p_value == pytest.approx(expected.pvalue)
    assert (gain.conf_low, gain.conf_high) == pytest.approx(expected.confidence_interval(0.95))
    assert (gain.n_after, gain.strand, gain.design_level) == (57, "outcome", 2)
    assert "fewer than 10" in gain.note
    (size,) = training.training_effect_size(trained(pre, post), "p")
    assert 0.8 < size.estimate < 2


def test_threshold_shares_need_a_threshold_and_hide_few_people():
    pre, post = np.repeat([40.0, 80.0], [40, 20]), np.repeat([75.0, 60.0], [45, 15])
    study = trained(pre, post, training_threshold=70)
    (share,) = training.training_threshold_share(study, "p")
    assert share.estimate == pytest.approx(45 / 60)
    (gain,) = training.training_threshold_gain(study, "p")
    assert gain.estimate == pytest.approx(45 / 60 - 20 / 60)
    assert "threshold" in training.training_threshold_share(trained(pre, post), "p")[0].note
    post[:] = 90
    post[:5] = 10
    few = trained(pre, post, training_threshold=70)
    assert training.training_threshold_share(few, "p")[0].note.startswith("Suppressed")
    assert training.training_threshold_gain(few, "p")[0].note.startswith("Suppressed")


def test_what_cannot_be_told_declines():
    nobody = trained(np.full(20, 50.0), np.full(20, np.nan))
    assert "before and after" in training.training_gain(nobody, "p")[0].note
    few = trained(np.arange(9.0), np.arange(9.0) ** 2)
    assert training.training_gain(few, "p")[0].note.startswith("Suppressed")
    alike = trained(np.full(20, 50.0), np.full(20, 60.0))
    assert not training.training_gain(alike, "p")[0].made
