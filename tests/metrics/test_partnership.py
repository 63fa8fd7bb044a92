"""Agencies, sectors, hours, money, retention, partners' scores: planted truths, corners, order of rows."""

import json
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.estimate import COLUMNS
from outreach_metrics.metrics import partnership
from outreach_metrics.metrics.partnership.case import agency_names, name_key, partner_case, records_end
from outreach_metrics.metrics.partnership.survey import mean_interval
from tests.conftest import ROOT, SHARED
from tests.metrics.partnership_studies import found, only, partner_study

METRICS = [name for name in partnership.__all__ if name.startswith(("partnership_", "referral_"))]
METRICS.remove("referral_curve")
TRUTH = json.loads((ROOT / "data" / "sample" / "truth.json").read_text(encoding="utf-8"))["programs"]


def named(*names, **columns):
    return [{"agency": name, **columns} for name in names]


def same(one, other):
    """Whether two lists of estimates hold the same numbers and words."""
    for first, second in zip(one, other, strict=True):
        for column in COLUMNS:
            left, right = getattr(first, column), getattr(second, column)
            if isinstance(left, float):
                assert left == pytest.approx(right, nan_ok=True), (first.metric, column)
            else:
                assert left == right, (first.metric, column)
    return True


@pytest.mark.parametrize("program_id", TRUTH)
def test_agencies_of_the_sample_are_all_found(sample, program_id):
    every = {e.group: e for e in partnership.partnership_agencies(sample, program_id)}
    assert every[""].estimate == TRUTH[program_id]["records"]["agencies"]
    rows = sample.table("partnerships")
    rows = rows[rows["program_id"] == program_id]
    assert every["at the end of the records"].estimate == rows["end_date"].isna().sum()
    (sectors,) = partnership.partnership_sectors(sample, program_id)
    assert sectors.estimate == rows["sector"].nunique()
    assert partnership.partnership_hours(sample, program_id)[0].estimate == rows["hours"].sum()


@pytest.mark.parametrize("program_id", ["oakridge-watch", "porch-talks"])
def test_sector_shares_sum_to_one(sample, program_id):
    shares = partnership.partnership_sector_share(sample, program_id)
    assert sum(e.estimate for e in shares) == pytest.approx(1)


@given(st.lists(st.sampled_from(["schools", "Health", "health ", "", None, "faith"]), min_size=1, max_size=9))
def test_sector_shares_sum_to_one_with_any_sectors_missing(sectors):
    rows = [{"agency": f"a{i}", "sector": sector} for i, sector in enumerate(sectors)]
    study = partner_study(rows, lead="")
    shares = found(study, "partnership_sector_share")
    assert sum(e.estimate for e in shares.values()) == pytest.approx(1)
    known = {sector.strip().lower() for sector in sectors if sector}
    counted = only(study, "partnership_sectors")
    assert counted.estimate == len(known) if known else "No agency" in counted.note
    assert (("", "not given") in shares) == any(not sector for sector in sectors)


def test_one_agency_under_several_spellings_counts_once():
    rows = named("St. Elm Hospital", "St. Elm Hospital", " st elm  HOSPITAL", "Parks & Recreation", hours=10)
    held = [("st. elm hospital", "Parks and Recreation"), ("PARKS & RECREATION ", "Library")]
    study = partner_study(rows, held, lead="ST. ELM HOSPITAL")
    assert only(study, "partnership_agencies").estimate == 3
    assert partner_case(study, "p").names[0] == "St. Elm Hospital"
    assert only(study, "partnership_hours").estimate == 40
    assert only(study, "partnership_hours", "without the lead agency").estimate == 10
    assert len(set(agency_names(study).values())) == 3
    assert name_key("???") == "???"


def test_nobody_named_is_said_and_never_a_zero():
    study = partner_study(lead="Police")
    for name in METRICS:
        for e in getattr(partnership, name)(study, "p"):
            assert not e.made and e.note and e.unit, name


@pytest.mark.parametrize("lead", ["", "Police"])
def test_one_agency_alone(lead):
    study = partner_study(named("Police"), [("Police",), ("police ",)], lead=lead)
    assert only(study, "partnership_agencies").estimate == 1
    for name in ("density", "centralization", "beyond_police", "density_change"):
        for e in found(study, f"partnership_{name}").values():
            assert not e.made and "3 agencies or more" in e.note


def test_missing_columns_are_missing_numbers():
    study = partner_study(named("Police", "Clinic", "School"))
    assert "No agency has a number of hours" in only(study, "partnership_hours").note
    assert "sector" in only(study, "partnership_sectors").note
    assert "not known when" in only(study, "partnership_retention", "after 12 months").note
    table = partnership.agency_table(study, "p")
    assert table["hours"].isna().all() and table["start"].isna().all() and not table["left"].any()


def test_sums_tell_what_is_missing():
    rows = [{"agency": "Police", "amount": 500.0}, {"agency": "Clinic", "amount": None}]
    made = found(partner_study(rows), "partnership_money")
    assert made["", ""].estimate == 500 and made["", ""].unit == "USD"
    assert "1 of 2 agencies has no amount" in made["", ""].note
    assert not made["", "without the lead agency"].made


# R (survival 3.5): left <- c(0, 0, 1, 1, 0); summary(survfit(Surv(c(24, 24, 4, 18, 6), left) ~ 1,
# conf.type = "log-log"), times = 12): 0.8, 0.204 to 0.969.
def test_retention_follows_agencies_to_their_last_day():
    rows = [
        {"agency": "A", "start_date": "2022-01-01", "end_date": None},
        {"agency": "B", "start_date": "2022-01-01", "end_date": None},
        {"agency": "C", "start_date": "2022-01-01", "end_date": "2022-05-03"},
        {"agency": "D", "start_date": "2022-01-01", "end_date": "2023-07-02"},
        {"agency": "E", "start_date": "2023-07-04", "end_date": None},
    ]
    study = partner_study(rows, [("A", "B")], days=["2024-01-01"], lead="")
    kept = only(study, "partnership_retention", "after 12 months")
    assert kept.estimate == pytest.approx(0.8)
    assert (kept.conf_low, kept.conf_high) == pytest.approx((0.2038, 0.9692), abs=2e-4)
    assert kept.n_after == 5
    assert only(study, "partnership_agencies", "at the end of the records").estimate == 3


def test_retention_case_of_r(cases):
    case = cases["km_aml"]
    path = SHARED / "reference" / case["dataset_file"]
    frame = pd.read_csv(path)
    time = next(name for name in frame if name.lower() in ("time", "futime"))
    status = next(name for name in frame if name.lower() in ("status", "event", "fustat"))
    month = 365.25 / 12
    start = pd.Timestamp("2020-01-01")
    days = np.round(frame[time] * month)
    last = start + pd.Timedelta(days=int(days.max()))
    rows = [
        {
            "agency": f"a{i}",
            "start_date": last - pd.Timedelta(days=int(wait)) if not ended else start,
            "end_date": start + pd.Timedelta(days=int(wait)) if ended else None,
        }
        for i, (wait, ended) in enumerate(zip(days, frame[status].astype(bool), strict=True))
    ]
    study = partner_study(rows, [("a0", "a1")], days=[last], lead="")
    kept = only(study, "partnership_retention", "after 12 months")
    from outreach_metrics.inference.survival import kaplan_meier

    curve = kaplan_meier(frame[time].to_numpy(float), frame[status].to_numpy(bool))
    assert kept.estimate == pytest.approx(curve.at(12).estimate)
    assert kept.conf_low == pytest.approx(curve.at(12).conf_low)


def test_who_comes_back_is_in_all_the_while_and_who_stays_to_the_end_has_not_left():
    rows = [
        {"agency": "A", "start_date": "2022-01-01", "end_date": "2022-03-01"},
        {"agency": "a", "start_date": "2022-09-01", "end_date": None},
        {"agency": "B", "start_date": "2022-01-01", "end_date": "2023-12-31"},
        {"agency": "C", "start_date": "2022-01-01", "end_date": "2030-01-01"},
    ]
    study = partner_study(rows, [("A", "B")], days=["2024-06-01"], lead="", end=date(2023, 12, 31))
    kept = only(study, "partnership_retention", "after 12 months")
    assert kept.estimate == 1 and math.isnan(kept.conf_low)
    assert "1 left and came back" in kept.note and "no interval" in kept.note
    table = partnership.agency_table(study, "p").set_index("agency")
    assert table["returned"].to_dict() == {"A": True, "B": False, "C": False}
    assert not table["left"].any()
    assert (table["until"] == pd.Timestamp("2023-12-31")).all()


def test_an_end_set_in_advance_is_no_end_of_the_records():
    rows = [{"agency": "A", "start_date": "2022-01-01", "end_date": "2030-01-01"}]
    assert records_end(partner_study(rows)) == pd.Timestamp("2022-01-01")
    assert records_end(partner_study(rows, [("A",)], days=["2023-05-05"])) == pd.Timestamp("2023-05-05")
    assert pd.isna(records_end(partner_study(named("A"))))


# R: x <- c(50, 60, 70, 90); mean(x) + c(-1, 1) * qt(.975, 3) * sqrt(var(x) / 4 * (1 - 4 / 6)); t.test(x)
def test_mean_interval_shrinks_as_all_are_seen():
    values = np.array([50.0, 60.0, 70.0, 90.0])
    assert mean_interval(values, math.inf)[:3] == pytest.approx((67.5, 40.3249, 94.6751), abs=1e-3)
    assert mean_interval(values, 6)[:3] == pytest.approx((67.5, 51.8105, 83.1895), abs=1e-3)
    assert all(math.isnan(limit) for limit in mean_interval(values, 4)[1:3])
    assert math.isnan(mean_interval(values[:1], 9).conf_low)


def partner_answers(people=12, agencies=None, arm="partner"):
    random = np.random.default_rng(4)
    rows = pd.DataFrame(random.integers(1, 5, (people, 3)).astype(float), columns=["q0", "q1", "q2"])
    rows = rows.assign(program_id="p", wave="first", arm=arm, respondent_id=np.arange(people))
    if agencies is not None:
        rows["agency"] = [agencies[i % len(agencies)] for i in range(people)]
    items = {"item": ["q0", "q1", "q2"], "construct": ["trust", "trust", "value"], "low": 1.0, "high": 4.0}
    return {"responses": rows, "items": pd.DataFrame(items)}


def test_scores_of_partners_are_means_over_people():
    tables = partner_answers()
    made = found(partner_study(named("A", "B"), min_cell=10, **tables), "partnership_score")
    rows = tables["responses"]
    trust, value = made["trust", "first"], made["value", "first"]
    assert trust.estimate == pytest.approx(100 * ((rows["q0"] + rows["q1"]) / 2 - 1).mean() / 3)
    assert value.conf_low < value.estimate < value.conf_high and value.n_after == 12
    assert "does not say for which agency" in trust.note


def test_scores_by_agency_shrink_to_no_interval_when_all_answered():
    agencies = named("A", "B", "C", "D")
    tables = partner_answers(agencies=["A", "b ", "C"])
    some = only(partner_study(agencies, lead="", **tables), "partnership_score", "first", "trust")
    assert "3 of 4 agencies answered" in some.note and some.conf_low < some.estimate
    everybody = only(partner_study(agencies[:3], lead="", **tables), "partnership_score", "first", "trust")
    assert everybody.estimate == pytest.approx(some.estimate)
    assert math.isnan(everybody.conf_low) and "All agencies answered" in everybody.note


@pytest.mark.parametrize("arm", ["program", "comparison"])
def test_scores_of_residents_are_not_those_of_partners(arm):
    study = partner_study(named("A"), **partner_answers(arm=arm))
    assert "no survey of partners" in only(study, "partnership_score").note


def test_few_partners_are_suppressed():
    study = partner_study(named("A"), min_cell=13, **partner_answers())
    for e in found(study, "partnership_score").values():
        assert not e.made and e.note.startswith("Suppressed: fewer than 13")


def shuffled(study, seed):
    """Return the study with the rows of its tables in another order."""
    from dataclasses import replace

    tables = {name: rows.sample(frac=1, random_state=seed) for name, rows in study.tables.items()}
    return replace(study, tables=tables)


@pytest.mark.parametrize("program_id", ["bridge-outreach", "youth-nights"])
def test_metrics_are_the_same_in_any_order_of_rows(sample, program_id):
    names = ("partnerships", "event_partners", "events", "referrals")
    from dataclasses import replace

    small = replace(sample, tables={name: sample.table(name) for name in names})
    other = shuffled(small, 3)
    for name in METRICS:
        metric = getattr(partnership, name)
        assert same(metric(small, program_id), metric(other, program_id))
    for part, its in zip(
        partnership.network_drawing(small, program_id),
        partnership.network_drawing(other, program_id),
        strict=True,
    ):
        pd.testing.assert_frame_equal(part.reset_index(drop=True), its.reset_index(drop=True))
