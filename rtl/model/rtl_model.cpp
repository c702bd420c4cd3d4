#include "rtl/model/rtl_model.hpp"

#include <stdexcept>

#include "rtl/model/networks.hpp"

namespace fluence {
namespace {

[[noreturn]] void throw_missing(const Topology& net) {
  throw std::logic_error("no Verilated model of " + net.name +
                         ": add it to rtl/model/networks.hpp and NETS");
}

}  // namespace

std::unique_ptr<RtlModel> RtlModel::create(const Topology& net, AxiMemory& memory) {
#define FL_CASE(network)                      \
  if (net.name == #network) {                 \
    return make_model_##network(net, memory); \
  }
  FL_NETWORKS(FL_CASE)
#undef FL_CASE
  throw_missing(net);
}

std::string_view RtlModel::digest(const Topology& net) {
#define FL_CASE(network)           \
  if (net.name == #network) {      \
    return rtl_digest_##network(); \
  }
  FL_NETWORKS(FL_CASE)
#undef FL_CASE
  throw_missing(net);
}

}  // namespace fluence
