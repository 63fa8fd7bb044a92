"""Whatever the file holds: a result with a balance and a sentence, never a traceback."""

from random import Random

import pytest

from outreach_metrics.convert import KINDS, WrongUseError
from tests.convert import test_events, test_surveys

EXPORTS = {
    "google_forms": test_surveys.google(["2026/01/05", "2026/01/06"] * 4),
    "surveymonkey": [*test_surveys.MONKEY, *[[str(n)] * 18 for n in range(4)]],
    "qualtrics": [*test_surveys.QUALTRICS, *[test_surveys.qualtrics_row(n, "Agree") for n in range(1, 6)]],
    "microsoft_forms": [[str(cell or "") for cell in row] for row in test_surveys.forms_rows(5)],
    "eventbrite": [
        test_events.EVENTBRITE.format(last="Surname").split(","),
        *[test_events.ticket("Ann", "Lee", status) for status in ("Checked In", "Attending", "Odd")],
    ],
    "zoom": [
        *test_events.MEETING,
        test_events.ZOOM,
        ["Ann", "", "10/15/2026 06:00:00 PM", "", "5", ""],
        ["iPhone", "", "", "", "x", ""],
    ],
    "meetup": [test_events.MEETUP, ["Ann", "Y", "user 1", "", "", "Yes", "many", "", "", "", ""]],
    "sign_in": test_events.SIGN_IN,
}


def test_every_kind_is_here():
    assert set(EXPORTS) == set(KINDS)


@pytest.mark.parametrize("kind", EXPORTS)
def test_broken_exports(kind, write, converted):
    random = Random(4)
    whole = write("whole.csv", EXPORTS[kind]).read_bytes()
    for number in range(12):
        content = bytearray(whole)
        for _ in range(random.randint(1, 8)):
            place = random.randrange(len(content))
            match random.randrange(4):
                case 0:
                    del content[place : place + random.randint(1, 40)]
                case 1:
                    content[place:place] = random.choice(
                        [b'"', b",", b"\n", b"\xff", b"=1", b"\x00", b"5/13/2026"]
                    )
                case 2:
                    content[place] = random.randrange(256)
                case 3:
                    content[place:place] = content[place : place + 60]
            if not content:
                content = bytearray(b"x")
        result = converted(kind, write(f"{number}.csv", bytes(content)), out=f"out{number}")
        assert result.tables or any(problem.severity == "error" for problem in result.problems)


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("rows", [0, 1])
def test_exports_without_rows(kind, rows, write, converted):
    heights = {"qualtrics": 3, "surveymonkey": 2, "zoom": 4, "sign_in": 3}
    result = converted(kind, write("empty.csv", EXPORTS[kind][: heights.get(kind, 1) + rows]))
    assert result.read == rows


@pytest.mark.parametrize("kind", EXPORTS)
def test_the_export_of_every_other_kind_is_refused(kind, write, converted):
    for other, rows in EXPORTS.items():
        if other == kind:
            continue
        try:
            result = converted(kind, write(f"{other}.csv", rows), out=other)
        except WrongUseError:
            continue
        if kind != "sign_in":
            assert not result.tables
            assert f"it looks like {other}" in str(result.problems[0])
