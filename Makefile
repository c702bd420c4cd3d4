# Fluence: set-up, build, campaign, check. On a fresh Debian 12 each target does all that it needs.
#
#   make campaign   build and run a campaign, print its tables, draw its figures: OUT/report.html
#   make package    build a package for Debian, which needs none of this to run: BUILD/package/*.deb
#   make check      build and run every test, many of them under sanitizers, too, and the fuzzers for seconds
#   make fuzz       MINUTES=n: throw damaged files at every reader, n minutes each
#
BUILD ?= build
JOBS  ?= $(shell nproc)
# The user's own: PARAMS=DIR IMAGES=FILE; else the embedded models and images. Of these names and of SPEC
# and OUT no character is special, not even a dollar sign.
PARAMS ?=
IMAGES ?=
SPEC  ?= campaigns/first-light.toml
OUT   ?=
# The network whose complete map is a part of the report, on MAP_IMAGES images; empty: none.
MAP   ?= $(if $(filter file,$(origin SPEC)),$(firstword $(NAMED)))
MAP_IMAGES ?= 200
MINUTES ?= 1
SHELL := /bin/bash
SUDO  := $(if $(filter 0,$(shell id -u)),,sudo)
# Sources of a target are compiled several at a time, which from nothing is much faster; OFF: each by itself.
UNITY ?= ON
CMAKE_FLAGS := -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_UNITY_BUILD=$(UNITY)
SOURCES = $(shell git ls-files '*.cpp' '*.hpp')

GET = bnn-pynq cifar10

# A variable's text as it was given, as one word of the shell.
quoted = '$(subst ','\'',$(value $(1)))'
RESULTS := $(if $(value OUT),$(value OUT),$(shell spec=$(call quoted,SPEC); name=$$(basename -- "$$spec"); printf %s "results/$${name%.*}"))

.PHONY: setup setup-package setup-check build command package $(GET) campaign check lint tidy format sanitize fuzz bench clean
all: build

# Installs the packages of the lists $(1). apt-get runs only if one is missing and no other provides it.
define install
@missing=$$(dpkg-query -W -f='$${db:Status-Status} $${Package} $${Provides}\n' 2>/dev/null \
  | awk '$$1=="installed"{$$1=""; gsub(",", ""); gsub(/\([^)]*\)/, ""); print}' | tr -s ' ' '\n' \
  | LC_ALL=C sort -u | LC_ALL=C comm -13 - <(LC_ALL=C sort $(1))); \
if [ -n "$$missing" ]; then \
  echo "installing:" $$missing; \
  $(SUDO) apt-get update -qq && \
  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; \
fi
endef

# What building and running needs, and what the package and checks need beside it.
setup:
	$(call install,packages.txt)
setup-package:
	$(call install,packages.txt packages-package.txt)
setup-check:
	$(call install,packages.txt packages-package.txt packages-check.txt)

build: configure
	cmake --build $(BUILD) -j $(JOBS)

.PHONY: configure
configure: setup-check
	cmake -S . -B $(BUILD) $(CMAKE_FLAGS) -DFLUENCE_ALL=ON -DFLUENCE_ISAS=all -DFLUENCE_PROFILE=ON

# The shipped networks that the campaign's file names.
NETS  := $(patsubst networks/%.hardware.json,%,$(wildcard networks/*.hardware.json))
NAMED  = $(shell for net in $(NETS); do grep -qwF -- $$net $(call quoted,SPEC) && echo $$net; done)
# Those in parts that simulate, or ask at which cycle a word is read: no others need a simulated accelerator.
hash  := \#
MODELS = $(shell parts=$$(awk '{ sub(/$(hash).*/, "") } /^ *\[\[/ { part++ } { text[part] = text[part] $$0 "\n" } \
  END { for (part in text) if (text[part] ~ /[^a-z](rtl|cycle)[^a-z]/) print text[part] }' <$(call quoted,SPEC)); \
  for net in $(NETS); do grep -qwF -- $$net <<<"$$parts" && echo $$net; done)

# The command alone, and no more than it and the campaign need. A new build folder is for this machine's processor, and without
# profiles: one makes an accelerator faster, but compiles it twice, which pays back from some thousand images.
NEW = $(if $(wildcard $(BUILD)/CMakeCache.txt),,new)
command: setup
	@echo '== building the command, and the simulated accelerators of: $(MODELS)'
	cmake -S . -B $(BUILD) $(CMAKE_FLAGS) -DFLUENCE_ALL=OFF $(if $(NEW),-DFLUENCE_ISAS=native) \
	  $(if $(PROFILE)$(NEW),-DFLUENCE_PROFILE=$(or $(PROFILE),OFF))
	cmake --build $(BUILD) -j $(JOBS) --target fluence $(MODELS:%=fluence_model_%)

INPUTS = $(if $(value PARAMS),--params $(call quoted,PARAMS)) $(if $(value IMAGES),--images $(call quoted,IMAGES))

campaign: command
	@echo '== running the campaign'
	$(BUILD)/cli/fluence run --out $(call quoted,RESULTS) $(INPUTS) -- $(call quoted,SPEC)
	$(if $(MAP),@echo '== mapping every parameter bit of $(MAP) on $(MAP_IMAGES) images')
	$(if $(MAP),$(BUILD)/cli/fluence map --network '$(MAP)' --count $(MAP_IMAGES) $(INPUTS) --out $(call quoted,RESULTS)/map >/dev/null \
	  && $(BUILD)/cli/fluence report -- $(call quoted,RESULTS)/map >/dev/null)
	@echo '== the report'
	$(BUILD)/cli/fluence report -- $(call quoted,RESULTS)
	@results=$(call quoted,RESULTS); case "$$results" in /*) ;; *) results=$$(pwd)/$$results ;; esac; \
	printf 'Figures, worst trials and everything else: open %s/report.html\n' "$$results"

# Compiled for any processor. The campaign's models are in it, so that its first run needs no compiler.
PACKAGE = $(BUILD)/package
package: setup-package
	cmake -S . -B $(PACKAGE) $(CMAKE_FLAGS) -DFLUENCE_ALL=OFF -DFLUENCE_NATIVE=OFF
	cmake --build $(PACKAGE) -j $(JOBS) --target package_contents $(MODELS:%=fluence_model_%)
	cpack --config $(PACKAGE)/CPackConfig.cmake -B $(PACKAGE)

# ctest's summary is the last thing that a check prints.
check: lint sanitize build
	@[ -n "$$FLUENCE_DATA" ] || [ -d ../shared/data ] || \
	  echo "no reference data at FLUENCE_DATA or ../shared/data: tests on it are skipped"
	ctest --test-dir $(BUILD) -j $(JOBS) --output-on-failure

# Published parameters and images into data/, checksums checked.
$(GET): setup
	scripts/get-data $@

lint: setup-check
	clang-format --dry-run -Werror $(SOURCES)

# Some minutes. By the compile commands of a tree that is configured, not built, for they name each source by itself.
tidy: build
	cmake -S . -B $(BUILD)/tidy $(CMAKE_FLAGS) -DCMAKE_UNITY_BUILD=OFF -DFLUENCE_VERILATED=$(abspath $(BUILD))/verilated -DFLUENCE_ALL=ON
	run-clang-tidy -p $(BUILD)/tidy -quiet -j $(JOBS) '$(CURDIR)/(base|network|fault|campaign|attack|analysis|study|rtl|sc_models|platform|trace|session|cli|python)/.*\.cpp$$'

format: setup-check
	clang-format -i $(SOURCES)

# One tree, by Clang, for tests under AddressSanitizer and UndefinedBehaviorSanitizer and for the fuzzers. What
# Verilator makes of the accelerators is the plain build's.
$(BUILD)/sanitize/build.ninja: | configure
	cmake --build $(BUILD) -j $(JOBS) --target verilated
	cmake -S . -B $(@D) $(CMAKE_FLAGS) -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DFLUENCE_SANITIZE=ON \
	  -DFLUENCE_VERILATED=$(abspath $(BUILD))/verilated -DFLUENCE_ALL=ON

# Not under sanitizers: comparisons of the engines whose time goes into the RTL, which has none; those of the small networks are. Many images
# through large networks, of which others have few. And a cancelled run's exception on SystemC's stack (docs/robustness.md).
LONG = Packed.ScoresOfAllTestImages|GoldenBoards|GivesEveryScoreOfTheData/finn_cnv|IsCancelledWithinAnImage|UpsetsInLateImages|HeldFaultsInControl|(UpsetsInData|HeldFaults).*cnv

sanitize: configure $(BUILD)/sanitize/build.ninja
	cmake --build $(BUILD) -j $(JOBS) --target verilated
	cmake --build $(BUILD)/sanitize -j $(JOBS) --target tests/all
	ctest --test-dir $(BUILD)/sanitize/tests -j $(JOBS) -LE slow -E '$(LONG)' --output-on-failure
	tests/fuzz/run $(BUILD)/sanitize $(BUILD)/sanitize/fuzz 3 $(JOBS)

# Corpus, logs and what was found: $(BUILD)/fuzz/corpus, *.log, found.
fuzz: setup-check $(BUILD)/sanitize/build.ninja
	cmake --build $(BUILD)/sanitize -j $(JOBS) --target fuzz
	tests/fuzz/run $(BUILD)/sanitize $(BUILD)/fuzz $$(awk 'BEGIN { printf "%d", 60 * $(MINUTES) }') $(JOBS)

bench: build
	$(BUILD)/bench/inference_bench
	$(BUILD)/bench/platform_bench
	$(BUILD)/bench/trial_bench
	FLUENCE=$(BUILD)/cli/fluence bench/page_bench.mjs

clean:
	rm -rf $(BUILD)
