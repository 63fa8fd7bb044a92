"""Rows of partners, referrals and channels that can hardly be meant are told, and used."""

from outreach_metrics.study import load_study
from tests.study.conftest import said

PARTNERS = ["program_id", "agency", "role", "start_date", "end_date", "hours"]
REFERRALS = ["referral_id", "program_id", "date", "from_agency", "to_agency"]
CHANNELS = ["program_id", "date", "channel", "reach", "engagements"]


def test_the_same_stay_of_an_agency_is_told_and_a_return_is_not(make_study):
    rows = [
        ["watch", "City Library", "host", "2024-03-01", "2024-04-01", 5],
        ["watch", "CITY LIBRARY", "host", "2024-03-01", "2024-04-01", 5],
        ["watch", "City Library", "host", "2024-05-01", "", 5],
    ]
    study = load_study(make_study(partnerships=[PARTNERS, *rows]))
    [sentence] = said(study.problems)
    assert sentence.startswith("partnerships.csv, row 3, agency: 'CITY LIBRARY' is in this program")
    assert len(study.table("partnerships")) == 3


def test_a_referral_from_an_agency_to_itself_is_told(make_study):
    rows = [
        ["r1", "watch", "2024-03-01", "Police", "police"],
        ["r2", "watch", "2024-03-01", "Police", "Library"],
        ["r3", "watch", "2024-03-01", "", ""],
    ]
    told = [p for p in load_study(make_study(referrals=[REFERRALS, *rows])).problems if p.row == 2]
    assert [p.rule for p in told] == ["referral_to_itself"]


def test_more_engagements_than_people_reached_are_told(make_study):
    rows = [["watch", "2024-03-01", "social", 10, 12], ["watch", "2024-03-02", "social", 10, 10]]
    study = load_study(make_study(channels=[CHANNELS, *rows]))
    [sentence] = said(study.problems)
    assert sentence == "channels.csv, row 2, engagements: 12 engagements are more than the people reached"


def test_tables_without_the_columns_say_nothing(make_study):
    study = load_study(make_study(channels=[CHANNELS[:3], ["watch", "2024-03-01", "social"]]))
    assert study.problems == ()
