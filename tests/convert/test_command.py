"""The command as a user calls it."""

import os
import re
import subprocess
import sys

import pytest

from outreach_metrics import cli
from outreach_metrics.convert import KINDS, Kind, register
from outreach_metrics.convert.kinds import recognized
from tests.conftest import ROOT

SURVEY = "Timestamp,Email Address,The police listen.\n2026/01/05,ann@x.org,Agree\n2026/01/06,,Disagree\n"


def run(*arguments, **environment):
    command = [sys.executable, "-m", "outreach_metrics", "convert", *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_convert_then_check(write, tmp_path, capsys):
    path, out = write("w1.csv", SURVEY), tmp_path / "out"
    assert cli.main(["convert", "google_forms", str(path), "--out", str(out), "--program", "watch"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("2 rows read, 2 used\n")
    assert "Disagree = 2, Agree = 4" in printed.out
    assert "left out, because nothing needs it or it tells who a person is: Email Address" in printed.out
    assert f"{out / 'responses.csv'}: 2 rows" in printed.out
    assert "assumed" in printed.err


def test_exit_codes(write, tmp_path, capsys):
    good, bad = write("w1.csv", SURVEY), write("bad.csv", "Name,Size\n")
    arguments = ["--out", str(tmp_path / "out"), "--program", "watch"]
    assert cli.main(["convert", "google_forms", str(good), str(bad), *arguments]) == 1
    assert "bad.csv: is no export of the kind google_forms" in capsys.readouterr().err
    assert (tmp_path / "out" / "responses.csv").exists(), "everything else is finished"
    assert cli.main(["convert", "google_forms", str(bad), *arguments]) == 1
    assert "nothing is written" in capsys.readouterr().out
    assert cli.main(["convert", "gogle_forms", str(good), *arguments]) == 2
    assert cli.main(["convert", "google_forms", str(good), "--out", str(tmp_path / "new")]) == 2
    assert "google_forms needs --program" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_help_lists_every_kind_with_its_summary():
    done = run("--help")
    assert done.returncode == 0
    for kind in KINDS.values():
        assert f"{kind.name} " in done.stdout
        assert kind.summary in done.stdout


def test_the_key_is_taken_from_the_environment(write, tmp_path):
    path = write("w1.csv", SURVEY)
    arguments = ("google_forms", path, "--out", tmp_path / "out", "--program", "watch", "--person", "email")
    assert run(*arguments, OUTREACH_METRICS_KEY="").returncode == 2
    done = run(*arguments, OUTREACH_METRICS_KEY="a long secret text")
    assert done.returncode == 0
    assert "1 row without 'email'" in done.stderr


def test_another_kind_joins(monkeypatch):
    monkeypatch.setattr("outreach_metrics.convert.kinds.KINDS", dict(KINDS))
    register(Kind(name="chicago", summary="Chicago crimes", module="outreach_metrics.convert.sign_in"))
    with pytest.raises(ValueError, match="registered already"):
        register(Kind(name="chicago", summary="again", module="x"))


def test_every_kind_is_recognized_as_itself_alone():
    from tests.convert import test_events, test_surveys

    rows = {
        "google_forms": test_surveys.google(["2026/01/05"]),
        "surveymonkey": test_surveys.MONKEY,
        "qualtrics": test_surveys.QUALTRICS,
        "microsoft_forms": [[str(cell or "") for cell in row] for row in test_surveys.forms_rows(1)],
        "eventbrite": [test_events.EVENTBRITE.format(last="Surname").split(",")],
        "zoom": [*test_events.MEETING, test_events.ZOOM],
        "meetup": [test_events.MEETUP],
        "sign_in": test_events.SIGN_IN,
    }
    assert set(rows) == set(KINDS)
    for name, first in rows.items():
        assert recognized(first) == name
        assert recognized(first, but=name) in ("", "sign_in")


def test_a_short_key_is_refused_and_a_key_shows_its_fingerprint(write, tmp_path):
    one, two = write("w1.csv", SURVEY), write("w2.csv", SURVEY)
    arguments = ("--out", tmp_path / "out", "--program", "watch", "--person", "email")
    short = run("google_forms", one, *arguments, OUTREACH_METRICS_KEY="fifteen letters")
    assert (short.returncode, "use at least 16" in short.stderr) == (2, True)
    assert "fifteen letters" not in short.stderr
    assert not (tmp_path / "out").exists()
    key = {"OUTREACH_METRICS_KEY": "sixteen letters!"}
    printed = run("google_forms", one, *arguments, **key).stdout
    again = run("google_forms", two, *arguments, "--append", **key).stdout
    other = run(
        "google_forms", two, *arguments, "--append", OUTREACH_METRICS_KEY="another long secret"
    ).stdout
    marks = [text.partition("with the key ")[2][:9] for text in (printed, again, other)]
    assert marks[0] == marks[1] != marks[2]
    assert re.fullmatch(r"[0-9a-f]{4}-[0-9a-f]{4}", marks[0])
    assert "sixteen" not in printed
