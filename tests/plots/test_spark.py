"""Charts as small as a word: what is drawn where, and that nothing of the data becomes markup."""

import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from outreach_metrics.plots import spark


def drawn(svg):
    return ElementTree.fromstring(str(svg))


def path(svg):
    return drawn(svg).find("path").get("d")


@pytest.mark.parametrize(
    "svg",
    [
        spark.change_line([1.0], [2.0], slots=1, spread=0.5, label='"><script>'),
        spark.event_bars([(0.1, 0.5)], label='"><script>'),
        spark.interval_mark(-1, 0, 1, clear=True, label='"><script>'),
        spark.coverage_bar([True, False], label='"><script>'),
    ],
)
def test_every_chart_has_a_text_and_escapes_it(svg):
    assert drawn(svg).attrib["role"] == "img"
    assert drawn(svg).attrib["aria-label"] == '"><script>'
    assert "<script>" not in str(svg)


def test_a_line_stays_in_its_frame_and_on_its_side():
    svg = spark.change_line([0.0, 9.0], [1.0, 1.0, 1.0], slots=4, spread=0.5, label="x")
    before, after = re.findall(r"M(\d+) (\d+)([^M]*)", path(svg))
    assert before == ("38", "36", "l14-36"), "cut at the bottom and the top"
    assert after == ("68", "18", "h14h16"), "the average is half way up"


def test_a_value_that_is_not_known_parts_the_line():
    svg = spark.change_line([1.0, math.nan, 1.0, 1.0], [1.0], slots=4, spread=1.0, label="x")
    assert path(svg).count("M") == 3


def test_events_outside_the_time_shown_are_not_drawn():
    svg = spark.event_bars([(-0.1, 1.0), (0.0, 1.0), (1.0, 0.5), (1.1, 1.0)], label="x")
    assert path(svg) == "M60 36V1M120 36V18"


@pytest.mark.parametrize(
    ("ends", "arrows"), [((-0.9, 0.9), 0), ((-1.2, 0.5), 1), ((-0.5, math.inf), 1), ((-math.inf, 2.0), 2)]
)
def test_an_interval_beyond_an_edge_gets_an_arrow(ends, arrows):
    svg = spark.interval_mark(ends[0], 0.0, ends[1], clear=False, label="x")
    assert path(svg).count("l-4 3") == arrows, "a barb that comes back from each tip"
    numbers = [int(number) for number in re.findall(r"[MH](\d+)", path(svg))]
    assert all(0 <= number <= spark.MARK_WIDTH for number in numbers)


def test_an_estimate_beyond_the_edge_has_no_dot_and_a_clear_one_is_filled():
    assert drawn(spark.interval_mark(1.5, 2.0, 3.0, clear=True, label="x")).find("circle") is None
    rings = [
        "ring" in str(spark.interval_mark(-0.5, -0.2, -0.1, clear=clear, label="x"))
        for clear in (True, False)
    ]
    assert rings == [False, True]


def test_months_are_as_wide_as_they_are_long():
    svg = spark.coverage_bar([True] * 3 + [False] * 2 + [True], label="x")
    assert drawn(svg).get("viewBox") == "0 0 6 10"
    assert path(svg) == "M0 0h3v10h-3zM5 0h1v10h-1z"
    assert path(spark.coverage_bar([False, False], label="x")) == ""


def test_matplotlib_is_not_what_draws():
    code = (
        "import sys, importlib.util as u\n"
        f"spec = u.spec_from_file_location('spark', {spark.__file__!r})\n"
        "spec.loader.exec_module(u.module_from_spec(spec))\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
