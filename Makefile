# `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements-dev.txt
TESTS ?= tests
FAULTS_JOBS ?= 6
FAULTS_REMARK ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-browser faults faults-short bench hostile conformance check fmt docs lock

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## install what the project needs into .venv, pinned and hashed

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "The module venv is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@cmp -s $(LOCK) $(STAMP) || { echo "Installing what $(LOCK) names into $(VENV) ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(LOCK); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@cp $(LOCK) $(STAMP)

run: setup  ## start everything with the sample newsroom; Ctrl-C ends it
	@$(BIN)/newsletter up --sample

demo: setup  ## run the main job to its end: ingest, draft, render, approve, send, account
	@$(BIN)/newsletter demo

test: setup  ## all tests but those of a browser and most of the fault list; pip installs what they need
	$(BIN)/python -m pytest -n 2 -m "not browser and not faults" --cov --cov-report=term:skip-covered $(TESTS)

test-browser: setup  ## the desk and the digests in a real Chromium
	$(BIN)/python -m pytest -m browser $(TESTS)

faults: setup  ## the whole fault list (about an hour, some of it needs root and faketime); writes docs/reference/faults.md
	@rm -f .faults.jsonl
	FAULTS_RESULTS=.faults.jsonl $(BIN)/python -m pytest -n $(FAULTS_JOBS) --maxschedchunk 1 \
	  -o faulthandler_timeout=5400 tests/faults; code=$$?; \
	  $(BIN)/python -m tests.faults.table .faults.jsonl docs/reference/faults.md $$code "$(FAULTS_REMARK)"; exit $$code

faults-short: setup  ## the part of the fault list that CI runs
	$(BIN)/python -m pytest -n 3 -q -m short tests/faults

bench: setup  ## benchmarks: ratios in one run
	$(BIN)/python -m benchmarks $(BENCH)

hostile: setup  ## hostile feeds and strings through every source: FEEDS=DIR STRINGS=FILE.json
	HOSTILE_SECONDS=1 $(BIN)/python -m pytest -q tests/ingest/test_hostile.py

conformance: setup  ## compare our rendering with npm mjml (needs node)
	$(BIN)/python -m benchmarks.conformance

check: setup  ## lint, format, types, import contracts, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W ignore::RuntimeWarning -m newsletter makemigrations --check --dry-run

fmt: setup  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup  ## build the documentation into docs/_build
	$(BIN)/sphinx-build -W -q docs docs/_build

lock:  ## write the locks anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header --no-emit-index-url --no-annotate requirements.in --output-file requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-header --no-emit-index-url --no-annotate requirements-dev.in --output-file requirements-dev.txt
