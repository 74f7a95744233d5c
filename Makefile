# All tasks of the repository; `make help` lists them. Each task installs what it needs.

VENV := .venv
BIN := $(VENV)/bin
# uv and pip-audit, which read only the lock files.
TOOLS_VENV := .cache/tools-venv

# PYTHON=... sets the interpreter of a new .venv. Otherwise the first of these that works is used.
PYTHONS := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)

# Write the lock file $(1).txt from $(1).in, with the versions of the lock file $(2).txt and further
# options $(3).
define lock
	@mkdir -p .cache && cp $(1).txt .cache/lock.txt
	@$(TOOLS_VENV)/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 \
		--generate-hashes --no-header $(if $(2),--constraints $(2).txt) $(3) \
		--output-file .cache/lock.txt $(1).in >/dev/null
	@{ echo '# Locked by `make lock` from $(notdir $(1)).in; not edited by hand.'; \
		cat .cache/lock.txt; } > $(1).txt
endef

# Make the virtual environment $(1).
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

# Install packages into the virtual environment of the target.
define install
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(1)
	@touch $@
endef

.PHONY: help run wheel test test-unit test-browser test-deploy sdk-docs agent-docs screenshots lighthouse curl chromium pages lint types prices font lock audit bench rehearse clean
.DELETE_ON_ERROR:

help: ## List the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/installed-run ## Start the product on this machine
	@if [ -z "$$API_DASHBOARD_PAGES" ]; then \
		API_DASHBOARD_PAGES=$$($(BIN)/python -m infra.site_build) || exit 1; \
		export API_DASHBOARD_PAGES; \
	fi; exec $(BIN)/python -m api

test: lint curl chromium pages ## Run all checks and tests
	$(BIN)/python -m tools.web test
	$(BIN)/python -m pytest -n 2 --dist worksteal

test-unit: $(VENV)/installed-dev ## Run the tests that start no process, in seconds
	$(BIN)/python -m pytest tests/unit

test-browser: $(VENV)/installed-dev chromium pages ## Run the browser tests
	$(BIN)/python -m pytest tests/browser -n 2 --dist worksteal

# The tests run the quick start of the README, which uses curl.
curl:
	@command -v curl >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -q && apt-get install -y -q curl; } \
		|| { echo "The tests need curl: install it and try again." >&2; exit 1; }

# The tests use the system's browser; Playwright's own browsers are not downloaded.
chromium:
	@for name in chromium chromium-browser google-chrome; do \
		if command -v $$name >/dev/null 2>&1; then exit 0; fi; \
	done; \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
		&& apt-get update -q && apt-get install -y -q chromium; } \
		|| { echo "The browser tests need Chromium or Chrome: install it (Debian: apt install chromium) and try again." >&2; exit 1; }

# Build the pages once, before several test processes need them at the same time.
pages: $(VENV)/installed-run
	@$(BIN)/python -m infra.site_build >/dev/null

screenshots: $(VENV)/installed-dev chromium pages ## Save screenshots of all pages to .cache/screenshots
	@exec $(BIN)/python -m tools.screenshots

lighthouse: $(VENV)/installed-dev chromium pages ## Measure the pages with Lighthouse
	@exec $(BIN)/python -m tools.lighthouse

wheel: $(VENV)/installed-run ## Write the wheel for this machine to dist
	@exec $(BIN)/python -m tools.wheel dist

test-deploy: $(VENV)/installed-dev ## Run the deploy tests, with Pulumi's engine if it is installed
	$(BIN)/python -m pytest tests/deploy

sdk-docs: $(VENV)/installed-dev curl ## Try the SDKs and write the results to docs/sdks.md
	WRITE_SDK_DOCS=1 $(BIN)/python -m pytest tests/sdk/test_matrix.py tests/sdk/test_sockets.py -q

agent-docs: $(VENV)/installed-dev ## Try the coding agents and write the results to docs/agents.md
	WRITE_AGENT_DOCS=1 $(BIN)/python -m pytest tests/agents -q

lint: $(VENV)/installed-dev ## Check style, types and import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.web check

types: $(VENV)/installed-dev ## Generate the TypeScript types of the API for the pages
	$(BIN)/python -m tools.web types

prices: $(VENV)/installed-dev ## Write the snapshot of model prices from the locked genai-prices
	$(BIN)/python -m tools.prices

font: $(VENV)/installed-dev ## Cut the pages' font to what the pages use
	$(BIN)/python -m tools.font

# UPGRADE= keeps the locked versions and adds only the packages that are new in the .in files.
lock: UPGRADE := --upgrade
lock: $(TOOLS_VENV)/installed ## Lock the newest versions of all Python packages
	$(call lock,api/requirements,)
	$(call lock,api/local/requirements,api/requirements)
	$(call lock,requirements,api/local/requirements)
	$(call lock,requirements-dev,requirements)
	$(call lock,tests/sdk/python/requirements,)
	$(call lock,tests/agents/packages/aider/requirements,,$(foreach \
		package,scipy sounddevice soundfile hf-xet,--no-emit-package $(package)))
	$(call lock,tests/agents/packages/llm/requirements,)
	$(call lock,tests/agents/packages/mcp/requirements,)
	$(call lock,infra/node-requirements,)
	$(call lock,tools/wheel/requirements,)
	$(call lock,tools/font-requirements,)
	$(call lock,bench/requirements,requirements)

audit: $(VENV)/installed-run $(TOOLS_VENV)/installed ## Look up known vulnerabilities of all packages
	@$(BIN)/python -m tools.audit $(CURDIR)/$(TOOLS_VENV)/bin/pip-audit

bench: $(VENV)/installed-run ## Run all benchmarks and print one table
	@exec $(BIN)/python -m bench

rehearse: $(VENV)/installed-dev ## Deploy the stack to an emulated AWS, until stopped
	@exec $(BIN)/python -m tools.rehearse

clean: ## Remove the files that other tasks created, except the data folder
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf infra/packer/node_modules web/node_modules tests/sdk/javascript/node_modules
	find api bench infra tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	$(call new_venv,$(VENV))

$(TOOLS_VENV)/bin/python:
	$(call new_venv,$(TOOLS_VENV))

$(VENV)/installed-run: api/local/requirements.txt | $(BIN)/python
	$(call install,-r $<)

$(VENV)/installed-dev: requirements-dev.txt | $(BIN)/python
	$(call install,-r $<)

$(TOOLS_VENV)/installed: | $(TOOLS_VENV)/bin/python
	$(call install,uv==0.13.9 pip-audit==2.10.1)
