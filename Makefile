# Every task of the repository; `make help` lists them. Each sets up what it needs the first time.

VENV := .venv
BIN := $(VENV)/bin
LOCK_VENV := .cache/lock-venv

# PYTHON=... picks the interpreter of a new .venv; otherwise the newest of these that works.
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)

# Locks $(1).in as $(1).txt, on top of the lock $(2).txt where that is given.
define compile
	@{ echo '# Locked by `make lock` from $(notdir $(1)).in; not edited by hand.'; \
		$(if $(2),echo '-r $(2).txt';) \
		$(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
			--generate-hashes --no-header $(if $(2),--constraints $(2).txt) $(1).in; \
	} > $(1).txt.new && mv $(1).txt.new $(1).txt
endef

# Makes the virtual environment $(1).
define new_venv
	@set -eu; chosen=; \
	for candidate in $(PYTHONS); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then chosen=$$candidate; break; fi; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "API Dashboard needs Python 3.11 or newer: install it, or name one with PYTHON=..." >&2; \
		exit 1; \
	fi; \
	if ! "$$chosen" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "Python's venv module is missing: install it (Debian, Ubuntu: apt install python3-venv) and try again." >&2; \
		exit 1; \
	fi; \
	"$$chosen" -m venv "$(1)" || { rm -rf "$(1)"; exit 1; }
endef

.PHONY: help run test test-browser test-deploy sdk-docs screenshots lighthouse curl chromium pages lint types lock bench rehearse clean
.DELETE_ON_ERROR:

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/installed-run ## Start the product on this machine
	@if [ -z "$$API_DASHBOARD_PAGES" ]; then \
		API_DASHBOARD_PAGES=$$($(BIN)/python -m infra.site_build) || exit 1; \
		export API_DASHBOARD_PAGES; \
	fi; exec $(BIN)/python -m api

test: lint curl chromium pages ## Run every check
	$(BIN)/python -m tests.web.tools test
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-browser: $(VENV)/installed-dev chromium pages ## The browser tests alone
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile

# The README's quick start is tested as it stands, with curl.
curl:
	@command -v curl >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -q && apt-get install -y -q curl; } \
		|| { echo "The tests need curl: install it and try again." >&2; exit 1; }

# The browser is the system's own; Playwright's are not fetched.
chromium:
	@for name in chromium chromium-browser google-chrome; do \
		if command -v $$name >/dev/null 2>&1; then exit 0; fi; \
	done; \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -q && apt-get install -y -q chromium; } \
		|| { echo "The browser tests need Chromium or Chrome: install it (Debian: apt install chromium) and try again." >&2; exit 1; }

# Once, before the tests' processes want it all at the same time.
pages: $(VENV)/installed-run
	@$(BIN)/python -m infra.site_build >/dev/null

screenshots: $(VENV)/installed-dev chromium pages ## Take pictures of every page, into .cache/screenshots
	@exec $(BIN)/python -m tests.browser.screenshots

lighthouse: $(VENV)/installed-dev chromium pages ## Measure the pages with Lighthouse
	@exec $(BIN)/python -m tests.browser.lighthouse

test-deploy: $(VENV)/installed-dev ## The deploy tests alone, on Pulumi's engine where there is one
	$(BIN)/python -m pytest tests/deploy

sdk-docs: $(VENV)/installed-dev curl ## Try the SDKs, and write what came out into docs/sdks.md
	WRITE_SDK_DOCS=1 $(BIN)/python -m pytest tests/sdk/test_matrix.py -q

lint: $(VENV)/installed-dev ## Style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.web.tools check

types: $(VENV)/installed-dev ## Renew the pages' types of the API
	$(BIN)/python -m tests.web.tools types

lock: $(LOCK_VENV)/installed ## Renew the locked versions of all dependencies
	$(call compile,api/requirements,)
	$(call compile,requirements,api/requirements)
	$(call compile,requirements-dev,requirements)
	$(call compile,infra/node-requirements,)

bench: $(VENV)/installed-run ## Measure, and print the table of figures
	@exec $(BIN)/python -m bench

rehearse: $(VENV)/installed-dev ## Bring the stack up on an emulated AWS, until stopped
	@exec $(BIN)/python -m tests.deploy.rehearse

clean: ## Remove what the other tasks made (never the data folder)
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf infra/packer/node_modules web/node_modules tests/sdk/javascript/node_modules
	find api bench infra tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(call new_venv,$(VENV))

$(LOCK_VENV)/bin/python:
	$(call new_venv,$(LOCK_VENV))

$(VENV)/installed-run: requirements.txt api/requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed-run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(LOCK_VENV)/installed: | $(LOCK_VENV)/bin/python
	$(LOCK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@
