#!/bin/sh
# left_out_test.sh CMAKE SOURCE GENERATOR
set -eu
cmake=$1 source=$2 generator=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# configure WITHOUT [FLAG...]: its output in $dir/log, its targets in $dir/targets.
configure() {
  without=$1
  shift
  rm -rf "$dir/build"
  "$cmake" -S "$source" -B "$dir/build" -G "$generator" "-DFLUENCE_WITHOUT=$without" "$@" > "$dir/log" 2>&1 || return 1
  "$cmake" --build "$dir/build" --target help | sed 's/^\.\.\. //; s/:.*//' > "$dir/targets"
}
expect() { grep -qx "$1" "$dir/targets" || { echo "without $without: no target $1"; exit 1; }; }
expect_not() { if grep -qx "$1" "$dir/targets"; then echo "without $without: target $1"; exit 1; fi; }
says() { grep -qF "$1" "$dir/log" || { echo "without $without: not said: $1"; cat "$dir/log"; exit 1; }; }

configure systemc
says 'left out: the SystemC models: needs systemc (libsystemc-dev)'
says 'left out: the command: needs fluence::session, fluence::trace'
expect_not fluence_sc_models
for target in fluence_rtl_model fluence_study cosim_test fault_test inference_bench; do expect $target; done

configure 'r;chromium;gtkwave;benchmark'
for target in analysis_test cli_test trace_test inference_bench; do expect_not $target; done
for target in fluence fluence_platform platform_test fluence_firmware; do expect $target; done

configure 'python_onnx;pybind11'
says "left out: tests of these files by ONNX's own checker: needs python_onnx (python3-onnx)"
says 'left out: the Python module: needs pybind11 (pybind11-dev)'
expect_not onnx_checker_test
expect_not fluence_python
for target in fluence network_test parameter_file_test; do expect $target; done

configure 'systemc;unicorn;verilator;zlib;libelf;arm_compiler;nodejs;googletest;benchmark;r;chromium;gtkwave'
for target in fluence_campaign fluence_attack fluence-rtlgen fluence_sw; do expect $target; done
for target in fluence_analysis fluence_platform fluence fault_test; do expect_not $target; done

if configure nodejs -DFLUENCE_ALL=ON; then echo "FLUENCE_ALL left something out"; exit 1; fi
says 'statistics and reports: needs nodejs (nodejs)'
