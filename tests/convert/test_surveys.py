"""Survey kinds, on files with the header records of real exports."""

import openpyxl
import pytest

from outreach_metrics.convert import WrongUseError
from outreach_metrics.errors import UnknownNameError

AGREE = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
SAFE = ["Very unsafe", "Unsafe", "Neither safe nor unsafe", "Safe", "Very safe"]


def cells(text):
    return text.split(",")


# ropensci/qualtRics, inst/extdata/sample.csv, commit 71261227: names; localised labels; import ids.
QUALTRICS = [
    cells(
        "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,"
        "RecipientLastName,RecipientFirstName,RecipientEmail,ExternalReference,LocationLatitude,"
        "LocationLongitude,DistributionChannel,UserLanguage,Q1,Q2,Q2 - Topics"
    ),
    cells(
        "Anfangsdatum,Enddatum,Antworttyp,IP-Adresse,Fortschritt,Dauer (in Sekunden),Beendet,"
        "Aufgezeichnetes Datum,Antwort-ID,Nachname des Empfängers,Vorname des Empfängers,E-Mail des "
        "Empfängers,"
        "Externe Datenreferenz,Breitengrad,Längengrad,Verteilungskanal,Benutzersprache,"
        "The police here treat people\nwith respect.,What could be better?,What could be better? - Topics"
    ),
    ['{"ImportId":"startDate"}', '{"ImportId":"endDate"}', *['{"ImportId":"QID1"}'] * 18],
]
# sample_legacy.csv of the same place: byte-order mark, two header records, an empty column at the end.
LEGACY = [
    cells("V1,V2,V3,V4,V5,V6,V7,V8,V9,V10,Q1,Q2,LocationLatitude,LocationLongitude,LocationAccuracy,"),
    cells(
        "ResponseID,ResponseSet,Name,ExternalDataReference,EmailAddress,IPAddress,Status,StartDate,EndDate,"
        "Finished,I trust the police.,What could be better?,LocationLatitude,LocationLongitude,"
        "LocationAccuracy,"
    ),
]
# The export of a questionnaire, quoted in its parser: a blank in the first record continues the question.
MONKEY = [
    cells(
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,"
        "Custom Data 1,Contact information,,How much do you agree?,,How safe do you feel?,What would help?,"
        "Which did you attend?,,"
    ),
    cells(
        ",,,,,,,,,Name,Email,The police listen.,The police explain.,Response,Open-Ended Response,Forum,Walk,"
        "Other (please specify)"
    ),
]


def qualtrics_row(number, answer, status="IP Address", finished="True", progress="100", comment=""):
    day = f"2026-05-{number:02d} 10:00:00"
    return [day, day, status, "192.0.2.1", progress, "60", finished, day, f"R_{number}", "Lee", "Ann",
            "ann@x.org", "", "40.1", "-74.2", "anonymous", "EN", answer, comment, "Topic"]  # fmt: skip


def test_google_forms(write, converted, table, study):
    header = ["Timestamp", "Email address", "uniqname", "Preferred Name (First and Last)",
              "How safe do you feel\nhere?", "The police listen.",
              "(optional) Hometown (format: Ann Arbor, MI or Seoul, South Korea)",
              "Comments",
              "Comments", "What is your age?"]  # fmt: skip
    rows = [
        ["2026/09/27 3:00:00 PM GMT+3", f"p{i}@x.org", f"p{i}", f"Pat {i}", SAFE[i % 5], AGREE[i % 5],
        "Ann Arbor, MI",
         "More walks" if i else "", "=1+1", str(30 + i)]
        for i in range(10)
    ]  # fmt: skip
    result = converted("google_forms", write("Spring 2026.csv", [header, *rows], encoding="utf-8-sig"))
    assert (result.read, result.used, result.dropped) == (10, 10, {})
    responses = table("responses")
    safe = next(name for name in responses[0] if "safe" in name)
    assert [row[safe] for row in responses[:5]] == ["1", "2", "3", "4", "5"]
    assert {row["wave"] for row in responses} == {"spring_2026"}
    assert {row["date"] for row in responses} == {"2026-09-27"}
    assert [row["comment"] for row in responses[:2]] == ["'=1+1", "More walks | =1+1"]
    assert responses[3]["what_is_your_age"] == "33"
    assert not any("@" in cell or "Pat" in cell for row in responses for cell in row.values())
    assert "Email address" in "".join(result.notes)
    items = {row["item"]: row for row in table("items")}
    assert items[safe]["text"] == "How safe do you feel here?"
    assert (items[safe]["low"], items[safe]["high"], items[safe]["favourable_from"]) == ("1", "5", "4")
    assert {"item": safe, "answer": "Very safe", "code": "5"} in table("answer_codes")
    found = study()
    assert found.tables["responses"][safe].tolist() == [1, 2, 3, 4, 5] * 2


def test_google_quiz_keeps_the_score(write, converted, table):
    header = ["Timestamp", "Score", "What is the number to report a crime?",
              "What is the number to report a crime? [Score]",
              "What is the number to report a crime? [Feedback]"]  # fmt: skip
    rows = [
        ["5/13/2026 09:15:00", f"{i % 5} / 5", "Dispatch" if i else "Other", "1 / 1", ""] for i in range(6)
    ]
    converted("google_forms", write("quiz.csv", [header, *rows]), wave="after")
    assert [row["score"] for row in table("responses")] == ["0", "1", "2", "3", "4", "0"]
    assert not any("[" in name or "feedback" in name for name in table("responses")[0])


def test_qualtrics_three_headers(write, converted, table, study):
    rows = [
        qualtrics_row(i + 1, AGREE[i % 5], comment="More foot patrols" if i == 3 else "") for i in range(10)
    ]
    rows += [
        qualtrics_row(11, "Agree", status="Survey Preview"),
        qualtrics_row(12, "Agree", status="Survey Test"),
    ]
    rows += [qualtrics_row(13, "Disagree", finished="False", progress="40")]
    path = write("wave1.csv", [*QUALTRICS, *rows])
    result = converted("qualtrics", path, wave="before")
    assert (result.read, result.used, dict(result.dropped)) == (13, 11, {"preview": 1, "test": 1})
    assert any("1 respondent did not finish, kept" in note for note in result.notes)
    responses = table("responses")
    assert list(responses[0]) == ["respondent_id", "program_id", "wave", "date", "comment", "Q1"]
    assert [row["Q1"] for row in responses[:5]] == ["1", "2", "3", "4", "5"]
    assert responses[3]["comment"] == "More foot patrols"
    assert responses[0]["respondent_id"] == "R_1"
    assert table("items")[0]["text"] == "The police here treat people with respect."
    study()
    result = converted("qualtrics", path, out="finished", finished_only=True)
    assert result.dropped["not finished"] == 1


def test_qualtrics_numbers_for_status_and_answers(write, converted, table):
    rows = [qualtrics_row(i + 1, str(i % 5 + 1), status="0", finished="1") for i in range(10)]
    rows += [
        qualtrics_row(11, "3", status="1", finished="1"),
        qualtrics_row(12, "-99", status="0", finished="0"),
    ]
    result = converted("qualtrics", write("coded.csv", [*QUALTRICS, *rows]))
    assert result.dropped == {"preview": 1}
    item = table("items")[0]
    assert (item["item"], item["low"], item["high"], item["missing_codes"]) == (
        "Q1",
        "1",
        "5",
        "-99 97 98 99",
    )
    assert table("responses")[-1]["Q1"] == "-99"


def test_qualtrics_legacy(write, converted, table, study):
    rows = [
        [f"R_{i}", "Default", "Ann", "", "ann@x.org", "192.0.2.1", "0", "2016-05-01 10:00:00",
        "2016-05-01 10:05:00",
         "1", AGREE[i % 5], "", "40.1", "-74.2", "-1", ""]
        for i in range(5)
    ]  # fmt: skip
    result = converted("qualtrics", write("old.csv", [*LEGACY, *rows], encoding="utf-8-sig"))
    assert (result.read, result.used) == (5, 5)
    assert list(table("responses")[0]) == ["respondent_id", "program_id", "wave", "date", "Q1"]
    assert table("responses")[0]["date"] == "2016-05-01"
    assert table("items")[0]["text"] == "I trust the police."
    study()


def test_surveymonkey(write, converted, table, study):
    rows = [
        [str(100 + i), "7", "05/13/2026 10:00:00 AM", "05/13/2026 10:05:00 AM", "192.0.2.1", "ann@x.org",
        "Ann", "Lee", "",
         "Ann Lee", "ann@x.org", AGREE[i % 5], AGREE[(i + 1) % 5], SAFE[i % 5], "Lights" if i == 2 else "",
         "Forum" if i % 2 else "", "Walk" if i > 2 else "", "the picnic" if i == 4 else ""]
        for i in range(10)
    ]  # fmt: skip
    result = converted("surveymonkey", write("sm.csv", [*MONKEY, *rows]), wave="w1")
    assert (result.read, result.used) == (10, 10)
    responses = table("responses")
    assert [row["which_did_you_attend"] for row in responses[2:5]] == ["", "Forum; Walk", "Walk"]
    assert [row["comment"] for row in responses[2:5]] == ["Lights", "", "the picnic"]
    matrix = [row for row in table("items") if row["text"].startswith("How much do you agree?")]
    assert [row["text"] for row in matrix] == [
        "How much do you agree? - The police listen.", "How much do you agree? - The police explain."
    ]  # fmt: skip
    assert [row["item"] for row in matrix] == ["q1_the_police_listen", "q2_the_police_explain"]
    assert [row[matrix[1]["item"]] for row in responses[:4]] == ["2", "3", "4", "5"]
    assert not any("Ann" in cell or "192." in cell for row in responses for cell in row.values())
    study()


def test_surveymonkey_workbook(tmp_path, converted, table):
    row = [100, 7, "05/13/2026 10:00:00 AM", "05/13/2026 10:05:00 AM", "192.0.2.1", "ann@x.org", "Ann", "Lee",
           None, None, None, AGREE[0], AGREE[1], SAFE[2], None, "Forum", None, None]  # fmt: skip
    path = workbook(tmp_path / "sm.xlsx", [*([cell or None for cell in header] for header in MONKEY), row])
    assert converted("surveymonkey", path).used == 1
    (response,) = table("responses")
    assert (response["respondent_id"], response["date"]) == ("100", "2026-05-13")
    assert response["which_did_you_attend"] == "Forum"


def test_google_grid_and_repeated_questions_in_two_waves(write, converted, table):
    header = ["Timestamp", "How is it?", "How is it?", "Rate [The street]"]
    for wave in ("w1", "w2"):
        rows = [[f"2026/0{wave[1]}/05", AGREE[i % 5], AGREE[(i + 2) % 5], AGREE[i % 5]] for i in range(30)]
        converted("google_forms", write(f"{wave}.csv", [header, *rows]), append=True)
    first, later = table("responses")[0], table("responses")[30]
    items = [row["item"] for row in table("items")]
    assert items == ["q1_how_is_it", "q2_how_is_it", "q3_the_street"]
    assert [first[item] for item in items] == [later[item] for item in items] == ["1", "3", "1"]


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def forms_rows(count=10):
    from datetime import datetime

    header = ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time",
              "The police\u00a0listen.", "Which do you use?\n", "Points - The police listen.",
              "Total points", "Quiz feedback"]  # fmt: skip
    rows = [
        [i + 1, datetime(2026, 10, 5, 9, 0), datetime(2026, 10, 5, 9, 5), "anonymous", None, None,
         AGREE[i % 5], "Radio;Newsletter;" if i % 2 else "Radio;", 1, i, None]
        for i in range(count)
    ]  # fmt: skip
    return [header, *rows]


def test_microsoft_forms_workbook(tmp_path, converted, table, study):
    result = converted("microsoft_forms", workbook(tmp_path / "forms.xlsx", forms_rows()), wave="w1")
    assert (result.read, result.used) == (10, 10)
    responses = table("responses")
    assert responses[0]["respondent_id"] == "watch-w1-1", "ids begin at 1 in every form, and are no people"
    assert responses[0]["date"] == "2026-10-05"
    assert [row["which_do_you_use"] for row in responses[:2]] == ["Radio", "Radio; Newsletter"]
    assert responses[4]["score"] == "4"
    assert table("items")[0]["text"] == "The police listen."
    study()


def test_microsoft_forms_csv_with_serial_dates(write, converted, table):
    header, *rows = forms_rows()
    rows = [["Id", *header[1:]], *([*row[:1], "46300.375", "46300.4", *row[3:]] for row in rows)]
    converted("microsoft_forms", write("forms.csv", rows, encoding="utf-16", separator="\t"))
    assert {row["date"] for row in table("responses")} == {"2026-10-05"}


def google(days, answers=AGREE, question="The police listen."):
    return [["Timestamp", "Email Address", question]] + [
        [day, f"p{i}@x.org", answers[i % len(answers)]] for i, day in enumerate(days)
    ]


@pytest.mark.parametrize(
    ("days", "options", "first"),
    [
        (["5/10/2026 09:15:00", "13/10/2026 09:15:00"], {}, "2026-10-05"),
        (["5/10/2026 09:15:00", "5/13/2026 09:15:00"], {}, "2026-05-10"),
        (["5/10/2026 09:15:00"], {"day_first": True}, "2026-10-05"),
        (["5/10/2026 09:15:00"], {"day_first": False}, "2026-05-10"),
        (["05.10.2026 09:15"], {}, "2026-10-05"),
        (["10.2026.05"], {"date_format": "%m.%Y.%d"}, "2026-10-05"),
        (["5/5/2026 9:15 PM"], {}, "2026-05-05"),
        (["Oct 5, 2026 9:15 PM"], {}, "2026-10-05"),
        (["5 October 2026"], {}, "2026-10-05"),
        (["10/25/26 22:28"], {}, "2026-10-25"),
        (["2026-10-05T23:30:00Z"], {}, "2026-10-05"),
    ],
)
def test_local_dates(write, converted, table, days, options, first):
    converted("google_forms", write("a.csv", google(days)), **options)
    assert table("responses")[0]["date"] == first


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["5/10/2026 09:15", "6/10/2026 10:00"], "--day-first or --month-first"),
        (["13/5/2026", "5/13/2026"], "only month/day"),
    ],
)
def test_dates_that_can_be_read_two_ways_are_refused(write, converted, days, words):
    result = converted("google_forms", write("a.csv", google(days)))
    assert not result.tables
    (problem,) = result.problems
    assert problem.severity == "error"
    assert words in problem.message
    assert result.dropped == {"file cannot be used": 2}


def test_a_cell_that_is_no_date_is_left_empty_and_told(write, converted, table):
    result = converted("google_forms", write("a.csv", google(["2026/10/05 9:00", "soon"])))
    assert [row["date"] for row in table("responses")] == ["2026-10-05", ""]
    assert any("a.csv, row 3, Timestamp: 1 cell cannot be read as a date" in str(p) for p in result.problems)


def test_the_same_person_in_two_waves(write, converted, table):
    before = write("before.csv", google(["2026/01/05"] * 6))
    after = write("after.csv", [*google(["2026/06/05"] * 5), ["2026/06/05", " P5@X.org", "Agree"]])
    converted("google_forms", before, person="email", key="a long secret text")
    converted("google_forms", after, person="email", key="a long secret text", append=True)
    responses = table("responses")
    ids = [row["respondent_id"] for row in responses]
    assert len(responses) == 12
    assert ids[:6] == ids[6:]
    assert len(set(ids)) == 6
    converted("google_forms", before, out="other", person="Email Address", key="another secret text")
    assert not {row["respondent_id"] for row in table("responses", "other")} & set(ids)
    with pytest.raises(WrongUseError, match="OUTREACH_METRICS_KEY"):
        converted("google_forms", before, out="third", person="email")


def test_a_person_by_another_column(write, converted, table):
    rows = [
        ["Timestamp", "Badge", "The police listen."],
        ["2026/01/05", "B-7", "Agree"],
        ["2026/01/05", "", "Agree"],
    ]
    result = converted("google_forms", write("a.csv", rows), person="badge", key="a long secret text")
    responses = table("responses")
    assert "B-7" not in str(responses)
    assert responses[0]["respondent_id"].startswith("p-")
    assert responses[1]["respondent_id"].startswith("r-")
    assert any(problem.rule == "no_person" for problem in result.problems)
    result = converted(
        "google_forms", write("b.csv", rows), out="b", person="Shoe size", key="a long secret text"
    )
    assert "has no column 'Shoe size'" in str(result.problems[0])


def test_a_wave_appended_keeps_items_codes_and_what_the_user_wrote(write, converted, table, tmp_path):
    converted("google_forms", write("w1.csv", google(["2026/01/05"] * 20)))
    items = tmp_path / "out" / "items.csv"
    items.write_text(items.read_text().replace("procedural_justice", "my_construct"))
    # The second wave has another question before, and nobody in the middle.
    rows = google(["2026/06/05"] * 8, [AGREE[0], AGREE[1], AGREE[3], AGREE[4]])
    rows = [[row[0], row[1], "Safe" if number else "How safe?", row[2]] for number, row in enumerate(rows)]
    result = converted("google_forms", write("w2.csv", rows), append=True)
    assert [row["q1_the_police_listen"] for row in table("responses")[20:24]] == ["1", "2", "4", "5"]
    assert [row["item"] for row in table("items")] == ["q1_the_police_listen", "q1_how_safe"]
    before = (tmp_path / "out" / "responses.csv").read_bytes()
    result = converted("google_forms", write("w2.csv", rows), append=True)
    assert (tmp_path / "out" / "responses.csv").read_bytes() == before
    assert result.used == 8


def test_another_scale_than_the_wave_before_is_refused(write, converted):
    four = [AGREE[0], AGREE[1], AGREE[3], AGREE[4]]
    converted("google_forms", write("w1.csv", google(["2026/01/05"] * 20, four)))
    result = converted("google_forms", write("w2.csv", google(["2026/06/05"] * 20)), append=True)
    assert not result.tables
    assert any("another scale before" in str(problem) for problem in result.problems)


def test_existing_tables_are_not_overwritten(write, converted):
    one, two = write("w1.csv", google(["2026/01/05"] * 3)), write("w2.csv", google(["2026/06/05"] * 3))
    converted("google_forms", one)
    converted("google_forms", one)
    with pytest.raises(WrongUseError, match=r"responses\.csv.*--append"):
        converted("google_forms", two)


def test_two_files_with_different_questions(write, converted, table):
    one = write("w1.csv", google(["2026/01/05"] * 5))
    two = write("w2.csv", google(["2026/06/05"] * 5, question="The police explain."))
    result = converted("google_forms", one, two)
    assert [row["wave"] for row in table("responses")] == ["w1"] * 5 + ["w2"] * 5
    assert [row["text"] for row in table("items")] == ["The police listen.", "The police explain."]
    assert sum(problem.rule == "other_questions" for problem in result.problems) == 2


def test_labels_that_are_not_known_stay_text(write, converted, table):
    result = converted("google_forms", write("a.csv", google(["2026/01/05"] * 12, ["Meh", "Yay", "Wow"])))
    assert [row["the_police_listen"] for row in table("responses")[:3]] == ["Meh", "Yay", "Wow"]
    assert table("items") == []
    assert any("Meh" in problem.message for problem in result.problems)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (b"PK\x03\x04broken", "workbook"),
        ("<html><table></table></html>", "web page"),
        ("ID,Start time,Completion time,Email,Name,q\n", "it looks like microsoft_forms"),
        ("Order #,First Name,Surname,Email,Attendee #,Attendee Status\n", "it looks like eventbrite"),
        ("Name,Size\nx,1\n", "no export of the kind google_forms"),
    ],
)
def test_a_file_that_is_no_such_export(write, converted, content, words):
    result = converted("google_forms", write("a.csv", content))
    assert not result.tables
    assert words in str(result.problems[0])


def test_broken_rows_are_told_and_the_others_used(write, converted):
    rows = (
        "Timestamp,The police listen.\n2026/01/05,Agree\n2026/01/05,Agree,extra\n\n"
        '2026/01/05,"Ag"ree\n2026/01/06,Disagree\n'
    )
    result = converted("google_forms", write("a.csv", rows))
    assert (result.read, result.used) == (5, 2)
    assert result.dropped == {
        "not as many cells as the header": 1,
        "blank row": 1,
        "broken quotation marks": 1,
    }
    assert {problem.rule for problem in result.problems if problem.severity == "error"} == {
        "ragged_row",
        "quotes",
    }


def test_other_encodings(write, converted, table):
    rows = google(["2026/01/05"] * 12, ["très", "été", "où"])
    result = converted("google_forms", write("a.csv", rows, encoding="cp1252", separator=";"))
    assert table("responses")[0]["the_police_listen"] == "très"
    assert any(problem.rule == "encoding" for problem in result.problems)


def test_wrong_use(write, converted, tmp_path):
    path = write("a.csv", google(["2026/01/05"]))
    with pytest.raises(UnknownNameError, match="Did you mean 'google_forms'"):
        converted("googleforms", path)
    with pytest.raises(WrongUseError, match="needs --program"):
        converted("google_forms", path, program="")
    with pytest.raises(WrongUseError, match="does not take --event"):
        converted("google_forms", path, event="e1")
    with pytest.raises(WrongUseError, match="no file"):
        converted("google_forms", tmp_path / "none.csv")
    with pytest.raises(WrongUseError, match="a folder"):
        converted("google_forms", tmp_path)
    with pytest.raises(WrongUseError, match="named twice"):
        converted("google_forms", path, path)


@pytest.mark.slow
def test_two_hundred_thousand_rows_take_seconds(write, converted):
    from time import perf_counter

    rows = [qualtrics_row(i % 28 + 1, AGREE[i % 5]) for i in range(200_000)]
    for number, row in enumerate(rows):
        row[8] = f"R_{number}"
    path = write("big.csv", [*QUALTRICS, *rows])
    start = perf_counter()
    assert converted("qualtrics", path).used == 200_000
    assert perf_counter() - start < 30


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("What would you change?", ["ok", "n/a", "none"]),
        ("How was the evening?", ["OK", "Ok.", "N/A"]),
        ("Any other comments?", ["No", "no", "None"]),
        ("Comments", ["Good", "ok", ""]),
    ],
)
def test_words_of_those_with_nothing_to_say_are_no_scale(question, answers, write, converted, table):
    rows = [["Timestamp", "The police listen.", question]]
    rows += [["2026/01/05", AGREE[i % 5], answers[i % len(answers)]] for i in range(30)]
    result = converted("google_forms", write("a.csv", rows))
    assert [row["item"] for row in table("items")] == ["q1_the_police_listen"]
    assert table("responses")[0]["comment"] == answers[0]
    assert any(f"free text is comment: {question}" in note for note in result.notes)


def test_scales_of_short_words_stay_scales(write, converted, table):
    rows = [["Timestamp", "How do you rate our feedback?", "Were you treated fairly?"]]
    words = ["Poor", "Fair", "Good", "Excellent"]
    rows += [["2026/01/05", words[i % 4], "No"] for i in range(30)]
    converted("google_forms", write("a.csv", rows))
    assert [(row["low"], row["high"]) for row in table("items")] == [("1", "4"), ("0", "1")]
