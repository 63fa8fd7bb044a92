"""Claims of other counted outcomes take the direction that study.toml wants."""

from outreach_metrics.estimate import Estimate
from outreach_metrics.evidence.claims import answer, claim, claims, strongest
from outreach_metrics.evidence.limits import must_not_be_said
from outreach_metrics.metrics.outcome import WANTED


def change(ratio, low, high, way="none", metric="outcome_relative_effect", **rest):
    told = {"outcome": "tips", "unit": "ratio", "p_value": 0.001 if not low <= 1 <= high else 0.5}
    told |= {"estimate": ratio, "conf_low": low, "conf_high": high, "note": WANTED[way], "design_level": 3}
    return Estimate(**{"program_id": "p", "strand": "outcome", "metric": metric} | told | rest)


def test_a_change_is_told_with_whether_it_is_wanted():
    assert claim(change(1.3, 1.1, 1.5, "rise")) == (
        "Tips rose 30% relative to the comparison areas (95% interval: a 10% rise to a 50% rise), "
        "as is wanted."
    )
    assert claim(change(1.3, 1.1, 1.5, "fall")).endswith(", against what is wanted.")
    assert claim(change(0.7, 0.6, 0.8, "rise")).endswith(", against what is wanted.")
    assert claim(change(1.3, 1.1, 1.5)).endswith("a 50% rise).")


def test_no_clear_change_is_neither_wanted_nor_not():
    told = claim(change(1.1, 0.9, 1.3, "rise"))
    assert told.startswith("No clear change in tips relative to the comparison areas")
    assert "wanted" not in told


def test_designs_of_other_outcomes_say_nothing_of_incidents():
    fewer = change(-40.0, -60, -20, "fall", "outcome_difference", unit="cases", outcome="use_of_force")
    assert claim(fewer) == (
        "40 fewer cases of use of force were counted than an equal change per resident would have brought "
        "(95% interval: 60 fewer to 20 fewer), as is wanted."
    )
    share = change(1.5, 1.2, 1.9, "rise", "outcome_share_ratio", outcome="diversions_as_a_share_of_calls")
    assert claim(share).startswith(
        "Diversions as a share of calls was 50% higher after the start than before"
    )
    assert claim(share).endswith("as is wanted; how it changed elsewhere is not known.")


def test_a_crime_of_the_same_name_keeps_its_own_claim():
    crime = change(0.7, 0.6, 0.8, metric="crime_relative_effect", strand="crime")
    both = [crime, change(1.3, 1.1, 1.5, "rise")]
    assert len(strongest(both)) == len(claims(both)) == 2
    assert "wanted" not in claim(crime)
    assert answer(both, "tips")[0].startswith("Recorded tips fell 30%")


def test_the_comparison_comes_before_the_change_alone():
    alone = change(1.5, 1.2, 1.8, "rise", "outcome_rate_ratio")
    (chosen,) = strongest([alone, change(1.1, 0.9, 1.3, "rise")])
    assert chosen.metric == "outcome_relative_effect"


def test_what_went_the_wrong_way_must_not_be_left_out():
    def told(*estimates):
        return [text for text in must_not_be_said(estimates) if "leave out" in text]

    assert told(change(0.7, 0.6, 0.8, "rise")) == [
        "Do not leave out that tips fell: a reader who is told the rest has to know it."
    ]
    assert "tips rose" in told(change(1.3, 1.1, 1.5, "fall"))[0]
    assert told(change(1.3, 1.1, 1.5, "rise")) == told(change(1.3, 1.1, 1.5)) == []
    causes = must_not_be_said([change(1.3, 1.1, 1.5, "rise")])[0]
    assert causes.startswith("Do not say that the program changed tips: the areas were not drawn at random")
