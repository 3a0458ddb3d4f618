# ProductViz. `make help` lists the tasks; everything runs from a virtual environment of its own.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= python3.11
TEST_ENV := PRODUCTVIZ_MODE=development PRODUCTVIZ_MODEL_DIR=var/test-models
TORCH := 2.13.0
COMPILE = $(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header
PHOTOS ?=
ONCE ?=
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## List the tasks
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "ProductViz needs Python 3.11 ($(PYTHON) was not found). Install it, or say where: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing what ProductViz needs (about two minutes, once) ..."
	$(PY) -m pip install -q --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	$(PY) -m pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

# torch by itself: which build it is depends on the machine (CPU or CUDA), so no lock holds it.
# What torch needs is there already, or comes with it; the rest is locked and brings nothing along.
$(VENV)/.gpu: requirements/gpu.txt $(VENV)/.dev
	@echo "Installing torch and what the diffusion engine needs (about two minutes, once) ..."
	$(PY) -m pip install -q torch==$(TORCH)
	$(PY) -m pip install -q --no-deps --require-hashes -r requirements/gpu.txt
	@touch $@

demo: $(VENV)/.base ## Try it: two sandbox stores, whole catalogs, dashboard (ONCE=1 ends by itself, PHOTOS=folder uses your photos)
	$(PY) -m productviz.demo $(if $(ONCE),--once) $(if $(PHOTOS),--photos "$(PHOTOS)")

screenshots: $(VENV)/.dev ## Run the demo once and renew the pictures in docs/screenshots
	tests/setup-chromium.sh
	$(PY) -m productviz.demo --once --screenshots

test: $(VENV)/.dev $(VENV)/.gpu ## Run every check: lint, types, import rules, tests on SQLite and PostgreSQL
	tests/setup-chromium.sh
	$(MAKE) --no-print-directory lint
	$(TEST_ENV) $(PY) manage.py fetch_model u2netp text-finder text-reader
	$(PY) -m pytest -q -n 3 --dist worksteal
	$(PY) -m tests.postgres $(PY) -m pytest -q -n 3 --dist worksteal -m postgres

lint: $(VENV)/.dev ## Format check, lint, types, import rules, templates, migrations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	PRODUCTVIZ_MODE=development $(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	PRODUCTVIZ_MODE=development $(PY) manage.py makemigrations --check --dry-run

format: $(VENV)/.dev ## Format code and templates
	$(VENV)/bin/ruff check -q --fix-only .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djade --target-version 5.2 $$(git ls-files 'templates/*.html') || true

bench: $(VENV)/.dev $(VENV)/.gpu ## Measure the figures; prints a table and writes bench.json
	$(TEST_ENV) $(PY) manage.py fetch_model u2netp text-finder text-reader
	$(TEST_ENV) $(PY) -m tests.bench

bench-gpu: $(VENV)/.dev $(VENV)/.gpu ## Measure the diffusion engine on this machine's GPU (ARGS="--tiny" is a smoke test on the CPU)
	$(TEST_ENV) $(PY) -m tests.bench.gpu $(ARGS)

lock: $(VENV)/.dev ## Resolve the dependencies anew into requirements/*.txt
	$(PY) -m pip install -q uv
	$(COMPILE) pyproject.toml -o requirements/base.txt
	$(COMPILE) --extra dev --extra provenance -c requirements/base.txt pyproject.toml -o requirements/dev.txt
	printf 'torch\ntorchvision\n' | $(COMPILE) --extra gpu --excludes - -c requirements/base.txt -c requirements/dev.txt pyproject.toml -o requirements/gpu.txt

clean: ## Remove the virtual environment and everything the demo made
	rm -rf $(VENV) var

.PHONY: help demo screenshots test lint format bench bench-gpu lock clean
