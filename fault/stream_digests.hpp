// What the streams behind layers and pools carry for one image, as a digest of each.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "network/trace_layout.hpp"
#include "rtl/dataflow.hpp"

namespace fluence {

/// By the names of `named_outputs(flow)`, the digest (base/digest.hpp) of the bytes of all words of a
/// stream, one after the other. `trace`: a complete one of the network.
std::map<std::string, std::uint64_t> stream_digests(const Dataflow& flow, const TraceLayout& layout,
                                                    std::span<const std::uint64_t> trace);

}  // namespace fluence
