# make run     start everything on this machine and send in the demo's cases   (ARGS=--once: end after the summary)
# make test    lint, then all tests                                            (ARGS="-k name": some of them)
# make rehearse KIND=intent DATA=PATH   measure the layers on a labelled set of your own (docs/rehearse.md)
# make bench   measure the platform, a minute or two (then make bench-report)
# make bench-review   measure what a reviewer waits for, ten minutes
# make bench-gates DATA=PATH   measure what gate, thresholds and stop conditions keep, a quarter of an hour
# make tamper  change the audit log in 100,000 ways, each of which must be found   (MUTATIONS=1000: fewer)
# make restore-drill   restore a backup into a fresh place: what was erased stays erased, and the log verifies
# make bench-audit   measure the audit log beside a plain INSERT, ten minutes   (ARGS="--entries 20000": a smaller log)
# make clean   stop what runs and remove everything that make run and make test have made

VENV ?= .venv
PORT ?= 8000
VAR_DIR ?= var
ARGS ?=
MUTATIONS ?= 100000
export PORT VAR_DIR

# The first Python that is new enough. PYTHON=/path/to/python3 overrides it.
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$candidate" && break; done)
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# What a production deployment sets; the checks read the settings as they would be there.
PRODUCTION := VAR_DIR=$(VAR_DIR)/test SECRET_KEY=0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ \
	BASE_DOMAIN=thinslice.example HTTPS=true DEBUG=false DATABASE_URL=postgresql://app_login@database/thinslice \
	BROKER_URL=redis://broker:6379/0

.PHONY: run test tamper restore-drill lint clean bench bench-audit bench-review bench-gates bench-rehearsal bench-report rehearse screenshots install-run install-dev

run: install-run
	@$(BIN)/python -m embedded $(ARGS)

test: lint
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m pytest -q -n logical --dist worksteal $(ARGS)

lint: install-dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . > /dev/null || { $(BIN)/ruff format --check .; exit 1; }
	@find templates apps -name '*.html' -exec $(BIN)/djade --target-version 5.2 --check {} +
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@$(BIN)/mypy
	@$(PRODUCTION) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

clean:
	@if [ -x $(BIN)/python ] && $(BIN)/python -c 'import psutil, rich' 2>/dev/null; \
		then $(BIN)/python -m embedded --remove; fi
	@[ ! -e $(VENV)/pyvenv.cfg ] || rm -rf $(VENV) $(VENV).lock
	@rm -rf var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

bench: install-dev
	@$(BIN)/python -m benchmarks.platform $(ARGS)

bench-gates: install-dev
	@$(BIN)/python -m benchmarks.gates $(DATA) $(ARGS)

bench-audit: install-dev
	@$(BIN)/python -m benchmarks.audit $(ARGS)

tamper: install-dev
	@MUTATIONS=$(MUTATIONS) $(BIN)/python -m pytest -q -s -n 0 tests/audit/test_tampering.py

restore-drill: install-dev
	@$(BIN)/python -m benchmarks.restore_drill

bench-rehearsal: install-dev
	@$(BIN)/python -m benchmarks.rehearsal $(DATA)

bench-review: install-dev
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m benchmarks.review $(ARGS)

bench-report: install-dev
	@$(BIN)/python -m benchmarks.report

rehearse: install-run
	@$(BIN)/python -m embedded.command rehearse --data "$(DATA)" --kind "$(KIND)" $(ARGS)

screenshots: install-dev
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m docs.screenshots

install-run install-dev: install-%:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed, and none was found (python3 is $$(python3 --version 2>&1)).\
	Name one: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) requirements/install.py $* $(VENV)
