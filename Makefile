# Two commands matter: `make run` and `make test`. Everything they install stays in .venv.
PYTHON ?= python3
EXPERIMENT ?= mnist1d_cnn
BIN := .venv/bin
export OMP_NUM_THREADS := 1

.PHONY: help run test test-long lint faults benchmarks tuners tamper lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

run: .venv/installed ## install, climb the ladder (EXPERIMENT=name), print it and the report's path
	@$(BIN)/snakemake --cores all --config experiment=$(EXPERIMENT)

test: .venv/installed ## install, then run the test suite
	@$(BIN)/pytest -m "not long" -n 2

test-long: .venv/installed ## run the tests that take longer, too
	@$(BIN)/pytest

lint: .venv/installed ## check format, style, types, layers and rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint
	$(BIN)/pyright
	$(BIN)/lint-imports

faults: .venv/installed ## diagnose every program of the fault zoo (hours; goes on where it stopped)
	@$(BIN)/python -m startsimple.diagnosis.evaluate --jobs 2 --out results/faults.json \
		--table results/faults.md --heatmap results/faults.png --publish tests/faults

benchmarks: .venv/installed ## judge every known result, write conf/benchmark/RESULTS.md (about an hour)
	@$(BIN)/startsimple benchmarks --climb

tuners: .venv/installed ## compare the tuner with plain Optuna, write conf/search/RESULTS.md
	@$(BIN)/python -m startsimple.cli.tuners

tamper: .venv/installed ## tamper with copies of a sealed run, count what verify finds
	@$(BIN)/python -m tests.tamper.bench --publish tests/tamper/RESULTS.md

lock: .venv/installed ## write every installed version to requirements.lock
	@$(BIN)/python scripts/lock.py

clean: ## remove results, keep data and .venv
	rm -rf results .snakemake

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "startsimple needs Python 3.11 or newer, and $(PYTHON) is %d.%d: set PYTHON=path" % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned dependencies into .venv; this takes a few minutes once."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps -e .
	@touch $@
