"""Run the simulation and write its page.

``python -m tests.simulation.run --draws 2000 --out docs/simulation.md``. Scores are kept by regime, so that a
stopped run goes on; remove the folder after a change of a metric.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from tests.simulation.page import page
from tests.simulation.regimes import REGIMES, Regime
from tests.simulation.trial import Score, try_regime


def kept_file(folder: Path, regime: Regime, draws: int) -> Path:
    """Return where the scores of a regime are kept between runs."""
    return folder / f"{draws} draws, {regime.name}.json"


def read_scores(path: Path) -> list[Score]:
    """Read kept scores."""
    return [Score(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _one(regime: Regime, draws: int, folder: Path) -> None:
    scores = [asdict(score) for score in try_regime(regime, draws)]
    kept_file(folder, regime, draws).write_text(json.dumps(scores), encoding="utf-8")


def _run(regimes: Iterable[Regime], draws: int, folder: Path, jobs: int) -> None:
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_one, regime, draws, folder): regime for regime in regimes}
        for number, done in enumerate(as_completed(waiting), start=1):
            done.result()
            print(f"{number}/{len(waiting)} {waiting[done].name}", flush=True)


def main() -> None:
    """Try the regimes that are not kept yet, and write the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=2000, help="studies of every regime and effect")
    parser.add_argument("--out", type=Path, default=Path("docs/simulation.md"))
    parser.add_argument(
        "--keep", type=Path, default=Path("build/simulation"), help="scores, to go on after a stop"
    )
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    missing = [regime for regime in REGIMES if not kept_file(given.keep, regime, given.draws).exists()]
    _run(missing, given.draws, given.keep, given.jobs)
    scores = {regime: read_scores(kept_file(given.keep, regime, given.draws)) for regime in REGIMES}
    given.out.write_text(page(scores, given.draws), encoding="utf-8")


if __name__ == "__main__":
    main()
