# Every task of the project. CI calls the same targets.
.DEFAULT_GOAL := help
VENV := target/venv
PYTHON := $(VENV)/bin/python

.PHONY: help run test lint fmt unit dynamodb served judged bench openapi deny clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: ## Build Folio and start it with demo data on http://localhost:8080
	cargo build --package folio
	exec target/debug/folio serve --demo $(ARGS)

test: lint unit dynamodb served judged ## Run every check and every test

lint: ## Check formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings

unit: ## Run the tests of all crates, the faults and the journeys among them
	cargo nextest --version > /dev/null 2>&1 || cargo install --locked cargo-nextest
	cargo nextest run --workspace --all-features --profile $${NEXTEST_PROFILE:-default}
	cargo test --doc --workspace --all-features --quiet

dynamodb: $(VENV)/.ready ## Run the table layer's contract suite, and the services apart, on another DynamoDB
	$(PYTHON) e2e/dynamodb_contract.py
	cargo build --package customer-service --package portfolio-service --package asset-service \
		--features customer-service/aws,portfolio-service/aws,asset-service/aws
	$(PYTHON) e2e/services_on_dynamodb.py

served: $(VENV)/.ready ## Run schemathesis against a served contract, the README as written, and a chain of sources
	cargo build --package folio --package fake-market
	$(PYTHON) e2e/contract_fuzz.py target/debug/folio
	$(PYTHON) e2e/readme_journey.py target/debug/folio
	$(PYTHON) e2e/configured_market.py target/debug/folio target/debug/fake-market

judged: $(VENV)/.ready ## Compare internal rates of return with another implementation's
	cargo build --package domain --example xirr
	$(PYTHON) e2e/xirr_judge.py target/debug/examples/xirr

bench: ## Measure a release build, beside a bare route, and the ledger; prints the tables for docs/benchmarks.md
	cargo build --release --package folio --bin folio --example bare
	cargo build --release --package fake-market
	python3 e2e/bench.py
	python3 e2e/bench_market.py
	cargo bench --package portfolio-service --bench ledger
	cargo bench --package domain --bench performance --bench ledger

fmt: ## Format everything
	cargo fmt --all

openapi: ## Write the contracts under openapi/
	cargo run --quiet --package folio -- openapi

deny: ## Check licences and advisories of dependencies (needs cargo-deny)
	cargo deny check

clean: ## Remove everything that was built
	cargo clean

$(VENV)/.ready: e2e/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement e2e/requirements.txt
	touch $@
