# `make` alone prints what there is; every line below with two hashes is one of its lines.
# Nothing here needs Docker or root. Settings: PYTHON=python3.12, VENV=.venv, ARGS="...".

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# the host asks the internet for a newer version of itself at every call otherwise
CHAOS := $(BIN)/chaos --no-version-check --log-file $(VENV)/chaostoolkit.log
DEV := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"])

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check prove crash matrix bench docs clean

help:
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "make %-8s %s\n", $$1, $$2 }'

setup: $(VENV)/.developed  ## make .venv with the package, real servers and the tools to work on it

demo: $(VENV)/.installed  ## lose a real Redis primary and judge what that did: one minute
	@$(CHAOS) run --journal-path $(VENV)/journal.json experiments/redis_failover.yaml

test: setup  ## every test; what could not run is listed with its reason
	@$(BIN)/python -m pytest $(ARGS)

check: setup  ## format, lint, types, layers, changelog and reference
	@failed=""; for step in "ruff format --check --quiet" "ruff check --quiet" "mypy --no-error-summary" \
	  "lint-imports --no-logo" "python docs/reference/make.py --check" \
	  "towncrier build --draft --version next"; do \
	  told=$$($(BIN)/$$step 2>&1) || { echo "$$told"; failed="$$failed, $$step"; }; done; \
	if [ -n "$$failed" ]; then echo "check: not in order: $${failed#, }" >&2; exit 1; fi
	@echo "check: format, lint, types, layers, reference and changelog are in order"

prove: $(VENV)/.installed  ## weaken every system as its proofs say: each claim must notice
	@failed=""; for file in experiments/*.yaml; do echo "== $$file"; \
	  $(CHAOS) prove $(ARGS) $$file || failed="$$failed $$file"; done; \
	if [ -n "$$failed" ]; then echo "not proven:$$failed" >&2; exit 1; fi

crash: $(VENV)/.installed  ## kill runs at every step of every fault: nothing may stay behind (ARGS="--kills 100")
	@$(BIN)/python tests/crash/campaign.py $(ARGS)

matrix:  ## the tests on every Python from 3.11 to 3.13 that is on this machine
	@./.ci/matrix $(ARGS)

bench: setup  ## every benchmark with what it must reach (ONLY=name for one)
	@failed=""; for file in $$(grep -l '__name__ == "__main__"' benchmarks/$(or $(ONLY),*).py | grep -v scripted_server); do \
	  echo "== $$file"; $(BIN)/python $$file || failed="$$failed $$file"; done; \
	if [ -n "$$failed" ]; then echo "not reached:$$failed" >&2; exit 1; fi

docs: setup  ## write docs/reference anew from the code
	@$(BIN)/python docs/reference/make.py

clean:  ## remove virtual environments and caches; reports and the ledger stay
	@rm -rf .venv .venv-3.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@rm -rf build dist *.egg-info chaostoolkit.log journal.json discovery.json
	@find chaos_ext tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp older than pyproject.toml is made again; otherwise nothing is installed twice.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: install a newer one, or say make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	  { echo "$(PYTHON) cannot make environments: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "setup: making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "setup: installing chaos_ext and the servers of its lab"
	@$(PIP) --editable '.[lab]'
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	@echo "setup: installing the tools to work on it"
	@$(PIP) $$($(BIN)/python -c '$(DEV)')
	@touch $@
