# Fluence: set-up, build, campaign, check. On a fresh Debian 12 each target does all that it needs.
#
#   make campaign   build and run a campaign, print its tables, draw its figures: OUT/report.html
#   make check      build and run every test, many of them under sanitizers, too, and the fuzzers for seconds
#   make fuzz       MINUTES=n: throw damaged files at every reader, n minutes each
#
BUILD ?= build
JOBS  ?= $(shell nproc)
# The user's own: PARAMS=DIR IMAGES=FILE; else the embedded models and images
PARAMS ?=
IMAGES ?=
SPEC  ?= campaigns/first-light.toml
MINUTES ?= 1
OUT   ?= results/$(basename $(notdir $(SPEC)))
SUDO  := $(if $(filter 0,$(shell id -u)),,sudo)
CMAKE_FLAGS := -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache
SOURCES = $(shell git ls-files '*.cpp' '*.hpp')

GET = bnn-pynq cifar10

.PHONY: setup build $(GET) campaign check lint tidy format sanitize fuzz bench clean
all: build

# apt-get runs only if a package is missing and no other provides it.
setup:
	@missing=$$(dpkg-query -W -f='$${db:Status-Status} $${Package} $${Provides}\n' 2>/dev/null \
	  | awk '$$1=="installed"{$$1=""; gsub(",", ""); gsub(/\([^)]*\)/, ""); print}' | tr -s ' ' '\n' \
	  | sort -u | comm -13 - packages.txt); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
	fi

$(BUILD)/build.ninja: | setup
	cmake -S . -B $(BUILD) $(CMAKE_FLAGS)

build: setup $(BUILD)/build.ninja
	cmake --build $(BUILD) -j $(JOBS)

campaign: build
	$(BUILD)/cli/fluence run $(SPEC) --out $(OUT) $(if $(PARAMS),--params $(PARAMS)) $(if $(IMAGES),--images $(IMAGES))
	$(BUILD)/cli/fluence report $(OUT)
	@echo "Figures, worst trials and everything else: open $(abspath $(OUT))/report.html"

# ctest's summary is the last thing that a check prints.
check: lint sanitize build
	@[ -n "$$FLUENCE_DATA" ] || [ -d ../shared/data ] || \
	  echo "no reference data at FLUENCE_DATA or ../shared/data: tests on it are skipped"
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure

# Published parameters and images into data/, checksums checked.
$(GET): setup
	scripts/get-data $@

lint: setup
	clang-format --dry-run -Werror $(SOURCES)

# Some minutes.
tidy: build
	run-clang-tidy -p $(BUILD) -quiet -j $(JOBS) '$(CURDIR)/(network|fault|rtl|sc_models|platform|cli)/.*\.cpp$$'

format: setup
	clang-format -i $(SOURCES)

# One tree, by Clang, for tests under AddressSanitizer and UndefinedBehaviorSanitizer and for the fuzzers.
$(BUILD)/sanitize/build.ninja: | setup
	cmake -S . -B $(@D) $(CMAKE_FLAGS) -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DFLUENCE_SANITIZE=ON

sanitize: setup $(BUILD)/sanitize/build.ninja
	cmake --build $(BUILD)/sanitize -j $(JOBS) --target tests/all
	ctest --test-dir $(BUILD)/sanitize/tests -j $(JOBS) -LE slow -E Packed.ScoresOfAllTestImages --output-on-failure
	tests/fuzz/run $(BUILD)/sanitize $(BUILD)/sanitize/fuzz 3 $(JOBS)

# Corpus, logs and what was found: $(BUILD)/fuzz/corpus, *.log, found.
fuzz: setup $(BUILD)/sanitize/build.ninja
	cmake --build $(BUILD)/sanitize -j $(JOBS) --target fuzz
	tests/fuzz/run $(BUILD)/sanitize $(BUILD)/fuzz $$(awk 'BEGIN { printf "%d", 60 * $(MINUTES) }') $(JOBS)

bench: build
	$(BUILD)/bench/inference_bench
	$(BUILD)/bench/platform_bench
	$(BUILD)/bench/trial_bench

clean:
	rm -rf $(BUILD)
