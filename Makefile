# make demo = everything on this machine, nothing else needed. make help lists the rest.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
PORT ?=
WORKERS ?= 3

.DEFAULT_GOAL := help
.PHONY: help venv demo speech speech-local test chaos check bench eval audit lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(VENV)/.installed-run ## .venv with everything needed to run

demo: $(VENV)/.installed-run ## run everything here and open http://127.0.0.1:8000/ (PORT=… for another port)
	@exec $(BIN)/kabot demo $(if $(PORT),--port $(PORT))

speech: $(VENV)/.installed-speech ## what it takes to hear voice messages ([speech] kind = "openai")

speech-local: $(VENV)/.installed-speech-local ## the same, with recognition on this machine (kind = "sherpa")

# Each of the hundred processes that tests start would compile the program anew.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.installed-test ## all tests
	@$(BIN)/pytest -n $(WORKERS)

chaos: $(VENV)/.installed-test ## hurt the running shop for some minutes, and check that nothing was lost (CHAOS_SECONDS=… CHAOS_SEED=…)
	@$(BIN)/python -m tests.chaos

check: $(VENV)/.installed-check ## lint, format, types, and which room may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test ## measure speed against plain bots
	@$(BIN)/python -m tests.bench

eval: $(VENV)/.installed-test ## score the understanding of messages
	@$(BIN)/python -m tests.corpus.evaluate

audit: $(VENV)/.installed-run ## ask the package index for known holes in the locked versions (ONLY="name name" for some)
	@$(BIN)/python requirements/audit.py

lock: ## rewrite requirements/*.lock from pyproject.toml (needs uv)
	sh requirements/lock.sh

clean: ## remove .venv and caches (never var/, where the shop's data is)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info

# The first Python that is new enough. Its venv module may be a package of its own (python3-venv on Debian).
$(BIN)/python:
	@for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "kabot needs Python 3.11 or newer on PATH; none was found" >&2; exit 2; fi; \
	$$found -m venv $(VENV) || { rm -rf $(VENV); echo "$$found cannot make a virtual environment: install its venv module (Debian/Ubuntu: apt install python3-venv)" >&2; exit 2; }

# Each stamp is written last, so an interrupted installation is simply gone through again.
$(VENV)/.installed-run: requirements/build.lock requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "installing…"
	@$(PIP) --require-hashes -r requirements/build.lock
	@$(PIP) --require-hashes --no-build-isolation -r requirements/run.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-speech $(VENV)/.installed-speech-local: $(VENV)/.installed-%: requirements/%.lock $(VENV)/.installed-run
	@echo "installing…"
	@$(PIP) --require-hashes --no-build-isolation -r requirements/$*.lock
	@touch $@

$(VENV)/.installed-test: requirements/test.lock $(VENV)/.installed-run
	@$(PIP) --require-hashes --no-build-isolation -r requirements/test.lock
	@touch $@

$(VENV)/.installed-check: requirements/check.lock $(VENV)/.installed-run
	@$(PIP) --require-hashes --no-build-isolation -r requirements/check.lock
	@touch $@
