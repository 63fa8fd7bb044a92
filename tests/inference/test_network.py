"""Networks against igraph, sna and networkx."""

import csv
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from outreach_metrics.inference.network import Network, density_change, expected_density
from tests.conftest import SHARED


def read(case):
    with (SHARED / "reference" / case["dataset_file"]).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def test_florentine_families(cases):
    case = cases["net_florentine"]
    _, rows = read(case)
    network = Network(sorted({node for row in rows for node in row[:2]}), [tuple(row[:2]) for row in rows])
    found = {
        "n": len(network.nodes),
        "m": network.graph.number_of_edges(),
        "density": network.density,
        "deg_centralization": network.degree_centralization,
        "betw_centralization": network.betweenness_centralization,
        "clo_centralization": network.closeness_centralization,
        "transitivity": network.transitivity,
        "medici_betweenness": network.betweenness["Medici"],
    }
    assert set(found) == set(case["expected"])
    for name, wanted in case["expected"].items():
        assert found[name] == pytest.approx(wanted["value"], abs=max(wanted["tol"], 1e-12)), name


# igraph 1.3.5: make_graph("Zachary"): edge_density 0.1390374332, centr_degree(loops = FALSE) 0.3996212121,
# centr_betw 0.4055571953, centr_clo 0.2981948912, transitivity 0.2556818182.
def test_karate_club_without_its_file():
    networkx = pytest.importorskip("networkx")
    club = networkx.karate_club_graph()
    network = Network(list(club), list(club.edges))
    assert network.density == pytest.approx(0.1390374332, abs=1e-9)
    assert network.degree_centralization == pytest.approx(0.3996212121, abs=1e-9)
    assert network.betweenness_centralization == pytest.approx(0.4055571953, abs=1e-9)
    assert network.closeness_centralization == pytest.approx(0.2981948912, abs=1e-9)
    assert network.transitivity == pytest.approx(0.2556818182, abs=1e-9)
    sides = [[n for n in club if club.nodes[n]["club"] == side] for side in ("Mr. Hi", "Officer")]
    assert network.modularity(sides) == pytest.approx(0.358234714, abs=1e-9)


def test_karate_club_case(cases):
    case = cases["net_karate"]
    _, rows = read(case)
    network = Network(sorted({node for row in rows for node in row[:2]}), [tuple(row[:2]) for row in rows])
    for name, value in (
        ("density", network.density),
        ("deg_centralization", network.degree_centralization),
        ("betw_centralization", network.betweenness_centralization),
        ("clo_centralization", network.closeness_centralization),
        ("transitivity", network.transitivity),
    ):
        assert value == pytest.approx(case["expected"][name]["value"], abs=case["expected"][name]["tol"]), (
            name
        )


@given(st.integers(3, 12))
def test_a_star_is_1_and_a_ring_is_0(size):
    star = Network(range(size), [(0, other) for other in range(1, size)])
    ring = Network(range(size), [(place, (place + 1) % size) for place in range(size)])
    for name in ("degree_centralization", "betweenness_centralization", "closeness_centralization"):
        assert getattr(star, name) == pytest.approx(1)
        assert getattr(ring, name) == pytest.approx(0)


def test_small_and_broken_networks():
    assert math.isnan(Network("a", []).density)
    assert math.isnan(Network("ab", [("a", "b")]).degree_centralization)
    assert math.isnan(Network("abc", [("a", "b")]).closeness_centralization)
    assert math.isnan(Network("abc", []).transitivity)
    assert math.isnan(Network("abc", []).modularity(["abc"]))
    assert Network("abc", [("a", "b"), ("b", "a"), ("c", "c")]).graph.number_of_edges() == 1
    with pytest.raises(ValueError, match="no node"):
        _ = Network("ab", [("a", "z")]).density


# R (igraph): betweenness(make_star(5, "undirected"), normalized = TRUE) is 1 0 0 0 0.
def test_betweenness_as_a_share_of_pairs():
    star = Network("abcde", [("a", other) for other in "bcde"])
    assert star.betweenness_share == {"a": 1.0, "b": 0.0, "c": 0.0, "d": 0.0, "e": 0.0}
    assert all(math.isnan(share) for share in Network("ab", [("a", "b")]).betweenness_share.values())


@given(st.integers(1, 24), st.integers(0, 40), st.integers(0, 5))
def test_layout_is_the_same_every_time_and_keeps_nodes_apart(size, ties, seed):
    random = np.random.default_rng(seed)
    network = Network(range(size), [tuple(pair) for pair in random.integers(0, size, (ties, 2)).tolist()])
    places = network.layout()
    assert places == Network(range(size), network.ties).layout()
    assert all(-1 - 1e-9 <= number <= 1 + 1e-9 for place in places.values() for number in place)
    apart = [math.dist(places[one], places[other]) for one, other in combinations(range(size), 2)]
    assert min(apart, default=1.0) > 0.15


HELD = arrays(bool, st.tuples(st.integers(0, 9), st.integers(2, 6)))


@given(HELD)
def test_expected_density_is_that_of_the_network_at_all_events_and_a_share_at_fewer(held):
    pairs = [(i, j) for event in held for i, j in combinations(np.flatnonzero(event).tolist(), 2)]
    whole = Network(range(held.shape[1]), pairs).density
    expected = [expected_density(held, size) for size in range(len(held) + 1)]
    assert expected[-1] == pytest.approx(whole, abs=1e-12)
    assert expected[0] == 0 and all(np.diff(expected) >= -1e-12)


@given(HELD.filter(lambda held: len(held) > 1), st.data())
def test_expected_density_is_the_mean_over_all_draws(held, data):
    size = data.draw(st.integers(0, len(held)))
    drawn = [expected_density(held[list(chosen)], size) for chosen in combinations(range(len(held)), size)]
    assert expected_density(held, size) == pytest.approx(np.mean(drawn), abs=1e-9)


# Hurlbert (1971), formula 1: 4 - (6 + 21 + 56 + 126) / 252. R: vegan::rarefy(c(4, 3, 2, 1), 5).
def test_expected_density_is_rarefaction_where_every_event_has_one_tie():
    pairs = list(combinations(range(4), 2))[:4]
    held = np.zeros((10, 4), dtype=bool)
    for event, (one, other) in enumerate(
        [pair for pair, times in zip(pairs, (4, 3, 2, 1), strict=True) for _ in range(times)]
    ):
        held[event, [one, other]] = True
    assert expected_density(held, 5) * 6 == pytest.approx(3.170635, abs=1e-6)


def test_a_change_is_found_and_none_is_not():
    random = np.random.default_rng(1)
    sparse, dense = random.random((30, 6)) < 0.15, random.random((20, 6)) < 0.6
    found = density_change(sparse, dense)
    assert found.change.p_value < 0.01 and found.size == 20
    assert 0 < found.change.estimate == pytest.approx(found.after - found.before)
    assert math.isnan(found.change.conf_low)
    back = density_change(dense, sparse)
    assert back.change.estimate == pytest.approx(-found.change.estimate)
    assert back.change.p_value < 0.01
    same = density_change(dense[:10], dense[:10])
    assert same.change.estimate == pytest.approx(0) and same.change.p_value == 1


def test_false_alarms_are_as_rare_as_the_level_says():
    random = np.random.default_rng(7)
    alarms = [
        density_change(held[:8], held[8:], draws=199, seed=draw).change.p_value < 0.05
        for draw, held in enumerate(random.random((300, 24, 5)) < 0.4)
    ]
    assert 0.02 < np.mean(alarms) < 0.09


# Exact: of the 70 ways to choose 4 of 8 events, 2 are as extreme as all ties on one side.
def test_p_value_nears_that_of_all_permutations():
    before, after = np.array([[1, 0]] * 4, dtype=bool), np.array([[1, 1]] * 4, dtype=bool)
    assert density_change(before, after, draws=19999).change.p_value == pytest.approx(2 / 70, abs=0.004)


def test_changes_that_cannot_be_judged_and_wrong_calls():
    few = np.ones((3, 4), dtype=bool)
    assert math.isnan(density_change(few, np.ones((9, 4), dtype=bool)).change.estimate)
    assert math.isnan(density_change(np.ones((5, 1), dtype=bool), np.ones((5, 1), dtype=bool)).before)
    assert math.isnan(expected_density(np.ones((5, 1), dtype=bool), 2))
    with pytest.raises(ValueError, match="same agencies"):
        density_change(few, np.ones((9, 5), dtype=bool))
    with pytest.raises(ValueError, match="cannot draw 4 of 3"):
        expected_density(few, 4)
