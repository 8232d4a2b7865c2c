# The two commands a newcomer needs are `make run` and `make test`; the rest is for those who stay.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: install run test check format lock translations chaos bench clean

install: $(READY)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "usher: PYTHON: this is Python %d.%d, and 3.11 or newer is needed; e.g. make PYTHON=python3.12" % sys.version_info[:2] or 0)'
	@$(PYTHON) -m venv .venv || { echo "usher: $(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "usher: installing the locked dependencies into .venv (once; about a minute)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	@touch $@

run: $(READY)
	@exec $(BIN)/python -m embedded.run

# Files are shared among sessions side by side, as many as there are processors and four at most; each has engines and ports of
# its own, and the summary line at the end speaks for all. One after the other: make test SESSIONS=1
SESSIONS ?= $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() or 1, 4))')

# A part of it: make test ONLY=tests/unit
test: $(READY)
	$(BIN)/python -m pytest -n $(SESSIONS) --dist loadfile --no-loadscope-reorder $(ONLY)

# E.g. `make chaos CHAOS="--seed 7 --only R3 --plain 0"`; the options are in `python -m tests.chaos --help`.
chaos: $(READY)
	$(BIN)/python -m tests.chaos $(CHAOS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Needs uv on the PATH. The lock names no registry: whichever one pip is set up for serves it, and the hashes hold it to account.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock

# Brings every language's file up to date with the templates and sentences; what is new is empty there, and a test says so.
translations: $(READY)
	$(BIN)/pybabel -q extract -F jobs/translations/babel.cfg -k sentence -k Complaint --no-location --sort-output -o .sentences.pot webapp jobs
	for file in jobs/translations/*.po; do $(BIN)/pybabel -q update -N --ignore-obsolete --ignore-pot-creation-date --width 110 -l $$(basename $$file .po) -i .sentences.pot -o $$file; done; rm .sentences.pot

# All of it takes about 40 minutes. Some of it, and a first answer soon: make bench ONLY=S3 QUICK=1
bench: $(READY)
	$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache
