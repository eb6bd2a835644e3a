# The commands of this project; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Rooms that never see a database: running them on a second one would prove nothing.
WITHOUT_RECORDS := $(addprefix --ignore=tests/,rules papers grading banks evidence live embedded web journeys chaos reporting)
# Pages stand on what records, sittings, support and publishing show on both; `make unit-postgresql PAGES=` adds them.
PAGES ?= $(addprefix --ignore=tests/,web_audit web_author web_candidate web_operator web_staff web_support)
PORT ?= 8000
AS_OF ?=
DATA ?= .demo
SECONDS ?= 60
SEED ?= 1
TOPOLOGY ?=
BENCH ?=
ROW ?= save
# Test processes at once: one more than the smallest machine has cores, as many of them wait.
WORKERS ?= 3
# Which journeys run on SQLite; `make test` leaves out the long stories, and runs those marked as smoke on PostgreSQL.
JOURNEYS ?= smoke or not smoke

.DEFAULT_GOAL := help
.PHONY: help run test lint types unit unit-postgresql long journeys pictures format lock bench bench-postgresql flame chaos fuzz clean

help: ## List the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Settings: PORT=8000  AS_OF=2014-06-01 (live through an old year)  DATA=.demo  PYTHON=python3"
	@echo "  chaos: SECONDS=60 (of faults)  SEED=1  TOPOLOGY=single,embedded,sentinel,cluster"

run: .venv/run.stamp ## Start the demo: an exam that is open now, accounts printed
	@scripts/ensure redis
	$(BIN)/examengine demo --data $(DATA) --port $(PORT) $(if $(AS_OF),--as-of $(AS_OF))

test: .venv/dev.stamp ## Everything CI runs: gates, tests on SQLite and PostgreSQL, browser journeys but the long ones
	@scripts/ensure redis chromium
	$(MAKE) --no-print-directory lint types
	$(MAKE) --no-print-directory unit
	$(MAKE) --no-print-directory journeys JOURNEYS="not smoke and not long"
	$(MAKE) --no-print-directory unit-postgresql

lint: .venv/dev.stamp ## Style, banned calls, the arrows between rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/dev.stamp ## Strict types
	$(BIN)/mypy

unit: .venv/dev.stamp ## Tests but the browser journeys, on SQLite
	EXAMENGINE_TEST_DATABASE=sqlite $(BIN)/pytest --ignore=tests/journeys -m "not long" -n $(WORKERS) --dist worksteal

unit-postgresql: .venv/dev.stamp ## What touches the record again on PostgreSQL, with the smoke journeys
	EXAMENGINE_TEST_DATABASE=postgresql $(BIN)/pytest $(WITHOUT_RECORDS) $(PAGES) -m "not long" -n $(WORKERS) --dist worksteal
	EXAMENGINE_TEST_DATABASE=postgresql $(BIN)/pytest tests/journeys -m smoke

long: .venv/dev.stamp ## What make test leaves out outside of the browser: drills, two hosts behind nginx (needs nginx)
	@scripts/ensure redis chromium
	EXAMENGINE_TEST_DATABASE=sqlite,postgresql $(BIN)/pytest --ignore=tests/journeys -m long

journeys: .venv/dev.stamp ## All browser journeys, on SQLite
	EXAMENGINE_TEST_DATABASE=sqlite $(BIN)/pytest tests/journeys -m "$(JOURNEYS)" -n $(WORKERS) --dist worksteal

pictures: .venv/dev.stamp ## The journeys again, with a picture of every page in test-results/journeys; axe-core on all samples
	EXAMENGINE_TEST_PICTURES=1 $(BIN)/pytest tests/journeys tests/web/test_accessibility.py -n $(WORKERS) --dist worksteal

chaos: .venv/dev.stamp ## Break everything while people sit exams, and count what was lost (SECONDS, SEED, TOPOLOGY)
	@scripts/ensure redis
	EXAMENGINE_MODEL=$(SECONDS) $(BIN)/pytest tests/model --hypothesis-seed=$(SEED)
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) --seed $(SEED) $(if $(TOPOLOGY),--topology $(TOPOLOGY))

fuzz: .venv/dev.stamp ## Read damaged question files of every format for a while, and play new examples (SECONDS, SEED)
	EXAMENGINE_EXAMPLES=random $(BIN)/pytest tests/banks tests/rules tests/papers tests/grading --hypothesis-seed=$(SEED) -n $(WORKERS)
	$(BIN)/python -m tests.banks.fuzz --seconds $(SECONDS) --seed $(SEED)

bench: .venv/run.stamp ## What each kind of request costs through the whole stack (docs/performance.md; BENCH="--live 1000")
	@scripts/ensure redis
	$(BIN)/examengine bench $(BENCH)

bench-postgresql: .venv/dev.stamp ## The same on a PostgreSQL of its own, durable, in a temporary folder
	@scripts/ensure redis
	$(BIN)/python -m tests.bench $(BENCH)

flame: .venv/dev.stamp ## Where a worker's time goes in one kind of request, as an SVG (ROW=save)
	@scripts/ensure redis
	$(BIN)/examengine bench flame $(ROW) --output flame-$(ROW).svg

format: .venv/dev.stamp ## Put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: .venv/dev.stamp ## Pin the dependencies anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 pyproject.toml -o requirements.lock >/dev/null
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 --group dev pyproject.toml -o requirements-dev.lock >/dev/null

clean: ## Remove the environment and the demo's data
	rm -rf .venv $(DATA) .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev.stamp: requirements-dev.lock .venv/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
