from dataclasses import replace

import pytest

from outreach_metrics.errors import Problem
from outreach_metrics.reports.index import index_html, program_entry
from outreach_metrics.reports.manifest import RunRecord
from tests.reports.making_notebooks import HOSTILE, Page, evaluation_of, small_study


@pytest.fixture
def study(tmp_path):
    warning = Problem(severity="warning", file="events.csv", row=3, rule="x", message="<i>late</i> start")
    return replace(small_study(tmp_path / "town"), problems=(warning,))


def record(program_id, status, error=""):
    rest = {"report": f"{program_id}/report.html", "fingerprint": "", "parameters": {}}
    return RunRecord(notebook="n", program_id=program_id, status=status, error=error, **rest)


def entries(study):
    alpha, beta = study.programs.values()
    return [
        program_entry(
            alpha,
            evaluation_of(study, "alpha"),
            record("alpha", "done"),
            others={"Evaluation plan": "evaluation_plan/alpha/report.html"},
        ),
        program_entry(beta, evaluation_of(study, "beta"), record("beta", "failed", "no <events>")),
    ]


def test_the_index_tells_everything_and_loads_nothing(study):
    html = index_html(
        study, entries(study), {"All programs compared": "portfolio.html"}, "outreach_metrics 1"
    )
    page = Page(html)
    assert not page.named("script", "link", "img", "iframe")
    assert page.loaded() == []
    assert f"Alpha {HOSTILE}" in page.text
    assert "Crime fell <much>." in page.text
    assert "Moderate evidence (level 3 of 5" in page.text
    assert "Tip line" in page.text
    assert "no <events>" in page.text
    assert "found 0 errors and 1 warning." in page.text
    assert "<i>late</i> start" in page.text
    assert "unknown program: 1" in page.text
    links = {attributes["href"] for attributes in page.named("a")}
    assert links == {
        "#content", "portfolio.html", "alpha/report.html", "evaluation_plan/alpha/report.html",
        "estimates.csv", "results.json", "quality.json",
    }  # fmt: skip
    assert len(page.named("h1")) == 1
    assert page.named("html") == [{"lang": "en"}]


def test_a_program_without_a_number_is_listed_with_its_reason(study):
    beta = study.programs["beta"]
    page = Page(index_html(study, [program_entry(beta, None, None, "nobody came")], {}, ""))
    assert "nobody came" in page.text
    assert "No program has a report." in page.text
