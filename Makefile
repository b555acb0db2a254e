# The two commands to know: `make demo` and `make test`. Each does all its own set-up; they share one build.
.DEFAULT_GOAL := help
SHELL := /bin/bash
SWIFT ?= swift
FLAGS := -c release
BIN := .build/release
SEEDS ?= 2000
SEED_START ?= 1
RUNS ?= 500
WEFT_BINARY ?= $(BIN)/weft
PYTHON ?= python3
ROUNDS ?= 5
MINUTES ?= 60
NODES ?= 20
TASKS ?= 60
SIZE ?= default

.PHONY: help setup setup-drivers build demo demo-trust demo-drivers demo-kernels check-kernels demo-p2p demo-p2p-blobs up \
	test test-python test-python-ecosystem test-dashboard test-api test-tes test-snakemake test-deploy interop fuzz dashboard \
	test-alone test-computing test-drivers computed \
	leaks check installed compiled build-tests build-sim lint layers generated format sim sim-trust bench bench-build bench-sample \
	bench-drivers bench-kernels bench-peers \
	bench-latency bench-micro bench-micro-check soak proto clean

help: ## Show what there is to run
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: ## Install the system packages that are missing (apt), or say which
	@scripts/setup.sh

# `make check` builds once; with BUILT=1 what there is is taken as it is.
ifdef BUILT
build:
build-tests:
build-sim:
else
build-tests: setup
	@$(SWIFT) build $(FLAGS) --product weftPackageTests

build: setup ## Compile everything that runs
	@$(SWIFT) build $(FLAGS) --product weft
	@$(SWIFT) build $(FLAGS) --product weft-saboteur
	@$(SWIFT) build $(FLAGS) --product weft-sandbox

build-sim: setup
	@$(SWIFT) build $(FLAGS) --product weft-sim
	@$(SWIFT) build $(FLAGS) --product weft-sim-trust
endif

setup-drivers: ## Install the engines of all drivers (Debian, PyPI): qemu, wasmtime, Docker, Podman, compilers
	@scripts/setup-drivers.sh

demo: build ## A coordinator, three honest workers and a saboteur run a real job on this machine
	@scripts/demo.sh

demo-trust: build ## Four honest workers and two saboteurs: no wrong answer within --max-error, and what that takes
	@scripts/demo-trust.sh

demo-drivers: build ## Install all engines; every driver runs a real payload, verified 2 of 3: a table
	@scripts/demo-drivers.sh

demo-p2p: build ## Twenty nodes without a coordinator; every fourth, the first too, is killed while a job runs
	@NODES=$(NODES) TASKS=$(TASKS) scripts/demo-p2p.sh
	@scripts/demo-p2p-nat.sh

demo-p2p-blobs: build ## A large input for ten nodes, which feed each other: what leaves the submitter is counted
	@MEGABYTES=$(MEGABYTES) scripts/demo-p2p-blobs.sh

demo-kernels: build ## Every kernel of the library on OpenCL, emulated CUDA and what GPU there is, compared: a table
	@SIZE=$(SIZE) scripts/demo-kernels.sh

check-kernels: ## Compile every CUDA kernel for NVIDIA's and AMD's GPUs, without one
	@scripts/check-kernels.sh

up: build ## Start a coordinator and a worker here (stop with Ctrl-C)
	@$(BIN)/weft up

# Tests of drivers whose payloads take all that they can get.
HOSTILE := (AttackTests|KernelEscapeTests|HostileKernelTests|DriverLimitTests)

# Where all tests begin at once, one that computes for seconds makes every other wait, and its time limit pass: a few at a time.
test test-alone test-drivers test-computing: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 6

# Tests that compute for seconds, and never look at a clock: beside others, they have the time that nobody else wants.
COMPUTING := ^(SimulationTests|TrustTests|WeftEngineTests)
IDLE := $(shell command -v chrt >/dev/null && echo chrt --idle 0 || echo nice -n 19)
TEST = $(SWIFT) test $(FLAGS) --skip-build

# In parts: what computes much and payloads that fork without end must not slow the tests that look at a clock, emulated machines need a
# processor, and who looks at a clock for seconds or at what is left behind must be alone.
test: build-tests ## Compile and run all tests
	@$(MAKE) --no-print-directory BUILT=1 test-alone
	@$(MAKE) --no-print-directory -j2 BUILT=1 test-drivers test-computing
	@ROUNDS=2 scripts/leaks.sh 'LeakTests/(processes|emulated|open|assembly|modules|containersLeave)' KilledWorkerTests

test-alone: build-tests
	@$(TEST) --skip '$(COMPUTING)' --skip SandboxTests --skip DriverTests \
		--skip IntegrationTests --skip 'LibP2P[A-Za-z]*Tests' --skip '^KernelTests' --skip '^DeviceTests' \
		--skip WorkerTests.OwnerTests
	@$(TEST) --filter WorkerTests.OwnerTests --filter LibP2PTests.AttackTests
	@$(TEST) --filter 'LibP2P[A-Za-z]*Tests' --filter '^KernelTests' --filter '^DeviceTests' --skip LibP2PTests.AttackTests
	@$(TEST) --filter SandboxTests
	@$(TEST) --filter IntegrationTests --skip KilledWorkerTests --skip CrashTests
	@$(TEST) --filter CrashTests
	@$(TEST) --filter 'DriverTests.*$(HOSTILE)'

# They wait for engines and for emulated machines, most of the time.
test-drivers: build-tests
	@$(TEST) --filter '^DriverTests' --skip LeakTests --skip VMDriverTests --skip '$(HOSTILE)'
	@$(TEST) --filter VMDriverTests

# `swift test` runs once at a time; this is what it runs.
test-computing: build-tests
	@$(IDLE) $(BIN)/weftPackageTests.xctest --testing-library swift-testing --filter '$(COMPUTING)'

leaks: build-tests ## End payloads of every driver in all ways, kill workers, and look for what is left: make leaks ROUNDS=100
	@ROUNDS=$(if $(filter file,$(origin ROUNDS)),100,$(ROUNDS)) scripts/leaks.sh $(LEAKS)

# A virtual environment in the folder of the target, and what puts packages into it.
venv = $(PYTHON) -m venv $(1) $(@D) || { echo "install what this system calls python3-venv" >&2; exit 1; }
PIP = $(@D)/bin/python -m pip install --quiet --disable-pip-version-check

test-python: build .build/python/.installed ## Test the Python package, beside weft itself
	@cd clients/python && $(CURDIR)/.build/python/bin/python -m mypy
	@cd clients/python && WEFT_BINARY=$(abspath $(WEFT_BINARY)) \
		$(CURDIR)/.build/python/bin/python -m unittest discover -q -s tests -t .

test-python-ecosystem: build .build/python/.ecosystem ## Test joblib and Dask on the Python executor
	@cd clients/python && WEFT_BINARY=$(abspath $(WEFT_BINARY)) \
		$(CURDIR)/.build/python/bin/python -m unittest -q tests.test_ecosystem

.build/python/.installed: clients/python/pyproject.toml
	@$(call venv,--clear)
	@$(PIP) --editable "clients/python[dev]"
	@touch $@

.build/python/.ecosystem: .build/python/.installed
	@$(PIP) --editable "clients/python[ecosystem]"
	@touch $@

test-dashboard: build .build/dashboard/.installed ## Test the dashboard in Chromium: make test-dashboard SHOTS=folder
	@WEFT_BINARY=$(abspath $(WEFT_BINARY)) WEFT_DASHBOARD_URL=coordinator $(if $(SHOTS),WEFT_DASHBOARD_SHOTS=$(abspath $(SHOTS))) \
		.build/dashboard/bin/python -m unittest discover -q -s Tests/Dashboard -t .

.build/dashboard/.installed: Tests/Dashboard/requirements.txt
	@scripts/setup-dashboard.sh
	@$(call venv,--clear)
	@$(PIP) -r $<
	@touch $@

test-api: build .build/api/.installed ## Let schemathesis loose on the API, five minutes: make test-api SECONDS=300
	@SECONDS_TO_RUN=$(if $(filter command line environment,$(origin SECONDS)),$(SECONDS),300) \
		WEFT_BINARY=$(abspath $(WEFT_BINARY)) .build/api/bin/python -m Tests.API.run

.build/api/.installed: Tests/API/requirements.txt
	@$(call venv,--clear)
	@$(PIP) -r $<
	@touch $@

interop: setup ## Try libp2p against py-libp2p and go-libp2p: a table. make interop PARTS=pairs,relay KINDS=swift,go
	@$(SWIFT) build $(FLAGS) --product weft-peer
	@Tests/Interop/setup.sh $(CURDIR)/.build/interop > /dev/null
	@.build/interop/bin/python Tests/Interop/interop.py --environment .build/interop --swift $(BIN)/weft-peer \
		--logs .build/interop-logs $(if $(PARTS),--only $(PARTS)) $(if $(KINDS),--kinds $(KINDS))

fuzz: setup ## Fuzz every decoder of what peers send, a minute each: make fuzz FUZZ_SECONDS=60
	@scripts/fuzz.sh

test-deploy: build .build/deploy/.installed ## Test deploy/: units, image, alerts and dashboard, with a real Prometheus
	@WEFT_BINARY=$(abspath $(WEFT_BINARY)) WEFT_DEPLOY_TOOLS=$(CURDIR)/.build/deploy \
		.build/deploy/bin/python -m unittest discover -q -s Tests/Deploy -t .

.build/deploy/.installed: Tests/Deploy/requirements.txt scripts/setup-deploy.sh
	@$(call venv)
	@$(PIP) -r $<
	@scripts/setup-deploy.sh
	@touch $@

test-tes: build .build/tes/.installed ## Test the TES endpoint with py-tes
	@WEFT_BINARY=$(abspath $(WEFT_BINARY)) .build/tes/bin/python -m unittest -q Tests.TES.test_pytes

.build/tes/.installed: Tests/TES/requirements.txt
	@$(call venv,--clear)
	@$(PIP) -r $<
	@touch $@

# Tasks see it in their sandboxes at its own path, and root's tasks run as nobody: not below /work, and not in root's home.
SNAKEMAKE ?= $(if $(filter 0,$(shell id -u)),/var/cache/weft-snakemake,$(HOME)/.cache/weft-snakemake)
SNAKEMAKE_PYTHON ?= $(if $(filter 0,$(shell id -u)),/usr/bin/python3,$(PYTHON))

test-snakemake: build $(SNAKEMAKE)/.installed ## Let Snakemake run a workflow through TES, about two minutes
	@WEFT_BINARY=$(abspath $(WEFT_BINARY)) $(SNAKEMAKE)/bin/python -m Tests.TES.run_snakemake

$(SNAKEMAKE)/.installed: PYTHON := $(SNAKEMAKE_PYTHON)
$(SNAKEMAKE)/.installed: Tests/TES/requirements-snakemake.txt
	@$(call venv,--clear)
	@$(PIP) -r $<
	@$(@D)/bin/python -m pip download --quiet --disable-pip-version-check --no-deps -d $(@D)/wheels \
		$$(grep '^snakemake-storage-plugin-fs==' $<)
	@touch $@

check: lint layers setup generated ## What CI runs: lint, layers, generated code, engines, tests, seeds, demos, Python
	@$(MAKE) --no-print-directory -j2 installed compiled
	@$(MAKE) --no-print-directory -j2 BUILT=1 test computed
	@$(MAKE) --no-print-directory BUILT=1 demo
	@$(MAKE) --no-print-directory BUILT=1 demo-trust
	@$(MAKE) --no-print-directory BUILT=1 demo-p2p NODES=10 TASKS=40
	@$(MAKE) --no-print-directory BUILT=1 demo-p2p-blobs MEGABYTES=10
	@$(MAKE) --no-print-directory BUILT=1 demo-kernels SIZE=small
	@$(MAKE) --no-print-directory BUILT=1 test-python
	@$(MAKE) --no-print-directory BUILT=1 test-dashboard
	@$(MAKE) --no-print-directory BUILT=1 test-api SECONDS=40
	@$(MAKE) --no-print-directory BUILT=1 test-tes
	@$(MAKE) --no-print-directory BUILT=1 test-deploy
	@$(MAKE) --no-print-directory BUILT=1 demo-drivers
	@$(MAKE) --no-print-directory BUILT=1 bench-sample

# While it compiles, what tests need besides is fetched. Tests of drivers that lack their engines are left out.
installed:
	@scripts/setup-kernels.sh opencl emulation compiler-cuda compiler-hip
	@scripts/setup-drivers.sh || [ "$$WEFT_DEMO_ALLOW_MISSING" = 1 ]
	@$(MAKE) --no-print-directory -j1 $(foreach kit,python dashboard api tes deploy,.build/$(kit)/.installed)

compiled:
	@$(MAKE) --no-print-directory -j1 build-tests build build-sim

computed:
	@$(IDLE) $(MAKE) --no-print-directory -j1 sim SEEDS=400
	@$(IDLE) $(MAKE) --no-print-directory -j1 sim-trust TRUST_FLAGS=--quick
	@$(IDLE) $(MAKE) --no-print-directory -j1 check-kernels

lint:
	@$(SWIFT) format lint -r --strict Package.swift Sources TestKits Tests benchmarks

format: ## Format all Swift code in place
	@$(SWIFT) format -i -r Package.swift Sources TestKits Tests benchmarks

layers:
	@scripts/check-layers.sh

generated: setup
	@scripts/generate-dashboard.py --check
	@$(PYTHON) clients/python/scripts/generate_sync.py --check
	@scripts/generate-proto.sh --check

dashboard: ## Put the files of dashboard/ into the program
	@scripts/generate-dashboard.py

proto: setup ## Generate the wire messages anew from proto/
	@scripts/generate-proto.sh

sim: build-sim ## Run the simulator: make sim SEEDS=2000 SEED_START=1
	@$(BIN)/weft-sim --seeds $(SEEDS) --start $(SEED_START)

sim-trust: build-sim ## Wrong answers accepted and replicas needed, in pools with liars: make sim-trust TRUST_FLAGS=--quick
	@$(BIN)/weft-sim-trust $(TRUST_FLAGS)

bench-build: build
	@$(SWIFT) build $(FLAGS) --product weft-bench
	@$(SWIFT) build $(FLAGS) --product weft-swarm

bench: bench-build ## Weft beside its peers, about an hour: make bench ROUNDS=5; writes docs/benchmarks.md
	@benchmarks/setup.sh
	@python3 benchmarks/bench.py --rounds $(ROUNDS) $(BENCH_FLAGS)

bench-sample: bench-build ## Whether the benchmarks run: a few seconds of each, no peers
	@python3 -m unittest discover -q -s benchmarks -t benchmarks
	@$(BIN)/weft-bench noop --tasks 5000
	@$(BIN)/weft-bench process --tasks 300 --settle-seconds 0
	@$(BIN)/weft-bench process --tasks 100 --isolation process --settle-seconds 0
	@$(BIN)/weft-bench submit --runs 3 --settle-seconds 0
	@$(BIN)/weft-bench crash --tasks 60000 --kills 2
	@$(BIN)/weft-bench subscribers --seconds 4
	@$(BIN)/weft-bench drivers --rounds 10
	@scripts/setup-kernels.sh opencl
	@$(BIN)/weft-bench kernels --rounds 5

bench-drivers: bench-build ## What drivers cost beside what they stand on; writes docs/benchmarks-drivers.md
	@$(BIN)/weft-bench drivers --markdown docs/benchmarks-drivers.md $(BENCH_FLAGS)

bench-kernels: bench-build ## What a kernel costs beside a program that calls OpenCL; writes docs/benchmarks-kernels.md
	@scripts/setup-kernels.sh opencl
	@$(BIN)/weft-bench kernels --markdown docs/benchmarks-kernels.md $(BENCH_FLAGS)

bench-peers: setup ## What a stream between peers costs beside plain TCP and go-libp2p; writes docs/benchmarks-peers.md
	@$(SWIFT) build $(FLAGS) --product weft-peer-bench
	@Tests/Interop/setup.sh $(CURDIR)/.build/interop > /dev/null
	@$(BIN)/weft-peer-bench --go .build/interop/lib/python3*/site-packages/hivemind/hivemind_cli/p2pd \
		--go-version "the daemon p2pd of hivemind 1.1.12 (go-libp2p 0.32)" --markdown docs/benchmarks-peers.md $(BENCH_FLAGS)

bench-latency: bench-build ## Latency of one task on an idle cluster: make bench-latency RUNS=500
	@$(BIN)/weft-bench latency --runs $(RUNS)

bench-micro: setup ## The engine alone: events a second, allocations and memory; about a minute
	@benchmarks/micro/run.sh run $(BENCH_FLAGS)

bench-micro-check: setup
	@benchmarks/micro/run.sh check $(BENCH_FLAGS)

soak: bench-build ## Mixed work for a long time: make soak MINUTES=60
	@$(BIN)/weft-bench soak --minutes $(MINUTES)

clean: ## Remove what was built and what the demo left
	@rm -rf .build demo-run
