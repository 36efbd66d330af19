# Each target is enough on a fresh machine with Python 3.10 to 3.13 and make.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.10 python3 2>/dev/null))
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.ready
OUTPUT ?= output

# PyTorch for CPUs alone, a tenth of the size: make demo TORCH=cpu, when .venv is made; cu126 and the
# like for other GPUs. Without it: PyPI's, which on Linux is for GPUs.
TORCH ?=

# Everything that runs writes below the project: package cache, Ikomia's home, weights.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PYTHONPATH := $(CURDIR)
export IKOMIA_AUTO_COMPLETION := 0
export QT_QPA_PLATFORM := offscreen
export OMP_WAIT_POLICY := PASSIVE
export PYTHONUTF8 := 1

.PHONY: setup demo test bench hub wheel panels vendor lint format clean
.PHONY: types coverage dupes fuzz docs

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(VENV) --constraint constraints.txt \
		--requirements pyproject.toml --extra test --extra studio --extra viewer \
		$(if $(TORCH),--torch-backend $(TORCH))
	touch $@

demo: setup
	$(BIN)/python -m development.demo.matting --output $(OUTPUT)/demo
	$(BIN)/python -m development.demo.motion --output $(OUTPUT)/demo
	$(BIN)/python -m development.demo.people --output $(OUTPUT)/demo
	$(BIN)/python -m development.demo.dataset --output $(OUTPUT)/demo

# Each worker has its own home and one thread, and takes whole files with their fixtures, in the
# order of tests/conftest.py: xdist's own, by the number of tests, leaves long files for the end.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
# Compiled modules are kept even where they are not to be: else each of hundreds of processes of the
# tests compiles the project for itself.
TESTS := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

test: setup lint types
	$(TESTS) $(PARALLEL)

bench: setup
	$(BIN)/python -m development.benchmarks

hub: setup
	$(BIN)/python -m development.tools.hub

# make wheel TRY=--try: also installs it by uv and pipx, and runs its commands.
wheel: setup
	$(BIN)/python -m development.tools.wheel $(TRY)

panels: setup
	$(BIN)/python -m development.tools.panels

vendor: setup
	$(BIN)/python -m development.tools.vendor

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) dist build .build .pytest_cache .ruff_cache

types: setup
	$(BIN)/python -m development.tools.type_gate

coverage: setup
	$(TESTS) $(PARALLEL) --cov --cov-report=term:skip-covered

dupes: setup
	$(BIN)/python -m development.tools.dupes

fuzz: setup
	$(BIN)/python -m development.fuzz

# Everything that is read, as a site in dist/site.
docs: setup
	$(BIN)/uv pip install --quiet --python $(VENV) --constraint constraints.txt \
		--requirements pyproject.toml --extra docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
