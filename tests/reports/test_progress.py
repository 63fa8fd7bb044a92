import sys
import time
from itertools import count

from outreach_metrics.reports.progress import progress


def test_plain_lines_away_from_a_terminal(capsys):
    with progress(2, "Reports") as tell:
        tell("alpha")
        tell("beta")
    told = capsys.readouterr()
    assert told.err == "Reports 1 of 2: alpha\nReports 2 of 2: beta\n"
    assert told.out == ""


def test_plain_lines_tell_the_time_that_is_left(capsys, monkeypatch):
    seconds = count(0, 100)
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    with progress(3, "Reports") as tell:
        for name in ("alpha", "beta", "gamma"):
            tell(name)
    assert capsys.readouterr().err.splitlines() == [
        "Reports 1 of 3: alpha (about 4 minutes left)",
        "Reports 2 of 3: beta (about 2 minutes left)",
        "Reports 3 of 3: gamma",
    ]


def test_a_bar_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress(2, "Reports") as tell:
        tell("alpha")
        tell("beta")
    told = capsys.readouterr().err
    assert "\r" in told
    assert "Reports: " in told
    assert "alpha" in told
    assert "1 of 2" not in told
