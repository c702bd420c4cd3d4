// The Verilated models of this build, each defined by one compilation of verilated_model.cpp.
#pragma once

#include <memory>
#include <string_view>

#include "rtl/model/rtl_model.hpp"

namespace fluence {

struct VerilatedNetwork {
  std::string_view name;      ///< of the hardware in networks/
  std::string_view hardware;  ///< hardware_digest() of what it was made of
  std::string_view rtl;       ///< rtl_digest() of what it is
  std::unique_ptr<RtlModel> (*make)(const Topology&, AxiMemory&);
};

}  // namespace fluence
