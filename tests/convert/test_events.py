"""Event kinds, on files with the header records of real exports."""

import pytest

from outreach_metrics.convert import WrongUseError

# A real attendee report; "Attending" means registered.
EVENTBRITE = (
    "Order #,Order Date,First Name,{last},Email,Quantity,Price Tier,Ticket Type,Attendee #,Group,Order "
    "Type,Currency,"
    "Total Paid,Fees Paid,Eventbrite Fees,Eventbrite Payment Processing,Attendee Status,Home Address 1,"
    "Home Address 2,"
    "Home City,Home State,Home Zip,Home Country,Age group"
)
ZOOM = ["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest"]
MEETING = [
    ["Meeting ID", "Topic", "Start Time", "End Time", "User Email", "Duration (Minutes)", "Participants"],
    [
        "91234567890",
        "Safety forum",
        "10/15/2026 06:00:00 PM",
        "10/15/2026 07:30:00 PM",
        "host@town.gov",
        "90",
        "5",
    ],
    [],
]
MEETUP = [
    "Name", "Attendance", "User ID", "Title", "Event Host", "RSVP", "Guests", "RSVPed on", "Joined Group on",
    "URL of Member Profile", "Notes",
]  # fmt: skip
MEMBERS = [
    "Name", "User ID", "Title", "Member ID", "Location", "Joined Group on", "Last visited group on",
    "Last Attended", "Total RSVPs", "RSVPed Yes", "RSVPed Maybe", "RSVPed No", "Meetups attended", "No shows",
    "Intro", "Photo", "Assistant Organizer", "Mailing List", "URL of Member Profile",
]  # fmt: skip


def ticket(first, last, status, quantity="1", age="18-34", mail=""):
    mail = mail or f"{first}@x.org".lower()
    order = ["11211912243", "11/29/24 22:28", first, last, mail, quantity, "", "General Admission"]
    paid = ["18441583423", "", "Free Order", "USD", "0", "0", "0", "0"]
    return [*order, *paid, status, "1 Main St", "", "Riverton", "NJ", "08077", "US", age]


@pytest.mark.parametrize("last", ["Last Name", "Surname"])
def test_eventbrite(write, converted, table, study, last):
    rows = [
        ticket("Ann", "Lee", "Checked In"), ticket("Bo", "Ray", "Attending"),
        ticket("Cy", "Dow", "Not Attending"),
        ticket("Di", "Fox", "Refunded"), ticket("Ed", "Hay", "Checked In", quantity="3"),
        ticket("Flo", "Poe", "Deleted"),
    ]  # fmt: skip
    path = write("Fall forum.csv", [EVENTBRITE.format(last=last).split(","), *rows], encoding="utf-8-sig")
    result = converted("eventbrite", path, date="2024-12-05")
    assert (result.read, result.used) == (6, 3)
    assert result.dropped == {"not attending": 1, "refunded": 1, "deleted": 1}
    people = table("attendance")
    assert [(row["attendee_id"], row["checked_in"]) for row in people] == [
        ("Ann Lee", "true"), ("Bo Ray", "false"), ("Ed Hay", "true")
    ]  # fmt: skip
    assert people[0]["email"] == "ann@x.org"
    assert (people[0]["age_group"], people[0]["home_zip"]) == ("18-34", "08077")
    assert "home_address_1" not in people[0]
    (event,) = table("events")
    assert event == {
        "event_id": "fall_forum",
        "program_id": "watch",
        "date": "2024-12-05",
        "registered": "5",
        "headcount": "4",
    }
    found = study()
    assert found.tables["attendance"]["checked_in"].tolist() == [True, False, True]


def test_eventbrite_without_check_in_says_that_nobody_knows_who_came(write, converted, table):
    path = write(
        "forum.csv", [EVENTBRITE.format(last="Last Name").split(","), ticket("Ann", "Lee", "Attending")]
    )
    result = converted("eventbrite", path)
    assert {problem.rule for problem in result.problems} == {"nobody_came", "no_date"}
    assert [row["checked_in"] for row in table("attendance")] == ["false"]
    assert "headcount" not in table("events")[0]


def test_the_same_person_key_links_events_and_surveys(write, converted, table):
    path = write(
        "forum.csv", [EVENTBRITE.format(last="Surname").split(","), ticket("Ann", "Lee", "Checked In")]
    )
    converted("eventbrite", path, date="2024-12-05", person="email", key="a long secret text")
    survey = write("s.csv", "Timestamp,Email Address,The police listen.\n2026/01/05,ANN@x.org,Agree\n")
    converted("google_forms", survey, person="email", key="a long secret text")
    (person,) = table("attendance")
    assert person["attendee_id"] == table("responses")[0]["respondent_id"]
    assert (person["name"], person["email"]) == ("Ann Lee", "ann@x.org"), "kept for linkage"


def test_zoom(write, converted, table, study):
    rows = [
        ["Bob (Robert Smith)", "", "10/15/2026 06:00:00 PM", "10/15/2026 06:30:00 PM", "30", "Yes"],
        ["Robert Smith", "", "10/15/2026 06:20:00 PM", "10/15/2026 07:00:00 PM", "40", "Yes"],
        ["Ann Lee", "ann@x.org", "10/15/2026 06:00:00 PM", "10/15/2026 06:05:00 PM", "5", "Yes"],
        ["Ann Lee", "", "10/15/2026 06:10:00 PM", "10/15/2026 07:00:00 PM", "50", "Yes"],
        ["Kim (she/her)", "", "10/15/2026 06:10:00 PM", "10/15/2026 06:12:00 PM", "2", "Yes"],
        ["iPhone", "", "10/15/2026 06:10:00 PM", "10/15/2026 06:12:00 PM", "2", "Yes"],
        ["Officer Host", "Host@town.gov", "10/15/2026 05:50:00 PM", "10/15/2026 07:30:00 PM", "100", "No"],
    ]
    path = write("zoom.csv", [*MEETING, ZOOM, *rows], encoding="utf-8-sig")
    result = converted("zoom", path)
    assert (result.read, result.used, dict(result.dropped)) == (7, 6, {"host": 1})
    assert [row["attendee_id"] for row in table("attendance")] == ["Robert Smith", "Ann Lee", "Kim"]
    (event,) = table("events")
    assert (event["date"], event["name"], event["hours"]) == ("2026-10-15", "Safety forum", "1.5")
    assert event["headcount"] == "4", "a device without a name counts as somebody"
    study()
    result = converted("zoom", path, out="long", least_minutes=55)
    assert [row["attendee_id"] for row in table("attendance", "long")] == ["Robert Smith", "Ann Lee"]
    result = converted("zoom", path, out="longer", least_minutes=56)
    assert [row["attendee_id"] for row in table("attendance", "longer")] == ["Robert Smith"], (
        "60, not 30 + 40"
    )
    result = converted("zoom", path, out="longest", least_minutes=61)
    assert result.dropped["under 61 minutes"] == 6


def test_zoom_summary_of_each_participant(write, converted, table):
    rows = [
        ["Name (Original Name)", "User Email", "Total Duration (Minutes)", "Guest"],
        ["Ann Lee", "", "50", "Yes"],
    ]
    converted("zoom", write("z.csv", rows), date="2026-10-15")
    assert table("events")[0]["date"] == "2026-10-15"
    assert [row["attendee_id"] for row in table("attendance")] == ["Ann Lee"]


def test_meetup(write, converted, table, study):
    rows = [
        [
            "Ann",
            "Y",
            "user 123",
            "Member",
            "No",
            "Yes",
            "2",
            "October 1, 2026, 5:00 PM",
            "",
            "https://x.org/1",
            "",
        ],
        ["Bo", "", "user 124", "Member", "No", "Yes", "0", "", "", "", ""],
        ["Cy", "N", "user 125", "Member", "No", "No", "0", "", "", "", ""],
        ["Di", "Y", "user 126", "Member", "No", "No", "0", "", "", "", ""],
    ]
    path = write("Walk.xls", [MEETUP, *rows], separator="\t")
    result = converted("meetup", path, date="2026-10-05", event="walk-1")
    assert (result.read, result.used, dict(result.dropped)) == (4, 3, {"not going": 1})
    assert [(row["attendee_id"], row["name"], row["checked_in"]) for row in table("attendance")] == [
        ("user 123", "Ann", "true"), ("user 124", "Bo", "false"), ("user 126", "Di", "true")
    ]  # fmt: skip
    (event,) = table("events")
    assert (event["event_id"], event["registered"], event["headcount"]) == ("walk-1", "5", "4")
    study()


def test_a_member_list_is_no_attendance(write, converted):
    result = converted("meetup", write("members.xls", [MEMBERS, ["Ann", "user 1"]], separator="\t"))
    assert not result.tables
    assert "member list" in str(result.problems[0])


SIGN_IN = [
    ["Town Watch meeting", "", "", "", ""],
    ["Date: October 5, 2026", "", "", "", ""],
    ["Name:", "E-mail", "Phone #", "Time In", "Age group"],
    ["Ann Lee", "ann@x.org", "+1 (555) 010-0100", "6:00", "18-34"],
    ["", "", "", "", ""],
    ["Name:", "E-mail", "Phone #", "Time In", "Age group"],
    ["illegible", "", "", "6:10", ""],
    ["?", "", "", "", ""],
    ["=HYPERLINK(1)", "n/a", "", "6:15", "55+"],
    ["", "bo@x.org"],
]


def test_sign_in(write, converted, table, study):
    result = converted("sign_in", write("Oct watch.csv", SIGN_IN))
    assert (result.read, result.used) == (7, 5)
    assert result.dropped == {"blank row": 1, "the header again": 1}
    people = table("attendance")
    assert [row["attendee_id"] for row in people] == ["Ann Lee", "'=HYPERLINK(1)", "bo@x.org"]
    assert "checked_in" not in people[0], "to sign in is to come; nobody knows who registered"
    assert "time_in" not in people[0]
    assert people[0]["age_group"] == "18-34"
    (event,) = table("events")
    assert event == {"event_id": "oct_watch", "program_id": "watch", "date": "2026-10-05", "headcount": "5"}
    assert any("2 people without a readable name" in note for note in result.notes)
    study()


@pytest.mark.parametrize(
    "header",
    [
        ["First Name", "Last Name", "Email"],
        ["#", "Print Name", "Signature"],
        ["NAME (please print)", "Tel."],
        ["Full name"],
    ],
)
def test_sign_in_headings(write, converted, table, header):
    cells = {"First Name": "Ann", "Last Name": "Lee", "#": "1", "Signature": "x"}
    row = [cells.get(name, "") or ("Ann Lee" if "ame" in name.casefold() else "") for name in header]
    blank = ["2" if name == "#" else "" for name in header]
    converted("sign_in", write("a.csv", [header, row, blank]), date="2026-10-05")
    assert [row["attendee_id"] for row in table("attendance")] == ["Ann Lee"]


def test_sign_in_with_a_date_column_is_an_event_a_day(write, converted, table, study):
    rows = [["Date", "Name"], ["10/13/2026", "Ann Lee"], ["10/14/2026", "Ann Lee"], ["10/14/2026", "Bo Ray"]]
    converted("sign_in", write("coffee.csv", rows))
    assert [(row["event_id"], row["date"], row["headcount"]) for row in table("events")] == [
        ("coffee-2026-10-13", "2026-10-13", "1"), ("coffee-2026-10-14", "2026-10-14", "2")
    ]  # fmt: skip
    study()


def test_appending_adds_each_row_once(write, converted, table):
    one = write("one.csv", [["Name", "Phone"], ["Ann Lee", "1"], ["Ann Lee", "2"]])
    two = write("two.csv", [["Name", "Email"], ["Bo Ray", "bo@x.org"]])
    converted("sign_in", one, date="2026-10-05")
    for _ in range(2):
        converted("sign_in", two, date="2026-10-06", append=True)
        converted("sign_in", one, date="2026-10-05", append=True)
    assert [row["attendee_id"] for row in table("attendance")] == ["Ann Lee", "Ann Lee", "Bo Ray"]
    assert [row["event_id"] for row in table("events")] == ["one", "two"]


def test_two_events_of_one_name_and_wrong_files(write, converted, tmp_path):
    one = write("a.csv", [["Name", "Phone"], ["Ann Lee", "1"]])
    other = tmp_path / "sub"
    other.mkdir()
    (other / "a.csv").write_bytes(one.read_bytes())
    with pytest.raises(WrongUseError, match="--event"):
        converted("sign_in", one, other / "a.csv")
    with pytest.raises(WrongUseError, match="does not take --wave"):
        converted("sign_in", one, wave="w")
    with pytest.raises(WrongUseError, match="--date"):
        converted("sign_in", one, date="5/10/2026")
    result = converted("sign_in", write("m.xls", [MEETUP, ["Ann"]], separator="\t"))
    assert "it looks like meetup" in str(result.problems[0])


def test_company_is_counted_and_a_second_signature_is_not(write, converted, table, study):
    rows = [
        ["Name", "Email", "Phone", "Age group"],
        ["Ann Lee", "", "", "35+"],
        ["ANN  LEE", "ann@x.org", "", ""],
        ["Bo Ray +2", "bo@x.org", "", ""],
        ["child", "ann@x.org", "", ""],
        ["child", "ann@x.org", "", ""],
        ["Cy Dow", "cy@x.org", "", ""],
        ["Cy Dow", "cy@y.org", "", ""],
        ["", "di@x.org", "", ""],
        ["", "di@x.org", "", ""],
    ]
    result = converted("sign_in", write("a.csv", rows), date="2026-10-05")
    assert (result.read, result.used, dict(result.dropped)) == (9, 7, {"the same signature again": 2})
    assert [(row["attendee_id"], row["email"]) for row in table("attendance")] == [
        ("Ann Lee", "ann@x.org"), ("Bo Ray", "bo@x.org"),
        ("Cy Dow", "cy@x.org"), ("Cy Dow", "cy@y.org"), ("di@x.org", "di@x.org"),
    ]  # fmt: skip
    assert table("events")[0]["headcount"] == "9", "1 + 3 + 2 children + 2 + 1"
    study()


def test_a_signature_on_another_day_is_another(write, converted, table):
    rows = [["Date", "Name"], ["10/13/2026", "Ann Lee"], ["10/14/2026", "Ann Lee"], ["10/14/2026", "Ann Lee"]]
    result = converted("sign_in", write("a.csv", rows))
    assert [row["headcount"] for row in table("events")] == ["1", "1"]
    assert result.dropped == {"the same signature again": 1}


def test_a_sheet_with_ticks_tells_who_came(write, converted, table):
    rows = [["Name", "Checked in"], ["Ann Lee", "X"], ["Bo Ray", ""], ["Cy Dow", "yes"]]
    converted("sign_in", write("a.csv", rows), date="2026-10-05")
    assert [row["checked_in"] for row in table("attendance")] == ["true", "false", "true"]
    assert (table("events")[0]["registered"], table("events")[0]["headcount"]) == ("3", "2")
    rows = [["Name", "Checked in"], ["Ann Lee", ""], ["Bo Ray", ""]]
    converted("sign_in", write("b.csv", rows), date="2026-10-05", out="b")
    assert list(table("attendance", "b")[0]) == ["event_id", "attendee_id", "name"]
    assert table("events", "b")[0]["headcount"] == "2"


KEY = "five words that nobody knows"


def test_the_person_key_splits_nobody(write, converted, table, study):
    one = write("one.csv", [["Name", "Email"], ["Ann Lee", "ann@x.org"], ["Bo Ray", "home@x.org"],
                            ["Cy Dow", "cy@x.org"]])  # fmt: skip
    two = write("two.csv", [["Name", "Email"], ["Ann Lee", ""], ["Di Ray", "home@x.org"],
                            ["Cy Dow", "cy@y.org"]])  # fmt: skip
    result = converted("sign_in", one, two, date="2026-10-05", person="email", key=KEY)
    rows = table("attendance")
    assert rows[0]["attendee_id"].startswith("p-")
    assert [row["attendee_id"] for row in rows[1:]] == ["Bo Ray", "Cy Dow", "Ann Lee", "Di Ray", "Cy Dow"], (
        "a shared address, and two addresses of a name, are left to the linkage of the study"
    )
    assert rows[0]["name"] == "Ann Lee"
    assert any("1 row named by the hash" in note and "4 share it" in note for note in result.notes)
    people = study().tables["attendance"]["attendee_id"]
    assert people[0] == people[3], "Ann with and without an address"
    assert people[1] != people[4], "two people of one address"


def test_eventbrite_questions_that_were_not_answered(write, converted, table):
    rows = [
        ticket("Ann", "Lee", "Checked In", quantity="2"),
        ticket("Info Requested", "Info Requested", "Checked In", age="Info Requested", mail="Info Requested"),
        ticket("Bo", "Ray", "Attending", age="Info Requested"),
        ticket("Cy", "Dow", "Checked In", quantity="1e400"),
    ]
    header = EVENTBRITE.format(last="Last Name").split(",")
    result = converted("eventbrite", write("a.csv", [header, *rows]), date="2026-10-05")
    assert (result.read, result.used) == (4, 4)
    people = table("attendance")
    assert [row["attendee_id"] for row in people] == ["Ann Lee", "Bo Ray", "Cy Dow"]
    assert [row["age_group"] for row in people] == ["18-34", "", "18-34"]
    assert (table("events")[0]["registered"], table("events")[0]["headcount"]) == ("5", "4")
    assert any("cannot be a number of people" in str(problem) for problem in result.problems)


TEMPLATES = {
    "attendance": "event_id,attendee_id,checked_in,name,email,phone\n",
    "events": "event_id,program_id,date,name,kind,area_id,registered,headcount,hours\n",
}


@pytest.mark.parametrize("append", [False, True])
def test_templates_without_rows_are_replaced(append, write, converted, table, tmp_path):
    (tmp_path / "out").mkdir()
    for name, text in TEMPLATES.items():
        (tmp_path / "out" / f"{name}.csv").write_text(text)
    path = write("a.csv", [["Name", "Phone"], ["Ann Lee", "1"]])
    converted("sign_in", path, date="2026-10-05", append=append)
    assert [row["attendee_id"] for row in table("attendance")] == ["Ann Lee"]
    assert list(table("events")[0]) == ["event_id", "program_id", "date", "headcount"]


def test_tables_with_rows_are_not_overwritten(write, converted, tmp_path):
    (tmp_path / "out").mkdir()
    events = tmp_path / "out" / "events.csv"
    events.write_text("event_id,program_id,date\nmine,watch,2026-01-01\n")
    (tmp_path / "out" / "attendance.csv").write_text(TEMPLATES["attendance"])
    path = write("a.csv", [["Name", "Phone"], ["Ann Lee", "1"]])
    with pytest.raises(WrongUseError, match=r"^events\.csv is in"):
        converted("sign_in", path, date="2026-10-05")
    assert "mine" in events.read_text()
    assert (tmp_path / "out" / "attendance.csv").read_text() == TEMPLATES["attendance"], "all or nothing"
