# Everything a developer does here, by name. Needs make and a Python of at least 3.11, nothing else.

# The first interpreter that works, not the first that exists: a version manager's shim may do nothing.
ifndef PYTHON
PYTHON := $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v $$python && break; done)
endif
BIN := .venv/bin
STAGE ?= prod
TESTS := tests/unit tests/functional tests/architecture tests/infra tests/integration

.DEFAULT_GOAL := help
.PHONY: help run tick pay mail rotate-signing-key test faults browser check bench format lint types package clean

help: ## this list
	@echo 'make <target>, where <target> is one of:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1	\2/p' $(MAKEFILE_LIST)

run: .venv/installed .venv-aws/installed ## start the whole product on this machine (API_PORT=8080 VALIDATOR_PORT=8081 AWS_PORT=4566 SANDBOX_PORT=8090)
	@exec $(BIN)/python -m infra.local run

tick: .venv/installed ## run scheduled functions with a chosen time: make tick AT=2026-12-03T12:00:00Z [NAME=reconcile]
	@exec $(BIN)/python -m infra.local tick --at "$(AT)" --name "$(NAME)"

pay: .venv/installed ## settle a charge at the sandbox provider: make pay ID=<payment id>
	@exec $(BIN)/python -m infra.local pay --id "$(ID)"

mail: .venv/installed ## have an e-mail arrive: make mail FROM=ana@example.com SUBJECT=… TEXT=… [ATTACH=file] [FORGED=1]
	@exec $(BIN)/python -m infra.local mail --from "$(FROM)" --subject "$(SUBJECT)" --text "$(TEXT)" --attach "$(ATTACH)" --forged "$(FORGED)"

rotate-signing-key: .venv/installed ## one step of replacing the key of licence tokens; a deployment's with REGION=… [STAGE=prod]
	@exec $(BIN)/python -m $(if $(REGION),infra.deploy --stage "$(STAGE)" --region "$(REGION)" --rotate-signing-key,infra.local rotate-signing-key)

test: .venv/installed .venv-aws/installed ## all tests but the fault sweep
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS) --ignore=tests/integration/faults

faults: .venv/installed .venv-aws/installed ## the fault sweep: every AWS call of a purchase, a licence's life or a cancellation fails in every way
	$(BIN)/python -m pytest -n 2 tests/integration/faults

browser: ## Debian's Chromium, for the tests of the online invoice (needs root); without it they are skipped
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }

check: .venv/installed .venv-aws/installed ## what CI runs: format, lint, types, test, package
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test
	$(MAKE) package

bench: .venv/installed ## cold imports and in-process costs, as ratios
	PYTHONPATH=clients/python $(BIN)/python -m tests.bench

format: .venv/installed ## rewrite the sources in the one format
	$(BIN)/ruff format .

lint: .venv/installed ## look for mistakes
	$(BIN)/ruff check .

types: .venv/installed ## check the types, strictly
	$(BIN)/mypy

package: .venv/installed ## template and zip for AWS in build/, checked with cfn-lint (STAGE=prod)
	$(BIN)/python -m infra.package $(STAGE)
	$(BIN)/cfn-lint build/$(STAGE)/template.json

clean: ## throw away local data, packages and virtualenvs
	rm -rf .run build .venv .venv-aws .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/installed: requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer (with its venv module) is needed; name one with PYTHON=…' >&2; exit 1; }
	@echo 'Installing what this project needs into .venv (about a minute, once) …'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Made by the same interpreter as .venv: the emulator runs the packaged functions with it.
.venv-aws/installed: .venv/installed infra/requirements-aws.txt
	@echo 'Installing the embedded AWS into .venv-aws (about half a minute, once) …'
	@$(BIN)/python -m venv .venv-aws
	@.venv-aws/bin/python -m pip install --quiet --disable-pip-version-check -r infra/requirements-aws.txt
	@touch $@
