"""The layers of ARCHITECTURE.md, the registry's contract, and what an import costs."""

import ast
import math
import subprocess
import sys

import pytest

from outreach_metrics import Estimate, get_metric, metric, tidy
from outreach_metrics.errors import UnknownNameError
from outreach_metrics.estimate import COLUMNS, STRANDS
from outreach_metrics.evaluation import evaluate_program
from outreach_metrics.registry import registered_metrics
from tests.conftest import ROOT, crime_study

PACKAGE = ROOT / "outreach_metrics"
LAYERS = {
    "errors": 0, "check": 0, "estimate": 0, "resources": 0, "output": 0, "showing": 0, "words": 0,
    "registry": 1, "study": 2, "inference": 2, "text": 2, "metrics": 3, "convert": 3, "evidence": 4,
    "evaluation": 5, "planning": 5, "needs": 5, "plots": 6, "reports": 7, "cli": 8, "__main__": 9,
}  # fmt: skip
STRANDS_TOGETHER = PACKAGE / "metrics" / "__init__.py"
ONLY_IN = {
    "matplotlib": {"plots"}, "papermill": {"reports"}, "nbconvert": {"reports"}, "duckdb": {"study"},
    "rapidfuzz": {"study", "convert"}, "sklearn": {"text"}, "vaderSentiment": {"text"},
    "networkx": {"inference"}, "weasyprint": {"reports"}, "pypandoc": {"reports"}, "pptx": {"reports"},
}  # fmt: skip
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)
CONTRACT_COLUMNS = (
    "program_id strand metric outcome group estimate conf_low conf_high p_value p_adjusted conf_level "
    "n_before n_after unit method design_level note"
)


def room(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path):
    """Yield (module, imported for type checking only)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_only_point_down(path):
    own = room(path)
    for module in imports(path):
        parts = module.split(".")
        for library, rooms in ONLY_IN.items():
            assert parts[0] != library or own in rooms, f"{library} belongs in {rooms}"
        if parts[0] == "outreach_metrics" and len(parts) > 1 and parts[1] in LAYERS:
            assert LAYERS[parts[1]] <= LAYERS[own], f"{own} imports {parts[1]}"
            beside = parts[1] != own and LAYERS[parts[1]] == LAYERS[own] in (2, 3)
            assert not beside, "rooms beside each other are apart"
        if own == "metrics" and parts[:2] == ["outreach_metrics", "metrics"] and path != STRANDS_TOGETHER:
            strand = path.relative_to(PACKAGE / "metrics").with_suffix("").parts[0]
            assert parts[2] == strand, "strands do not import each other"


def test_every_room_is_on_the_map():
    rooms = {room(path) for path in MODULES}
    assert rooms <= set(LAYERS)
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in rooms - {"__main__"}:
        assert name in text, f"ARCHITECTURE.md does not tell of {name}"


def test_columns_are_those_of_the_contract():
    assert " ".join(COLUMNS) == CONTRACT_COLUMNS
    assert " ".join(tidy([]).columns) == CONTRACT_COLUMNS


@pytest.mark.parametrize("name", sorted(registered_metrics()))
def test_every_metric_keeps_the_contract(name, sample):
    found = get_metric(name)
    assert found.strand in STRANDS
    assert found.summary.endswith(".")
    for program_id in sample.programs:
        estimates = found.function(sample, program_id)
        assert estimates, "a metric without a number still says why"
        for estimate in estimates:
            assert isinstance(estimate, Estimate)
            assert (estimate.metric, estimate.strand, estimate.program_id) == (name, found.strand, program_id)
            assert estimate.unit
            assert estimate.made or estimate.note
            assert estimate.method or not estimate.made
            if estimate.made and math.isnan(estimate.conf_low):
                assert estimate.note, "no interval without a reason"
            if not math.isnan(estimate.conf_low):
                assert estimate.conf_low <= estimate.estimate <= estimate.conf_high
            if not estimate.made:
                assert math.isnan(estimate.conf_low)
                assert math.isnan(estimate.p_value)


def test_registry_refuses_duplicates_and_strange_strands():
    with pytest.raises(ValueError, match="registered already"):
        metric("crime_rate_ratio", strand="crime")(lambda study, program_id: [])
    with pytest.raises(ValueError, match="strand"):
        metric("something", strand="weather")
    with pytest.raises(UnknownNameError, match="Did you mean 'crime_rate_ratio'"):
        get_metric("crime_rate_ration")


def test_another_package_adds_a_metric_by_entry_point(monkeypatch):
    from importlib import metadata

    from outreach_metrics import registry

    class Point:
        name = "another_package"

        def load(self):
            metric("nights_out", strand="attendance")(lambda study, program_id: [])

    monkeypatch.setattr(
        metadata, "entry_points", lambda group: [Point()] if group == registry.ENTRY_POINT_GROUP else []
    )
    monkeypatch.setattr(registry, "_METRICS", dict(registry._METRICS))
    monkeypatch.setitem(registry._state, "loaded", False)
    assert "nights_out" in registry.registered_metrics()
    strands = [found.strand for found in registry.registered_metrics().values()]
    assert strands == sorted(strands, key=STRANDS.index)


def test_unknown_names_list_the_known():
    import numpy as np

    study = crime_study(np.ones((2, 48), dtype=int))
    with pytest.raises(UnknownNameError, match=r"Unknown program 'q'.*Known: p"):
        evaluate_program(study, "q")
    with pytest.raises(UnknownNameError, match=r"Unknown outcome 'al'.*Did you mean 'all'"):
        evaluate_program(study, "p", "al")


@pytest.mark.parametrize("module", ["outreach_metrics", "outreach_metrics.cli"])
def test_import_loads_nothing_heavy(module):
    heavy = ("pandas", "numpy", "matplotlib", "duckdb")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
