"""A new study folder: study.toml with its keys explained, a template of every table, the notebooks."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat

from outreach_metrics.reports.files import partial_folder, write_file
from outreach_metrics.resources import notebooks_folder, sample_study
from outreach_metrics.study.codebooks import codebook
from outreach_metrics.study.tables import TABLES

FROM_NOTEBOOKS = "study.toml"  # found in the folder above, from wherever a notebook is run
STUDY_TOML = """\
# What the study is about. Lines that begin with # are comments; a line without # is in force.
# Tables that you do not have can stay empty or be deleted: a report says what is missing.

[study]
title = "Outreach programs"
agency = "Our police department"
currency = "USD"
language = "en"
paper = "letter"      # the pages of PDF and Word: letter or A4

[periods]
unit = "month"        # month, week, quarter or year
before = 24           # periods before a program's start that count
after = 24            # periods after it
transition = 0        # periods left out right after the start, while a program is set up

[crime]
rate_per = 1000       # rates are incidents per this many residents, per year
# placebo_outcomes = ["fraud"]   # outcomes below that the programs cannot have changed

[crime.outcomes]      # name of an outcome = offense labels that it counts; "*" is every offense
all = ["*"]
# burglary = ["BURGLARY", "BURGLARY - ATTEMPTED"]

# [outcomes.tips]      # an outcome of the table counts that is not crime
# wanted = "rise"      # the way it should go: rise, fall or none
# share_of = "calls"   # another outcome that it is a share of, if it is

# [incidents]         # only if your export differs from the template incidents.csv
# path = "export.csv"
# date_format = "%m/%d/%Y %I:%M:%S %p"
# columns = { occurred_at = "Date", offense = "Primary Type", area_id = "Beat" }

# [survey]
# minimum_responses = 30     # means of fewer answers are not given
# rake = ["age_group"]       # weight the answers to these variables of benchmarks
# weight_limit = 5           # no weight above this many times the mean
# equivalence_margin = 3     # points of change that would matter

# [training]
# threshold = 70             # score that trainees are to reach

# [cost]
# discount_rate = 0.03       # a year; reports show 0 and 7 % beside it
# price_year = 2024          # prices of this year; by default the last year of costs
# outcomes = ["burglary"]    # crime outcomes that count as a benefit; by default every offense with a price

[privacy]
min_cell = 10         # numbers of people below this are not printed
"""


def start_study(folder: Path, *, sample: bool = False) -> None:
    r"""Make a new study folder; it appears whole or not at all.

    Parameters
    ----------
    folder : pathlib.Path
        Must not be there yet, or be empty.
    sample : bool
        Fill it with the sample study instead of empty tables.

    Raises
    ------
    FileExistsError
        There is something in the folder already.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as parent:
    ...     start_study(Path(parent) / "study")
    ...     (Path(parent) / "study" / "event_partners.csv").read_text()
    'event_id,agency\n'
    """
    target = folder.resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{folder} is not empty; name a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with partial_folder(target) as partial:
        if sample:
            shutil.copytree(sample_study(), partial, dirs_exist_ok=True)
        else:
            _write_templates(partial)
        _copy_notebooks(partial / "notebooks")
        if target.exists():
            target.rmdir()
        partial.replace(target)


def _write_templates(folder: Path) -> None:
    write_file(folder / "study.toml", STUDY_TOML)
    for table in TABLES.values():
        header = ",".join(column.name for column in table.columns)
        write_file(folder / f"{table.name}.csv", f"{header}\n")
    write_file(folder / "codebooks" / "questions.csv", codebook().to_csv(index=False))


def _copy_notebooks(folder: Path) -> None:
    """Copy the notebooks so that they read the study folder in which they lie, wherever it is moved."""
    for source in sorted(notebooks_folder().glob("*.ipynb")):
        notebook = nbformat.read(source, as_version=4)
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = _with_default(cell.source, "study", FROM_NOTEBOOKS)
        write_file(folder / source.name, nbformat.writes(notebook))


def _with_default(source: str, name: str, value: str) -> str:
    """Return a parameters cell with another default for one parameter.

    Examples
    --------
    >>> _with_default('study: str = "data/sample"  # folder', "study", "study.toml")
    'study: str = "study.toml"  # folder'
    """
    lines = source.splitlines()
    for position, line in enumerate(lines):
        declared, equals, rest = line.partition("=")
        if equals and declared.partition(":")[0].strip() == name:
            comment = rest.partition("#")[2]
            lines[position] = f'{declared}= "{value}"' + (f"  #{comment}" if comment else "")
    return "\n".join(lines)
