#include "import/import.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.hpp"
#include "network/network_file.hpp"
#include "network/parameter_file.hpp"

namespace fluence::importing {

Imported::Imported(const std::filesystem::path& model, const ImportOptions& options)
    : graph_(std::make_unique<Graph>(read_graph(model))),
      network_(std::make_unique<IntegerNetwork>(lowered(*graph_, name_for(model), options.input))) {
  fold(*network_, options.folding);
  build();
}

Imported::Imported(Graph graph, const std::string& name, const FoldingTexts& folding,
                   const std::optional<GivenInput>& input)
    : graph_(std::make_unique<Graph>(std::move(graph))),
      network_(std::make_unique<IntegerNetwork>(lowered(*graph_, name, input))) {
  fold(*network_, folding);
  build();
}

void Imported::build() {
  auto& net = network_->net;
  const auto& input = network_->input;
  net.image_numbers = input.numbers.format;
  if (!input.thresholds.empty()) {
    net.input.thresholds = static_cast<int>(input.thresholds.front().size());
    net.input.per_channel = input.thresholds.size() > 1;
  }
  for (const auto& unit : network_->units) {
    net.layers.push_back(unit.layer);
  }
  auto& first = net.layers.front();
  first.in_bits = input.format.bits;
  first.in_unsigned = input.format.is_unsigned;
  // A narrow type's lowest number is never drawn, but can be.
  first.in_least = input.thresholds.empty() ? net.image_numbers.least() : input.least;
  try {
    require_computable(net);
  } catch (const InputError& e) {
    throw InputError(graph_->file + ": " + e.what());
  }
  parameters_ = network_->parameters();
}

std::map<std::string, std::string> Imported::files() const {
  const auto& net = network_->net;
  return {{net.network + std::string(kNetworkEnd), network_text(net)},
          {net.name + std::string(kHardwareEnd), hardware_text(net)},
          {net.network + std::string(kParameterFileSuffix), parameter_file(parameters_)},
          {net.network + std::string(kImageNumbersEnd), network_->input.numbers.text()}};
}

std::string name_for(const std::filesystem::path& model) {
  auto name = model.stem().string();
  for (auto& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') {
      c = '_';
    }
  }
  const auto& shipped = all_topologies();
  const bool taken = std::ranges::any_of(
      shipped, [&](const Topology& net) { return net.name == name || net.network == name; });
  return name.empty() ? "network" : name + (taken ? "-imported" : "");
}

}  // namespace fluence::importing
