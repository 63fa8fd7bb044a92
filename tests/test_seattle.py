"""The Seattle Drug Market Intervention as docs/cases/seattle-dmi.md tells it, when its data are there."""

import re
import shutil

import pytest

from outreach_metrics import evaluate_program, load_study
from tests.conftest import ROOT, SHARED


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    source = SHARED / "studies" / "seattle-dmi"
    if not source.is_dir():
        pytest.skip("the Seattle study is not beside this checkout")
    folder = tmp_path_factory.mktemp("seattle")
    for path in source.glob("*.csv"):
        shutil.copy(path, folder)
    text = (ROOT / "docs" / "cases" / "seattle-dmi.md").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    study = load_study(folder)
    assert study.errors() == ()
    return evaluate_program(study, "dmi")


@pytest.mark.parametrize(
    ("outcome", "counts", "published_by_this_case"),
    [
        ("any_crime", (2780, 788), (0.768, 0.656, 0.899)),
        ("felony_crime", (142, 46), (0.917, 0.604, 1.394)),
        ("misdemeanor_crime", (197, 45), (0.654, 0.416, 1.027)),
        ("drug_crime", (74, 20), (0.712, 0.381, 1.331)),
    ],
)
def test_numbers_are_those_of_the_page(evaluation, outcome, counts, published_by_this_case):
    (made,) = evaluation.select(metric="crime_relative_effect", outcome=outcome)
    assert (made.n_before, made.n_after) == counts
    assert (made.estimate, made.conf_low, made.conf_high) == pytest.approx(published_by_this_case, abs=6e-4)


def test_the_report_says_what_the_design_cannot_claim(evaluation):
    assert evaluation.answer[0].startswith("Recorded crime fell 23% relative to the comparison areas")
    assert evaluation.design_level == 3
    told = " ".join(evaluation.threats)
    for threat in (
        "regression to the mean",
        "3.3 times that of the comparison areas",
        "moved away",
        "report more",
    ):
        assert threat in told
