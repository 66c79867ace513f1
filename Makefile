# Homeostat. `make demo` and `make test` do all their own set-up; everything else is for development.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := $(CURDIR)/node_modules/.bin
NODE := $(BIN)/node
export PATH := $(BIN):$(PATH)

## demo: bring up a real cluster, break something, show the loop as it closes (REPORT=file.json writes the times)
demo: node_modules/.ready
	@$(NODE) e2e/demo/main.ts $(if $(REPORT),--report $(REPORT))

## demo-down: end what `make demo` left running
demo-down: node_modules/.ready
	@$(NODE) e2e/demo/main.ts --down

## test: everything a change must pass; ends with "N passed, N failed"
test: node_modules/.ready
	@$(NODE) hack/test/main.ts

## unit: the tests that need no cluster
unit: node_modules/.ready
	@mocha

## simulate: the operator against faults of every kind, in virtual time (SEEDS=2000 FIRST=1; a failure prints its seed)
simulate: node_modules/.ready
	@$(NODE) --max-semi-space-size=64 hack/simulate/main.ts --seeds $(or $(SEEDS),2000) --first $(or $(FIRST),1)

## simulate-mutations: break each rule on purpose and see the simulation catch it (ARGS='--only text' chooses)
simulate-mutations: node_modules/.ready
	@$(NODE) hack/simulate/mutate.ts $(ARGS)

## coverage: the unit tests with line and branch coverage
coverage: node_modules/.ready
	@c8 --all --src engine --src operator --src agents --src crds --exclude '**/*.test.ts' --exclude '**/*.bench.ts' mocha

## e2e: the scenarios against KUBECONFIG, or against a cluster of their own (ARGS=--help lists the options)
e2e: node_modules/.ready
	@$(NODE) e2e/main.ts $(ARGS)

## bench: measure; JSON on standard output (ARGS=--help lists the parts)
bench: node_modules/.ready
	@$(NODE) hack/bench/main.ts $(ARGS)

## compare: beside Prometheus and Alertmanager, on the same faults at the same time (ARGS='--runs 3 --healthy-minutes 60')
compare: node_modules/.ready
	@$(NODE) hack/compare/main.ts $(ARGS)

## quality: the anomaly detector on public data, DATA=dir (docs/quality.md says where it comes from; ARGS='--only nab')
quality: node_modules/.ready
	@$(NODE) hack/quality/main.ts --data '$(DATA)' $(ARGS)

## lint: types, lint rules and format
lint: node_modules/.ready
	@tsc --noEmit
	@oxlint --type-aware --deny-warnings
	@oxfmt --check

## format: rewrite the sources as the formatter wants them
format: node_modules/.ready
	@oxfmt

## manifests: write crds/manifests and the chart's copy from the schemas
manifests: node_modules/.ready
	@$(NODE) hack/manifests/main.ts

## verify: fail when a generated file, the chart or a workflow is not what it should be
verify: node_modules/.ready
	@$(NODE) hack/verify/main.ts

## build: bundle operator, agent, simulator and command line into dist/
build: node_modules/.ready
	@$(NODE) hack/build/main.ts

## images: build the container images and load them into the development cluster's real nodes
images: build
	@$(NODE) hack/cluster/main.ts images

## chart: render the chart with its default values
chart: node_modules/.ready
	@$(NODE) hack/verify/main.ts --render

## cluster-up: start the development cluster (ARGS='--name dev --nodes 3 --fake 3')
cluster-up: node_modules/.ready
	@$(NODE) hack/cluster/main.ts up $(ARGS)

## cluster-down: end it
cluster-down: node_modules/.ready
	@$(NODE) hack/cluster/main.ts down $(ARGS)

## cluster-status: what runs, which nodes are real, how to reach them
cluster-status: node_modules/.ready
	@$(NODE) hack/cluster/main.ts status $(ARGS)

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | sed 's/: /\t/' | awk -F'\t' '{printf "  %-19s %s\n", $$1, $$2}'

# The lock file decides; Node 24 itself comes as a package, so that any Node >= 20 is enough to begin with.
node_modules/.ready: package-lock.json
	@echo 'installing pinned packages (npm ci) …'
	@npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: demo demo-down test unit simulate simulate-mutations coverage e2e bench compare quality lint format manifests verify build images chart cluster-up cluster-down cluster-status help
