"""Polygons of areas.geojson, and the points in them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from outreach_metrics.study.areas import Polygons, locate
from outreach_metrics.study.loading import check_study

from .conftest import said
from .test_incidents import collection, square


@pytest.fixture
def problems(make_study):
    def problems(document, **tables):
        folder = make_study(**tables)
        text = document if isinstance(document, str) else json.dumps(document)
        (folder / "areas.geojson").write_text(text)
        return said(check_study(folder))

    return problems


def test_points_are_located_as_one_by_one():
    random = np.random.default_rng(7)
    shapes = tuple(shapely.Point(x, y).buffer(0.7) for x, y in random.uniform(0, 5, (20, 2)))
    x, y = random.uniform(0, 5, (2, 300))
    position, further = locate(x, y, Polygons(tuple(map(str, range(20))), shapes))
    for number in range(300):
        held = [n for n, shape in enumerate(shapes) if shape.intersects(shapely.Point(x[number], y[number]))]
        assert position[number] == (held[0] if held else -1)
        assert further[number] == max(len(held) - 1, 0)


def test_no_points_and_no_polygons():
    assert [len(part) for part in locate(np.array([]), np.array([]), Polygons((), ()))] == [0, 0]


@pytest.mark.parametrize(
    "document, sentence",
    [
        (
            "{",
            "areas.geojson: is not valid GeoJSON (line 1: Expecting property name enclosed in double quotes)",
        ),
        ("[]", "areas.geojson: is not a GeoJSON FeatureCollection"),
        (
            collection({"type": "Feature", "properties": {"BEAT": "1"}, "geometry": None}),
            "areas.geojson: no feature has the property area_id (there is BEAT); "
            "rename the one that identifies the area",
        ),
        (
            collection(
                square("01", 0), {"type": "Feature", "properties": {"area_id": "02"}, "geometry": None}
            ),
            "areas.geojson, row 2: has no Polygon or MultiPolygon, so no point can fall into it",
        ),
        (
            collection(square("01", 500_000)),
            "areas.geojson, row 1: its coordinates are no degrees of longitude and latitude: "
            "export it again in WGS 84 (EPSG:4326)",
        ),
        (
            collection(square("01", 0), square("03", 1)),
            "areas.geojson, area_id: areas without a row in areas.csv, which are left out: 03",
        ),
        (
            collection(square("01", 0)),
            "areas.csv, area_id: areas without a polygon in areas.geojson, so that no point is theirs: 02",
        ),
    ],
)
def test_what_is_wrong_is_said(problems, document, sentence):
    assert sentence in problems(document)


def test_a_border_that_crosses_itself_is_repaired_and_told(problems):
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    feature = {"type": "Feature", "properties": {"area_id": "01"}, "geometry": bow}
    sentence = "areas.geojson, row 1: its border is not valid (self-intersection) and was repaired"
    assert sentence in problems(collection(feature, square("02", 2)))
