"""The reports of the sample study, with the notebooks that people get."""

import json
import re
from itertools import pairwise

import pytest

from outreach_metrics.reports.making import make_reports
from tests.reports.making_notebooks import Page, contents

PROGRAMS = ["harbor-watch", "tip-line"]
PAGES = ["index.html", "portfolio.html", "harbor-watch/report.html", "tip-line/report.html"]


@pytest.fixture(scope="module")
def reports(sample, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    assert make_reports(sample, out, PROGRAMS) == []
    return out


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", ["index.html", "portfolio.html", *(f"{name}/report.html" for name in PROGRAMS)]
)
def test_every_page_can_be_read_by_everybody_and_offline(reports, page):
    text = (reports / page).read_text(encoding="utf-8")
    found = Page(text)
    assert len(text) < 1_000_000
    assert not found.named("script", "link", "iframe")
    assert found.loaded() == []
    assert all(image["alt"].strip() for image in found.named("img"))
    assert "No description has been provided" not in text
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    identifiers = [attributes["id"] for _, attributes in found.tags if attributes.get("id")]
    assert len(identifiers) == len(set(identifiers))
    for link in (attributes["href"] for attributes in found.named("a")):
        target, _, part = link.partition("#")
        assert not part or part in identifiers
        assert not target or (reports / page).parent.joinpath(target).is_file()


@pytest.mark.slow
def test_the_real_notebooks_give_the_same_bytes_again_and_no_noise(reports, sample, tmp_path):
    assert make_reports(sample, tmp_path / "again", PROGRAMS) == []
    first, second = contents(reports), contents(tmp_path / "again")
    assert sorted(first) == sorted(second)
    differing = [name for name in first if first[name] != second[name]]
    assert differing == []
    runs = json.loads((reports / "manifest.json").read_text())["runs"]
    assert [run["hidden_messages"] for run in runs] == [0, 0, 0]
