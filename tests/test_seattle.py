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
    ("outcome", "counts", "on_the_page", "weighted", "microsynth"),
    [
        ("any_crime", (2780, 788), (0.768, 0.628, 0.939, 0.049), (0.812, 0.645, 1.022), 0.799),
        ("felony_crime", (142, 46), (0.917, 0.628, 1.341, 0.643), (0.759, 0.500, 1.153), 0.674),
        ("misdemeanor_crime", (197, 45), (0.654, 0.437, 0.979, 0.080), (0.621, 0.368, 1.046), 0.627),
        ("drug_crime", (74, 20), (0.712, 0.360, 1.411, 0.417), (0.853, 0.440, 1.653), 0.842),
    ],
)
def test_numbers_are_those_of_the_page(evaluation, outcome, counts, on_the_page, weighted, microsynth):
    (made,) = evaluation.select(metric="crime_relative_effect", outcome=outcome)
    assert (made.n_before, made.n_after) == counts
    numbers = (made.estimate, made.conf_low, made.conf_high, made.p_adjusted)
    assert numbers == pytest.approx(on_the_page, abs=6e-4)
    (made,) = evaluation.select(metric="crime_synthetic_effect", outcome=outcome)
    assert (made.estimate, made.conf_low, made.conf_high) == pytest.approx(weighted, abs=6e-4)
    assert made.conf_low < microsynth < made.conf_high


def test_designs_that_the_data_do_not_hold_decline(evaluation):
    for metric in (
        "crime_its_level",
        "crime_att",
        "crime_event_study",
        "crime_displacement",
        "crime_harm_change",
    ):
        found = evaluation.select(metric=metric)
        assert found
        assert not any(estimate.made for estimate in found)
        assert all(estimate.note for estimate in found)


def test_the_report_says_what_the_design_cannot_claim(evaluation):
    assert evaluation.answer[0].startswith("Recorded crime fell 23% relative to the comparison areas")
    assert evaluation.design_level == 3
    told = " ".join(evaluation.threats)
    for threat in (
        "3.3 times that of the comparison areas",
        "moved away",
        "report more",
    ):
        assert threat in told
