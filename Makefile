# Two commands on a fresh machine with python3.11+, pip and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

export WUXI_HOME ?= $(CURDIR)/var
export GX_ANALYTICS_ENABLED := false
export DAGSTER_HOME := $(CURDIR)/dagster_home

.PHONY: demo test check lint types imports dagster-check slow clean help

help:
	@echo "make demo              演示城市：安装、运行主作业、启动服务 · set up, run the main job, serve (ARGS=--no-serve: stop after the summary)"
	@echo "make test              运行测试 · run the tests"
	@echo "make check             代码检查 · lint, types, import contracts, Dagster definitions"
	@echo "make slow              慢测试和基准 · slow tests and benchmarks"

demo: $(VENV)/.installed
	@$(BIN)/wuxi-data demo $(ARGS)

test: $(VENV)/.installed-dev
	$(BIN)/pytest -n 2 --dist loadfile

check: lint types imports dagster-check

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

dagster-check: $(VENV)/.installed-dev
	$(BIN)/dg check defs

slow: $(VENV)/.installed-dev
	$(BIN)/pytest -m slow -n 2 --ignore tests/benchmarks --timeout 3600
	$(BIN)/pytest -m slow -p no:randomly --timeout 3600 tests/benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "安装依赖（约一分钟）· installing dependencies (about a minute)"
	@test -e $(VENV)/.installed-dev || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) var
