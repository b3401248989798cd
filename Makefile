# Two commands do everything on a machine with Python >= 3.11, a C compiler and a package index:
#   make demo   sets up, runs the main job on the bundled dump, prints where the dataset and the report lie
#   make test   sets up, lint, types, import order, the suite (SLOW=1 and BROWSER=1 add the slow and the browser tests)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARKERS := not gpu and not ray$(if $(SLOW),, and not slow)$(if $(BROWSER),, and not browser)

.PHONY: demo test lint types suite setup setup-dev clean
demo: $(VENV)/core.done
	$(BIN)/charkha demo --out runs/demo

test: lint types suite

lint: $(VENV)/dev.done
	$(BIN)/ruff check .

types: $(VENV)/dev.done
	$(BIN)/mypy

suite: $(VENV)/dev.done
	$(BIN)/pytest -n 2 -m "$(MARKERS)"

setup: $(VENV)/core.done
setup-dev: $(VENV)/dev.done

$(VENV)/core.done: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e . -c constraints.txt
	touch $@

$(VENV)/dev.done: $(VENV)/core.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]" -c constraints.txt
	touch $@

clean:
	rm -rf $(VENV) runs
