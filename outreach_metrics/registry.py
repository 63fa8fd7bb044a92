"""Metric names -> functions. A metric is a plain function; other packages add theirs by entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from outreach_metrics.errors import UnknownNameError
from outreach_metrics.estimate import STRANDS, Estimate

if TYPE_CHECKING:
    from outreach_metrics.study import Study

ENTRY_POINT_GROUP = "outreach_metrics.metrics"

MetricFunction = Callable[["Study", str], list[Estimate]]


@dataclass(frozen=True, slots=True)
class Metric:
    """A registered metric: its name, its strand, what it is in one line, and the function that makes it."""

    name: str
    strand: str
    summary: str
    function: MetricFunction


_METRICS: dict[str, Metric] = {}
_state = {"loaded": False}


def metric(name: str, *, strand: str) -> Callable[[MetricFunction], MetricFunction]:
    """Register a function under a metric name and return it unchanged.

    Parameters
    ----------
    name : str
        Name in the column `metric` of estimates.csv.
    strand : str
        One of `outreach_metrics.estimate.STRANDS`.

    Raises
    ------
    ValueError
        The name is taken, or the strand is not known.

    Examples
    --------
    A package adds a metric by naming its module under the entry point group ``outreach_metrics.metrics``.

    >>> from outreach_metrics import Estimate, metric
    >>> @metric("nights_out", strand="attendance")  # doctest: +SKIP
    ... def nights_out(study, program_id):
    ...     'Nights out held.'
    ...     return [Estimate(program_id=program_id, strand="attendance", metric="nights_out", estimate=3.0)]
    """
    if strand not in STRANDS:
        raise ValueError(f"metric {name!r}: strand {strand!r} is not one of {', '.join(STRANDS)}")

    def register(function: MetricFunction) -> MetricFunction:
        if name in _METRICS:
            raise ValueError(
                f"metric {name!r} is registered already, by {_METRICS[name].function.__module__}"
            )
        summary = (function.__doc__ or "").strip().partition("\n")[0]
        _METRICS[name] = Metric(name, strand, summary, function)
        return function

    return register


def registered_metrics() -> Mapping[str, Metric]:
    """Return every registered metric by name, strand by strand, those of other installed packages too."""
    if not _state["loaded"]:
        _state["loaded"] = True
        from importlib import import_module
        from importlib.metadata import entry_points

        import_module("outreach_metrics.metrics")
        for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
            point.load()
    by_strand = sorted(_METRICS.values(), key=lambda found: STRANDS.index(found.strand))
    return MappingProxyType({found.name: found for found in by_strand})


def get_metric(name: str) -> Metric:
    """Return the metric of that name.

    Raises
    ------
    UnknownNameError
        No metric has that name; the message lists those there are.
    """
    known = registered_metrics()
    if name not in known:
        raise UnknownNameError("metric", name, known)
    return known[name]
