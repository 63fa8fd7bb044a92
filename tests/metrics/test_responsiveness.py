"""Concerns: counted, resolved, followed while open; few never shown; truths of the sample found again."""

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics import sample_study
from outreach_metrics.metrics import responsiveness
from outreach_metrics.metrics.responsiveness import OTHERS, concern_groups, concerns_by_period, kept_back
from outreach_metrics.study import Program, Settings, Study

TRUTH = json.loads((sample_study() / "truth.json").read_text(encoding="utf-8"))["programs"]
RAISED = {name: told["records"]["concerns"] for name, told in TRUTH.items() if "concerns" in told["records"]}
MEDIAN, SPREAD, SHARE = 24, 0.9, 0.72
"""The sample draws days to resolution from a log-normal, for 72 % of the concerns."""


def concern_study(rows, events=(), *, min_cell=1, kind="other", **program):
    """Make a study of `rows`: day raised (of 2023), days until resolved or None, further columns."""
    first = pd.Timestamp(2023, 1, 1)
    frame = pd.DataFrame(
        [
            {
                "concern_id": f"c{place:03d}",
                "program_id": "p",
                "raised_on": first + pd.Timedelta(days=raised),
                "resolved_on": pd.NaT if wait is None else first + pd.Timedelta(days=raised + wait),
                **extra,
            }
            for place, (raised, wait, extra) in enumerate((*row, {})[:3] for row in rows)
        ],
        columns=None if rows else ["concern_id", "program_id", "raised_on", "resolved_on"],
    )
    held = pd.DataFrame(list(events), columns=["day", "kind", "area_id"])
    held["event_id"] = [f"e{place}" for place in range(len(held))]
    held["date"] = first + pd.to_timedelta(held["day"].astype(float), unit="D")
    held["program_id"] = "p"
    made = Program(program_id="p", name="P", type=kind, start=date(2023, 1, 1), **program)
    return Study(
        folder=Path(),
        settings=Settings(min_cell=min_cell),
        programs={"p": made},
        tables={"concerns": frame, "events": held},
    )


def found(study, name, program_id="p"):
    """Return every estimate of a metric, by outcome and group."""
    made = getattr(responsiveness, f"concern_{name}")(study, program_id)
    return {(e.outcome, e.group): e for e in made}


def only(study, name, group="", outcome=""):
    return found(study, name)[outcome, group]


@pytest.mark.parametrize("program_id", RAISED)
def test_what_was_planted_in_the_sample_is_found_again(sample, program_id):
    truth = RAISED[program_id]
    assert found(sample, "count", program_id)["", ""].estimate == truth["raised"]
    share = found(sample, "resolution_share", program_id)["", ""]
    assert share.estimate == pytest.approx(truth["resolved"] / truth["raised"])
    assert share.n_after == truth["raised"]


def test_planted_shares_and_medians_lie_in_the_intervals(sample):
    """Of the 485 concerns of all programs together, so that a miss is no matter of luck."""
    from scipy import stats

    rows = sample.table("concerns").assign(program_id="harbor-watch")
    study = Study(
        folder=Path(), settings=sample.settings, programs=sample.programs, tables={"concerns": rows}
    )
    shares, days = (found(study, name, "harbor-watch") for name in ("resolution_share", "days_to_resolve"))
    wait = stats.lognorm(SPREAD, scale=MEDIAN)
    for within in (30, 90, 180):
        one = shares["", f"within {within} days"]
        assert one.conf_low < SHARE * wait.cdf(within) < one.conf_high
    half = days["", ""]
    assert half.conf_low <= math.ceil(wait.ppf(0.5 / SHARE)) <= half.conf_high
    resolved = days["", "of those resolved"]
    assert resolved.conf_low <= MEDIAN + 1 <= resolved.conf_high


# R: survival::aml, Maintained: 9 13 13+ 18 23 28+ 31 34 45+ 48 161+, here as days; + is still open.
# summary(survfit(Surv(time, status) ~ 1, conf.type = "log-log"), times = c(23, 48)); quantile(., 0.5)
ANSWERED, OPEN = (9, 13, 18, 23, 31, 34, 48), (13, 28, 45, 161)
LAST = 161
AML = [
    *((0, wait) for wait in ANSWERED),
    *((LAST - wait, None) for wait in OPEN),
    (0, LAST, {"program_id": "q"}),
]


def test_shares_within_days_and_median_are_those_of_survfit():
    """The records end when a concern of another program was resolved: until then the others were open."""
    study = concern_study(AML)
    month, quarter = (only(study, "resolution_share", f"within {days} days") for days in (30, 90))
    assert month.estimate == pytest.approx(1 - 0.613636, abs=1e-6)
    assert month.conf_low == pytest.approx(1 - 0.835299, abs=1e-6)
    assert month.conf_high == pytest.approx(1 - 0.265752, abs=1e-6)
    assert quarter.estimate == pytest.approx(1 - 0.184091, abs=1e-6)
    assert "No concern was followed for 180 days." in only(study, "resolution_share", "within 180 days").note
    assert only(study, "days_to_resolve").estimate == 31
    assert only(study, "resolution_share").estimate == pytest.approx(7 / 11)


def test_the_reference_case_of_survfit(cases):
    expected = {name: told["value"] for name, told in cases["km_aml"]["expected"].items()}
    month = only(concern_study(AML), "resolution_share", "within 30 days")
    told = (1 - month.estimate, 1 - month.conf_high, 1 - month.conf_low)
    known = (expected["S23"], expected["S23_lo_loglog"], expected["S23_hi_loglog"])
    assert told == pytest.approx(known, abs=1e-6)
    assert only(concern_study(AML), "days_to_resolve").estimate == expected["median_M"]


def test_none_resolved_all_on_one_day_and_one_concern():
    none = concern_study([(0, None), (10, None), (50, None)])
    assert only(none, "resolution_share").estimate == 0
    assert only(none, "resolution_share").conf_low == 0
    assert not only(none, "days_to_resolve").made
    assert "Fewer than half" in only(none, "days_to_resolve").note
    assert not only(none, "days_to_resolve", "of those resolved").made
    same = concern_study([(day, 0) for day in range(6)])
    assert only(same, "resolution_share").estimate == 1
    assert only(same, "days_to_resolve").estimate == 0
    assert math.isnan(only(same, "days_to_resolve").conf_low) and only(same, "days_to_resolve").note
    assert only(same, "resolution_share", "within 30 days").estimate == 1
    one = concern_study([(0, None)])
    assert only(one, "count").estimate == 1
    assert not only(one, "resolution_share", "within 30 days").made
    assert not only(one, "trend").made


def test_why_a_median_has_no_interval():
    alike = only(concern_study([(day, 0) for day in range(12)]), "days_to_resolve")
    assert (alike.estimate, math.isnan(alike.conf_low)) == (0, True)
    assert alike.note.startswith("Too few, or all alike, for an interval.")
    lasting = only(concern_study([(0, 30)] * 7 + [(0, None)] * 5 + [(200, 0)]), "days_to_resolve")
    assert (lasting.estimate, math.isnan(lasting.conf_low)) == (30, True)
    assert lasting.note.startswith("The interval reaches beyond what was seen.")


def test_no_concerns_and_few_concerns_have_no_numbers():
    for study, reason in (
        (concern_study([]), "no concerns"),
        (concern_study([(0, 1)] * 9, [(0, "forum", None)], min_cell=10), "Suppressed: fewer than 10"),
    ):
        for name in ("count", "rate", "trend", "resolution_share", "days_to_resolve", "follow_up_share"):
            made = found(study, name).values()
            assert not any(e.made for e in made)
            if name != "follow_up_share":
                assert all(reason in e.note for e in made)
        assert concerns_by_period(study, "p").empty
        assert responsiveness.resolution_curve(study, "p").empty


def test_status_and_date_that_contradict_each_other_are_told():
    rows = [
        (0, None, {"status": "Resolved"}),
        (0, 5, {"status": "open"}),
        (0, 9, {"status": "closed."}),
        (0, None, {"status": "in progress"}),
        (40, None, {"status": None}),
    ]
    share = only(concern_study(rows), "resolution_share")
    assert share.estimate == pytest.approx(3 / 5)
    assert "1 concern is said to be resolved without a day" in share.note
    assert "1 concern is with a day of resolution and another status" in share.note
    within = only(concern_study(rows), "resolution_share", "within 30 days")
    assert within.n_after == 4
    # Of the three that were open for 5 days or longer one was resolved then, and one of two on day 9.
    assert within.estimate == pytest.approx(1 - 2 / 3 * 1 / 2)


def test_topics_of_few_are_put_together_and_none_can_be_told_from_the_total():
    rows = [
        (day, 3, {"topic": topic})
        for topic, size in (("noise", 12), ("lights", 11), ("dogs", 2))
        for day in range(size)
    ]
    groups = concern_groups(concern_study(rows, min_cell=10), "p", "topic")
    assert {name: int(mask.sum()) for name, mask in groups.items()} == {"noise": 12, OTHERS: 13}
    assert sum(groups.values()).tolist() == [1] * 25
    counts = found(concern_study(rows, min_cell=10), "count")
    assert counts["topic", OTHERS].estimate == 13
    assert ("topic", "dogs") not in counts
    few = [(day, 3, {"topic": f"t{day}"}) for day in range(15)]
    assert concern_groups(concern_study(few, min_cell=10), "p", "topic") == {}


def test_areas_are_told_where_concerns_name_them():
    rows = [(day, 1 if day % 2 else None, {"area_id": f"0{day % 2}"}) for day in range(30)]
    shares = found(concern_study(rows, min_cell=10), "resolution_share")
    assert shares["area", "01"].estimate == 1
    assert shares["area", "00"].estimate == 0
    assert ("area", "01") not in found(concern_study([(1, 2)] * 12), "count")


waits = st.lists(st.tuples(st.integers(0, 300), st.none() | st.integers(0, 200)), min_size=2, max_size=40)


@given(waits, st.integers(0, 1000))
def test_order_of_rows_does_not_matter_and_shares_rise_with_time(rows, seed):
    study = concern_study(rows)
    mixed = concern_study([rows[i] for i in np.random.default_rng(seed).permutation(len(rows))])
    for name in ("resolution_share", "days_to_resolve", "rate"):
        first, second = (
            [(key, e.estimate, e.conf_low) for key, e in found(one, name).items()] for one in (study, mixed)
        )
        np.testing.assert_equal(first, second)
    curve = responsiveness.resolution_curve(study, "p")
    assert (np.diff(curve["resolved"]) >= -1e-12).all()
    assert curve["resolved"].between(0, 1).all()


@given(waits, st.integers(0, 300))
def test_one_more_open_concern_never_raises_the_share(rows, day):
    before, after = (only(concern_study(each), "resolution_share") for each in (rows, [*rows, (day, None)]))
    assert after.estimate <= before.estimate
    assert after.conf_high <= before.conf_high + 1e-12


def test_trend_and_rate_are_over_whole_months(sample):
    rows = [(day, 4) for day in range(0, 730, 3)]
    rate, trend = only(concern_study(rows), "rate"), only(concern_study(rows), "trend")
    assert rate.estimate == pytest.approx(10.1, abs=0.3)
    assert rate.n_after == 24
    assert trend.estimate == pytest.approx(1, abs=0.1)
    assert trend.p_value > 0.05
    growing = [(int(365 * math.log2(1 + k / 60)), 4) for k in range(180)]
    steep = only(concern_study(growing), "trend")
    assert steep.conf_low < 2 < steep.conf_high


def events(*days, kind="community forum"):
    return [(day, kind, None) for day in days]


def test_an_event_is_followed_up_when_a_concern_is_resolved_in_time():
    rows = [(1, 20), (31, 100), (62, 5), (75, 5), (400, None)]
    study = concern_study(rows, events(0, 30, 60, 200, 390))
    share = only(study, "follow_up_share")
    # Day 0: answered. 30: too late. 60: answered. 200: nothing raised. 390: too near the end; 75 is too late.
    assert share.estimate == pytest.approx(2 / 4)
    assert "1 event too near the end" in share.note
    assert only(study, "follow_up_share", "with a concern").estimate == pytest.approx(2 / 3)


def test_a_concern_that_names_its_event_belongs_to_it():
    rows = [(50, 10, {"event_id": "e0"}), (400, None, {"event_id": None})]
    share = only(concern_study(rows, events(0, 49)), "follow_up_share")
    assert share.estimate == pytest.approx(1 / 2)
    assert "the event they name" in share.note


def test_concerns_of_another_area_are_not_of_the_event():
    rows = [(1, 10, {"area_id": "b"}), (2, 10, {"area_id": None}), (400, None, {"area_id": "a"})]
    held = [(0, "forum", "a"), (1, "forum", "b"), (200, "forum", "b")]
    share = only(concern_study(rows, held), "follow_up_share")
    # The one without an area goes to the last event before it.
    assert share.estimate == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "kind, counted", [("Night audit", 1), ("town halls", 1), ("platform day", 0), ("drill", 1)]
)
def test_which_events_count(kind, counted):
    made = only(concern_study([(1, 1), (200, None)], events(0, kind=kind)), "follow_up_share")
    assert made.made == bool(counted)
    audit = concern_study([(1, 1), (200, None)], events(0, kind=kind), kind="safety_audit")
    assert only(audit, "follow_up_share").made


def test_follow_up_is_declined_with_the_reason():
    assert "cannot be told" in only(concern_study([], events(0)), "follow_up_share").note
    late = concern_study([(1, 1), (30, None)], events(0))
    assert "less than 90 days" in only(late, "follow_up_share").note
    assert "no forum, audit or drill" in only(concern_study([(1, 1)]), "follow_up_share").note


def test_periods_are_as_short_as_may_be_shown_and_late_ones_have_no_share():
    rows = [(day, 4) for day in range(0, 730, 5)]
    periods = concerns_by_period(concern_study(rows, min_cell=10), "p")
    assert periods["length"].unique().tolist() == ["quarter"]
    assert periods["raised"].sum() == len(rows)
    assert periods["resolved"].isna().tolist() == [False] * 7 + [True]
    sparse = concerns_by_period(concern_study(rows[::3], min_cell=10), "p")
    assert sparse["length"].unique().tolist() == ["half-year"]
    yearly = concerns_by_period(concern_study(rows[::3], min_cell=10), "p", "year")
    assert yearly["raised"].tolist() == [25, 24]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 15))
def test_few_are_never_known_from_the_sums_of_years(counts, least):
    counts = np.array(counts, dtype=float)
    years = np.arange(len(counts)) // 4
    hidden = kept_back(counts, years, least)
    assert not (hidden & (counts == 0)).any()
    assert hidden[(counts > 0) & (counts < least)].all()
    for year in np.unique(years):
        own = years == year
        positive = (counts > 0) & own
        if (hidden & own).sum() == 1:
            assert positive.sum() == 1 or not (~hidden & positive).any()
