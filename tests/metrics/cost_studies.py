"""Small studies of one program "p" with known costs, counts by offense and prices."""

from dataclasses import fields, replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd

from outreach_metrics.metrics import cost
from outreach_metrics.study import CountPanel, Study
from tests.conftest import crime_study

START = date(2022, 1, 1)


def costs(*rows):
    """Return the table costs of (date, category, amount, source)."""
    frame = pd.DataFrame(list(rows), columns=["date", "category", "amount", "source"])
    frame["date"], frame["program_id"] = pd.to_datetime(frame["date"]), "p"
    return frame


def monthly(amount=1000.0, first="2022-01-01", months=24, category="staff", source="budget"):
    """Return costs of the same amount each month."""
    days = pd.date_range(first, periods=months, freq="MS")
    return costs(*[(day, category, amount, source) for day in days])


def bare_study(table=None, **tables):
    """Make a study of costs alone."""
    study = crime_study(np.ones((2, 48), dtype=int))
    given = {"costs": table} if table is not None else {}
    return replace(study, panel=None, tables=given | tables)


def priced_study(counts, labels, table=None, *, roles=None, outcomes=None, **tables) -> Study:
    """Make a study of counts by offense, shape (offenses, areas, months), one outcome an offense."""
    counts = np.asarray(counts)
    study = crime_study(counts.sum(axis=0), start=START, roles=roles, treated=3)
    wanted = {"all": ("*",)} if outcomes is None else outcomes
    rows = {"*": range(len(labels))} | {label: [i] for i, label in enumerate(labels)}
    by_outcome = [
        counts[sorted({i for name in names for i in rows[name]})].sum(axis=0) for names in wanted.values()
    ]
    panel = replace(study.panel, outcomes=tuple(wanted), counts=np.stack(by_outcome))
    every = np.concatenate([counts, counts.sum(axis=0)[None]])
    offenses = CountPanel(
        outcomes=(*labels, "*"),
        area_ids=panel.area_ids,
        periods=panel.periods,
        counts=every,
        population=panel.population,
    )
    return replace(
        study,
        panel=panel,
        offenses=offenses,
        settings=replace(study.settings, outcomes=wanted),
        tables=study.tables | {"costs": monthly() if table is None else table} | tables,
    )


def with_settings(study, **more):
    """Return the study with further settings of study.toml."""
    own = {field.name: getattr(study.settings, field.name) for field in fields(study.settings)}
    return replace(study, settings=SimpleNamespace(**(own | more)))


def falling(seed=1, fall=0.6, offenses=2, areas=8, mean=20.0):
    """Draw counts of offenses in areas; in the first three areas the first offense falls after the start."""
    means = np.full((offenses, areas, 48), mean)
    means[0, :3, 24:] *= fall
    return np.random.default_rng(seed).poisson(means)


def found(study, name):
    """Return every estimate of a metric, by outcome and group."""
    return {(e.outcome, e.group): e for e in getattr(cost, name)(study, "p")}


def only(study, name):
    """Return the one estimate of a metric."""
    (estimate,) = getattr(cost, name)(study, "p")
    return estimate
