"""Referrals: planted truths, survival cases, what must stay hidden, and dates that cannot be."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from outreach_metrics import load_study
from outreach_metrics.evaluation import adjusted
from outreach_metrics.metrics import partnership
from outreach_metrics.metrics.partnership.referrals import hidden_groups, referral_case
from tests.conftest import ROOT, SHARED
from tests.metrics.partnership_studies import found, only, partner_study
from tests.study.conftest import csv_text

TRUTH = json.loads((ROOT / "data" / "sample" / "truth.json").read_text(encoding="utf-8"))["programs"]
PLANTED = {
    name: told["records"]["referrals"] for name, told in TRUTH.items() if "referrals" in told["records"]
}
METRICS = ("referral_completion", "referral_completion_gap", "referral_days")


@pytest.mark.parametrize("program_id", PLANTED)
def test_planted_shares_and_days_are_recovered(sample, program_id):
    planted = PLANTED[program_id]
    every = {(e.outcome, e.group): e for e in partnership.referral_completion(sample, program_id)}
    share = every["", ""]
    assert share.n_after == planted["made"]
    assert share.estimate * share.n_after == pytest.approx(planted["completed"])
    served = every["", "within 90 days"]
    assert served.conf_low < planted["expected_share"] < served.conf_high
    days = {(e.outcome, e.group): e for e in partnership.referral_days(sample, program_id)}
    assert (
        days["", "completed"].conf_low <= planted["expected_median_days"] <= days["", "completed"].conf_high
    )


def test_a_program_without_referrals_says_so(sample):
    for name in METRICS:
        (made,) = getattr(partnership, name)(sample, "harbor-watch")
        assert not made.made and "no referrals" in made.note


def waited(days, end=400, **columns):
    """Return referrals made on one day that took so many days; None is still open after `end` days."""
    rows = [{"days": wait, **columns} for wait in days]
    return [*rows, {"program_id": "q", "days": end}]


def test_why_a_median_has_no_interval():
    alike = only(partner_study(referred=waited([0] * 12)), "referral_days")
    assert (alike.estimate, math.isnan(alike.conf_low)) == (0, True)
    assert alike.note.startswith("Too few, or all alike, for an interval.")
    lasting = only(partner_study(referred=waited([30] * 7 + [None] * 5)), "referral_days")
    assert (lasting.estimate, math.isnan(lasting.conf_high)) == (30, True)
    assert lasting.note.startswith("The interval reaches beyond what was seen.")


# R (survival 3.5): days <- c(5, 10, 20, 30, 60, 120, rep(400, 4)); fit <- survfit(Surv(days, days < 400) ~ 1,
# conf.type = "log-log"); 1 - summary(fit, times = 90)$surv is 0.5; median(fit) is 90, the middle of the flat.
def test_completion_and_days_of_ten_referrals():
    study = partner_study(referred=waited([5, 10, 20, 30, 60, 120, None, None, None, None]))
    share = found(study, "referral_completion")
    assert share["", ""].estimate == pytest.approx(0.6)
    # R: prop.test(6, 10, correct = FALSE)$conf.int
    assert (share["", ""].conf_low, share["", ""].conf_high) == pytest.approx((0.312674, 0.831820), abs=1e-5)
    assert share["", "within 90 days"].estimate == pytest.approx(0.5)
    assert share["need", "not given"].estimate == pytest.approx(0.5)
    days = found(study, "referral_days")
    assert days["", ""].estimate == pytest.approx(90)
    assert days["", "completed"].estimate == pytest.approx(25)


def test_survival_case_of_r(cases):
    case = cases["km_aml"]
    frame = pd.read_csv(SHARED / "reference" / case["dataset_file"])
    time, status = frame[[column for column in frame if column != "x"][-2:]].to_numpy(float).T
    last = int(time.max()) + 1
    rows = [
        {
            "date": pd.Timestamp("2023-01-01") + pd.Timedelta(days=0 if done else last - int(wait)),
            "days": wait if done else None,
        }
        for wait, done in zip(time, status, strict=True)
    ]
    study = partner_study(referred=[*rows, {"program_id": "q", "days": last}])
    from outreach_metrics.inference.survival import kaplan_meier

    wanted = kaplan_meier(time, status.astype(bool))
    days = only(study, "referral_days")
    assert days.estimate == pytest.approx(wanted.median().estimate)
    assert days.conf_low == pytest.approx(wanted.median().conf_low)
    share = only(study, "referral_completion", "within 90 days")
    assert share.estimate == pytest.approx(1 - wanted.at(90).estimate)


def test_late_referrals_are_followed_to_the_end_of_the_records():
    late = [{"date": "2023-12-20", "days": None}] * 5
    study = partner_study(referred=[*waited([10] * 5, end=364), *late])
    share = found(study, "referral_completion")
    assert share["", ""].estimate == pytest.approx(0.5)
    assert "less time" in share["", ""].note and "December 31, 2023" in share["", ""].note
    assert share["", "within 90 days"].estimate == pytest.approx(1) or share["", "within 90 days"].note
    assert share["need", "not given"].n_after == 5


def test_needs_and_pairs_are_told_apart_by_words_not_by_spelling():
    rows = [{"need": "Housing", "days": 5}, {"need": " housing ", "days": None}, {"need": None, "days": 5}]
    rows += [{"from_agency": "POLICE", "to_agency": " clinic", "days": 7}]
    every = found(partner_study(referred=[*rows, {"program_id": "q", "days": 400}]), "referral_completion")
    assert every["need", "housing"].n_after == 2 and every["need", "not given"].n_after == 2
    assert {group for by, group in every if by == "pair"} == {"Police → Clinic"}
    gaps = found(partner_study(referred=[*rows, {"program_id": "q", "days": 400}]), "referral_completion_gap")
    assert "of one pair" in gaps["pair", "Police → Clinic"].note


def test_a_lost_hand_off_is_found_and_chance_is_not():
    def group(need, done, size):
        return [{"need": need, "days": 10 if i < done else None} for i in range(size)]

    lost = group("housing", 20, 100) + group("work", 70, 100) + group("health", 72, 100)
    made = adjusted(
        list(found(partner_study(referred=waited([]) + lost), "referral_completion_gap").values())
    )
    found_lost = {e.group: e for e in made if e.outcome == "need"}
    # R: DescTools::BinomDiffCI(20, 100, 142, 200, method = "score")
    assert found_lost["housing"].estimate == pytest.approx(-0.51)
    assert found_lost["housing"].significant and found_lost["housing"].conf_high < 0
    alike = group("housing", 66, 100) + group("work", 70, 100) + group("health", 72, 100)
    made = adjusted(
        list(found(partner_study(referred=waited([]) + alike), "referral_completion_gap").values())
    )
    assert not any(e.significant for e in made)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 15))
def test_no_number_tells_of_few_people(done, still_open, least):
    study = partner_study(referred=waited([10] * done + [None] * still_open), min_cell=least)
    few = any(0 < size < least for size in (done, still_open))
    for name in METRICS:
        for e in found(study, name).values():
            if done + still_open < least:
                assert not e.made
            if few and name == "referral_completion":
                assert not e.made and (e.note.startswith("Suppressed") or not done + still_open)
    curve = partnership.referral_curve(study, "p")
    assert curve.empty or not few


COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=7)


@given(COUNTS, st.integers(1, 15))
def test_hidden_groups_cannot_be_found_by_subtraction(counts, least):
    table = np.array(counts)
    hidden = hidden_groups(table, least)
    shown = table[~hidden]
    assert not ((shown > 0) & (shown < least)).any()
    missing = table[hidden].sum(axis=0)
    if not hidden.all() and hidden.any():
        assert hidden.sum() > 1 and not ((missing > 0) & (missing < least)).any()


WAITS = st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=1, max_size=40)


@given(WAITS)
def test_shares_and_days_stay_where_they_can_be(waits):
    study = partner_study(referred=waited(waits))
    case = referral_case(study, "p")
    assert (case.rows["waited"] >= 0).all() and len(case.rows) == len(waits)
    for e in found(study, "referral_completion").values():
        assert not e.made or -1e-12 <= e.estimate <= 1 + 1e-12
    for e in found(study, "referral_days").values():
        assert not e.made or e.estimate >= 0
    assert partnership.referral_curve(study, "p")["completed"].is_monotonic_increasing


@how(max_examples=8)
@given(st.lists(st.tuples(st.integers(1, 28), st.integers(1, 28)), min_size=1, max_size=12))
def test_a_referral_is_never_completed_before_it_is_made(tmp_path_factory, days):
    folder = tmp_path_factory.mktemp("study")
    heading = ["referral_id", "program_id", "date", "from_agency", "to_agency", "completed_date"]
    rows = [
        [f"r{i}", "watch", f"2024-03-{made:02d}", "A", "B", f"2024-03-{done:02d}"]
        for i, (made, done) in enumerate(days)
    ]
    programs = [["program_id", "name", "type", "start_date"], ["watch", "W", "other", "2024-03-01"]]
    (folder / "study.toml").write_text('[periods]\nunit = "month"\n', encoding="utf-8")
    (folder / "programs.csv").write_text(csv_text(programs), encoding="utf-8")
    (folder / "referrals.csv").write_text(csv_text([heading, *rows]), encoding="utf-8")
    study = load_study(folder)
    right = [(made, done) for made, done in days if done >= made]
    assert len(study.table("referrals")) == len(right)
    assert sum(p.rule == "date_order" for p in study.problems) > 0 or len(right) == len(days)
    case = referral_case(study, "watch")
    assert sorted(case.rows["waited"]) == sorted(float(done - made) for made, done in right)


def test_curve_holds_no_step_of_few_people(sample):
    rows = referral_case(sample, "bridge-outreach").rows
    curve = partnership.referral_curve(sample, "bridge-outreach")
    done = [int((rows["done"] & (rows["waited"] <= day)).sum()) for day in curve["day"]]
    assert len(curve) > 4 and 90 in curve["day"].to_list()
    assert all(step == 0 or step >= 10 for step in np.diff(done))
    assert (curve["conf_low"].iloc[1:] <= curve["completed"].iloc[1:]).all()
    assert math.isnan(curve["conf_low"].iloc[0])


def test_the_hand_off_that_was_planted_to_be_lost_is_found(sample):
    """Of all needs only counseling was planted to be served less often, by one program's partner."""
    clear = {
        program_id: {(e.outcome, e.group) for e in gaps if e.significant and e.estimate < 0}
        for program_id in sample.programs
        for gaps in [adjusted(partnership.referral_completion_gap(sample, program_id))]
    }
    assert clear.pop("bridge-outreach") == {
        ("need", "counseling"),
        ("pair", "Riverton Office of Violence Prevention → Lakeside Behavioral Health"),
    }
    assert not any(clear.values())
