"""Networks of agencies: how many of the possible ties there are, and how far they run through one agency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from networkx import Graph

NAN = math.nan


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


def _ahead(centrality: np.ndarray, most: float) -> float:
    """Sum of what each node is behind the most central one, of the most that is possible."""
    if len(centrality) < 3:
        return NAN
    return float((centrality.max() - centrality).sum() / most)
