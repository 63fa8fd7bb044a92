"""areas.geojson -> polygons; points -> the polygon that they lie in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from outreach_metrics.study.reading import Draft, Row, UnreadableError, cell_text, fill_draft

FILE = "areas.geojson"


@dataclass(frozen=True, slots=True)
class Polygons:
    """Areas as prepared polygons in degrees (WGS 84), in the order of the file."""

    area_ids: tuple[str, ...]
    shapes: tuple[BaseGeometry, ...]


def read_polygons(path: Path, draft: Draft) -> Polygons | None:
    """Read areas.geojson.

    Parameters
    ----------
    path : pathlib.Path
    draft : Draft
        A fresh draft of the table areas; it receives a row a feature (area_id, population, name).
        Rows are numbered as features, the first is 1.

    Returns
    -------
    Polygons or None
        None when the file cannot be read. Features that share an area_id are one area.
    """
    try:
        features = _features(path)
        fill_draft(draft, _records(features))
    except UnreadableError as error:
        draft.tell(str(error), error.rule)
        draft.usable = False
        return None
    shapes: dict[str, list[BaseGeometry]] = {}
    for row, area_id in draft.frame["area_id"].items():
        shape = _shape(features[row - 1], row, draft)
        if shape is None:
            draft.drop([row], "no usable polygon")
        elif area_id:
            shapes.setdefault(area_id, []).append(shape)
    _merge_repeats(draft)
    joined = [parts[0] if len(parts) == 1 else shapely.union_all(parts) for parts in shapes.values()]
    shapely.prepare(joined)
    return Polygons(tuple(shapes), tuple(joined))


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        document = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8 text: export it again as GeoJSON", "encoding") from error
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"is not valid GeoJSON (line {error.lineno}: {error.msg})", "geojson"
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise UnreadableError("is not a GeoJSON FeatureCollection", "geojson")
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature.get("properties") or {}, dict):
            raise UnreadableError(f"the properties of feature {number} are no object", "geojson")
    if not any("area_id" in (feature.get("properties") or {}) for feature in features):
        names = sorted({name for feature in features[:1] for name in feature.get("properties") or {}})
        raise UnreadableError(
            f"no feature has the property area_id (there is {', '.join(names) or 'none'}); "
            "rename the one that identifies the area",
            "missing_column",
        )
    return features


def _records(features: list[dict[str, Any]]) -> Iterator[Row]:
    header = ["area_id", "population", "name"]
    yield 0, header
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        cells = [cell_text(properties.get(name)) for name in header]
        yield number, cells if any(cells) else ["", "", "(no properties)"]


def _shape(feature: dict[str, Any], row: int, draft: Draft) -> BaseGeometry | None:
    """Return the polygon of a feature; what cannot be one is an error, what can be repaired a warning."""
    try:
        shape = shapely.from_geojson(json.dumps(feature.get("geometry")))
    except (shapely.errors.GEOSException, ValueError, TypeError):
        shape = None
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        draft.tell("has no Polygon or MultiPolygon, so no point can fall into it", "geometry", row=row)
        return None
    west, south, east, north = shape.bounds
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        message = (
            "its coordinates are no degrees of longitude and latitude: export it again in WGS 84 (EPSG:4326)"
        )
        draft.tell(message, "coordinates", row=row)
        return None
    if not shapely.is_valid(shape):
        reason = shapely.is_valid_reason(shape).partition("[")[0].lower()
        draft.tell(f"its border is not valid ({reason}) and was repaired", "geometry", "warning", row=row)
        shape = shapely.make_valid(shape)
    return shape


def _merge_repeats(draft: Draft) -> None:
    ids = draft.frame["area_id"]
    repeats = draft.frame.index[ids.duplicated() & (ids != "")]
    draft.drop(repeats, "further polygon of an area")


def locate(longitude: np.ndarray, latitude: np.ndarray, polygons: Polygons) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygon of each point.

    Parameters
    ----------
    longitude, latitude : ndarray of float, shape (n,)
        Degrees.
    polygons : Polygons

    Returns
    -------
    position : ndarray of int, shape (n,)
        Position of the first polygon that holds the point or has it on its border; -1 where there is none.
    further : ndarray of int, shape (n,)
        How many more polygons hold it.

    Examples
    --------
    >>> square = Polygons(("a",), (shapely.box(0, 0, 1, 1),))
    >>> locate(np.array([0.5, 2.0]), np.array([0.5, 0.5]), square)
    (array([ 0, -1]), array([0, 0]))
    """
    order = np.argsort(longitude, kind="stable")
    x, y = longitude[order], latitude[order]
    position = np.full(len(x), -1, dtype=np.int64)
    further = np.zeros(len(x), dtype=np.int64)
    for number, shape in enumerate(polygons.shapes):
        west, south, east, north = shape.bounds
        low, high = np.searchsorted(x, west, "left"), np.searchsorted(x, east, "right")
        near = low + np.flatnonzero((y[low:high] >= south) & (y[low:high] <= north))
        held = near[shapely.intersects_xy(shape, x[near], y[near])]
        further[held] += position[held] >= 0
        position[held] = np.where(position[held] < 0, number, position[held])
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return position[back], further[back]
