# `make run` and `make test` need nothing but git, Python 3.11 or newer and make: they set up the rest.
#
# PYTHON=... chooses the interpreter. Otherwise it is the faster of python3 and the system's own: how it was built
# makes a tenth or more of what the ledger bears, and no variable of Python's tells that reliably, so both
# run the same loop. One that lacks something is passed over; python3 is taken unless the other gains a twentieth.
SPEED = import sys, time, timeit, venv, ensurepip; assert sys.version_info >= (3, 11); \
	loop = "seen = {str(n): (n, len(str(n))) for n in range(999)}"; \
	print(min(timeit.repeat(loop, "", time.process_time, 9, 20)) * float(sys.argv[1]), sys.executable)
PYTHON ?= $(or $(shell { python3 -c '$(SPEED)' 0.95; /usr/bin/python3 -c '$(SPEED)' 1; } 2>/dev/null \
	| sort -g | head -n 1 | cut -d ' ' -f 2-),python3)
BIN := .venv/bin
READY := .venv/.ready
TOOLS := .venv/.tools

.PHONY: run stop test check lint bench bench-consortium bench-pages soak setup postgresql chromium iproute2 clean

run: $(READY)
	@$(BIN)/python -m dongting.cli.demo

stop:
	@$(BIN)/python -m dongting.cli.demo stop

test: $(TOOLS) postgresql chromium iproute2 engine
	$(BIN)/ruff format --check src tests bench examples
	$(BIN)/ruff check src tests bench examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/consortium
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/consortium

check: test

bench: $(TOOLS)
	@cd bench && ../$(BIN)/python all.py $(BENCH)

# One part of `bench`: pages of a node with a million records.
bench-pages: $(TOOLS)
	@cd bench && ../$(BIN)/python pages.py

bench-consortium: $(TOOLS) engine
	@cd bench && ../$(BIN)/python consortium.py

soak: $(TOOLS) postgresql iproute2 engine
	DONGTING_SOAK=1 $(BIN)/pytest -q -s tests/consortium/test_partitions.py tests/consortium/test_scarcity.py \
		tests/properties tests/faults tests/e2e/soak_large_file.py

# The pictures of docs/guide.md, made anew by the journeys through the console.
guide: $(TOOLS) chromium
	DONGTING_PICTURES=$(abspath docs/guide) $(BIN)/pytest -q tests/e2e/test_console.py tests/e2e/test_console_two_people.py

setup: $(READY)

$(READY): pyproject.toml
	@test -x $(BIN)/pip || { python="$(PYTHON)"; echo "setting up .venv with $$python"; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")' && { \
	"$$python" -m venv .venv 2>/dev/null || { \
		command -v apt-get >/dev/null && $(MAKE) --no-print-directory venv-package && "$$python" -m venv .venv; }; }; }
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

# The tests of the consortium cut the network between its nodes.
iproute2:
	@PATH="$$PATH:/usr/sbin:/sbin" command -v ip >/dev/null || { \
		$(if $(filter 0,$(shell id -u)),,sudo) apt-get update -q && \
		$(if $(filter 0,$(shell id -u)),,sudo) apt-get install -q -y iproute2; }

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
