"""The colors of strands: legible, of one weight, and apart, also for readers who see fewer colors.

Contrast as in WCAG 2.2; lightness L* of CIELAB; differences in Oklab (Ottosson 2020), times 100, of which
about 2 are just seen. Color blindness is simulated by Machado, Oliveira and Fernandes (2009), severity 1.
"""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from outreach_metrics import plots
from outreach_metrics.estimate import STRANDS, Estimate
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.plots.colors import STRAND_COLORS, strand_color, tint
from outreach_metrics.plots.page import DARK, INK, LIGHT, MUTED, PALE
from outreach_metrics.reports.export import program_charts

VISION = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
CONES = np.array(
    [
        [0.41222147, 0.53633254, 0.05144599],
        [0.21190350, 0.68069955, 0.10739696],
        [0.08830246, 0.28171884, 0.62997870],
    ]
)
OKLAB = np.array(
    [
        [0.21045426, 0.79361779, -0.00407205],
        [1.97799850, -2.42859221, 0.45059371],
        [0.02590404, 0.78277177, -0.80867577],
    ]
)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])

every_vision = pytest.mark.parametrize("vision", VISION)


def linear(color):
    parts = np.array(to_rgb(color))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast_on_white(color):
    return 1.05 / (linear(color) @ LUMINANCE + 0.05)


def lightness(color):
    return 116 * np.cbrt(linear(color) @ LUMINANCE) - 16


def seen(color, vision):
    return 100 * OKLAB @ np.cbrt(CONES @ np.clip(VISION[vision] @ linear(color), 0, 1))


def difference(one, other, vision="usual"):
    return np.linalg.norm(seen(one, vision) - seen(other, vision))


def test_the_measures_are_right():
    """Black and white, and the L* of middle grey; red and green, which two of three confuse, by number."""
    assert contrast_on_white("#000000") == pytest.approx(21)
    assert lightness("#777777") == pytest.approx(50.03, abs=0.01)
    assert difference("#000000", "#ffffff") == pytest.approx(100, abs=0.01)
    assert seen("#ff0000", "usual") == pytest.approx([62.80, 22.49, 12.58], abs=0.01)
    assert difference("#a05050", "#707020", "deuteranopia") < difference("#a05050", "#707020") / 2


def test_every_strand_has_a_color_of_its_own_and_crime_that_of_the_package():
    assert tuple(STRAND_COLORS) == STRANDS
    assert len(set(STRAND_COLORS.values())) == len(STRANDS)
    assert strand_color("crime") == strand_color("") == DARK
    with pytest.raises(KeyError):
        strand_color("weather")


def test_every_color_can_be_read_as_text_and_printed_in_grey():
    assert min(map(contrast_on_white, STRAND_COLORS.values())) >= 7
    weights = [lightness(color) for color in STRAND_COLORS.values()]
    assert max(weights) - min(weights) < 6
    assert max(weights) < lightness(LIGHT) - 10 < lightness(PALE) - 20


@every_vision
def test_colors_of_one_chart_are_apart(vision):
    for strand, color in STRAND_COLORS.items():
        least = {LIGHT: 10, PALE: 18, MUTED: 7, INK: 8}
        near = {other: difference(color, other, vision) for other in least}
        assert all(near[other] >= least[other] for other in least), (strand, near)


@every_vision
def test_strands_are_apart(vision):
    least = 9.5 if vision == "usual" else 4.5
    for one, other in combinations(STRAND_COLORS, 2):
        assert difference(STRAND_COLORS[one], STRAND_COLORS[other], vision) >= least, (one, other)


@pytest.mark.parametrize("strength", [0.14, 0.25, 0.45])
def test_a_tint_is_lighter_than_its_outline_and_carries_dark_text(strength):
    for color in STRAND_COLORS.values():
        face = tint(color, strength)
        assert contrast_on_white(color) / contrast_on_white(face) >= 3
        assert contrast_on_white(INK) / contrast_on_white(face) >= 4.5


@pytest.mark.parametrize("strand", ["", *STRANDS])
def test_a_chart_that_strands_share_takes_the_color_of_the_strand(strand):
    change = Estimate(program_id="p", strand="cost", metric="m", unit="ratio", estimate=0.8, design_level=3)
    marks = plots.forest(["All"], [change], title="T", subtitle="S", strand=strand).lines
    assert strand_color(strand) in {mark.get_markeredgecolor() for mark in marks}


def drawn_colors(figure):
    """Return every color that a chart's marks have, as hex."""
    found = set()
    for artist in figure.findobj(lambda a: isinstance(a, Line2D | Patch | Collection) and a.get_visible()):
        parts = (
            [artist.get_color(), artist.get_markerfacecolor(), artist.get_markeredgecolor()]
            if isinstance(artist, Line2D)
            else [*np.atleast_2d(artist.get_facecolor()), *np.atleast_2d(artist.get_edgecolor())]
        )
        found |= {to_hex(part) for part in parts if to_rgba(part)[3]}
    return found


def test_every_chart_of_a_program_is_in_the_color_of_its_strand_alone(sample):
    charts = program_charts(evaluate_program(sample, "northgate-beats"))
    assert {chart.strand for chart in charts} >= {*STRANDS} - {"outcome"}
    for chart in charts:
        found = drawn_colors(chart.axes.figure) & set(STRAND_COLORS.values())
        several = chart.name == "long-view"
        assert len(found) > 3 if several else found == {strand_color(chart.strand)}, chart.name
