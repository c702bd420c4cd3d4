// What a fault does to the content of a parameter memory.
#pragma once

#include <cstdint>

#include "fault/fault.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// What the accelerator returns when its host reads a parameter word (register doInit = 2): weights
/// zero-extended, thresholds sign-extended. Of a layer-0 threshold it is the integer part, truncated
/// toward zero; the 8 fraction bits are lost.
std::uint64_t host_read(const Parameters& parameters, const Site& site);

/// Applies a fault in the space weights or thresholds whose site exists. physical: inverts the stored
/// bits. source, shipped: leaves what the host's read, XOR and write-back leave, which for a layer-0
/// threshold is not the same.
void apply_fault(Parameters& parameters, const Fault& fault, Semantics semantics);

}  // namespace fluence
