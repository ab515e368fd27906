# Everything goes into .venv/, node_modules/ and static/dist/; nothing else on the machine is touched, except that
# `make test` installs Chromium with apt where it is missing and the user is root.

PYTHON ?= python3
PORT   ?= 8000
HOST   ?= 127.0.0.1

BIN    := .venv/bin
STAMPS := .venv/.stamps
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq
NODE   := PATH="$(CURDIR)/$(BIN):$$PATH"
LOCK   := $(CURDIR)/$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

ASSET_SOURCES := package.json static/build.mjs $(wildcard static/js/*.js static/js/*/*.js)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run assets test lint format shots bench lock clean chromium

# The demo shows the mail it sends at /dev/mail, and addresses that carry the port.
run: export COMMUNITY_DEV_MAIL ?= true
run: export COMMUNITY_PORT_SUFFIX ?= :$(PORT)

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
	  awk '{ printf "  %-4s %-8s", $$1, $$2; $$1 = $$2 = ""; print substr($$0, 2) }'

run: export COMMUNITY_PORT_SUFFIX ?= :$(PORT)
run: export COMMUNITY_DEV_MAIL ?= true
run: $(STAMPS)/project static/dist/manifest.json ## Start the demo community, ready to look at
	@exec $(BIN)/community serve --demo --host $(HOST) --port $(PORT)

assets: static/dist/manifest.json ## Build the scripts and fonts, when their sources changed

test: $(STAMPS)/test static/dist/manifest.json chromium ## Run every test, on SQLite and then on PostgreSQL
	@status=0; \
	echo "Tests on SQLite"; \
	$(BIN)/python -m pytest -q -n 2 --db sqlite || status=1; \
	echo "Tests on PostgreSQL"; \
	$(BIN)/python -m pytest -q -n 2 --db postgresql -m "not browser and not once" || status=1; \
	exit $$status

lint: $(STAMPS)/test ## Check style, import directions and templates
	@status=0; \
	$(BIN)/ruff check --quiet --output-format concise . || status=1; \
	$(BIN)/ruff format --check --quiet --output-format concise . || { echo "Some files are not laid out; run make format." >&2; status=1; }; \
	$(BIN)/lint-imports --no-cache || status=1; \
	$(BIN)/djlint templates --lint --quiet || status=1; \
	exit $$status

format: $(STAMPS)/test ## Lay out the Python code
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

shots: $(STAMPS)/test static/dist/manifest.json chromium ## Take pictures of the demo, into shots/
	@$(BIN)/python -m tests.browser.shots

bench: $(STAMPS)/project static/dist/manifest.json ## Measure how fast the pages are
	@$(BIN)/python -m bench

messages: $(STAMPS)/test ## Collect the texts into the catalogues, for translators
	@$(BIN)/python -m tests.texts

lock: $(STAMPS)/test ## Pin the dependencies again (UPGRADE=1 takes newer releases)
	@cd requirements && $(LOCK) ../pyproject.toml -o run.txt
	@cd requirements && $(LOCK) assets.in -c run.txt -o assets.txt
	@cd requirements && $(LOCK) ../pyproject.toml assets.in test.in -c run.txt -c assets.txt -o test.txt
	@! grep -n '://' requirements/*.txt || { echo "A lock file carries an address." >&2; exit 1; }
	@echo "requirements/run.txt, assets.txt and test.txt are up to date."

clean: ## Remove everything that was built or installed here, and keep instance/
	rm -rf .venv node_modules static/dist dist build shots .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# How the targets above get what they need. Each stamp is renewed when the list it stands for changes.

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed, and $(PYTHON) was not found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; choose one with make PYTHON=python3.12" >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python's venv module is needed (Debian: apt install python3-venv)." >&2; exit 1; }

$(STAMPS)/run: requirements/run.txt requirements/assets.txt | $(BIN)/python
	@echo "Installing what runs and builds it"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/run.txt -r requirements/assets.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/run
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/project
	@echo "Installing what checks it"
	@$(PIP) install --require-hashes --only-binary :all: -r requirements/test.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json $(STAMPS)/run
	@echo "Installing the packages of the front end"
	@$(NODE) npm ci --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

static/dist/manifest.json: node_modules/.stamp $(ASSET_SOURCES)
	@echo "Building scripts and fonts"
	@$(NODE) npm run --silent build
	@touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium"; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends -y \
	      chromium fonts-liberation fonts-noto-color-emoji >/dev/null; \
	  else \
	    echo "The browser tests need Chromium (Debian: apt install chromium); install it and run make test again." >&2; exit 1; \
	  fi; }
