# Thin on purpose: each target says which program does the work.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run reset notify-stand-in test journey bench lint format assets lock python setup
MAKEFLAGS += --no-print-directory

COMPILE = .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

##@ Run

run: setup ## Serve the demonstration on http://127.0.0.1:8000 (PORT=8001 for another port)
	@PORT=$(PORT) exec .venv/bin/python bin/serve.py

reset: ## Stop the database and the queue and delete var/, with all data in it
	@for folder in var var/*; do \
		if [ -d $$folder/postgres ]; then .venv/bin/python -m app.embedded stop $$folder || exit 1; fi; done
	@rm -rf var

notify-stand-in: setup ## Serve a stand-in for GOV.UK Notify on http://127.0.0.1:8099 (ARGS="--port 8098")
	@.venv/bin/python -m tests.stand_in.notify $(ARGS)

##@ Check

test: python ## Run the tests (ARGS="-k letters -x" goes to pytest)
	@$(PYTHON) bin/setup --browser
	@.venv/bin/python -m pytest $(ARGS)

journey: python ## Walk the Dover Town journey in a real browser; pictures go to var/journey/
	@$(PYTHON) bin/setup --browser
	@.venv/bin/python -m pytest -s tests/journeys $(ARGS)

bench: setup ## Measure what the performance claims rest on
	@.venv/bin/python -m bench $(ARGS)

lint: setup ## Check style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

##@ Change

format: setup ## Put the code in the one style
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

assets: setup ## Copy the browser files of package-lock.json into app/static/vendor/
	@.venv/bin/python bin/assets.py

lock: setup ## Write requirements/*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(COMPILE) $(ARGS) pyproject.toml -o requirements/production.txt
	@$(COMPILE) $(ARGS) pyproject.toml --extra embedded --extra dev -o requirements/development.txt
	@$(COMPILE) $(ARGS) --group node -o requirements/node.txt

##@ Help

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Oast needs Python 3.11 or newer: run \`sudo apt-get install python3 python3-venv\`." >&2; exit 1; }

setup: python
	@$(PYTHON) bin/setup
