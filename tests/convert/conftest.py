"""Exports with the header records that the tools write, and a study made of what they are converted to."""

import csv
import io

import pytest

from outreach_metrics.convert import Options
from outreach_metrics.convert.running import run

PROGRAMS = "program_id,name,type,start_date\nwatch,Town Watch,neighborhood_watch,2022-01-01\n"
STUDY = '[study]\ntitle = "Town"\nagency = "Town Police"\n'


@pytest.fixture
def write(tmp_path):
    """Write an export: rows of cells (or text, or bytes) -> path."""

    def write(name, rows, encoding="utf-8", separator=","):
        path = tmp_path / name
        if isinstance(rows, bytes):
            path.write_bytes(rows)
            return path
        if not isinstance(rows, str):
            text = io.StringIO(newline="")
            csv.writer(text, delimiter=separator).writerows(rows)
            rows = text.getvalue()
        path.write_bytes(rows.encode(encoding))
        return path

    return write


@pytest.fixture
def converted(tmp_path):
    """Convert into the folder out: kind, files, options -> result; the balance is always checked."""

    def converted(kind, *files, out="out", append=False, **options):
        result, written = run(
            kind, files, tmp_path / out, Options(**{"program": "watch"} | options), append=append
        )
        assert result.read == result.used + sum(result.dropped.values())
        assert bool(written) == bool(result.tables)
        return result

    return converted


@pytest.fixture
def table(tmp_path):
    """Read a table that was written: name -> list of dicts."""

    def table(name, out="out"):
        with (tmp_path / out / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return table


@pytest.fixture
def study(tmp_path):
    """Complete the items template and add what a study needs: folder -> errors of `check`."""
    from outreach_metrics.study.loading import check_study, load_study

    def study(out="out"):
        folder = tmp_path / out
        (folder / "programs.csv").write_text(PROGRAMS)
        (folder / "study.toml").write_text(STUDY)
        items = folder / "items.csv"
        if items.exists():
            rows = list(csv.DictReader(items.open(encoding="utf-8", newline="")))
            for row in rows:
                row["construct"] = row["construct"] or "trust"
            with items.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        problems = check_study(folder)
        assert not [str(problem) for problem in problems if problem.severity == "error"]
        return load_study(folder)

    return study
