# The door. Every target makes the virtual environment it needs.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: demo test check bench clean

demo: $(VENV)/.installed  ## install, proof the shipped campaign, show a letter, rehearse the batch
	@$(RUN)/python demo.py

test: $(VENV)/.tools  ## every test that this machine can run; what is missing skips and says so
	@$(RUN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.tools  ## lint, types, import floors
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: $(VENV)/.bench  ## the goals of docs/performance.md, measured against rivals
	@$(RUN)/python -m bench

clean:
	rm -rf $(VENV) demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(RUN)/pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(RUN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.installed
	$(RUN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group test --group check
	@touch $@

$(VENV)/.bench: $(VENV)/.installed
	$(RUN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group bench
	-$(RUN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --group bench-go
	@touch $@
