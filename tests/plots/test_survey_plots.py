"""Charts of what people answered: what they say, that nothing overlaps, that they hold on strange input."""

import math
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from outreach_metrics import plots
from outreach_metrics.estimate import Estimate
from outreach_metrics.plots.colors import strand_color
from outreach_metrics.plots.page import LIGHT
from tests.plots.test_plots import outside, overlaps, texts

NAN = math.nan
LONG = (
    "If I saw somebody break into a home in my neighborhood, I would call the police at once, even if I did"
    " not know the people who live there and had other things to do"
)


def estimate(amount=NAN, low=NAN, high=NAN, unit="change in points (0-100)", **rest):
    names = {"program_id": "p", "strand": "sentiment", "metric": "sentiment_change"}
    return Estimate(**names, estimate=amount, conf_low=low, conf_high=high, unit=unit, **rest)


def spread(item, text, groups, low=1, high=5, favourable_from=4.0):
    codes = range(low, high + 1)
    rows = []
    for place, group in enumerate(groups):
        weights = [1.0 + ((code + place) * 7) % 5 for code in codes]
        for code, weight in zip(codes, weights, strict=True):
            share = weight / sum(weights)
            rows.append((item, text, group, code, share, 150 + place, favourable_from, low, high))
    columns = ["item", "text", "group", "code", "share", "answers", "favourable_from", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


WAVES = ["baseline", "baseline (comparison)", "second year", "second year (comparison)"]
ITEMS = pd.concat(
    [
        spread("trust_1", "I trust the police in my neighborhood.", WAVES),
        spread("call_1", LONG, WAVES[::2]),
        spread("even_1", "Officers explain what they do.", WAVES[::2], high=4, favourable_from=3.0),
        spread("open_1", "How safe do you feel?", WAVES[:1], low=0, high=10, favourable_from=NAN),
    ]
)


def draw_items(frame):
    return plots.likert_bars(frame, title="More people would call", subtitle="Share of answers")


def shift(name, first, last, change, comparison=(NAN, NAN), relative=None):
    return plots.Shift(name, first, last, change, comparison, relative)


CLEAR = estimate(9.9, 6.8, 13.0, p_value=0.0001, p_adjusted=0.0004)
UNCLEAR = estimate(-0.6, -3.3, 2.0, p_value=0.6, p_adjusted=0.6)
SHIFTS = [
    shift("Trust", 50.6, 50.2, UNCLEAR, (51.4, 52.9), replace(UNCLEAR, estimate=-1.7)),
    shift("Perceived safety", 48.2, 58.1, CLEAR, (49.0, 50.2), replace(CLEAR, estimate=8.7)),
    shift("Willingness to report", 60.4, 65.4, CLEAR, (61.0, 58.4), UNCLEAR),
    shift("Procedural justice", 48.4, 49.7, CLEAR, (50.7, NAN), estimate()),
]


def draw_shifts(shifts, **rest):
    return plots.dumbbell(shifts, title="Safety rose", subtitle="Mean score, 0 to 100", **rest)


def themes(names, waves):
    return [
        estimate(share, share * 0.7, share * 1.3, "share", outcome=theme, group=wave)
        for i, theme in enumerate(names)
        for j, wave in enumerate(waves)
        for share in [0.05 + 0.06 * ((3 * i + 2 * j) % 7)]
    ]


THEMES = themes(["response_times", "respect", "speeding", "lighting"], ["baseline", "first year", "last"])


def draw_themes(shares):
    return plots.theme_bars(shares, title="Fewer wrote of slow response", subtitle="Share of comments")


DATES = {"baseline": date(2021, 3, 10), "first year": date(2022, 3, 20), "second year": date(2023, 4, 2)}
CONSTRUCTS = ("trust", "perceived_safety", "willingness_to_report_what_one_sees", "d")


def scores(constructs=CONSTRUCTS, waves=DATES, arms=("", " (comparison)")):
    return [
        estimate(
            50.0 + 2 * i, 47 + 2 * i, 54 + 2 * i, "points (0-100)", outcome=c, group=f"{w}{arm}", n_after=9
        )
        for c in constructs
        for i, w in enumerate(waves)
        for arm in arms
    ]


def slopes(constructs=CONSTRUCTS, arms=("comparison", "program", "program less comparison")):
    return [
        estimate(2.0, 0.5, 3.5, "points (0-100) per year", outcome=c, group=arm)
        for c in constructs
        for arm in arms
    ]


def draw_trend(shown, dates=DATES, fitted=()):
    return plots.wave_trend(shown, dates, fitted, title="Safety rose", subtitle="Mean score by wave")[0]


CHARTS = {
    "answers": lambda: draw_items(ITEMS),
    "answers of one group": lambda: draw_items(spread("a", "Short.", ["all"])),
    "answers without a middle": lambda: draw_items(ITEMS[ITEMS["item"] == "even_1"]),
    "answers on one side": lambda: draw_items(
        spread("a", "Nobody disagrees.", ["a", "b"]).assign(share=lambda f: (f["code"] == 5) * 1.0)
    ),
    "answers of long names": lambda: draw_items(
        spread(
            "a", LONG * 3, [f"The survey of spring {year}, by mail and telephone" for year in (2021, 2022)]
        )
    ),
    "change": lambda: draw_shifts(SHIFTS, waves=("baseline", "second year")),
    "change of the program alone": lambda: draw_shifts(
        [row._replace(comparison=(NAN, NAN), relative=None) for row in SHIFTS]
    ),
    "change of one measure": lambda: draw_shifts([shift("Trust", 50.0, 50.0, UNCLEAR)]),
    "change of long names": lambda: draw_shifts(
        [row._replace(label=LONG) for row in SHIFTS],
        waves=("The survey of spring 2021", "Autumn 2023 (mail)"),
    ),
    "themes": lambda: draw_themes(THEMES),
    "themes of one wave": lambda: draw_themes(themes(["respect", "speeding", "c", "d"], [""])),
    "one theme": lambda: draw_themes([estimate(0.0, NAN, NAN, "share", outcome="respect", group="a")]),
    "themes of long names": lambda: draw_themes(themes([LONG, f"not {LONG}"], [LONG, f"later: {LONG}"])),
    "trend": lambda: draw_trend(scores(), fitted=slopes()),
    "trend of two measures": lambda: draw_trend(scores(("trust", "b")), fitted=slopes(("trust", "b"))),
    "trend without slopes": lambda: draw_trend(scores(("trust",), arms=("",))),
    "trend of one wave": lambda: draw_trend(scores(("trust",), list(DATES)[:1]), fitted=slopes(("trust",))),
}
NOTHING = {
    "no answers": lambda: draw_items(ITEMS.iloc[:0]),
    "an empty frame of answers": lambda: draw_items(pd.DataFrame()),
    "no measures": lambda: draw_shifts([]),
    "measures without scores": lambda: draw_shifts([shift("Trust", NAN, NAN, estimate())]),
    "no themes": lambda: draw_themes([]),
    "hidden themes": lambda: draw_themes([estimate(unit="share", outcome="a", group="b")]),
    "no scores": lambda: draw_trend([]),
    "scores without dates": lambda: draw_trend(scores(), {}),
}


@pytest.mark.parametrize("name", CHARTS)
def test_no_label_touches_another_or_leaves_the_page(name):
    axes = CHARTS[name]()
    assert overlaps(axes) == []
    assert outside(axes) == []


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.filterwarnings("error")
def test_same_chart_same_bytes(name):
    assert plots.png(CHARTS[name]()) == plots.png(CHARTS[name]())


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.filterwarnings("error")
def test_nothing_to_draw_is_said(name):
    axes = NOTHING[name]()
    assert not axes.axison
    assert any(text.get_text().endswith(".") for text in axes.texts)
    assert plots.png(axes)


def shown(axes):
    return [text.get_text() for text in texts(axes)]


def bars(axes):
    return [(round(bar.get_x(), 3), round(bar.get_width(), 3)) for bar in axes.patches]


def answers(shares, **rest):
    frame = spread("a", "A question.", ["all"], high=len(shares), **rest)
    return frame.assign(share=shares)


def test_bars_part_in_the_middle_of_the_neutral_answer():
    axes = draw_items(answers([0.1, 0.2, 0.3, 0.25, 0.15]))
    assert bars(axes) == [(-0.45, 0.1), (-0.35, 0.2), (-0.15, 0.3), (0.15, 0.25), (0.4, 0.15)]
    assert {"150", "30%", "40%", "A question."} <= set(shown(axes))


def test_even_scales_part_between_the_sides_and_have_no_neutral_share():
    axes = draw_items(answers([0.1, 0.2, 0.3, 0.4], favourable_from=3.0))
    assert bars(axes) == [(-0.3, 0.1), (-0.1 - 0.1, 0.2), (0.0, 0.3), (0.3, 0.4)]
    assert {"30%", "70%"} <= set(shown(axes))
    assert "neutral" not in shown(axes)


@pytest.mark.parametrize(
    ("threshold", "unfavorable", "favorable"),
    [(5.0, "10%", "15%"), (NAN, "30%", "40%"), (3.0, "30%", "70%"), (2.0, "10%", "90%")],
)
def test_sides_follow_from_where_favorable_begins(threshold, unfavorable, favorable):
    axes = draw_items(answers([0.1, 0.2, 0.3, 0.25, 0.15], favourable_from=threshold))
    percentages = [text for text in shown(axes) if text.endswith("%")]
    assert (percentages[0], percentages[-1]) == (unfavorable, favorable)


def test_eight_questions_of_two_waves_take_half_a_page():
    questions = [spread(f"q{n}", "I would call if I saw something suspicious.", WAVES[::2]) for n in range(8)]
    assert draw_items(pd.concat(questions)).figure.get_figheight() < 4.6


def test_sides_differ_without_color():
    axes = draw_items(answers([0.1, 0.2, 0.3, 0.25, 0.15]))
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [True, True, False, False, False]


def test_clear_changes_are_bold_with_a_thick_line_and_others_are_dashed():
    axes = draw_shifts(SHIFTS)
    weights = {text.get_text(): text.get_weight() for text in axes.texts}
    assert weights["Perceived safety"] == weights["+8.7 (+6.8 to +13.0)"] == "bold"
    assert weights["Trust"] == weights["Willingness to report"] == "normal"
    joined = [
        line
        for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_color() == strand_color("sentiment")
    ]
    assert [line.get_linestyle() for line in joined] == ["--", "-", "--", "-"]
    assert "not estimated" in shown(axes)


def test_first_wave_is_hollow_and_last_is_filled():
    axes = draw_shifts(SHIFTS[:1])
    marks = [(float(m.get_xdata()[0]), m.get_markerfacecolor()) for m in axes.lines if m.get_marker() in "os"]
    assert marks == [(50.6, "white"), (50.2, strand_color("sentiment")), (51.4, "white"), (52.9, LIGHT)]


def test_change_is_judged_against_the_comparison_where_there_is_one():
    assert SHIFTS[1].clear and SHIFTS[3].clear
    assert not SHIFTS[2].clear
    assert not shift("Trust", 1, 2, estimate()).clear


def test_themes_are_sorted_by_their_last_share_and_hidden_ones_left_out():
    hidden = estimate(unit="share", outcome="noise", group="last")
    words = shown(draw_themes([*THEMES, hidden]))
    names = ["Lighting", "Response times", "Speeding", "Respect"]
    assert [word for word in words if word in names] == names
    assert "Noise" not in words
    assert "41% (29% to 53%)" in words


def test_a_theme_that_is_hidden_in_the_last_wave_comes_last():
    shares = [share for share in THEMES if (share.outcome, share.group) != ("lighting", "last")]
    words = [word for word in shown(draw_themes(shares)) if word in ("Lighting", "Respect", "Speeding")]
    assert words == ["Speeding", "Respect", "Lighting"]


def test_fitted_line_has_the_slope_and_runs_through_the_weighted_mean():
    own = [
        replace(score, n_after=n) for score, n in zip(scores(("trust",), arms=("",)), (9, 9, 36), strict=True)
    ]
    axes = draw_trend(own, fitted=slopes(("trust",)))
    fit = next(line for line in axes.lines if len(line.get_xdata()) == 2)
    (first, last), (low, high) = fit.get_xdata(), fit.get_ydata()
    assert (high - low) / (last - first) * 365.25 == pytest.approx(2.0)
    middle = sum(DATES[wave].toordinal() * n for wave, n in zip(DATES, (9, 9, 36), strict=True)) / 54
    start = DATES["baseline"].toordinal()
    assert low + (middle - start) / 365.25 * 2.0 == pytest.approx((50 * 9 + 52 * 9 + 54 * 36) / 54)
    assert "● +2.0 a year (+0.5 to +3.5)" in shown(axes)


def test_a_slope_of_the_difference_or_one_not_made_is_not_drawn():
    fitted = [*slopes(arms=("program less comparison",)), estimate(outcome="trust", group="program")]
    axes = draw_trend(scores(), fitted=fitted)
    assert not any("a year" in word for word in shown(axes))
    assert not any(len(line.get_xdata()) == 2 for line in axes.lines)
