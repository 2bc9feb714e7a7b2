# CouchTill: `make demo` to see it, `make test` to prove it, `make help` for the rest.

PYTHON_IN_VENV = .venv/bin/python
# The tests of a shop in bad weather wait a lot: three at a time are quicker on two cores too.
JOBS = 3
# Options for pytest, the benchmark or the replay: make test ARGS="-k tree"
ARGS =
# Where the demo keeps its shop, and the folder of receipts to replay (empty: the sample in the repository)
DATA =

# Every process of the tests would compile all sources anew where this is set.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help demo test bench replay screenshots soak lint format setup setup-dev style types audit compiled

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## a shop on this machine: two tills, head office, and a line to cut
	@$(PYTHON_IN_VENV) -m app.cli demo $(if $(DATA),--data "$(DATA)") $(ARGS)

test: setup-dev ## linters, types, and every test; options for pytest: ARGS="-k tree"
	@$(MAKE) --no-print-directory -j 2 types audit style compiled
	@$(PYTHON_IN_VENV) -m pytest -n $(JOBS) --dist worksteal -q $(ARGS)

lint: setup-dev ## format, lints, types, who may call whom, and known vulnerabilities
	@$(MAKE) --no-print-directory -j 2 types audit style

types:
	@$(PYTHON_IN_VENV) -m mypy

audit:
	@$(PYTHON_IN_VENV) scripts/audit.py

style:
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m ruff check .
	@.venv/bin/lint-imports

# What pytest's processes would each compile for themselves; what is wrong with a test is for pytest to say.
compiled:
	@$(PYTHON_IN_VENV) -m pytest --collect-only -qq -p no:cacheprovider >/dev/null 2>&1 || true

format: setup-dev ## let ruff format and mend what it can
	@$(PYTHON_IN_VENV) -m ruff check --fix .
	@$(PYTHON_IN_VENV) -m ruff format .

bench: setup-dev ## how fast, beside PouchDB and, with COUCHDB_URL, CouchDB
	@$(PYTHON_IN_VENV) -m tests.benchmarks $(ARGS)

replay: setup ## three stores sell real receipts while lines are cut and tills killed: DATA=DIR for your own
	@$(PYTHON_IN_VENV) -m app.replay $(if $(DATA),--data "$(DATA)") $(ARGS)

screenshots: setup-dev ## every page of the sample shop as a picture, into screenshots/: ARGS="refund --scheme dark"
	@$(PYTHON_IN_VENV) -m tests.screenshots $(ARGS)

soak: setup-dev ## the long tests: every crash 200 times
	@$(PYTHON_IN_VENV) -m pytest -q --soak --timeout 1800 $(or $(ARGS),tests)

setup:
	@scripts/setup.sh

setup-dev:
	@scripts/setup.sh dev
