"""Networks against igraph, sna and networkx."""

import csv
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_metrics.inference.network import Network
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
