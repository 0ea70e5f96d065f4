# Everything a newcomer, a data scientist and CI run. `make help` lists it; each line there is the `##`
# comment of its target. Needs Python 3.11+ and make; the first target that needs it makes .venv.
#
#   make train ARGS="model.n_bags=5 seed=7"      any settings of `holdfast train --help`
#   make score AS_OF=2026-05-01                as_of=2026-05-01; default latest
#   make train ROOT=/srv/holdfast              paths.root=/srv/holdfast; default this folder

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo complete-journey online-retail simulate validate features train explain score outcomes retention monitor audit ui notebook \
        test lint format types layers check figures bench-features bench-engines bench-rows bench-scoring bench-quality bench-train bench-outreach bench-reasons bench-payments bench-faults lock clean

AS_OF ?=
ROOT ?=
ARGS ?=
FILE ?=
PORT ?= 5000

# The first Python that is new enough and really runs (version managers leave shims that do not).
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
            $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input install
HOLDFAST := $(PY) -m holdfast
PLACE := $(if $(ROOT),paths.root="$(ROOT)")
SETTINGS = $(if $(AS_OF),as_of=$(AS_OF)) $(PLACE) $(ARGS)
export PYTHONUTF8 := 1
export MLFLOW_SERVER_ENABLE_JOB_EXECUTION := false

help: ## list the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile
	@printf '\n  Settings: ARGS="key=value …"  AS_OF=YYYY-MM-DD  ROOT=folder; see: .venv/bin/holdfast --help\n'

##@ Run it
demo: .venv/.runtime ## a company that does not exist, from its tables to the list, in one go
	@$(HOLDFAST) simulate $(PLACE) $(ARGS)
	@$(HOLDFAST) train $(SETTINGS)
	@$(HOLDFAST) score as_of=$(or $(AS_OF),latest) $(PLACE) $(ARGS)

complete-journey: .venv/.dev ## the same on real data: households of a grocer (84.51°)
	@$(HOLDFAST) train $(JOURNEY) $(ARGS)
	@$(HOLDFAST) score as_of=$(or $(AS_OF),latest) $(JOURNEY) $(ARGS)

online-retail: .venv/.runtime ## … of a British wholesaler (UCI): FILE="path/to/Online Retail.xlsx"
	@mkdir -p "$(RETAIL_ROOT)/data/raw/online_retail"
	@[ -z "$(FILE)" ] || cp "$(FILE)" "$(RETAIL_ROOT)/data/raw/online_retail/"
	@$(HOLDFAST) train $(RETAIL) $(ARGS)
	@$(HOLDFAST) score as_of=$(or $(AS_OF),latest) $(RETAIL) $(ARGS)

# One root serves one company and one question, so each example has its own.
JOURNEY = source=complete_journey churn.horizon_days=14 churn.active_within_days=56 \
          paths.root="$(or $(ROOT),data/examples/complete_journey)"
RETAIL = source=online_retail churn.horizon_days=60 churn.active_within_days=180 paths.root="$(RETAIL_ROOT)"
RETAIL_ROOT = $(or $(ROOT),data/examples/online_retail)

##@ The stages
simulate: .venv/.runtime ## write the demo company's raw tables
	@$(HOLDFAST) simulate $(SETTINGS)

validate: .venv/.runtime ## raw tables to validated ones; bad rows set aside with the rule they broke
	@$(HOLDFAST) validate $(SETTINGS)

features: .venv/.runtime ## snapshots, labels, features
	@$(HOLDFAST) features $(SETTINGS)

train: .venv/.runtime ## train, evaluate, hold against the baselines and the champion, register
	@$(HOLDFAST) train $(SETTINGS)

explain: .venv/.runtime ## SHAP of a model at an as_of, for everyone and for each customer
	@$(HOLDFAST) explain $(SETTINGS)

score: .venv/.runtime ## score AS_OF (default latest) and publish the at-risk list
	@$(HOLDFAST) score as_of=$(or $(AS_OF),latest) $(PLACE) $(ARGS)

outcomes: .venv/.runtime ## the results of an earlier list, and whether calling helped: LIST=2026-08-03 (default all)
	@$(HOLDFAST) outcomes list_date=$(or $(LIST),all) $(SETTINGS)

retention: .venv/.runtime ## rates, revenue, cohorts, segments, the voice of the customer and goals
	@$(HOLDFAST) retention $(SETTINGS)

monitor: .venv/.runtime ## whether the model of AS_OF (default latest) can still be relied on: drift, results
	@$(HOLDFAST) monitor as_of=$(or $(AS_OF),latest) $(PLACE) $(ARGS)

audit: .venv/.runtime ## prove on your own data that no feature sees the future; name columns that leak
	@$(HOLDFAST) audit $(SETTINGS)

ui: .venv/.runtime ## the MLflow UI on the runs of ROOT (PORT=5000)
	@cd "$(or $(ROOT),.)" && { [ -n "$$MLFLOW_TRACKING_URI" ] || [ -f mlflow.db ] || { \
		echo "no runs yet: no mlflow.db in $$PWD; next: make train"; exit 2; }; } && \
		"$(CURDIR)/$(PY)" -m mlflow ui --port $(PORT) --workers 1 --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

##@ Work on it
test: .venv/.dev ## run the tests (ARGS goes to pytest)
	@$(PY) -m pytest -n auto --maxprocesses 8 --dist loadscope --no-loadscope-reorder $(ARGS)

lint: .venv/.dev ## ruff: rules and format
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: .venv/.dev ## ruff: mend what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

types: .venv/.dev ## mypy, strict
	@$(PY) -m mypy --num-workers 2

layers: .venv/.dev ## import-linter: upper floors import lower ones only
	@.venv/bin/lint-imports

check: lint types layers test ## exactly what CI runs: lint, types, layers, test

notebook: .venv/.dev ## run the notebooks on a small company, and store what they show
	@cd notebooks && ../$(PY) -c 'import company; company.prepare()'
	@$(PY) -m nbconvert --log-level ERROR --to notebook --inplace --execute --ExecutePreprocessor.record_timing=False notebooks/*.ipynb

figures: .venv/.dev ## run everything again that the README quotes, and write it there
	@$(PY) docs/figures.py $(ARGS)

bench-features: .venv/.runtime .cache/bench/venv/.installed ## the features side by side with other ways to make them
	@$(PY) -m benchmarks.features $(ARGS)

bench-engines: .venv/.dev ## DuckDB and Spark side by side at 1, 2, 4 and 8 times a size
	@$(PY) -m benchmarks.engines $(ARGS)

bench-rows: .venv/.runtime ## how the AUC grows with the rows trained on
	@$(PY) -m benchmarks.rows $(ARGS)

bench-train: .venv/.runtime ## what a training costs beside the LightGBM fits within it
	@$(PY) -m benchmarks.train $(ARGS)

bench-scoring: .venv/.runtime ## a million customers from raw Parquet to a list, beside the usual recipe
	@$(PY) -m benchmarks.scoring $(ARGS)

bench-quality: .venv/.dev .cache/bench/venv/.installed ## the predictions side by side with other ways to make them
	@$(PY) -m benchmarks.quality $(ARGS)

bench-outreach: .venv/.runtime ## what a list brings beside other rankings, where the true effects are known
	@$(PY) -m benchmarks.outreach $(ARGS)

bench-reasons: .venv/.runtime ## how often stated reasons are the true ones, where the causes are known
	@$(PY) -m benchmarks.reasons $(ARGS)

bench-payments: .venv/.runtime ## who is recognised at the failed charge, where it is known who is lost by one
	@$(PY) -m benchmarks.payments $(ARGS)

bench-faults: .venv/.runtime ## which file calls of a score may fail, and what it says then (needs a C compiler)
	@$(PY) -m benchmarks.faults $(ARGS)

LOCK := .cache/lock/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --custom-compile-command 'make lock' --quiet $(ARGS)
lock: ## make the lock files anew from pyproject.toml (ARGS=--upgrade for the newest)
	@rm -rf .cache/lock && $(PYTHON) -m venv .cache/lock
	@.cache/lock/bin/python -m pip --disable-pip-version-check install --quiet uv==0.13.9
	@.cache/lock/bin/uv pip compile --group build --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --quiet $(ARGS) --output-file requirements-build.lock
	@$(LOCK) --constraint requirements-build.lock --output-file requirements.lock
	@$(LOCK) --constraint requirements.lock --all-extras --group dev --output-file requirements-dev.lock
	@.cache/lock/bin/uv pip compile benchmarks/requirements.in --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --quiet $(ARGS) --output-file benchmarks/requirements.lock
	@rm -rf .cache/lock
	@grep -c '==' requirements-build.lock requirements.lock requirements-dev.lock

clean: ## remove the environment and every cache; data, models and runs stay
	@rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: made once for each change of a lock ----------------------------------------

# pip's hundreds of lines as one that moves on a terminal; its errors and its exit code pass through.
install = { $(PIP) --require-hashes $(1); echo $$? >.venv/exit; } | $(PY) -c 'import sys; \
  [print("\r  " + line.strip()[:74].ljust(76), end="", flush=True) for line in sys.stdin \
   if sys.stdout.isatty() and line.strip() and not line.startswith(("Requirement already", "Ignoring", "Looking"))]; \
  print("\r" * sys.stdout.isatty() + "  $(lastword $(1)): installed".ljust(78))'; [ "$$(cat .venv/exit)" = 0 ]

.venv/bin/python:
	@"$(PYTHON)" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Holdfast needs Python 3.11 or newer, with its venv module"; \
		echo "  found:    $$( ($(or $(PYTHON),python3) --version || echo none) 2>&1 | tail -n 1)"; \
		echo "  next:     install it (Debian, Ubuntu: apt install python3 python3-venv)"; \
		echo "            or name it: make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.12"; exit 2; }
	@echo "Making .venv with $$("$(PYTHON)" --version); what it needs is downloaded once"
	@"$(PYTHON)" -m venv --clear .venv

.venv/.runtime: requirements-build.lock requirements.lock pyproject.toml | .venv/bin/python
	@$(call install,-r requirements-build.lock)
	@$(call install,--no-build-isolation -r requirements.lock)
	@$(PIP) --quiet --no-deps --no-build-isolation --editable .
	@$(PY) -c 'import lightgbm' 2>.venv/lightgbm.log || { \
		echo "LightGBM does not load: $$(tail -n 1 .venv/lightgbm.log)"; \
		echo "  expected: the OpenMP library of your C compiler"; \
		echo "  next:     apt install libgomp1  (Fedora: dnf install libgomp; macOS: brew install libomp), then make again"; \
		exit 2; }
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@$(call install,--no-build-isolation -r requirements-dev.lock)
	@touch $@

# Polars, FLAML, and Featuretools, which wants an older pandas, apart from everything else.
.cache/bench/venv/.installed: benchmarks/requirements.lock | .venv/bin/python
	@$(PY) -m venv --clear $(@D)
	@$(@D)/bin/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes -r $<
	@touch $@
