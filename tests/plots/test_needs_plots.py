"""Charts of needs and the logic model: text fits, what cannot be told looks so, print in grey."""

import math

import pytest
from matplotlib.patches import FancyBboxPatch

from outreach_metrics.plots.needs import NeedRow, need_rows
from outreach_metrics.plots.page import WIDTH, png
from outreach_metrics.plots.steps import Box, logic_model

HEADINGS = {"above": "Clearly above the city", "unclear": "Cannot be told", "below": "Clearly below the city"}
LONG = "A very long name of an area that has no room here at all"


def rows(count=6, label="Hill"):
    standings = ["above"] * 2 + ["unclear"] * (count - 4) + ["below"] * 2
    return [
        NeedRow(f"{label} {i}", 20 - i, 18 - i, 22 - i, 20.5 - i, standing, "20.0 (18.0 to 22.0)", "1–12")
        for i, standing in enumerate(standings)
    ]


def drawn(shown, **how):
    given = {
        "title": "Two areas stand clearly above the city", "subtitle": "Incidents per 1,000 residents",
        "headings": HEADINGS, "line": 16.0, "line_name": "city 16.0", "columns": ("Rate", "Rank"),
        "axis": lambda tick: f"{tick:.0f}", "counted": "rate as counted",
    }  # fmt: skip
    return need_rows(shown, **given | how)


def texts(axes):
    inside = [text for part in axes.figure.axes for text in part.texts]
    return [text for text in (*inside, *axes.figure.texts) if text.get_text()]


def boxes_of(axes):
    axes.figure.canvas.draw()
    renderer = axes.figure.canvas.get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts(axes)]


@pytest.mark.parametrize("shown", [rows(), rows(12, LONG), rows(45)[:45]], ids=["few", "long", "many"])
def test_every_text_of_the_rows_stays_on_the_page(shown):
    axes = drawn(shown)
    wide, high = axes.figure.get_size_inches() * axes.figure.dpi
    for words, box in boxes_of(axes):
        assert box.x0 >= -1 and box.x1 <= wide + 1 and box.y0 >= -1 and box.y1 <= high + 1, words
    assert png(axes)[1:4] == b"PNG" and png(axes) == png(axes)


@pytest.mark.parametrize("count", [22, 40, 45])
def test_many_areas_stand_in_two_columns_of_one_scale_on_half_a_page(count):
    axes = drawn(rows(count, LONG), columns=("Rate\n(95% interval)", "Rank,\nfrom–to"))
    first, second = axes.figure.axes
    assert first.get_xlim() == second.get_xlim() and first.get_ylim() == second.get_ylim()
    assert axes.figure.get_figheight() < 5.1
    marks = [sum(line.get_marker() in ("o", "s") for line in part.lines) for part in (first, second)]
    assert sum(marks) == count and abs(marks[0] - marks[1]) <= 5
    found = boxes_of(axes)
    for place, (words, box) in enumerate(found):
        assert not [other for other, its in found[place + 1 :] if inside(box, its)], words
    assert "Cannot be told, continued" in [words for words, _ in found]


def inside(box, other):
    """Whether two boxes share more than the edges that letters leave empty."""
    wide = min(box.x1, other.x1) - max(box.x0, other.x0)
    high = min(box.y1, other.y1) - max(box.y0, other.y0)
    return wide > 1 and high > 0.25 * min(box.height, other.height)


def test_two_columns_part_between_groups_where_that_costs_little():
    shown = [row._replace(standing="above" if place < 10 else "below") for place, row in enumerate(rows(22))]
    axes = drawn(shown)
    words = [text.get_text() for text in texts(axes)]
    assert len(axes.figure.axes) == 2 and not any("continued" in text for text in words)


def test_labels_do_not_touch_numbers():
    axes = drawn(rows(10, LONG))
    names = [box for words, box in boxes_of(axes) if words.startswith("A very")]
    assert names and all(box.x1 < 1.8 * axes.figure.dpi for box in names)


def test_what_cannot_be_told_is_hollow_and_the_need_is_round():
    def marks(**how):
        lines = [line for line in drawn(rows(), **how).lines if line.get_marker() in ("o", "s")]
        return [(line.get_marker(), line.get_markerfacecolor() == "white") for line in lines]

    assert marks() == [("o", False)] * 2 + [("o", True)] * 2 + [("s", False)] * 2
    assert [mark for mark, _ in marks(need="below")] == ["s"] * 2 + ["o"] * 4


def test_missing_numbers_and_no_rows():
    gap = rows()[0]._replace(value=math.nan, low=math.nan, high=math.nan, counted=math.nan, numbers="–")
    assert png(drawn([gap]))[1:4] == b"PNG"
    assert any("no areas" in text.get_text() for text in drawn([]).texts)


STAGES = [
    ("Inputs", [Box("Cost", "123,456,789,012 USD"), Box("Agencies", "no evidence here", known=False)]),
    ("Activities", [Box(LONG, "34", "a detail that is far too long for the width of one box")]),
    ("Outputs", [Box("Attendances", "not shown", "too few people")]),
    ("Outcomes", [Box("Burglary", "−37%", "−50% to −21%")] * 7),
]


def test_every_text_of_the_logic_model_stays_in_its_box():
    axes = logic_model(STAGES, title="The study holds evidence on most steps", subtitle="Harbor Watch")
    axes.figure.canvas.draw()
    renderer = axes.figure.canvas.get_renderer()
    frames = [
        patch.get_window_extent(renderer) for patch in axes.patches if isinstance(patch, FancyBboxPatch)
    ]
    assert len(frames) == 11
    names = {name for name, _ in STAGES}
    for text in axes.texts:
        if text.get_text() and text.get_text() not in names:
            box = text.get_window_extent(renderer)
            assert any(
                f.x0 <= box.x0 and box.x1 <= f.x1 + 0.5 and f.y0 <= box.y0 and box.y1 <= f.y1 for f in frames
            ), text.get_text()


def test_boxes_without_evidence_are_dashed_and_empty():
    axes = logic_model(STAGES, title="T", subtitle="S")
    frames = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)]
    dashed = [patch for patch in frames if patch.get_linestyle() != "-" and patch.get_linestyle() != "solid"]
    assert len(dashed) == 1 and dashed[0].get_facecolor()[:3] == (1.0, 1.0, 1.0)
    assert axes.get_xlim() == (0, WIDTH)


def test_no_stage_at_all_is_still_a_picture():
    assert png(logic_model([], title="T", subtitle="S"))[1:4] == b"PNG"
