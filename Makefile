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
	.venv/bin/papermill notebooks/program_evaluation.ipynb build/program_evaluation.ipynb -p study data/sample
	.venv/bin/papermill notebooks/attendance.ipynb build/attendance.ipynb -p study data/sample
	.venv/bin/papermill notebooks/survey_sentiment.ipynb build/survey_sentiment.ipynb -p study data/sample
	.venv/bin/papermill notebooks/crime_before_after.ipynb build/crime_before_after.ipynb -p study data/sample
	.venv/bin/papermill notebooks/evaluation_plan.ipynb build/evaluation_plan.ipynb -p study data/sample
	.venv/bin/papermill notebooks/portfolio.ipynb build/portfolio.ipynb -p study data/sample

sample:
	.venv/bin/python data/make_sample.py

wheel:
	.venv/bin/python -m pip wheel --no-deps --wheel-dir dist .

ci:
	bash .ci/run

benchmarks:
	.venv/bin/python -m pip install ".[benchmarks]"
	OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks
