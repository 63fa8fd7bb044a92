"""Outcomes of the table counts that are not crime: which they are, over which span, what is told."""

from __future__ import annotations

import pytest

from outreach_metrics.study import load_study
from outreach_metrics.study.loading import check_study
from outreach_metrics.study.settings import settings_from

HEADER = ["area_id", "period", "outcome", "count"]
SETTINGS = '[periods]\nunit = "month"\nbefore = 2\nafter = 2\n'
INCIDENTS = [
    ["incident_id", "occurred_at", "offense", "area_id"],
    *(
        [f"{m}{area}", f"2024-{m:02d}-{day:02d}", "THEFT", area]
        for m in range(1, 6)
        for day in (1, 28)
        for area in ("01", "02")
    ),
]


def counts(**outcomes):
    """Rows of outcomes, each counted in months from the first to the last given."""
    rows = [
        [area, f"2024-{month:02d}", outcome.replace("_", " "), month]
        for outcome, (first, last) in outcomes.items()
        for month in range(first, last + 1)
        for area in ("01", "02")
    ]
    return [HEADER, *rows]


def test_beside_incidents_every_outcome_of_counts_is_another(make_study):
    folder = make_study(
        settings=SETTINGS, counts=counts(tips=(1, 5), use_of_force=(2, 5)), incidents=INCIDENTS
    )
    study = load_study(folder)
    assert set(study.counted) == {"tips", "use of force"}
    assert study.panel is not None and "tips" not in study.panel.outcomes
    assert str(study.counted["use of force"].periods[0]) == "2024-02"
    assert study.counted["tips"].counts[0, 0].tolist() == [1, 2, 3, 4, 5]


def test_without_incidents_only_those_of_study_toml_are_others(make_study):
    settings = f'{SETTINGS}[outcomes.use_of_force]\nwanted = "fall"\n'
    study = load_study(make_study(settings=settings, counts=counts(all=(1, 5), use_of_force=(1, 5))))
    assert list(study.counted) == ["use_of_force"]
    assert study.panel.outcomes == ("all",)
    assert study.settings.wanted == {"use_of_force": "fall"}
    (quality,) = [q for q in study.quality if q.table == "counts"]
    assert quality.balanced and quality.rows_used == 20
    assert len(study.table("counts")) == 20


def test_every_offense_does_not_count_what_is_not_crime(make_study):
    settings = f'{SETTINGS}[crime.outcomes]\nall = ["*"]\n[outcomes.tips]\n'
    study = load_study(make_study(settings=settings, counts=counts(theft=(1, 5), tips=(1, 5))))
    assert study.panel.counts.sum() == study.counted["tips"].counts.sum() == 30


def test_the_whole_of_a_share_is_another_outcome_too(make_study):
    settings = f'{SETTINGS}[outcomes.diversions]\nshare_of = "calls"\n'
    rows = counts(all=(1, 5), diversions=(1, 5), calls=(1, 5))
    study = load_study(make_study(settings=settings, counts=rows))
    assert set(study.counted) == {"diversions", "calls"}


def test_a_study_of_other_outcomes_alone_has_no_crime(make_study):
    settings = f'{SETTINGS}[outcomes.tips]\nwanted = "rise"\n'
    study = load_study(make_study(settings=settings, counts=counts(tips=(1, 5))))
    assert study.panel is None
    assert list(study.counted) == ["tips"]


def test_rows_balance_when_one_outcome_cannot_be_used(make_study):
    rows = [*counts(tips=(1, 5)), ["01", "2024-Q1", "calls", 3]]
    study = load_study(make_study(settings=SETTINGS, counts=rows, incidents=INCIDENTS))
    (quality,) = [q for q in study.quality if q.table == "counts"]
    assert quality.balanced and quality.rows_used == 10
    assert list(study.counted) == ["tips"]
    assert any(p.rule == "coarse_period" for p in study.errors())


def test_an_outcome_that_is_not_counted_is_told_with_the_nearest(make_study):
    settings = f'{SETTINGS}[outcomes.tip]\nwanted = "rise"\n'
    study = load_study(make_study(settings=settings, counts=counts(all=(1, 5), tips=(1, 5))))
    told = [str(p) for p in study.warnings() if p.rule == "unseen_outcome"]
    assert told == ["study.toml, outcomes.tip: no row of the counts has this outcome (did you mean 'tips'?)"]


@pytest.mark.parametrize(
    "document, key, words",
    [
        ({"tips": {"wanted": "up"}}, "outcomes.tips.wanted", "not one of rise, fall, none"),
        ({"tips": "rise"}, "outcomes.tips", "must be a section"),
        ({"tips": {"wantd": "rise"}}, "outcomes.tips.wantd", "did you mean 'wanted'?"),
        ({"tips": {"share_of": 3}}, "outcomes.tips.share_of", "must be text"),
        ({"tips": {"share_of": "tips"}}, "outcomes.tips.share_of", "share of itself"),
        ({"all": {}}, "outcomes.all", "crime.outcomes"),
    ],
)
def test_wrong_settings_are_told(document, key, words):
    _, problems = settings_from({"outcomes": document, "crime": {"outcomes": {"all": ["*"]}}})
    assert [p.column for p in problems] == [key]
    assert words in problems[0].message


def test_an_outcome_without_a_direction_has_none():
    settings, problems = settings_from({"outcomes": {"tips": {}}})
    assert settings.wanted == {"tips": "none"} and problems == []


def test_what_is_no_crime_by_its_name_is_doubted_where_everything_counts(make_study):
    settings = f'{SETTINGS}[crime.outcomes]\nall = ["*"]\n'
    told = check_study(make_study(settings=settings, counts=counts(calls=(1, 5), all=(1, 5))))
    assert [problem.rule for problem in told] == ["counted_as_crime"]
    assert "write [outcomes.calls] in study.toml" in told[0].message
    named = f"{settings}[outcomes.calls]\n"
    assert check_study(make_study(settings=named, counts=counts(calls=(1, 5), all=(1, 5)))) == ()
