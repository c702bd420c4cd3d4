// Binary products a second (products x weight planes x activation planes) of the networks of the outside
// data, and of each of their layers, over those of the first shipped network's layer that comes
// nearest: a convolution to a convolution, with about as many columns. One core, the instruction set of
// FLUENCE_ISA; the two take turns.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "bench/section.hpp"
#include "network/packed.hpp"
#include "tests/support/data.hpp"
#include "tests/support/integer_networks.hpp"
#include "tests/support/random_network.hpp"

namespace fluence {
namespace {

constexpr double kSeconds = 0.01;  // of each measurement; the best of kRounds counts
constexpr int kRounds = 3;

double products(const Layer& layer) {
  return static_cast<double>(layer.out_pixels()) * layer.matrix_height() * layer.matrix_width() *
         layer.weight_bits * layer.in_bits;
}

/// Processor seconds that a call takes.
template <typename Call>
double seconds_of(Call call) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    std::int64_t calls = 0;
    double spent = 0;
    const auto start = processor_seconds();
    for (std::int64_t some = 1; spent < kSeconds; some *= 2) {
      for (std::int64_t i = 0; i < some; ++i) {
        call();
      }
      calls += some;
      spent = processor_seconds() - start;
    }
    best = std::min(best, spent / static_cast<double>(calls));
  }
  return best;
}

class Measured {
 public:
  Measured(const Parameters& parameters, const Image& image, Isa isa)
      : network_(parameters, isa), trace_(network_.layout().words()) {
    network_.set_image(image, trace_);
    network_.run_from(0, trace_);
    image_seconds_ = seconds_of([&] { static_cast<void>(network_.run(image)); });
    for (const auto& layer : network_.net().layers) {
      std::vector<std::uint16_t> windows;
      for (int pixel = 0; pixel < layer.out_pixels(); ++pixel) {
        windows.push_back(static_cast<std::uint16_t>(pixel));
      }
      const auto& layout = network_.layout();
      layer_seconds_.push_back(seconds_of([&] {
        network_.compute(layer.index, trace_.data() + layout.input(layer.index).offset,
                         trace_.data() + layout.output(layer.index).offset, windows,
                         PackedNetwork::all_groups(layer));
      }));
    }
  }
  [[nodiscard]] const Topology& net() const { return network_.net(); }
  [[nodiscard]] double seconds(const Layer& layer) const {
    return layer_seconds_.at(static_cast<std::size_t>(layer.index));
  }
  [[nodiscard]] double rate(const Layer& layer) const { return products(layer) / seconds(layer); }
  [[nodiscard]] double image_seconds() const { return image_seconds_; }

 private:
  PackedNetwork network_;
  std::vector<std::uint64_t> trace_;
  std::vector<double> layer_seconds_;
  double image_seconds_ = 0;
};

const Layer& nearest(const Topology& net, const Layer& layer) {
  const auto distance = [&](const Layer& other) {
    return std::abs(std::log(static_cast<double>(other.matrix_width()) / layer.matrix_width())) +
           (other.convolution == layer.convolution ? 0 : 100);
  };
  return *std::ranges::min_element(net.layers, {}, distance);
}

void report(const Measured& measured, const Measured& published) {
  double all = 0;
  double seconds = 0;
  double published_seconds = 0;
  for (const auto& layer : measured.net().layers) {
    const auto& other = nearest(published.net(), layer);
    fmt::print("  layer {}: {} x {} columns, {} x {} planes, {} pixels{:>24.3g}/s  {:.2f} of layer {}\n",
               layer.index, layer.matrix_height(), layer.matrix_width(), layer.weight_bits,
               layer.in_bits, layer.out_pixels(), measured.rate(layer),
               measured.rate(layer) / published.rate(other), other.index);
    all += products(layer);
    seconds += measured.seconds(layer);
    published_seconds += products(layer) / published.rate(other);
  }
  fmt::print(
      "{}: {:.3g} binary products/s, {:.2f} of those of {}; {:.0f} images/s with pools and inputs\n",
      measured.net().name, all / seconds, published_seconds / seconds, published.net().name,
      1 / measured.image_seconds());
  std::fflush(stdout);
}

void run(Isa isa, const std::vector<std::string>& names) {
  fmt::print("\n{}\n", to_string(isa));
  const auto& net = all_topologies().front();
  const auto parameters = test::random_parameters(net, 1);
  for (const auto& name : names) {
    const auto network = test::integer_network(name, 1);
    const Measured published(parameters, test::random_image(1), isa);
    report({network.parameters(), network.images.front(), isa}, published);
  }
}

}  // namespace
}  // namespace fluence

int main(int argc, char** argv) {
  if (fluence::test::data_dir().empty()) {
    fmt::print("the outside data of the tests is not there: nothing to measure\n");
    return 1;
  }
  const std::vector<std::string> names(argv + 1, argv + argc);
  fluence::run(fluence::default_isa(), names.empty() ? fluence::test::integer_networks() : names);
}
