# Each target is about one line that you could type yourself; `make` lists them.

PYTHON ?= python3
# What was deployed, once something was: a binary for another processor would not start.
ARCH ?= $(or $(shell sed -n 's/.*Architecture=\\"\([a-z0-9_]*\)\\".*/\1/p' samconfig.toml 2>/dev/null),arm64)
SAM := SAM_CLI_TELEMETRY=0 .venv/bin/sam
DENY := .tools/bin/cargo-deny
TEMPLATES := template.yaml infra/region.yaml infra/retained.yaml infra/member.yaml
TRIPLE_arm64 := aarch64-unknown-linux-gnu
TRIPLE_x86_64 := x86_64-unknown-linux-gnu
TRIPLE = $(or $(TRIPLE_$(ARCH)),$(error ARCH is arm64 or x86_64, not $(ARCH)))
PACKAGE = target/lambda/$(ARCH)/bootstrap

# In so many processes at once, a class of tests in each: most of the time they wait.
UNITTEST := .venv/bin/python -m unittest_parallel -t . --level class -j 4

# One profile for all that runs on this machine, so that each crate is built once.
PROFILE := --profile demo
# Settings of yours that would move the build's output elsewhere.
export CARGO_TARGET_DIR := $(CURDIR)/target
unexport CARGO_BUILD_TARGET
# For the Rust tests, which start the emulator with it.
export KEYRAIL_PYTHON := $(CURDIR)/.venv/bin/python

.PHONY: help demo demo-build command test check lint supply-chain template advisories sam-deploy check-release
.PHONY: bench prove conform conform-tests soak fuzz package build-GuardrailFunction build-WatchFunction deploy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

demo: ## contain an access key in a local emulator; needs no AWS account
	@PYTHON='$(PYTHON)' sh demo/check.sh
	@$(MAKE) --no-print-directory -j2 .venv/demo.stamp demo-build
	@.venv/bin/python -m demo

# Of the whole workspace, so that crates have the features that they have in tests, too, and are built once.
demo-build:
	cargo build --locked $(PROFILE) --workspace --bin bootstrap

command: ## build the command: target/demo/keyrail
	cargo build --locked $(PROFILE) --workspace --bin keyrail

test: .venv/check.stamp ## run every test
	rm -rf target/wire
	cargo build --locked $(PROFILE) --workspace
	target/demo/keyrail test crates/keyrail-core/default-bundle --require-coverage
	@set -x; export KEYRAIL_BIN='$(CURDIR)/target/demo/keyrail' KEYRAIL_WIRE='$(CURDIR)/target/wire'; \
	nice $(UNITTEST) -s tests >target/test-python.log 2>&1 & python=$$!; \
	if cargo nextest --version >/dev/null 2>&1; \
	then cargo nextest run --locked --cargo-profile demo --workspace; \
	else cargo test --locked $(PROFILE) --workspace --lib --bins --tests; fi && \
	cargo test --locked $(PROFILE) --workspace --doc; status=$$?; \
	wait $$python || status=1; cat target/test-python.log; \
	.venv/bin/python -m tests.wire target/wire || status=1; exit $$status

check: lint supply-chain template ## run every check that is not a test

lint: ## formatting, clippy and the documentation's links
	cargo fmt --all --check
	cargo clippy --locked $(PROFILE) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --quiet --locked $(PROFILE) --workspace --no-deps

supply-chain: $(DENY) ## licences, banned crates and sources of the dependencies
	$(DENY) --locked check licenses bans sources

template: .venv/check.stamp ## the templates, with cfn-lint and sam validate
	.venv/bin/cfn-lint $(TEMPLATES)
	@for template in $(TEMPLATES); do (set -x; $(SAM) validate --lint --template $$template) || exit 1; done

advisories: $(DENY) ## known vulnerabilities of the dependencies; needs the network
	@if $(DENY) fetch db; then set -x; $(DENY) --locked check --disable-fetch advisories; \
	else echo "skipped: the advisory database cannot be reached"; fi

sam-deploy: .venv/check.stamp demo-build ## sam build and sam deploy, into a local emulator
	.venv/bin/python -m tests.emulator.sam_deploy

# What `make deploy` does before it deploys. It takes long, and so is no part of `make check`.
check-release: .venv/check.stamp ## sam build with the real package; ARCH=arm64 (default) or x86_64
	ARCH=$(ARCH) $(SAM) build --build-in-source --build-dir target/release-build
	.venv/bin/python -m tests.emulator.sam_build target/release-build $(ARCH)

# The profile is ours: what cargo-lambda adds by itself turns panics into aborts.
package: .venv-package/stamp ## the zip for Lambda; ARCH=arm64 (default) or x86_64
	@test -d "$$(rustc --print target-libdir --target $(TRIPLE))" || \
		{ echo "error: Rust cannot build for $(ARCH) yet"; echo "  help: rustup target add $(TRIPLE)"; exit 1; } >&2
	PATH="$(CURDIR)/.venv-package/bin:$$PATH" cargo lambda build --locked --release -p keyrail-lambda --bin bootstrap \
		--disable-optimizations --target $(TRIPLE) --lambda-dir target/lambda/$(ARCH)
	cd $(PACKAGE) && rm -f bootstrap.zip && $(PYTHON) -m zipfile -c bootstrap.zip bootstrap
	@cd $(PACKAGE) && wc -c bootstrap bootstrap.zip | sed '/total/d; s,[^ ]*$$,$(PACKAGE)/&,'

bench: ARCH = $(subst aarch64,arm64,$(shell uname -m))
bench: .venv/demo.stamp package ## sizes, cold start, memory and times: docs/benchmarks.md
	cargo bench --locked --profile release -p keyrail-core --bench examine
	KEYRAIL_BOOTSTRAP=$(CURDIR)/$(PACKAGE)/bootstrap cargo bench --locked --profile demo --workspace --bench process
	cargo bench --locked --profile demo --workspace --bench command

prove: .venv/check.stamp command ## what is claimed of the default bundle, and what its tests would notice
	target/demo/keyrail prove crates/keyrail-core/default-bundle
	target/demo/keyrail test crates/keyrail-core/default-bundle --mutate

# A second emulator, whose makers hold it to AWS's models. It takes long to build, so it is no part of
# `make test`; under the AGPL, it is a process of its own and nothing is linked with it.
export FAKECLOUD ?= fakecloud
conform: ## what the tests of containment and undo say of a second emulator, fakecloud
	@if command -v "$$FAKECLOUD" >/dev/null; then $(MAKE) --no-print-directory conform-tests; \
	elif test "$$FAKECLOUD" = fakecloud; \
	then echo "skipped: fakecloud is not installed: cargo install fakecloud --locked"; \
	else echo "error: FAKECLOUD is $$FAKECLOUD, which is no program" >&2; exit 1; fi

conform-tests: .venv/check.stamp demo-build command
	KEYRAIL_BIN='$(CURDIR)/target/demo/keyrail' .venv/bin/python -m tests.conform

soak: .venv/check.stamp demo-build command ## containment against faults and simulations, in full: 20 minutes at most
	cargo test --locked $(PROFILE) --workspace --test model --test guardrail --no-run
	KEYRAIL_SOAK=1 timeout 700 cargo test --locked $(PROFILE) --workspace --test model -- --nocapture
	KEYRAIL_SOAK=1 timeout 200 cargo test --locked $(PROFILE) --workspace --test guardrail -- faults crashing --nocapture
	KEYRAIL_SOAK=1 KEYRAIL_BIN='$(CURDIR)/target/demo/keyrail' timeout 400 $(UNITTEST) -s tests/emulator -k stays_hidden

fuzz: ## mutate events until one breaks, for SECONDS (60); needs cargo-fuzz
	@mkdir -p fuzz/corpus/event
	RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=fuzz/target cargo fuzz run event fuzz/corpus/event tests/fixtures/events crates/keyrail-cli/src/samples \
		-- -max_total_time=$(or $(SECONDS),60) -max_len=262144 -timeout=5 -rss_limit_mb=512

# Run by `sam build`, which sets ARTIFACTS_DIR. KEYRAIL_PROFILE=demo takes what `make demo-build`
# built for this machine, which is what the emulator runs.
ifeq ($(KEYRAIL_PROFILE),demo)
build-GuardrailFunction:
	cp target/demo/bootstrap "$(ARTIFACTS_DIR)/"
else
build-GuardrailFunction: package
	cp $(PACKAGE)/bootstrap "$(ARTIFACTS_DIR)/"
endif
# The same binary, which its environment tells apart.
build-WatchFunction: build-GuardrailFunction

# Once the answers are in samconfig.toml they stand; asking again would propose the defaults.
deploy: .venv/check.stamp ## build and deploy to your AWS account; asks what it needs the first time
	ARCH=$(ARCH) $(SAM) build --build-in-source
	$(SAM) deploy --capabilities CAPABILITY_NAMED_IAM $(if $(wildcard samconfig.toml),,--guided --parameter-overrides Architecture=$(ARCH))

clean: ## remove everything that was built or installed here
	rm -rf target .aws-sam .tools .venv .venv-package

.venv/demo.stamp: tests/requirements.txt
	@echo "setting up .venv with $< (once, about 20 s)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.venv/check.stamp: tests/requirements-check.txt tests/requirements-matcher.txt .venv/demo.stamp
	@echo "setting up .venv with $< (once, about 45 s)"
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/requirements-matcher.txt
	@touch $@

.venv-package/stamp: tests/requirements-package.txt
	@echo "setting up .venv-package with $< (once)"
	@$(PYTHON) -m venv .venv-package
	@.venv-package/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Without optimisation it builds in a third of the time and checks in three seconds.
$(DENY):
	cargo install --locked --debug --no-default-features --root .tools cargo-deny@0.20.2
