// RTL cycles a second: the Verilated model alone and inside the SystemC platform, in one run, so that
// their ratio says what platform, bus and host cost.
//
//   platform_bench [--network=NAME] [Google Benchmark's flags]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "bench/section.hpp"
#include "fluence/accel_regs.h"
#include "platform/platform.hpp"

namespace fluence {
namespace {

constexpr int kImages = 10;
double bare_rate = 0;  // of the model alone, cycles a second of processor time

class ZeroMemory final : public AxiMemory {
 public:
  Reply read(std::uint64_t /*address*/, std::span<std::uint64_t> words) override {
    std::ranges::fill(words, 0);
    return {};
  }
  Reply write(std::uint64_t /*address*/, std::span<const std::uint64_t> /*words*/) override {
    return {};
  }
};

void set_counters(benchmark::State& state, double cycles) {
  state.counters["cycles/s"] = benchmark::Counter(cycles, benchmark::Counter::kIsRate);
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kImages), benchmark::Counter::kIsRate);
}

void bare_model(benchmark::State& state, const Topology& net) {
  ZeroMemory memory;
  const auto model = RtlModel::create(net, memory);
  bool ok = false;
  model->write_register(FL_ACCEL_NUM_REPS, kImages, ok);
  double cycles = 0;
  const double begin = processor_seconds();
  for (auto _ : state) {
    model->write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START, ok);
    while (model->busy()) {
      model->step(1'000'000);
    }
    cycles += static_cast<double>(model->run_length());
  }
  set_counters(state, cycles);
  bare_rate = cycles / (processor_seconds() - begin);
}

void platform(benchmark::State& state, const Topology& net) {
  static Platform board("board", net, {});  // SystemC elaborates once a process
  board.place_images(ImageSet(std::vector<Image>(kImages)), kImages);
  double cycles = 0;
  const double begin = processor_seconds();
  for (auto _ : state) {
    cycles += static_cast<double>(board.run(0, kImages, 100'000'000).cycles);
  }
  const double rate = cycles / (processor_seconds() - begin);
  set_counters(state, cycles);
  state.counters["of bare model"] = bare_rate > 0 ? rate / bare_rate : 0;
}

}  // namespace
}  // namespace fluence

int main(int argc, char** argv) try {
  std::string_view network = fluence::all_topologies().front().name;
  constexpr std::string_view kFlag = "--network=";
  std::vector<char*> rest;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with(kFlag)) {
      network = word.substr(kFlag.size());
    } else {
      rest.push_back(argv[i]);
    }
  }
  const auto& net = fluence::topology(network);
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) {
    return 2;
  }
  benchmark::RegisterBenchmark(("bare_model/" + net.name).c_str(), fluence::bare_model, std::cref(net));
  benchmark::RegisterBenchmark(("platform/" + net.name).c_str(), fluence::platform, std::cref(net));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
} catch (const fluence::InputError& e) {
  std::cerr << "platform_bench: " << e.what() << "\n";
  return 2;
}
