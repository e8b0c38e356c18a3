# naveval: `make report` and `make test` set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# The lock names every package; the index is the one pip is configured for.
LOCK := lib/requirements.lock

BUNDLE := report/_out/naveval-bundle
BASE ?= 0db0185

.DEFAULT_GOAL := help
.PHONY: help setup report test fast golden mutation slow lint lab docs bundle pictures speed lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(READY): $(LOCK) lib/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "naveval needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable lib
	@touch $@

setup: $(READY) ## Build .venv with the locked versions

report: $(READY) ## Run the studies on simulated registers and publish HTML and PDF
	$(BIN)/naveval report

test: $(READY) ## Check style, types and notebooks, and run the fast tests
	$(MAKE) --jobs 2 lint fast

fast: $(READY)
	$(BIN)/python -m pytest -c lib/pyproject.toml --rootdir . -m "not slow" -n 3 --dist loadfile tests

lint: $(READY)
	$(BIN)/ruff check --config lib/pyproject.toml lib tests notebooks
	$(BIN)/ruff format --config lib/pyproject.toml --check lib tests notebooks
	cd lib && ../$(BIN)/mypy
	$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb

golden: $(READY) ## Compare the values of all studies with the stored ones (some 5 minutes)
	$(BIN)/python tests/golden/golden.py compare

mutation: $(READY) ## Change estimators in small ways and count what tests miss (hours)
	$(BIN)/python tests/mutation/mutate.py $(TARGETS)

slow: $(READY) ## Run the statistical and full-scale tests (hours)
	$(BIN)/python -m pytest -c lib/pyproject.toml --rootdir . -m slow tests

lab: $(READY) ## Open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir .

docs: $(READY) ## Write the API reference to report/_out/docs (English)
	$(BIN)/naveval example report/_out/docs/example
	$(BIN)/pdoc --docformat numpy --output-directory report/_out/docs naveval '!naveval.studies' '!naveval.cli'

pictures: ## Take the README's pictures anew, of the site that lies here (needs Chromium)
	@for page in site/index report/hedmark/04-hedmark/report; do \
		chromium --headless --no-sandbox --hide-scrollbars --window-size=1100,900 \
			--screenshot=report/pictures/$${page%%/*}.png \
			file://$(abspath report/_out/site)/$${page#*/}.html; done

speed: $(READY) ## Measure what users wait for, here and at another commit (BASE=…, hours)
	$(BIN)/python tests/benchmarks/speed.py $(BASE)

bundle: $(READY) ## Collect the project and its wheels for a zone without a package index
	rm -rf $(BUNDLE)
	mkdir -p $(BUNDLE)
	git archive HEAD | tar -x -C $(BUNDLE)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --wheel-dir $(BUNDLE)/wheels \
		--requirement $(LOCK) pip hatchling editables
	@echo "$(BUNDLE): carry it in whole; there, the same Python as here ($$($(BIN)/python -V)):"
	@echo "  cd $(notdir $(BUNDLE)) && PIP_NO_INDEX=1 PIP_FIND_LINKS=\$$PWD/wheels make report"

lock: $(READY) ## Lock versions anew after a change in lib/pyproject.toml (needs uv)
	uv pip compile lib/pyproject.toml --extra dev --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --no-header \
		--no-annotate --quiet --output-file $(LOCK)

clean: ## Remove generated reports and caches, not .venv
	rm -rf report/_out .mypy_cache .ruff_cache .pytest_cache
