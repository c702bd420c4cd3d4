// The memory of the RTL that stores words by a codec.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "codec/codec.hpp"
#include "network/topology.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {

/// Whether the RTL builds it.
bool has_memory_cell(const Codec& codec);

/// Parameters of fl_memory for values of so many bits, their names with a prefix: those in which it
/// differs from a memory that stores words as they are. The RTL must build the codec.
std::vector<std::pair<std::string, ParameterValue>> memory_cell_parameters(const std::string& prefix,
                                                                           const Codec& codec, int bits);

/// Whether accesses to its code words are counted: where an error can be seen, and a repair leaves a
/// trace.
bool counts_accesses(const Codec& codec, int bits);

/// Whether the register targetModule selects copies.
bool has_target_module(const Topology& net);

/// The network with the codecs of whoever calls: a program and its plug-ins have each their own.
Topology with_own_codecs(Topology net);

}  // namespace fluence
