// Prints the networks' shapes and folding, and the embedded classes, as JSON: what train.py builds on.
#include <iostream>
#include <nlohmann/json.hpp>

#include "network/digits.hpp"
#include "network/synthetic.hpp"
#include "network/topology.hpp"

namespace {

nlohmann::json describe(const fluence::Layer& layer) {
  return {{"index", layer.index},
          {"kernel", layer.kernel()},
          {"in_channels", layer.in_channels},
          {"out_channels", layer.out_channels},
          {"simd", layer.simd},
          {"pe", layer.pe},
          {"in_bits", layer.in_bits},
          {"weight_bits", layer.weight_bits},
          {"thresholds", layer.thresholds},
          {"accumulator_bits", layer.accumulator_bits},
          {"xnor", layer.xnor},
          {"out_unsigned", layer.out_unsigned},
          {"pool", layer.pool}};
}

}  // namespace

int main() {
  nlohmann::json json;
  for (const auto& net : fluence::all_topologies()) {
    const auto image = net.image();
    auto& described = json["images"][net.name];
    described = {{"height", image.height},     {"width", image.width},
                 {"channels", image.channels}, {"signs", image.pixel_signs},
                 {"inputs", image.codes()},    {"classes", fluence::kSyntheticClasses}};
    if (fluence::draws_digits(image)) {
      described["classes"] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    }
    for (const auto& layer : net.layers) {
      json["networks"][net.name].push_back(describe(layer));
    }
  }
  std::cout << json.dump(1) << std::endl;
  return std::cout ? 0 : 1;
}
