// The makers of the per-network models, each defined by one compilation of verilated_model.cpp.
#pragma once

#include <memory>
#include <string_view>

#include "rtl/model/rtl_model.hpp"

// The one list of networks that the build Verilates; rtl_model.cpp checks it against the topologies.
#define FL_NETWORKS(X) X(cnvW1A1) X(cnvW1A2) X(cnvW2A2)

namespace fluence {

#define FL_DECLARE(net)                                                    \
  std::unique_ptr<RtlModel> make_model_##net(const Topology&, AxiMemory&); \
  std::string_view rtl_digest_##net();
FL_NETWORKS(FL_DECLARE)
#undef FL_DECLARE

}  // namespace fluence
