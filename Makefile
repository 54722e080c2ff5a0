# Everything that a developer does here. Needs Python 3.11 or newer, pip and make; node and npm for the real clients.

PYTHON ?= $(shell scripts/find-python)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= auto
SUITE := scripts/suite
PEER := benchmarks/peers/node_ws/node_modules
PACKAGES := $(addsuffix /node_modules, tests/clients examples)

# The package that is tested: that of the checkout, or in continuous integration its wheel.
KIND := $(if $(filter true,$(CI)),wheel,editable)
DEV := $(VENV)/dev-$(KIND)
ifeq ($(KIND),wheel)
PYTEST := scripts/installed $(BIN)/pytest
WHEEL := $(shell find serverless_hub -type f -not -name '*.pyc')
else
PYTEST := $(BIN)/pytest
endif

.DEFAULT_GOAL := help
.PHONY: help demo test test-all install check unit clients browser docs build public-api bench bench-quick bench-churn fuzz clean

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

public-api: $(DEV) ## Take over what users can touch into tests/public_api.txt
	@$(BIN)/python -m tests.house.public_api --write

fuzz: $(VENV)/fuzz ## Feed each parser with anything for FUZZ_SECONDS (60)
	@$(SUITE) fuzz $(BIN)/python -m tests.fuzz

install: $(DEV) $(PACKAGES) ## Create the environment

check: $(DEV) ## Lint, types, layers, budgets, public names
	@$(SUITE) format $(BIN)/ruff format --check .
	@$(SUITE) lint $(BIN)/ruff check .
	@$(SUITE) mypy $(BIN)/mypy
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(SUITE) pyright $(BIN)/pyright
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(SUITE) public-types scripts/public-types $(BIN)
	@$(SUITE) layers $(BIN)/lint-imports --no-logo
	@$(SUITE) house $(BIN)/pytest -q tests/house

unit: $(DEV) ## Run the tests that need no browser and no node; every branch has to be covered
	@$(SUITE) unit $(PYTEST) -q -n $(WORKERS) --dist worksteal -m 'not node and not browser' --ignore=tests/house \
		--durations=15 --cov --cov-report=term-missing --cov-fail-under=100

clients: $(DEV) tests/clients/node_modules $(PEER) ## Run the tests with the official JavaScript client
	@$(SUITE) clients $(PYTEST) -q -n $(WORKERS) --dist worksteal -m node

browser: $(DEV) $(PACKAGES) ## Run the tests in Chromium
	@$(SUITE) browser $(PYTEST) -q -m browser

docs: $(DEV) ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(SUITE) docs $(BIN)/mkdocs build --strict --quiet

build: $(DEV) ## Build the wheel and the source distribution into dist/
	@$(SUITE) build $(BIN)/python -m hatchling build

bench: $(DEV) $(PEER) ## Measure everything, ourselves and others, and draw the plots (about ten minutes)
	@$(BIN)/python -m benchmarks

bench-quick: $(DEV) $(PEER) ## Measure everything roughly (less than two minutes)
	@$(BIN)/python -m benchmarks --quick

bench-churn: $(DEV) ## See whether memory stays flat while clients come and go (ten minutes)
	@$(BIN)/python -m benchmarks --churn 10 --write

clean: ## Remove what was made here
	rm -rf $(VENV) dist site build *.egg-info $(PACKAGES) $(PEER)
	rm -rf .coverage .fuzz .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(VENV)/demo: pyproject.toml
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) ''
	@touch $@

$(DEV): pyproject.toml $(WHEEL)
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) '[dev]' $(KIND)
	@rm -f $(VENV)/dev-*
	@touch $@ $(VENV)/demo

$(VENV)/fuzz: pyproject.toml $(DEV)
	@$(SUITE) environment scripts/environment "$(PYTHON)" $(VENV) '[dev,fuzz]' $(KIND)
	@touch $@

%/node_modules: %/package-lock.json
	@$(SUITE) npm-$(notdir $*) scripts/npm-install $*
