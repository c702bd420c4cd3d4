#include "rtl/model/rtl_model.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "rtl/model/networks.hpp"

namespace fluence {

// One for each hardware in networks/ (rtl/model/CMakeLists.txt).
#define X(net) VerilatedNetwork verilated_##net();
#include "verilated_networks.inc"
#undef X

namespace {

// A name decides nothing: files of the same name may say something else.
const VerilatedNetwork& model_of(const Topology& net) {
  static const std::vector<VerilatedNetwork> models = {
#define X(net) verilated_##net(),
#include "verilated_networks.inc"
#undef X
  };
  const auto digest = hardware_digest(net);
  const auto it = std::ranges::find(models, digest, &VerilatedNetwork::hardware);
  if (it == models.end()) {
    std::string known;
    for (const auto& model : models) {
      known += (known.empty() ? "" : ", ") + std::string(model.name);
    }
    throw InputError("there is no simulated accelerator of " + net.name + " (hardware digest " + digest +
                     ") in this build: use engine fast by image, or the hardware of one of " + known);
  }
  return *it;
}

}  // namespace

std::unique_ptr<RtlModel> RtlModel::create(const Topology& net, AxiMemory& memory) {
  return model_of(net).make(net, memory);
}

std::string_view RtlModel::digest(const Topology& net) { return model_of(net).rtl; }

}  // namespace fluence
