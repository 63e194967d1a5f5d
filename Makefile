# Two commands do everything: `make demo` and `make test`. Both begin with `make setup`.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.set-up

.PHONY: setup demo test check

setup: $(STAMP)

# An environment that was interrupted while it was made has no pip, and is made anew.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pult needs Python 3.11 or newer: set PYTHON=/path/to/python3.11")'
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the pinned libraries (a minute or two the first time) ..."
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: setup
	@exec $(VENV)/bin/pult demo

check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy wsgi.py
	$(VENV)/bin/lint-imports
	$(VENV)/bin/pult flows check
	$(VENV)/bin/pult score-cards check

test: check
	@# A test file that cannot be imported is said now, and not after all the others have run.
	$(VENV)/bin/python -m pytest --collect-only -qq
	$(VENV)/bin/python -m pytest -n 2 --dist loadgroup
