"""The commands as a user calls them: exit codes, words on stderr, files."""

import json
import os
import subprocess
import sys

import pytest

from outreach_metrics import cli
from outreach_metrics.study.tables import TABLES
from tests.conftest import ROOT
from tests.reports.making_notebooks import write_notebook

STUDY_TOML = '[study]\ntitle = "Town"\nagency = "Town Police"\n'
PROGRAMS = """\
program_id,name,type,start_date
watch,Town Watch,neighborhood_watch,2022-01-01
coffee,Coffee <script>alert(1)</script>,coffee_with_a_cop,2022-01-01
"""
EVENTS = """\
event_id,program_id,date,headcount
e1,watch,2022-02-01,20
e2,watch,2022-03-01,30
e3,coffee,2022-03-01,40
"""


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY_TOML)
    (folder / "programs.csv").write_text(PROGRAMS)
    (folder / "events.csv").write_text(EVENTS)
    return folder


def run(*arguments, **options):
    command = [sys.executable, "-m", "outreach_metrics", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **options)


def test_help_names_the_commands_that_there_are():
    done = run("--help")
    assert done.returncode == 0
    for name in ("init", "check", "evaluate", "report", "export", "plan", "convert"):
        assert f"    {name} " in done.stdout


def test_a_program_that_is_left_out_tells_its_errors(study):
    (study / "programs.csv").write_text(PROGRAMS + "night,Night,other,soon\n")
    done = run("evaluate", study, "--out", study.parent / "out", "--program", "night")
    assert done.returncode == 1
    assert "programs.csv, row 4, start_date: 'soon' is not a date" in done.stderr
    assert "Unknown" not in done.stderr


def test_help_takes_no_time():
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'outreach_metrics', '--help'], stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert float(done.stdout) < 0.3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "COMMAND"),
        (("reprot", "town"), "invalid choice"),
        (("report", "town"), "--out"),
        (("check", "nowhere"), "there is no folder nowhere"),
        (("evaluate", "town", "--out", "town"), "another folder"),
        (("evaluate", "town", "--out", "town/study.toml"), "is a file"),
        (
            ("evaluate", "town", "--out", "o", "--program", "watsch"),
            "mean 'watch'? Known: coffee, watch",
        ),
        (("report", "town", "--out", "o", "--program", "watch", "x"), "Unknown program 'x'"),
        (("report", "town", "--out", "o", "--notebook", "portfoli"), "portfolio, program_evaluation"),
        (("report", "town", "--out", "o", "--format", "docs"), "known: html"),
        (("report", "town", "--out", "o", "--jobs", "0"), "1 or more"),
        (("init", "town"), "not empty"),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(study, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(study.parent)
    try:
        code = cli.main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert sorted(path.name for path in study.parent.iterdir()) == ["town"]


def test_a_notebook_that_would_overwrite_the_index_is_wrong_usage(study, capsys):
    notebook = write_notebook(study / "index.ipynb", 'study: str = "x"')
    out = study.parent / "out"
    assert cli.main(["report", str(study), "--out", str(out), "--notebook", str(notebook)]) == 2
    assert "notebook 'index' would write index.html" in capsys.readouterr().err
    assert not out.exists()


def test_check_tells_sentences_and_a_count(study, capsys):
    assert cli.main(["check", str(study)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 errors, ")
    (study / "events.csv").write_text(EVENTS + "e4,wacht,2022-03-01,1\n")
    assert cli.main(["check", str(study)]) == 1
    *sentences, count = capsys.readouterr().out.splitlines()
    assert sentences[0].startswith("Error: events.csv, row 5, program_id: ")
    assert count.startswith("1 error, ")


def test_check_json_is_a_list_of_problems(study, capsys):
    (study / "programs.csv").write_text(PROGRAMS.replace("2022-01-01", "13/45/2023", 1))
    assert cli.main(["check", str(study), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)
    first = problems[0]
    assert (first["severity"], first["file"], first["row"], first["column"], first["value"]) == (
        "error",
        "programs.csv",
        2,
        "start_date",
        "13/45/2023",
    )
    assert set(first) == {"severity", "file", "message", "rule", "row", "column", "value", "program_id"}


def test_a_study_that_cannot_be_evaluated_ends_with_1(study, tmp_path, capsys):
    (study / "programs.csv").unlink()
    assert cli.main(["evaluate", str(study), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "programs" in told
    assert "Traceback" not in told
    assert not (tmp_path / "out").exists()


def test_evaluate_writes_the_numbers(study, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert (
        cli.main(["evaluate", str(study), "--out", str(out), "--program", "watch", "--program", "coffee"])
        == 0
    )
    assert sorted(path.name for path in out.iterdir()) == ["estimates.csv", "quality.json", "results.json"]
    results = json.loads((out / "results.json").read_text())
    assert [program["program_id"] for program in results["programs"]] == ["watch", "coffee"]
    told = capsys.readouterr()
    assert told.out.strip() == str(out / "estimates.csv")
    assert "Evaluating 2 of 2: coffee" in told.err


def test_a_program_that_fails_is_named_and_the_others_are_written(study, tmp_path, capsys, monkeypatch):
    from outreach_metrics import evaluation

    def fail_for_coffee(study, program_id, outcome="", real=evaluation.evaluate_program):
        if program_id == "coffee":
            raise ZeroDivisionError("nobody came")
        return real(study, program_id, outcome)

    monkeypatch.setattr(evaluation, "evaluate_program", fail_for_coffee)
    out = tmp_path / "out"
    assert cli.main(["evaluate", str(study), "--out", str(out)]) == 1
    assert "Failed: coffee: ZeroDivisionError: nobody came" in capsys.readouterr().err
    results = json.loads((out / "results.json").read_text())
    assert [program["program_id"] for program in results["programs"]] == ["watch"]


def test_a_folder_that_cannot_be_written_is_told(study, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["evaluate", str(study), "--out", str(tmp_path / "file" / "out")]) == 1
    assert "evaluate: " in capsys.readouterr().err


def test_a_closed_pipe_is_no_error(study):
    command = f"{sys.executable} -m outreach_metrics check {study} --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0
    assert done.stderr == ""


def test_an_interrupt_is_clean(monkeypatch, capsys, study):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_study_folder", interrupt)
    assert cli.main(["check", str(study)]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_init_makes_templates_and_notebooks(tmp_path, capsys):
    folder = tmp_path / "a" / "study"
    assert cli.main(["init", str(folder)]) == 0
    names = {path.name for path in folder.iterdir()}
    assert names == {"study.toml", "codebooks", "notebooks", *(f"{name}.csv" for name in TABLES)}
    assert (folder / "event_partners.csv").read_text() == "event_id,agency\n"
    assert 'study: str = \\"study.toml\\"' in (folder / "notebooks" / "program_evaluation.ipynb").read_text()
    assert [path.name for path in folder.parent.iterdir()] == ["study"]
    assert "outreach-metrics check" in capsys.readouterr().out


def test_templates_are_ready_to_be_filled_in(tmp_path, capsys):
    folder = tmp_path / "study"
    cli.main(["init", str(folder)])
    capsys.readouterr()
    assert cli.main(["check", str(folder)]) == 1, "a study without programs is not ready"
    (folder / "programs.csv").write_text(PROGRAMS)
    (folder / "events.csv").write_text(EVENTS)
    assert cli.main(["check", str(folder)]) == 0, capsys.readouterr().out


def test_init_sample_is_a_study(tmp_path, capsys):
    folder = tmp_path / "study"
    folder.mkdir()
    assert cli.main(["init", str(folder), "--sample"]) == 0
    assert (folder / "incidents.csv").stat().st_size > 1_000_000
    assert (folder / "notebooks" / "portfolio.ipynb").exists()
    assert cli.main(["init", str(folder), "--sample"]) == 2


def test_report_of_one_program_from_start_to_end(study, tmp_path):
    out = tmp_path / "out"
    done = run("report", study, "--out", out, "--program", "coffee", "--notebook", "program_evaluation")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(out / "index.html")
    assert "Reports 1 of 1: coffee" in done.stderr
    page = (out / "coffee" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "Coffee &lt;script&gt;" in page
    assert str(tmp_path) not in page
    assert len(page) < 1_000_000
