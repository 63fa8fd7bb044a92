import csv
import io
import json
import os
import subprocess
import sys

import pytest

from outreach_metrics.estimate import COLUMNS, STRANDS, Estimate
from outreach_metrics.reports import files
from tests.reports.making_notebooks import evaluation_of, small_study


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study")


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_estimates_have_the_columns_of_the_contract_in_order(study):
    text = files.estimates_csv(evaluation_of(study, "alpha").estimates)
    assert text.splitlines()[0] == (
        "program_id,strand,metric,outcome,group,estimate,conf_low,conf_high,p_value,p_adjusted,conf_level,"
        "n_before,n_after,unit,method,design_level,note"
    )
    made, declined = rows(text)
    assert float(made["estimate"]) == 1 / 3
    assert made["conf_high"] == "inf"
    assert made["design_level"] == "3"
    assert made["n_after"] == made["p_value"] == ""
    assert declined["estimate"] == declined["design_level"] == ""
    assert declined["note"] == "no comparison"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"])
def test_no_text_is_a_formula_for_a_spreadsheet(start):
    estimate = Estimate(program_id="a", strand=STRANDS[0], metric="m", outcome=f"{start}1+1", estimate=-2.5)
    (row,) = rows(files.estimates_csv([estimate]))
    assert row["outcome"].startswith("'")
    assert row["estimate"] == "-2.5"


def test_results_are_valid_json_without_nan_and_without_sources(study):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    text = files.results_json(study, [evaluation_of(study, "alpha")])
    results = json.loads(text, parse_constant=refuse)
    assert list(results) == ["study", "software", "inputs", "programs"]
    assert results["inputs"] == [{"file": "events.csv", "sha256": "ab" * 32, "rows": 3}]
    (program,) = results["programs"]
    contract = ["program_id", "name", "type", "design_level", "threats", "claims", "estimates"]
    assert list(program) == [*contract, "must_not_be_said", "checks"]
    first = program["estimates"][0]
    assert set(first) == set(COLUMNS) - {"program_id"}
    assert first["estimate"] == 1 / 3
    assert first["p_value"] is None
    assert first["conf_high"] is None
    assert str(study.folder) not in text


def test_quality_balances(study):
    quality = json.loads(files.quality_json(study))
    assert quality["events"]["rows_read"] == quality["events"]["rows_used"] + sum(
        quality["events"]["dropped"].values()
    )


def test_numbers_are_the_same_bytes_again(study, tmp_path):
    evaluations = [evaluation_of(study, name) for name in study.programs]
    for out in ("one", "two"):
        files.write_numbers(study, evaluations, tmp_path / out)
    names = ["estimates.csv", "quality.json", "results.json"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_failing_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    files.write_file(path, "old")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        files.write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_write_leaves_the_old_file_and_the_next_start_cleans_up(tmp_path):
    path = tmp_path / "a.txt"
    files.write_file(path, "old")
    code = (
        "import os, pathlib; from outreach_metrics.reports import files\n"
        "os.fsync = lambda descriptor: os._exit(9)\n"
        f"files.write_file(pathlib.Path({str(path)!r}), 'new')"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    files.clean_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_appears_whole_and_replaces_the_old_one(tmp_path):
    target = tmp_path / "alpha"
    target.mkdir()
    (target / "stale.txt").write_text("old")
    with files.partial_folder(target) as partial:
        (partial / "report.html").write_text("new")
        assert [path.name for path in target.iterdir()] == ["stale.txt"]
        files.put(partial, target)
    assert [path.name for path in target.iterdir()] == ["report.html"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_was_moved_aside_comes_back(tmp_path):
    (tmp_path / ".alpha.previous").mkdir()
    (tmp_path / ".alpha.previous" / "report.html").write_text("old")
    (tmp_path / ".beta.123.partial").mkdir()
    files.clean_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["alpha"]
    assert (tmp_path / "alpha" / "report.html").read_text() == "old"
