# Everything runs in .venv, which is made from the pinned, hashed requirements on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)/.peers
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench soak lock clean

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Closedwon needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …' >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --no-index --editable .
	@touch $@

demo: $(READY) ## Sync three invented clients to a sandbox on this machine
	$(BIN)/closedwon demo

test: $(READY) lint ## Lint, check types and run every test
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(READY) ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What is measured beside ours and is no dependency of it.
$(PEERS): requirements/bench.txt $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bench.txt
	@touch $@

bench: $(PEERS) ## Measure speed against the peers' own code
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.ledger_million

soak: $(READY) ## Sync half a million conversions while everything fails (MINUTES=30 CONVERSIONS=500000 SEED=…)
	$(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(CONVERSIONS),--conversions $(CONVERSIONS)) $(if $(SEED),--seed $(SEED))

lock: ## Pin the newest versions that pyproject.toml allows (needs uv)
	$(COMPILE) --extra dev --output-file requirements/dev.txt pyproject.toml
	$(COMPILE) --constraint requirements/dev.txt --output-file requirements/bench.txt requirements/bench.in

clean: ## Remove what was made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache demo
