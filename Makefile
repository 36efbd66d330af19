# Each target is enough on a fresh machine with Python 3.11 and make.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.10 python3 2>/dev/null))
VENV := .venv
STAMP := $(VENV)/.ready
OUTPUT ?= output

# Everything that runs writes below the project: package cache, Ikomia's home, weights.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PYTHONPATH := $(CURDIR)
export IKOMIA_AUTO_COMPLETION := 0
export QT_QPA_PLATFORM := offscreen
export OMP_WAIT_POLICY := PASSIVE

.PHONY: setup demo test bench hub panels lint format clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint constraints.txt \
		--requirements pyproject.toml --extra test --extra studio
	touch $@

demo: setup
	$(VENV)/bin/python -m workflows.demo --output $(OUTPUT)/demo
	$(VENV)/bin/python -m workflows.motion_demo --output $(OUTPUT)/demo

test: setup lint
	$(VENV)/bin/python -m pytest

bench: setup
	$(VENV)/bin/python -m benchmarks

hub: setup
	$(VENV)/bin/python -m workflows.hub

panels: setup
	$(VENV)/bin/python -m workflows.panels

lint: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

format: setup
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean:
	rm -rf $(VENV) dist .build .pytest_cache .ruff_cache
