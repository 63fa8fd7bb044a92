"""In a second language no text of the sample's reports stays behind in English."""

import nbformat
import pytest

from outreach_metrics.reports.render import Cover, render
from tests.reports.test_translation import in_english, marked

__all__ = ["marked"]


@pytest.mark.slow
@pytest.mark.usefixtures("marked")
def test_no_text_of_the_sample_stays_behind(reports):
    notebooks = sorted(reports.glob("*.ipynb")) + sorted(reports.glob("harbor-watch/*.ipynb"))
    assert notebooks
    for path in notebooks:
        html, _ = render(nbformat.read(path, as_version=4), Cover(title="Watch", language="es"))
        assert in_english(html) == [], path.name
