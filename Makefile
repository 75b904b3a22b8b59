# Clout: `make` shows what there is. Everything is set up on first use.
.DEFAULT_GOAL := help
SHELL := /bin/bash
ifeq ($(value CLOUT_HOME),)
override CLOUT_HOME := $(CURDIR)/.clout
endif
ifeq ($(value CLOUT_WAREHOUSE),)
override CLOUT_WAREHOUSE := $(value CLOUT_HOME)/warehouse
# The demo has a home of its own below the home, so that it never mixes with data of one's own. Who has published nothing of
# their own is shown the demo.
DEMO = export CLOUT_HOME="$$CLOUT_HOME/demo" CLOUT_WAREHOUSE="$$CLOUT_HOME/demo/warehouse";
SHOWN = if [ ! -e "$$CLOUT_WAREHOUSE" ] && [ -e "$$CLOUT_HOME/demo/warehouse" ]; then $(DEMO) fi;
else
DEMO = export CLOUT_HOME="$$CLOUT_HOME/demo";
endif
# What somebody types or a file holds reaches a recipe through its environment, as it was typed: neither make nor the shell
# looks into it. Hence "$$ID" in recipes, never "$(ID)".
TYPED := CLOUT_HOME CLOUT_WAREHOUSE Q ID FORMAT DAY DAYS SOURCE PAIRS RATINGS BEHAVIOUR FAMILIES FRONTIER CUT CUTS PEOPLE OUT JSON ARGS INTERACTIONS WINDOW RUNS PORT
$(foreach name,$(TYPED),$(eval override $(name) := $$(value $(name))))
export $(TYPED)
PY := .venv/bin/python
# A JDK that .ci/setup put into the environment, where the machine has none.
ifneq ($(wildcard .venv/jdk/bin/java),)
export JAVA_HOME ?= $(CURDIR)/.venv/jdk
endif

DEFAULT_DAYS := 2026-03-12..2026-03-14
YESTERDAY := import datetime as d; print(d.datetime.now(d.UTC).date() - d.timedelta(1))

WORLD_LAKE_DAYS := 2026-03-12..2026-05-10
WORLD_CUT := 2026-05-04

.PHONY: help setup run test check format ui explore docs sql export evaluate attack fit person bench cluster-package clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make run SOURCE=../shared/data/higgs DAYS=2012-07-01..2012-07-04"
	@echo "  make sql Q=\"SELECT place, name, score FROM clout.leaderboard ORDER BY ds DESC, place LIMIT 10\""

setup:
	@.ci/setup

run: setup ## score some days of an invented world, pulled over HTTP; or SOURCE=<folder or toml> DAYS=<FIRST..LAST>
ifdef SOURCE
	@if [ "$$SOURCE" = live.toml ] && [ ! -e live.toml ]; then cp jobs/live.example.toml live.toml; \
	  echo "clout: wrote live.toml; say in it who asks (contact) and about whom (subjects), then run this again" >&2; exit 2; fi
	@if [ ! -e "$$SOURCE" ]; then printf 'SOURCE=%q: no such folder or sources file\n' "$$SOURCE" >&2; exit 2; fi
	@if [ -z "$$DAYS" ] && [ "$$SOURCE" != live.toml ]; then \
	  printf 'make run SOURCE=%q needs DAYS=FIRST..LAST, such as DAYS=2012-07-01..2012-07-04\n' "$$SOURCE" >&2; exit 2; fi
	@$(PY) jobs/night.py --sources="$$SOURCE" --days="$${DAYS:-$$($(PY) -c '$(YESTERDAY)')}"
else
	@$(DEMO) $(PY) tests/sandbox/nights.py "$$CLOUT_HOME/sandbox" --days="$${DAYS:-$(DEFAULT_DAYS)}"
endif

test: setup ## run all tests; ARGS="-k reach" to choose
	@PYTEST_ADDOPTS="$${PYTEST_ADDOPTS-} $$ARGS" $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile

check: setup ## lint, types and formatting, in check mode
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup ## bring the code into its form
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

ui: setup ## Airflow on http://127.0.0.1:8080 with the DAG, its connection and pools; PORT=8080
	@.ci/ui

explore: setup ## pages over the published tables on http://127.0.0.1:8085; PORT=8085
	@$(SHOWN) $(PY) jobs/serve.py $${PORT:+--port="$$PORT"}

docs: setup ## all published tables with columns, keys, examples and what they are made from, as one page; OUT=<file>
	@$(PY) jobs/docs.py $${OUT:+--out="$$OUT"}

sql: setup ## a read-only prompt on the published tables, or Q="SELECT ..."
	@$(SHOWN) case "$$CLOUT_WAREHOUSE" in \
	postgresql://*) psql "$$CLOUT_WAREHOUSE" $${Q:+-c "$$Q"} ;; \
	iceberg:*) $(PY) jobs/query.py $${Q:+--sql="$$Q"} ;; \
	*) if [ ! -f "$$CLOUT_WAREHOUSE/warehouse.duckdb" ]; then \
	     printf '%q: no published duckdb warehouse: make run\n' "$$CLOUT_WAREHOUSE" >&2; exit 2; fi; \
	   .venv/bin/duckdb -readonly "$$CLOUT_WAREHOUSE/warehouse.duckdb" $${Q:+-dark-mode -c "$$Q"} ;; \
	esac

export: setup ## a published day as a folder: OUT=<folder>, FORMAT=csv|json|parquet, and DAY=2026-03-14 for another than the newest
	@if [ -z "$$OUT" ]; then echo "make export needs OUT=<a new folder>" >&2; exit 2; fi
	@$(SHOWN) $(PY) jobs/export_day.py --out="$$OUT" $${FORMAT:+--format="$$FORMAT"} $${DAY:+--day="$$DAY"}

person: setup ## one person's page: ID=murmur:99, a handle or a name, and DAY=2026-03-14 for another day than the newest
	@if [ -z "$$ID" ]; then echo "make person needs ID=platform:id, such as ID=murmur:99" >&2; exit 2; fi
	@$(SHOWN) $(PY) jobs/person.py --person="$$ID" $${DAY:+--day="$$DAY"}

evaluate: setup ## how good the score is: PAIRS=<csv>, RATINGS=<csv>, BEHAVIOUR=<folder>, TOPICS=<jsonl> [ONTOLOGY=<folder>], or SOURCE=<folder> CUT=<date>; JSON=<file>
ifdef BEHAVIOUR
	@$(PY) jobs/evaluate.py --behaviour --source="$$BEHAVIOUR" $${CUT:+--cut="$$CUT"} $${JSON:+--json="$$JSON"}
else ifdef TOPICS
	@$(PY) jobs/evaluate.py --topics="$$TOPICS" $${ONTOLOGY:+--ontology="$$ONTOLOGY"} $${JSON:+--json="$$JSON"}
else ifdef RATINGS
	@$(PY) jobs/evaluate.py --ratings="$$RATINGS" $${CUT:+--cut="$$CUT"} $${JSON:+--json="$$JSON"}
else ifdef PAIRS
	@$(PY) jobs/evaluate.py --pairs="$$PAIRS" $${JSON:+--json="$$JSON"}
else
	@if [ -z "$$SOURCE" ] || [ -z "$$CUT" ]; then echo "make evaluate needs PAIRS=<csv>, or SOURCE=<folder> CUT=<first day of the future>" >&2; exit 2; fi
	@$(PY) jobs/evaluate.py --source="$$SOURCE" --cut="$$CUT" $${JSON:+--json="$$JSON"}
endif

attack: setup ## how far up bought engagement leads, in an invented world; or SOURCE=<folder> [CUT=<date>]; FAMILIES=tuning|judging; FRONTIER=<svg>; JSON=<file>
ifdef SOURCE
	@$(PY) jobs/attack.py --source="$$SOURCE" $${CUT:+--cut="$$CUT"} $${FAMILIES:+--families="$$FAMILIES"} $${FRONTIER:+--frontier="$$FRONTIER"} $${JSON:+--json="$$JSON"}
else
	@$(PY) tests/sandbox/lake_of_world.py "$$CLOUT_HOME/evaluated/lake" --people 3000 --days $(WORLD_LAKE_DAYS)
	@$(PY) jobs/attack.py --lake="$$CLOUT_HOME/evaluated/lake" --source="$$CLOUT_HOME/evaluated/sources.toml" --cut $(WORLD_CUT) $${FAMILIES:+--families="$$FAMILIES"} $${JSON:+--json="$$JSON"}
	@if [ -d ../shared/data/higgs ]; then $(PY) jobs/attack.py --source ../shared/data/higgs $${FAMILIES:+--families="$$FAMILIES"}; fi
endif

fit: setup ## write a model file: PAIRS=<csv> SOURCE=<folder> CUTS="<date> <date>" [PEOPLE=10000] OUT=<file>
	@if [ -z "$$PAIRS" ] || [ -z "$$SOURCE" ] || [ -z "$$CUTS" ] || [ -z "$$OUT" ]; then \
	  echo "make fit needs PAIRS=<csv> SOURCE=<folder> CUTS=\"<date> <date>\" OUT=<file>" >&2; exit 2; fi
	@$(PY) tests/sandbox/lake_of_world.py "$$CLOUT_HOME/evaluated/fit/lake" --people="$${PEOPLE:-10000}" --days 2026-02-10..2026-05-10
	@read -ra cuts <<<"$$CUTS"; $(PY) jobs/fit_model.py --pairs="$$PAIRS" --source="$$SOURCE" "$${cuts[@]/#/--cut=}" \
	  --lake="$$CLOUT_HOME/evaluated/fit/lake" --world="$$CLOUT_HOME/evaluated/fit/sources.toml" --day 2026-05-10 --out="$$OUT"

bench: setup ## Clout's speed beside other programs: INTERACTIONS=1e5,1e6 PEOPLE=1e5 WINDOW=30,90 BUCKETS=2,8,64 PROGRAMS=clout,duckdb RUNS=3 JSON=<file>
	@$(PY) tests/bench/speed.py --interactions="$${INTERACTIONS:-1e6}" $${PEOPLE:+--people="$$PEOPLE"} $${WINDOW:+--days="$$WINDOW"} \
	  $${BUCKETS:+--buckets="$$BUCKETS"} $${PROGRAMS:+--programs="$$PROGRAMS"} $${RUNS:+--runs="$$RUNS"} --folder="$$CLOUT_HOME/bench" $${JSON:+--json="$$JSON"}

cluster-package: setup ## pack the Python that a cluster's workers need, and print the settings that use it
	@rm -rf "$${CLOUT_HOME:?}"/cluster && $(PY) -m venv "$$CLOUT_HOME"/cluster
	@"$$CLOUT_HOME"/cluster/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt duckdb pyarrow numpy pandas
	@tar -czf "$$CLOUT_HOME"/cluster.tar.gz -C "$$CLOUT_HOME"/cluster .
	@printf '%s\n' '# spark-defaults.conf; the workers need $(shell $(PY) -V 2>/dev/null) at $(shell $(PY) -c "import sys; print(sys.base_prefix)" 2>/dev/null)' \
	  "spark.archives $$CLOUT_HOME/cluster.tar.gz#environment" 'spark.pyspark.python ./environment/bin/python' \
	  'spark.pyspark.driver.python $(CURDIR)/.venv/bin/python' '# or, of an image for Kubernetes, on one of Spark with Python' \
	  "RUN pip install $$("$$CLOUT_HOME"/cluster/bin/python -m pip freeze --disable-pip-version-check | grep -E '^(duckdb|pyarrow|numpy|pandas)==' | tr '\n' ' ')"

clean: ## remove all data that runs made (.clout); keeps .venv
	rm -rf "$${CLOUT_HOME:?}"/{lake,staging,reports,warehouse,world,sandbox,airflow,evaluated,bench,cluster,cluster.tar.gz,logs,demo,ui,by-hand,docs}
