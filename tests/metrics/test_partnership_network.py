"""The network of agencies: reference networks, stars and rings, the police, and change since the start."""

import csv
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.metrics import partnership
from outreach_metrics.metrics.partnership import ELSEWHERE, HELD, NO_POLICE
from tests.conftest import SHARED
from tests.metrics.partnership_studies import found, only, partner_study

NAMES = ("A", "B", "C", "D", "E", "F")
EVENTS = st.lists(st.sets(st.sampled_from(NAMES), max_size=4).map(sorted), min_size=1, max_size=8)


def agencies(*names, **columns):
    return [{"agency": name, **columns} for name in names]


def test_density_and_centralization_of_a_published_network(cases):
    case = cases["net_florentine"]
    with (SHARED / "reference" / case["dataset_file"]).open(encoding="utf-8") as file:
        ties = [tuple(row[:2]) for row in list(csv.reader(file))[1:]]
    study = partner_study(held=ties, lead="")
    wanted = case["expected"]
    for name, key in (("density", "density"), ("centralization", "deg_centralization")):
        made = only(study, f"partnership_{name}", HELD)
        assert made.estimate == pytest.approx(wanted[key]["value"], abs=1e-9)
    between = found(study, "partnership_betweenness")["", "Medici"]
    pairs = math.comb(wanted["n"]["value"] - 1, 2)
    assert between.estimate == pytest.approx(wanted["medici_betweenness"]["value"] / pairs, abs=1e-9)


# Padgett & Ansell (1993), 15 families by marriage. R (igraph): edge_density 20 / 105; centr_degree(loops =
# FALSE)$centralization 50 / 182; betweenness of the Medici 47.5.
def test_marriages_of_florence():
    ties = """Acciaiuoli Medici, Albizzi Ginori, Albizzi Guadagni, Albizzi Medici, Barbadori Castellani,
    Barbadori Medici, Bischeri Guadagni, Bischeri Peruzzi, Bischeri Strozzi, Castellani Peruzzi,
    Castellani Strozzi, Guadagni Lamberteschi, Guadagni Tornabuoni, Medici Ridolfi, Medici Salviati,
    Medici Tornabuoni, Pazzi Salviati, Peruzzi Strozzi, Ridolfi Strozzi, Ridolfi Tornabuoni"""
    study = partner_study(held=[tuple(pair.split()) for pair in ties.split(",")], lead="")
    assert only(study, "partnership_density", HELD).estimate == pytest.approx(20 / 105)
    assert only(study, "partnership_centralization", HELD).estimate == pytest.approx(50 / 182)
    brokers = partnership.partnership_betweenness(study, "p")
    assert brokers[0].group == "Medici" and brokers[0].estimate == pytest.approx(47.5 / 91)


@given(EVENTS, st.booleans())
def test_shares_stay_between_none_and_all(held, led):
    study = partner_study(agencies(*NAMES), held, lead="A" if led else "")
    for name in ("density", "centralization", "beyond_police", "betweenness"):
        for e in found(study, f"partnership_{name}").values():
            assert not e.made or -1e-12 <= e.estimate <= 1 + 1e-12
            assert e.note and math.isnan(e.conf_low)


@given(st.integers(3, 9))
def test_a_star_is_1_and_a_ring_is_0(size):
    names = [f"a{i}" for i in range(size)]
    star = partner_study(agencies(*names), [("a0", name) for name in names[1:]], lead="")
    ring = partner_study(agencies(*names), list(zip(names, names[1:] + names[:1], strict=True)), lead="")
    assert only(star, "partnership_centralization", HELD).estimate == pytest.approx(1)
    assert only(ring, "partnership_centralization", HELD).estimate == pytest.approx(0)
    assert only(star, "partnership_density", HELD).estimate == pytest.approx(2 / size)


def test_lead_is_among_the_holders_of_every_shared_event():
    held = [("B", "C"), ("C",), ()]
    led = partner_study(agencies("Police", "B", "C"), held, lead="police")
    assert only(led, "partnership_density", HELD).estimate == 1
    assert "complete" in only(led, "partnership_density", HELD).note
    nodes, ties = partnership.network_drawing(led, "p")
    assert nodes["agency"].to_list() == ["Police", "B", "C"] and nodes["lead"].to_list() == [
        True,
        False,
        False,
    ]
    assert nodes["events"].to_list() == [2, 1, 2]
    assert ties.to_numpy().tolist() == [[0, 1, 1], [0, 2, 2], [1, 2, 1]]
    nobody = partner_study(agencies("Police", "B", "C"), held, lead="")
    assert only(nobody, "partnership_density", HELD).estimate == pytest.approx(1 / 3)


def test_events_that_name_nobody_are_no_network():
    study = partner_study(agencies("A", "B", "C"), [(), ()], lead="A")
    assert "event_partners" in only(study, "partnership_density", HELD).note
    assert partnership.network_drawing(study, "p")[0].empty
    assert np.isnan(partnership.agency_table(study, "p")["events"]).all()


def test_ties_by_other_programs():
    rows = [*agencies("A", "B", "C", "D"), *agencies("a", "B ", "Z", program_id="q")]
    study = partner_study(rows, lead="")
    assert only(study, "partnership_density", ELSEWHERE).estimate == pytest.approx(1 / 6)
    alone = partner_study(agencies("A", "B", "C"), lead="")
    assert "No other program" in only(alone, "partnership_density", ELSEWHERE).note


def test_two_agencies_are_too_few():
    study = partner_study(agencies("A", "B"), [("A", "B")], lead="")
    assert "3 agencies or more; the program has 2" in only(study, "partnership_density", HELD).note


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [{"agency": "X", "sector": "Law  Enforcement"}, *agencies("B", "C", "D", sector="health")],
            "sector",
        ),
        ([{"agency": "X Sheriff's Office"}, *agencies("B", "C", "D", sector="health")], "names"),
        ([{"agency": "X"}, *agencies("B", "C", "D")], "lead agency is taken"),
    ],
)
def test_police_are_known_by_sector_then_name_then_lead(rows, told):
    held = [(rows[0]["agency"], "B"), (rows[0]["agency"], "C"), ("C", "D")]
    made = only(partner_study(rows, held, lead=rows[0]["agency"]), "partnership_beyond_police", HELD)
    assert told in made.note and made.n_after == 3
    # Only C and D are tied to each other; B is tied to the police and, by its event, to nobody else.
    assert made.estimate == pytest.approx(2 / 3)


def test_a_program_without_police_says_so():
    study = partner_study(agencies("B", "C", "D", sector="health"), [("B", "C")], lead="B")
    assert NO_POLICE in only(study, "partnership_beyond_police", HELD).note
    only_police = partner_study(agencies("B", "C", "D", sector="police"), [("B", "C")], lead="B")
    assert "Fewer than 2 agencies" in only(only_police, "partnership_beyond_police", HELD).note


def test_change_takes_events_on_both_sides():
    days = [f"2022-0{month}-01" for month in range(1, 7)] + [f"2023-0{month}-01" for month in range(1, 7)]
    held = [("A",)] * 6 + [("A", "B", "C")] * 6
    made = only(partner_study(held=held, days=days, lead="A"), "partnership_density_change", HELD)
    assert made.estimate == pytest.approx(1) and made.p_value < 0.01
    assert (made.n_before, made.n_after) == (6, 6) and "no interval" in made.note
    after = only(partner_study(held=held, lead="A"), "partnership_density_change", HELD)
    assert not after.made and "0 before the start and 12 after" in after.note


def test_change_by_other_programs_is_of_two_days():
    spells = {"start_date": "2022-01-01", "end_date": "2023-06-30"}
    rows = [
        *agencies("A", "B", "C", start_date="2023-01-01"),
        *agencies("A", "B", program_id="q", **spells),
        *agencies("C", program_id="q", start_date="2023-05-01"),
    ]
    study = partner_study(rows, [("A", "B")], days=["2024-01-01"], lead="", start=date(2023, 1, 1))
    made = only(study, "partnership_density_change", ELSEWHERE)
    assert made.estimate == pytest.approx(-1 / 3) and math.isnan(made.p_value)
    later = [*rows[:3], *agencies("A", "B", program_id="q", start_date="2023-05-01")]
    assert "from before the start" in only(partner_study(later), "partnership_density_change", ELSEWHERE).note


def test_sample_networks_are_those_of_its_files(sample):
    events, partners = sample.table("events"), sample.table("event_partners")
    for program_id in sample.programs:
        mine = set(events.loc[events["program_id"] == program_id, "event_id"])
        groups = partners[partners["event_id"].isin(mine)].groupby("event_id")["agency"].agg(list)
        ties = {frozenset((one, two)) for names in groups for one in names for two in names if one != two}
        size = sample.table("partnerships")["program_id"].eq(program_id).sum()
        made = next(e for e in partnership.partnership_density(sample, program_id) if e.group == HELD)
        if size < 3:
            assert not made.made
        else:
            assert made.estimate == pytest.approx(len(ties) / math.comb(size, 2))
