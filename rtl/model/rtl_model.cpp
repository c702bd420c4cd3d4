#include "rtl/model/rtl_model.hpp"

#include <stdexcept>

#include "rtl/model/networks.hpp"

namespace fluence {

std::unique_ptr<RtlModel> RtlModel::create(const Topology& net, AxiMemory& memory) {
#define FL_CASE(network)                      \
  if (net.name == #network) {                 \
    return make_model_##network(net, memory); \
  }
  FL_NETWORKS(FL_CASE)
#undef FL_CASE
  throw std::logic_error("no Verilated model of " + net.name +
                         ": add it to rtl/model/networks.hpp and NETS");
}

}  // namespace fluence
