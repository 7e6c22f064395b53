# One environment in .venv; its stamp file makes every call but the first quick.
#   make demo    a synthetic clip from nothing: rendered, animated, sealed, verified, with a report in demo/
#   make test    linting, types, layers, then all tests
# Another interpreter: make PYTHON=python3.13. Without the face finder: make EXTRAS=dev.

PYTHON ?= python3
EXTRAS ?= dev,mediapipe
VENV := .venv
BIN := $(VENV)/bin
COMMA := ,
STAMP := $(VENV)/installed-$(subst $(COMMA),-,$(EXTRAS))

# Tests run in two processes; without this each of them would start a thread for every core.
export OMP_NUM_THREADS ?= 1

.PHONY: demo test lint format clean

demo: $(STAMP)
	$(BIN)/prosopon demo -o demo/ --force

test: lint
	$(BIN)/pytest -n 2

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Prosopon needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --editable ".[$(EXTRAS)]"
	touch $@
