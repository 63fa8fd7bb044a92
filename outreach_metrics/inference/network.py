"""Networks of agencies: how many of the possible ties there are, whom they run through, what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from outreach_metrics.inference import Result

if TYPE_CHECKING:
    from networkx import Graph

NAN = math.nan
LEAST_EVENTS = 4
"""Events on each side below which no permutation of them is rarer than 1 in 20."""
_APART = 0.36
_LOT = 200


@dataclass(frozen=True)
class Network:
    """An undirected network without weights.

    Parameters
    ----------
    nodes : sequence
        Every node once, those without a tie too.
    ties : iterable of (node, node)
        Either order; a tie that is given twice counts once, a tie of a node with itself not at all.

    Notes
    -----
    Centralization is Freeman's (1979, Soc Networks 1:215): how far the most central node is ahead of the
    others, of the most that is possible, which is that of a star; 0 all alike, 1 a star. Fewer than 3 nodes:
    NaN.
    R: ``igraph::edge_density``, ``centr_degree(loops = FALSE)``, ``centr_betw``, ``centr_clo``.

    Examples
    --------
    >>> star = Network("abcd", [("a", "b"), ("a", "c"), ("a", "d")])
    >>> star.density, star.degree_centralization, star.betweenness
    (0.5, 1.0, {'a': 3.0, 'b': 0.0, 'c': 0.0, 'd': 0.0})
    """

    nodes: Sequence
    ties: Iterable[tuple]

    @cached_property
    def graph(self) -> Graph:
        """The network as networkx holds it."""
        import networkx

        graph = networkx.Graph()
        graph.add_nodes_from(self.nodes)
        known = set(graph)
        for first, second in self.ties:
            if first not in known or second not in known:
                raise ValueError(f"a tie names {first!r} and {second!r}, of which one is no node")
            if first != second:
                graph.add_edge(first, second)
        return graph

    @property
    def density(self) -> float:
        """Share of the possible ties that are there; NaN with fewer than 2 nodes."""
        size = len(self.graph)
        return 2 * self.graph.number_of_edges() / (size * (size - 1)) if size > 1 else NAN

    @property
    def degree_centralization(self) -> float:
        """Centralization of the number of ties."""
        size = len(self.graph)
        degrees = np.array([degree for _, degree in self.graph.degree()], dtype=float)
        return _ahead(degrees, (size - 1) * (size - 2))

    @cached_property
    def betweenness(self) -> dict:
        """For each node the number of pairs of others between which it lies on the shortest way."""
        import networkx

        return networkx.betweenness_centrality(self.graph, normalized=False)

    @property
    def betweenness_share(self) -> dict:
        """`betweenness` of the pairs of others that there are, 0 to 1; NaN with fewer than 3 nodes."""
        size = len(self.graph)
        pairs = (size - 1) * (size - 2) / 2
        return {node: number / pairs if pairs else NAN for node, number in self.betweenness.items()}

    @property
    def betweenness_centralization(self) -> float:
        """Centralization of lying between others."""
        size = len(self.graph)
        return _ahead(np.array(list(self.betweenness.values())), (size - 1) ** 2 * (size - 2) / 2)

    @property
    def closeness_centralization(self) -> float:
        """Centralization of closeness (inverse mean distance to the others); NaN unless all are connected."""
        import networkx

        size = len(self.graph)
        if size < 3 or not networkx.is_connected(self.graph):
            return NAN
        closeness = np.array(list(networkx.closeness_centrality(self.graph).values()))
        return _ahead(closeness, (size - 1) * (size - 2) / (2 * size - 3))

    @property
    def transitivity(self) -> float:
        """Share of pairs of ties at one node that a third tie closes; NaN without such a pair."""
        import networkx

        pairs = sum(degree * (degree - 1) for _, degree in self.graph.degree())
        return float(networkx.transitivity(self.graph)) if pairs else NAN

    def modularity(self, groups: Iterable[Iterable]) -> float:
        """Share of ties within groups less that expected of ties at random (Newman 2006); NaN without ties.

        Parameters
        ----------
        groups : iterable of iterable of node
            Every node in one group. R: ``igraph::modularity``.
        """
        import networkx

        if not self.graph.number_of_edges():
            return NAN
        return float(networkx.community.modularity(self.graph, [set(group) for group in groups]))

    def layout(self, seed: int = 0) -> dict:
        """Place each node for a drawing: ties pull, nodes push, and none comes near another.

        Fruchterman TMJ & Reingold EM (1991) Softw Pract Exp 21:1129; the same places for the same seed.

        Returns
        -------
        dict of node to (x, y)
            Between -1 and 1 both ways.
        """
        import networkx

        if len(self.graph) < 2:
            return dict.fromkeys(self.graph, (0.0, 0.0))
        round_about = networkx.circular_layout(self.graph)
        pull = 1.6 / math.sqrt(len(self.graph))
        found = networkx.spring_layout(self.graph, k=pull, pos=round_about, iterations=200, seed=seed)
        places = _apart(_scaled(np.array([found[node] for node in self.graph])))
        return {node: (float(x), float(y)) for node, (x, y) in zip(self.graph, places, strict=True)}


def _scaled(places: np.ndarray) -> np.ndarray:
    """Return places that fill -1 to 1 both ways."""
    middle = (places.max(axis=0) + places.min(axis=0)) / 2
    reach = np.abs(places - middle).max(axis=0)
    return (places - middle) / np.where(reach > 0, reach, 1)


def _apart(places: np.ndarray) -> np.ndarray:
    """Push places apart that are nearer than there is room for."""
    least = min(_APART, 2.2 / math.sqrt(len(places)))
    for _ in range(200):
        gaps = places[:, None] - places[None]
        distance = np.sqrt((gaps**2).sum(axis=2)) + 2 * np.eye(len(places))
        short = np.clip(least - distance, 0, None)
        if short.max() < 1e-3:
            break
        push = gaps / np.maximum(distance, 1e-6)[..., None] * short[..., None]
        places = _scaled(places + push.sum(axis=1) / 2)
    return places


class DensityChange(NamedTuple):
    """Densities before and after at the same number of events, and their difference."""

    change: Result
    before: float
    after: float
    size: int


def expected_density(held: np.ndarray, size: int) -> float:
    """Density of the network that `size` of the events, drawn at random, would be expected to show.

    Parameters
    ----------
    held : ndarray of bool, shape (events, agencies)
        Which agencies held each event together; two that held one together have a tie.
    size : int
        Events to draw, without replacement, 0 to `events`.

    Returns
    -------
    float
        NaN with fewer than 2 agencies.

    Notes
    -----
    More events show more ties, so that networks of unlike numbers of events are brought to one number: the
    rarefaction of Hurlbert SH (1971) Ecology 52:577, with ties in the place of species.
    R: ``vegan::rarefy(colSums(pairs), size)`` is the same where every event has one tie.

    Examples
    --------
    >>> held = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1]], dtype=bool)
    >>> round(expected_density(held, 3), 4), round(expected_density(held, 1), 4)
    (0.6667, 0.3333)
    """
    pairs = _pairs(held)
    if not 0 <= size <= len(pairs):
        raise ValueError(f"cannot draw {size} of {len(pairs)} events")
    agencies = np.asarray(held).shape[1]
    if agencies < 2:
        return NAN
    shown = _chance_seen(len(pairs), size)[pairs.sum(axis=0)]
    return float(2 * shown.sum() / (agencies * (agencies - 1)))


def density_change(
    before: np.ndarray, after: np.ndarray, *, draws: int = 4999, seed: int = 0
) -> DensityChange:
    """Change in the density of ties by events held together, with a permutation p-value.

    Parameters
    ----------
    before, after : ndarray of bool, shape (events, agencies)
        Which agencies held each event together; the same agencies in the same order on both sides.
    draws : int
        Permutations.
    seed : int

    Returns
    -------
    DensityChange
        After less before, both as `expected_density` at the smaller number of events. It has no interval: a
        permutation of the events tests whether anything changed, not how much. With fewer than 4 events on a
        side, or fewer than 2 agencies, everything is NaN.

    Notes
    -----
    Assumes that without a change every event could as well have been on the other side, so that events in
    series with always the same partners make the p-value too small. p is (as large + 1) / (draws + 1):
    Phipson B & Smyth GK (2010) Stat Appl Genet Mol Biol 9:39. Not by the resampling of agencies of Snijders
    TAB & Borgatti SP (1999) Connections 22(2):161, which takes agencies for a sample of others; nor by
    quadratic assignment (Krackhardt 1988), which relates two networks and says nothing of their densities.

    Examples
    --------
    >>> alone, together = np.array([[1, 0, 0]] * 6, dtype=bool), np.array([[1, 1, 1]] * 6, dtype=bool)
    >>> found = density_change(alone, together)
    >>> found.change.estimate, found.change.p_value < 0.01
    (1.0, True)
    """
    before, after = np.asarray(before, dtype=bool), np.asarray(after, dtype=bool)
    if before.ndim != 2 or after.ndim != 2 or before.shape[1] != after.shape[1]:
        raise ValueError("before and after must be events x agencies, with the same agencies")
    agencies, size = before.shape[1], min(len(before), len(after))
    if agencies < 2 or size < LEAST_EVENTS:
        return DensityChange(Result(NAN, NAN, NAN, NAN), NAN, NAN, size)
    densities = [expected_density(side, size) for side in (before, after)]
    observed = densities[1] - densities[0]
    drawn = _permuted(np.concatenate([before, after]), len(before), draws, seed)
    as_large = int((np.abs(drawn) >= abs(observed) - 1e-12).sum())
    result = Result(observed, NAN, NAN, (as_large + 1) / (draws + 1))
    return DensityChange(result, densities[0], densities[1], size)


def _permuted(held: np.ndarray, first: int, draws: int, seed: int) -> np.ndarray:
    """Differences in density when chance decides which events are the first ones."""
    random, events = np.random.default_rng(seed), len(held)
    pairs = _pairs(held)
    pairs = pairs[:, pairs.any(axis=0)].astype(float)
    total, size = pairs.sum(axis=0), min(first, events - first)
    seen = [_chance_seen(number, size) for number in (first, events - first)]
    most = held.shape[1] * (held.shape[1] - 1) / 2
    found = []
    for lot in range(0, draws, _LOT):
        order = random.permuted(np.tile(np.arange(events), (min(_LOT, draws - lot), 1)), axis=1)
        count = ((order < first) @ pairs).astype(int)
        found.append((seen[1][total.astype(int) - count] - seen[0][count]).sum(axis=1) / most)
    return np.concatenate(found)


def _pairs(held: np.ndarray) -> np.ndarray:
    """Which pairs of agencies were at each event, shape (events, pairs)."""
    held = np.asarray(held, dtype=bool)
    one, other = np.triu_indices(held.shape[1], 1)
    return held[:, one] & held[:, other]


def _chance_seen(events: int, size: int) -> np.ndarray:
    """Chance that `size` of the events hold one of k, for k = 0 to `events`."""
    k = np.arange(events + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        none = special.gammaln(events - k + 1) - special.gammaln(events - k - size + 1)
        none -= special.gammaln(events + 1) - special.gammaln(events - size + 1)
    return np.where(k > events - size, 1.0, -np.expm1(np.minimum(none, 0)))


def _ahead(centrality: np.ndarray, most: float) -> float:
    """Sum of what each node is behind the most central one, of the most that is possible."""
    if len(centrality) < 3:
        return NAN
    return float((centrality.max() - centrality).sum() / most)
