// Images a second on one core: the clear inference, and the bit-packed one with every instruction set of
// this machine. `x_reference` is the ratio of the two, measured in the same run.
//
// Parameters and images are random: which values flow does not change what is computed.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <ctime>
#include <map>
#include <string>

#include "network/packed.hpp"
#include "network/reference.hpp"
#include "tests/support/random_network.hpp"

namespace fluence {
namespace {

std::map<std::string, double> reference_rates;  ///< [network] images a second, once measured

/// Times `run` on an image. Returns images a second, which are also a counter.
template <typename Run>
double measure(benchmark::State& state, const Topology& net, Run run) {
  const auto image = test::random_image(1, net.image());
  const auto start = std::clock();  // processor time: other processes must not count
  std::int64_t images = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(run(image));
    ++images;
  }
  const auto seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(images), benchmark::Counter::kIsRate);
  return static_cast<double>(images) / seconds;
}

void run_reference(benchmark::State& state, const Topology& net) {
  const ReferenceNetwork network(test::random_parameters(net, 1));
  reference_rates[net.name] =
      measure(state, net, [&](const Image& image) { return network.run(image); });
}

void run_packed(benchmark::State& state, const Topology& net, Isa isa) {
  const PackedNetwork network(test::random_parameters(net, 1), isa);
  const auto rate = measure(state, net, [&](const Image& image) { return network.run(image); });
  if (const auto it = reference_rates.find(net.name); it != reference_rates.end()) {
    state.counters["x_reference"] = rate / it->second;
  }
}

}  // namespace
}  // namespace fluence

int main(int argc, char** argv) {
  for (const auto& net : fluence::all_topologies()) {
    const auto add = [&](const std::string& name, auto function) {
      benchmark::RegisterBenchmark((net.name + "/" + name).c_str(), function)
          ->Unit(benchmark::kMicrosecond);
    };
    add("reference", [&net](benchmark::State& state) { fluence::run_reference(state, net); });
    for (const auto isa : fluence::available_isas()) {
      add(std::string("packed_") + std::string(fluence::to_string(isa)),
          [&net, isa](benchmark::State& state) { fluence::run_packed(state, net, isa); });
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
