# `make run` and `make test` need nothing but git, Python 3.11 or newer and make: they set up the rest.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
TOOLS := .venv/.tools

.PHONY: run stop test check lint bench soak setup postgresql chromium clean

run: $(READY)
	@$(BIN)/python -m dongting.cli.demo

stop:
	@$(BIN)/python -m dongting.cli.demo stop

test: $(TOOLS) postgresql chromium engine
	$(BIN)/ruff format --check src tests bench examples
	$(BIN)/ruff check src tests bench examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q

check: test

bench: $(TOOLS)
	@cd bench && ../$(BIN)/python all.py

soak: $(TOOLS) postgresql
	DONGTING_SOAK=1 $(BIN)/pytest -q tests/properties tests/faults

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv 2>/dev/null || { \
		command -v apt-get >/dev/null && $(MAKE) --no-print-directory venv-package && $(PYTHON) -m venv .venv; }
	$(BIN)/pip install -q --disable-pip-version-check -e .
	@touch $(READY)

# What tests and measurements need on top.
$(TOOLS): $(READY)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $(TOOLS)

# Debian keeps venv in a package of its own.
.PHONY: venv-package
venv-package:
	$(if $(filter 0,$(shell id -u)),,sudo) apt-get update -q
	$(if $(filter 0,$(shell id -u)),,sudo) apt-get install -q -y python3-venv

# The tests of the views run on a real PostgreSQL too, started by the tests themselves.
postgresql:
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { \
		$(if $(filter 0,$(shell id -u)),,sudo) apt-get update -q && \
		$(if $(filter 0,$(shell id -u)),,sudo) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y postgresql; }

# The consortium engine: exactly this CometBFT, found on the PATH or installed with the Go toolchain.
COMETBFT := 0.38.25
.PHONY: engine
engine: $(READY)
	@{ cometbft version 2>/dev/null || $(BIN)/cometbft version 2>/dev/null; } | grep -qx 'v\?$(COMETBFT)' || \
	if command -v go >/dev/null; then \
		echo "installing CometBFT $(COMETBFT) with the Go toolchain"; \
		GOBIN=$(abspath $(BIN)) go install github.com/cometbft/cometbft/cmd/cometbft@v$(COMETBFT); \
	else \
		echo "CometBFT $(COMETBFT) is needed: put cometbft on the PATH, or install Go (https://go.dev/dl) and run make engine again." >&2; exit 1; \
	fi

# The tests of the console look at its pages in a real browser.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
		$(if $(filter 0,$(shell id -u)),,sudo) apt-get update -q && \
		$(if $(filter 0,$(shell id -u)),,sudo) env DEBIAN_FRONTEND=noninteractive apt-get install -q -y chromium; }

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
