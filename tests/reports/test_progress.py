import sys

from outreach_metrics.reports.progress import progress


def test_plain_lines_away_from_a_terminal(capsys):
    with progress(2, "Reports") as tell:
        tell("alpha")
        tell("beta")
    told = capsys.readouterr()
    assert told.err == "Reports 1 of 2: alpha\nReports 2 of 2: beta\n"
    assert told.out == ""


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
