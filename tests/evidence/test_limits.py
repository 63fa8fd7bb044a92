"""What must not be said: every change keeps its limits, and no sentence claims one."""

from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.check import Check
from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import DESIGN_METRICS, claim, outcome_name, supported
from outreach_metrics.evidence.limits import must_not_be_said

METRICS = ("crime_relative_effect", "crime_rate_ratio", "sentiment_change", "sentiment_relative_change")


def change(metric="crime_relative_effect", outcome="burglary", estimate=0.7, width=1.2, level=3, p=0.001):
    unit = "change in points (0-100)" if metric.startswith("sentiment") else "ratio"
    centre = estimate if unit == "ratio" else 20 * (estimate - 1)
    low, high = (centre / width, centre * width) if unit == "ratio" else (centre - width, centre + width)
    return Estimate(
        program_id="p", strand="crime" if unit == "ratio" else "sentiment", metric=metric, outcome=outcome,
        group="before to after" if unit != "ratio" else "", unit=unit, estimate=centre, conf_low=low,
        conf_high=high, p_value=p, design_level=level,
    )  # fmt: skip


estimates = st.lists(
    st.builds(
        change,
        metric=st.sampled_from(METRICS),
        outcome=st.sampled_from(["burglary", "all", "trust"]),
        estimate=st.floats(0.3, 2.5),
        width=st.floats(1.01, 3.0),
        level=st.sampled_from([2, 3, 5]),
        p=st.sampled_from([0.001, 0.2]),
    ),
    max_size=8,
)


@given(estimates)
def test_every_sentence_forbids(made):
    for sentence in must_not_be_said(made):
        assert sentence.startswith("Do not ")
        assert sentence.endswith(".")
        assert "nan" not in sentence


@given(estimates)
def test_no_change_below_random_assignment_may_be_called_the_programs(made):
    told = " ".join(must_not_be_said(made))
    for one in made:
        if supported(one) and one.metric == "crime_relative_effect" and one.design_level == 3:
            assert f"changed {outcome_name(one)}" in told or outcome_name(one) in told


def test_random_assignment_may_be_called_a_cause():
    told = " ".join(must_not_be_said([change(level=5)]))
    assert "program changed" not in told
    assert "up to" in told


def test_a_rise_must_not_be_left_out():
    told = must_not_be_said([change(estimate=1.5)])
    assert any(sentence.startswith("Do not leave out that recorded burglary rose") for sentence in told)


def test_no_clear_change_is_neither_a_change_nor_none():
    told = must_not_be_said([change(width=2.0, p=0.3)])
    assert told == (
        "Do not say that recorded burglary fell, rose or stayed the same: the data fit a change and none.",
    )


def test_the_change_alone_is_no_result_beside_a_comparison():
    told = must_not_be_said([change(), change(metric="crime_rate_ratio", estimate=0.6, level=2)])
    assert any("change of the program areas alone (a 40% fall in recorded burglary)" in s for s in told)


def test_displacement_that_was_not_looked_at_must_not_be_denied():
    unknown = Check(program_id="p", name="displacement", reason="no neighboring areas are named")
    assert (
        "Do not say that crime did not move elsewhere: no neighboring areas are named."
        in must_not_be_said([change()], [unknown])
    )
    seen = Check(program_id="p", name="displacement", verdict="clear", values={"high": 1.2})
    assert any("a 20% rise would fit" in s for s in must_not_be_said([change()], [seen]))


def test_attendance_is_no_effect():
    people = Estimate(program_id="p", strand="attendance", metric="attendance_total", estimate=900.0)
    assert "attendance as proof" in must_not_be_said([people])[0]


@given(st.sampled_from(DESIGN_METRICS), st.floats(-3, 3), st.floats(0.01, 2), st.sampled_from([0.001, 0.5]))
def test_every_design_is_claimed_only_with_its_interval(metric, centre, width, p):
    ratio = metric in ("crime_its_level", "crime_its_slope", "crime_synthetic_effect", "crime_att")
    unit = {"crime_difference": "incidents", "crime_displacement": "displacement quotient"}.get(
        metric, "days"
    )
    value = 2.0**centre if ratio else centre * 100
    low, high = (value / 2**width, value * 2**width) if ratio else (value - width * 50, value + width * 50)
    one = Estimate(
        program_id="p", strand="crime", metric=metric, outcome="burglary", unit="ratio" if ratio else unit,
        estimate=value, conf_low=low, conf_high=high, p_value=p, design_level=3,
    )  # fmt: skip
    sentence = claim(one)
    assert "interval: " in sentence
    assert sentence.startswith("No clear change") != supported(one)
    none = 1.0 if ratio else 0.0
    if low <= none <= high:
        assert sentence.startswith("No clear change")


def test_what_is_lost_to_several_outcomes_is_neither_a_change_nor_none():
    lost = [change(p=0.2), change(outcome="trust", width=1.9, p=0.9)]
    told = " ".join(must_not_be_said(lost))
    assert "recorded burglary changed, nor that nothing changed" in told
    assert "recorded trust fell, rose or stayed the same" in told


def test_waves_are_not_compared_where_those_who_left_differ():
    left = Check(program_id="p", name="attrition", outcome="trust", verdict="caution")
    told = " ".join(must_not_be_said([change("sentiment_change", "trust")], [left]))
    assert "Do not compare the means or shares of the waves" in told
    stayed = Check(program_id="p", name="attrition", outcome="trust", verdict="clear")
    assert "means or shares" not in " ".join(
        must_not_be_said([change("sentiment_change", "trust")], [stayed])
    )
