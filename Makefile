# Thin over run.py and manage.py: each target is one line that you can type yourself.
PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.PHONY: install run demo test check bench soak chaos pins screenshots

install:  ## make .venv in this checkout and install the runtime, the tests' and the checks' packages
	$(PYTHON) run.py install dev

run:  ## the depot alone, on SQLite, in one process
	$(PYTHON) run.py --no-demo

demo:  ## the depot with a yard of virtual chargers
	$(PYTHON) run.py

test:  ## everything on the embedded default, then what touches storage on PostgreSQL and Valkey
	$(PYTHON) run.py test

check:  ## ruff, mypy, import rules, migrations
	$(PYTHON) run.py check

bench:  ## what a message costs
	$(PYTHON) run.py bench

soak:  ## a yard for hours, its books compared with ours
	$(PYTHON) run.py soak

chaos:  ## the server and the database killed in the middle of things
	$(PYTHON) run.py chaos

pins:  ## newest versions that requirements/*.in allow
	$(PYTHON) run.py pins

screenshots:  ## the README's pictures, taken from a running demo
	$(PYTHON) run.py install test
	$(VENV_PYTHON) manage.py screenshots
