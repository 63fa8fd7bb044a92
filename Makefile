.PHONY: benchmarks install reports test slow simulation lint format notebooks wheel ci

install:
	python3 -m venv .venv
	.venv/bin/python -m pip install ".[dev]"

reports:
	.venv/bin/outreach-metrics report data/sample --out reports

test:
	.venv/bin/python -m pytest -n auto

slow:
	.venv/bin/python -m pytest -m slow

simulation:
	.venv/bin/python -m tests.simulation.run --draws 2000 --out docs/simulation.md
	.venv/bin/python -m tests.simulation_survey.run --draws 1000 --out docs/simulation_survey.md

lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

format:
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

notebooks:
	mkdir -p build
	for notebook in notebooks/*.ipynb; do .venv/bin/papermill $$notebook build/$${notebook##*/} -p study data/sample || exit 1; done

sample:
	.venv/bin/python data/make_sample.py

wheel:
	.venv/bin/python -m pip wheel --no-deps --wheel-dir dist .

ci:
	bash .ci/run

benchmarks:
	.venv/bin/python -m pip install ".[benchmarks]"
	OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks
