# Thin over run.py and manage.py: each target is one line that you can type yourself.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help install run demo test check bench chaos soak nights backtest delivery rows laws messages certification pins screenshots

help:  ## this list
	@sed -n 's/^\([a-z]*\):  ## /\1\t/p' Makefile

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

chaos:  ## the server killed and the database taken away in the middle of things
	$(PYTHON) run.py chaos

soak:  ## half an hour of everything that production has, while one part after the other is struck
	$(PYTHON) run.py soak

nights:  ## whole nights of a yard, with lost frames, power cuts and a server killed at random; an hour
	$(PYTHON) run.py nights

backtest:  ## what plans of the energy planner cost and save, and what a solve costs; FILE=... for other depots
	$(PYTHON) run.py install test
	.venv/bin/python -m bench.planner $(FILE)

delivery:  ## what it costs to bring a night's plan to the chargers of a depot
	$(PYTHON) run.py install test
	.venv/bin/python -m bench.delivery

rows:  ## what pages and lists cost with ten million meter values; ROWS=0.1 for a tenth
	$(PYTHON) run.py install test
	.venv/bin/python -m bench.rows

laws:  ## search long for a depot that breaks a law of the energy planner
	$(PYTHON) run.py install test
	DEPOT_DEEP=1 .venv/bin/python -m pytest tests/energy

messages:  ## search long for a valid message that is not answered as its schema wants
	$(PYTHON) run.py install test
	DEPOT_DEEP=1 TRY=300 .venv/bin/python -m pytest -n 2 tests/depot/test_every_message.py

certification:  ## docs/certification.md: published test cases and the tests that answer for them
	$(PYTHON) run.py install test
	.venv/bin/python -m tests.certification --write

pins:  ## newest versions that requirements/*.in allow
	$(PYTHON) run.py pins

screenshots:  ## the README's pictures, taken from a running demo
	$(PYTHON) run.py install test
	$(PYTHON) run.py manage screenshots
