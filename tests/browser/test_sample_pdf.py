"""The PDFs of the sample's reports, which WeasyPrint makes of the same pages that browsers show."""

import pytest

from outreach_metrics.reports.forms.pdf import pdf
from tests.browser.paper import paper_problems
from tests.browser.test_sample_pages import MARGINS

pytestmark = pytest.mark.slow
NAMES = ["portfolio.html", "harbor-watch/report.html", "tip-line/report.html"]


@pytest.mark.parametrize("paper", ["letter", "A4"])
@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_a_pdf_that_can_be_handed_in(reports, name, paper, caplog):
    pytest.importorskip("weasyprint", reason="WeasyPrint is not installed: extra `reports`")
    html = (reports / name).read_text(encoding="utf-8")
    assert paper_problems(pdf(html, paper), **MARGINS) == []
    assert [record.getMessage() for record in caplog.records] == []
