"""What tells about the machine goes out of notebooks and messages, what tells about the failure stays."""

from pathlib import Path

import nbformat
import pytest

from outreach_metrics.reports.scrubbing import found_from, scrub, told_anywhere
from outreach_metrics.study.loading import resolve_study
from tests.reports.making_notebooks import executed, html_output

STUDY = Path("/data/town")


@pytest.fixture
def places(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("USERPROFILE", "/home/ann")
    monkeypatch.setattr("sys.path", ["", "/", "/opt/py/lib", "/opt/py/lib/site-packages", "/home/ann/py"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("File /opt/py/lib/site-packages/pandas/core/frame.py:4330", "File pandas/core/frame.py:4330"),
        ('File "/opt/py/lib/json/decoder.py", line 3', 'File "json/decoder.py", line 3'),
        ("File ~/py/own/module.py:3 and /home/ann/py/x.py", "File own/module.py:3 and x.py"),
        ("no such file: '/home/ann/work/own.csv'", "no such file: '~/work/own.csv'"),
        ("no such file: '/data/town/events.csv'", "no such file: 'town/events.csv'"),
        ("'/tmp/outreach-metrics-ab12_xyz/x.csv'", "'working-folder/x.csv'"),
        (
            "in=/var/a/outreach-metrics-ab12_xyz/temporary/outreach-metrics-00000000",
            "in=working-folder",
        ),
        ("\x1b[31mKeyError\x1b[39m: <f at 0x7f00aa>", "KeyError: <f>"),
        ("a/opt/py/lib/x and 3/4 of outreach-metrics", "a/opt/py/lib/x and 3/4 of outreach-metrics"),
    ],
)
def test_a_message_reads_the_same_on_every_machine(places, text, told):
    assert told_anywhere(text, STUDY) == told


def test_all_of_an_error_is_scrubbed_and_nothing_but_paths_goes_from_other_outputs(places):
    error = nbformat.v4.new_output(
        "error",
        ename="OSError",
        evalue="/home/ann/x",
        traceback=["\x1b[31mFile\x1b[39m /opt/py/lib/os.py", "/data/town/a"],
    )
    notebook = executed(html_output("<p>/data/town, /home/ann/x</p>"), error)
    assert scrub(notebook, STUDY) == 0
    shown, failed = (cell.outputs[0] for cell in notebook.cells)
    assert (failed.ename, failed.evalue, failed.traceback) == ("OSError", "~/x", ["File os.py", "town/a"])
    assert shown.data["text/html"] == "<p>town, /home/ann/x</p>"


@pytest.mark.parametrize(
    ("reports", "study", "told"),
    [
        ("reports/watch", "town", "town"),
        ("reports/attendance/watch", "data/town", "data/town"),
        ("town/reports/watch", "town", "town"),
        ("far/off/reports", "far/town", "town"),
    ],
)
def test_a_study_is_found_from_the_folder_of_a_report(tmp_path, monkeypatch, reports, study, told):
    for folder in (reports, study):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    assert found_from(tmp_path / reports, tmp_path / study) == told
    monkeypatch.chdir(tmp_path / reports)
    assert resolve_study(told) == tmp_path / study
