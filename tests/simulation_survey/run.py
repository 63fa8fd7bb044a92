"""Run the simulation of surveys and events and write its page.

``python -m tests.simulation_survey.run --draws 1000 --out docs/simulation_survey.md``. Scores are kept by
kind of data, so that a stopped run goes on; remove the folder after a change of a metric.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from tests.simulation_survey.gatherings import gathering_worlds
from tests.simulation_survey.page import page
from tests.simulation_survey.surveys import survey_worlds
from tests.simulation_survey.trial import Score, World, try_world


def worlds() -> list[World]:
    """Return every kind of data."""
    return [*survey_worlds(), *gathering_worlds()]


def kept_file(folder: Path, world: World, draws: int) -> Path:
    """Return where the scores of a world are kept between runs."""
    name = hashlib.sha256(f"{world.title}, {world.effect}".encode()).hexdigest()[:16]
    return folder / f"{draws} draws, {name}.json"


def _one(number: int, draws: int, folder: Path) -> None:
    world = worlds()[number]
    scores = [asdict(score) for score in try_world(world, draws)]
    kept_file(folder, world, draws).write_text(json.dumps(scores), encoding="utf-8")


def _run(missing: list[int], draws: int, folder: Path, jobs: int) -> None:
    with ProcessPoolExecutor(jobs) as pool:
        waiting = {pool.submit(_one, number, draws, folder): number for number in missing}
        for count, done in enumerate(as_completed(waiting), start=1):
            done.result()
            print(f"{count}/{len(waiting)} {worlds()[waiting[done]].title}", flush=True)


def main() -> None:
    """Try the kinds of data that are not kept yet, and write the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=1000, help="studies of every kind of data")
    parser.add_argument("--out", type=Path, default=Path("docs/simulation_survey.md"))
    parser.add_argument("--keep", type=Path, default=Path("build/simulation_survey"), help="scores, to go on")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    files = [kept_file(given.keep, world, given.draws) for world in worlds()]
    _run([i for i, file in enumerate(files) if not file.exists()], given.draws, given.keep, given.jobs)
    scores = [Score(**row) for file in files for row in json.loads(file.read_text(encoding="utf-8"))]
    given.out.write_text(page(scores), encoding="utf-8")


if __name__ == "__main__":
    main()
