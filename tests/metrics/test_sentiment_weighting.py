"""Weights that were raked, and then held back."""

import numpy as np
import pandas as pd

from outreach_metrics.metrics import sentiment
from tests.metrics.test_sentiment import survey, wave


def test_trimmed_weights_are_not_taken_to_meet_the_community():
    """What the raked categories explain of the answers is chance again once weights were held back."""
    random = np.random.default_rng(3)
    sexes = np.repeat(["f", "m"], [54, 6])
    level = np.where(sexes == "f", 3.2, 1.2)[:, None]
    rows = np.clip(np.round(level + random.normal(0, 0.7, (60, 3))), 0, 4) + 1
    rows[:, 1] = 6 - rows[:, 1]
    people = pd.DataFrame({"variable": "sex", "category": ["f", "m"], "count": [500.0, 500.0], "area_id": ""})
    made = {}
    for limit in (0.0, 3.0):
        frame = wave("1", "2021-01-01", range(60), rows).assign(sex=sexes)
        study = survey([frame], rake=("sex",), weight_limit=limit)
        study.tables["benchmarks"] = people
        (made[limit],) = sentiment.sentiment_score(study, "p")
    assert "raked" in made[0.0].method
    assert "weighted" in made[3.0].method
    assert "held at 3 times" in made[3.0].note
