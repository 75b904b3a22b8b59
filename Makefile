# Clout: `make` shows what there is. Everything is set up on first use.
.DEFAULT_GOAL := help
SHELL := /bin/bash
export CLOUT_HOME ?= $(CURDIR)/.clout
# As typed: a dollar in a query is the query's.
override Q := $(value Q)
export Q
CLOUT_WAREHOUSE ?= $(CLOUT_HOME)/warehouse
override HERE := $(CURDIR)
PY := $(HERE)/.venv/bin/python
# A JDK that .ci/setup put into the environment, where the machine has none.
ifneq ($(wildcard .venv/jdk/bin/java),)
export JAVA_HOME ?= $(HERE)/.venv/jdk
endif

DEFAULT_DAYS := 2026-03-12..2026-03-14
YESTERDAY = $(shell $(PY) -c "import datetime as d; print(d.datetime.now(d.UTC).date() - d.timedelta(1))")

EVALUATED := $(CLOUT_HOME)/evaluated
WORLD_LAKE_DAYS := 2026-03-12..2026-05-10
WORLD_CUT := 2026-05-04

.PHONY: help setup run test check format ui sql evaluate attack fit person bench clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make run SOURCE=../shared/data/higgs DAYS=2012-07-01..2012-07-04"
	@echo "  make sql Q=\"SELECT * FROM clout.leaderboard LIMIT 10\""

setup:
	@.ci/setup

run: setup ## score some days of an invented world, pulled over HTTP; or SOURCE=<folder or toml> DAYS=<FIRST..LAST>
ifdef SOURCE
	@if [ "$(SOURCE)" = live.toml ] && [ ! -e live.toml ]; then cp jobs/live.example.toml live.toml; \
	  echo "clout: wrote live.toml; say in it who asks (contact) and about whom (subjects), then run this again" >&2; exit 2; fi
	@if [ ! -e "$(SOURCE)" ]; then echo "SOURCE=$(SOURCE): no such folder or sources file" >&2; exit 2; fi
	@if [ -z "$(DAYS)$(filter live.toml,$(SOURCE))" ]; then \
	  echo "make run SOURCE=$(SOURCE) needs DAYS=FIRST..LAST, such as DAYS=2012-07-01..2012-07-04" >&2; exit 2; fi
	@$(PY) jobs/night.py --sources "$(SOURCE)" --days "$(or $(DAYS),$(YESTERDAY))"
else
	@$(PY) tests/sandbox/nights.py "$(CLOUT_HOME)/sandbox" --days "$(or $(DAYS),$(DEFAULT_DAYS))"
endif

test: setup ## run all tests on all cores, four at most; ARGS="-k reach" to choose
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: setup ## lint, types and formatting, in check mode
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup ## bring the code into its form
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

ui: setup ## Airflow on http://127.0.0.1:8080 with the DAG, its connection and pools; PORT=8080
	@.ci/ui

sql: setup ## a read-only prompt on the published tables, or Q="SELECT ..."
ifneq ($(filter postgresql://%,$(CLOUT_WAREHOUSE)),)
	@psql "$(CLOUT_WAREHOUSE)" $(if $(strip $(value Q)),-c "$$Q")
else
	@if [ ! -f "$(CLOUT_WAREHOUSE)/warehouse.duckdb" ]; then echo "$(CLOUT_WAREHOUSE): no published duckdb warehouse: make run" >&2; exit 2; fi
	@$(HERE)/.venv/bin/duckdb -readonly "$(CLOUT_WAREHOUSE)/warehouse.duckdb" $(if $(strip $(value Q)),-c "$$Q")
endif

person: setup ## one person's page: ID=murmur:99, and DAY=2026-03-14 for another day than the newest
	@if [ -z "$(ID)" ]; then echo "make person needs ID=platform:id, such as ID=murmur:99" >&2; exit 2; fi
	@$(PY) jobs/person.py --person "$(ID)" $(if $(DAY),--day "$(DAY)")

evaluate: setup ## how good the score is: PAIRS=<csv>, or SOURCE=<folder> CUT=<date>; JSON=<file>
ifdef PAIRS
	@$(PY) jobs/evaluate.py --pairs "$(PAIRS)" $(if $(JSON),--json "$(JSON)")
else
	@if [ -z "$(SOURCE)" ] || [ -z "$(CUT)" ]; then echo "make evaluate needs PAIRS=<csv>, or SOURCE=<folder> CUT=<first day of the future>" >&2; exit 2; fi
	@$(PY) jobs/evaluate.py --source "$(SOURCE)" --cut "$(CUT)" $(if $(JSON),--json "$(JSON)")
endif

attack: setup ## how far up bought engagement leads, in an invented world; or SOURCE=<folder> [CUT=<date>]; JSON=<file>
ifdef SOURCE
	@$(PY) jobs/attack.py --source "$(SOURCE)" $(if $(CUT),--cut "$(CUT)") $(if $(JSON),--json "$(JSON)")
else
	@$(PY) tests/sandbox/lake_of_world.py "$(EVALUATED)/lake" --people 3000 --days $(WORLD_LAKE_DAYS)
	@$(PY) jobs/attack.py --lake "$(EVALUATED)/lake" --source "$(EVALUATED)/sources.toml" --cut $(WORLD_CUT) $(if $(JSON),--json "$(JSON)")
	@if [ -d ../shared/data/higgs ]; then $(PY) jobs/attack.py --source ../shared/data/higgs; fi
endif

fit: setup ## write a model file: PAIRS=<csv> SOURCE=<folder> CUTS="<date> <date>" [PEOPLE=10000] OUT=<file>
	@if [ -z "$(PAIRS)" ] || [ -z "$(SOURCE)" ] || [ -z "$(CUTS)" ] || [ -z "$(OUT)" ]; then \
	  echo "make fit needs PAIRS=<csv> SOURCE=<folder> CUTS=\"<date> <date>\" OUT=<file>" >&2; exit 2; fi
	@$(PY) tests/sandbox/lake_of_world.py "$(EVALUATED)/fit/lake" --people $(or $(PEOPLE),10000) --days 2026-02-10..2026-05-10
	@$(PY) jobs/fit_model.py --pairs "$(PAIRS)" --source "$(SOURCE)" $(foreach cut,$(CUTS),--cut $(cut)) \
	  --lake "$(EVALUATED)/fit/lake" --world "$(EVALUATED)/fit/sources.toml" --day 2026-05-10 --out "$(OUT)"

bench: setup ## Clout's speed beside other programs: INTERACTIONS=1e5,1e6 PEOPLE=1e5 WINDOW=30,90 RUNS=3 JSON=<file>
	@$(PY) tests/bench/speed.py --interactions "$(or $(INTERACTIONS),1e6)" $(if $(PEOPLE),--people "$(PEOPLE)") $(if $(WINDOW),--days "$(WINDOW)") \
	  $(if $(RUNS),--runs "$(RUNS)") --folder "$(CLOUT_HOME)/bench" $(if $(JSON),--json "$(JSON)")

clean: ## remove all data that runs made (.clout); keeps .venv
	rm -rf "$(CLOUT_HOME)"/{lake,staging,reports,warehouse,world,sandbox,airflow,evaluated,bench}
