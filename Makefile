# Two commands do everything on a fresh Debian 12: `make demo` and `make test`. Both install what they need.
PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: demo test build unit interop oracle bench lint analyze layers fuzz sanitize tsan gcc kills nightly deps clean

demo: build  ## the main job of today, on a real model where there is one
	scripts/demo $(BUILD)

test: unit interop fuzz  ## unit and end-to-end tests, interop with llama.cpp and others, a short fuzz

deps:
	@scripts/install-deps

build: deps
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

unit: build
	ctest --preset $(PRESET)
	models/house/corpus/corpus_test.py

interop: build
	scripts/interop $(BUILD)

oracle: build  ## gradients of whole models against libtorch's autograd, where libtorch is installed
	scripts/torch-oracle $(BUILD)

bench: build  ## tokens per second of inference and of training; LLAMA_BENCH=/path/to/llama-bench adds llama.cpp's
	scripts/bench $(BUILD)
	scripts/bench-train $(BUILD)

lint: deps  ## formatting and clang-tidy's short list
	scripts/lint format
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET) --target bantam_version  # a header it writes
	scripts/lint tidy $(BUILD)

analyze: build  ## clang's static analyzer over all sources; slow
	scripts/lint analyze $(BUILD)

layers:
	scripts/check-layers

FUZZ_SECONDS ?= 20
fuzz: deps  ## every parser of outside bytes, under AddressSanitizer and UndefinedBehaviorSanitizer
	cmake --preset asan
	cmake --build --preset asan
	scripts/fuzz build/asan $(FUZZ_SECONDS)

sanitize: deps  ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	cmake --preset asan && cmake --build --preset asan && ctest --preset asan

tsan: deps  ## what starts threads of its own, under ThreadSanitizer
	cmake --preset tsan && cmake --build --preset tsan --target base_test runtime_test && ctest --preset tsan -L '^(base|runtime)$$'

GCC_WORKBENCH ?= OFF
gcc: deps  ## the unit tests of the runtime side with the second compiler
	cmake --preset gcc -DBANTAM_WORKBENCH=$(GCC_WORKBENCH) && cmake --build --preset gcc && ctest --preset gcc

kills: build  ## a training run killed at ten random points ends with the same bits
	for seed in 1 2 3 4 5; do $(BUILD)/apps/bantam/cli_test --gtest_filter='TrainKillTest.*' --gtest_random_seed=$$seed || exit 1; done

nightly: analyze kills  ## what is too long for every change; results are logged in docs/benchmarks.md
	$(MAKE) gcc GCC_WORKBENCH=ON
	$(MAKE) fuzz FUZZ_SECONDS=600

clean:
	rm -rf build
