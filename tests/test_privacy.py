"""No name, e-mail address or phone number of the sample's people is in the numbers that are written."""

import csv
import re

from outreach_metrics import sample_study
from outreach_metrics.reports.making import make_evaluation


def people():
    """Return every full name as signed, e-mail address and phone number of the sample."""
    found = set()
    with (sample_study() / "attendance.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.update(
                row[column].strip() for column in ("attendee_id", "name", "email", "phone") if row.get(column)
            )
    return {text for text in found if " " in text or "@" in text or re.search(r"\d{3}-\d{4}", text)}


def test_people_are_in_no_file_of_numbers(sample, tmp_path):
    assert len(people()) > 500
    assert make_evaluation(sample, tmp_path) == []
    written = "\n".join(path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir()))
    assert "harbor-watch" in written
    assert [text for text in people() if text in written] == []


def test_the_study_in_memory_holds_no_names(sample):
    attendance = sample.table("attendance")
    assert not {"name", "email", "phone"} & set(attendance.columns)
    assert attendance["attendee_id"].dtype.kind == "i"
    assert sample.table("responses")["respondent_id"].dtype.kind == "i"
    assert sample.table("training")["trainee_id"].dtype.kind == "i"
