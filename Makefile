# Everything that a developer does here. Needs Python 3.11 or newer, pip and make; node and npm for the real clients.

PYTHON ?= $(shell scripts/find-python)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= auto
SUITE := scripts/suite
PEER := benchmarks/peers/node_ws/node_modules
PACKAGES := $(addsuffix /node_modules, tests/clients examples)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all install check unit clients browser docs build bench bench-quick bench-churn fuzz clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

demo: $(VENV)/demo examples/node_modules ## Start the chat example and print its URL
	@scripts/demo $(BIN)/python $(PORT)

test: ## Run everything that continuous integration runs
	@$(SUITE) --start
	@$(MAKE) --no-print-directory install check unit clients browser docs
	@$(SUITE) --summary

test-all: ## Run the tests with twenty times the random examples, and the fuzzer, too
	@HYPOTHESIS_PROFILE=thorough $(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory fuzz

fuzz: $(VENV)/fuzz ## Feed each parser with anything for FUZZ_SECONDS (60)
	@$(SUITE) fuzz $(BIN)/python -m tests.fuzz

install: $(VENV)/dev $(PACKAGES) ## Create the environment

check: $(VENV)/dev ## Lint, types, layers, budgets
	@$(SUITE) format $(BIN)/ruff format --check .
	@$(SUITE) lint $(BIN)/ruff check .
	@$(SUITE) mypy $(BIN)/mypy
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(SUITE) pyright $(BIN)/pyright
	@$(SUITE) layers $(BIN)/lint-imports --no-logo
	@$(SUITE) house $(BIN)/pytest -q tests/house

unit: $(VENV)/dev ## Run the tests that need no browser and no node; every branch has to be covered
	@$(SUITE) unit $(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m 'not node and not browser' --ignore=tests/house \
		--durations=15 --cov --cov-report=term-missing --cov-fail-under=100

clients: $(VENV)/dev tests/clients/node_modules ## Run the tests with the official JavaScript client
	@$(SUITE) clients $(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m node

browser: $(VENV)/dev $(PACKAGES) ## Run the tests in Chromium
	@$(SUITE) browser $(BIN)/pytest -q -m browser

docs: $(VENV)/dev ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(SUITE) docs $(BIN)/mkdocs build --strict --quiet

build: $(VENV)/dev ## Build the wheel and the source distribution into dist/
	@$(SUITE) build $(BIN)/python -m build --quiet

bench: $(VENV)/dev $(PEER) ## Measure everything, ourselves and others, and draw the plots (about ten minutes)
	@$(BIN)/python -m benchmarks

bench-quick: $(VENV)/dev $(PEER) ## Measure everything roughly (less than two minutes)
	@$(BIN)/python -m benchmarks --quick

bench-churn: $(VENV)/dev ## See whether memory stays flat while clients come and go (ten minutes)
	@$(BIN)/python -m benchmarks --churn 10

clean: ## Remove what was made here
	rm -rf $(VENV) dist site build *.egg-info $(PACKAGES) $(PEER)
	rm -rf .coverage .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/demo: pyproject.toml
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) .
	@touch $@

$(VENV)/dev: pyproject.toml
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) '.[dev]'
	@touch $@ $(VENV)/demo

$(VENV)/fuzz: pyproject.toml $(VENV)/dev
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) '.[dev,fuzz]'
	@touch $@

%/node_modules: %/package-lock.json
	@$(SUITE) npm-$(notdir $*) scripts/npm-install $*
