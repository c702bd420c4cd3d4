// What `fluence trace` has to say: one JSON object, and the text that is made of it. docs/trace.md
// describes the keys.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fault/engine.hpp"
#include "fault/fault.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "trace/trace.hpp"

namespace fluence::cli {

/// `fates` of the faults, as far as they are known.
nlohmann::ordered_json trace_data(const TraceResult& result, const FaultCase& trial, Semantics semantics,
                                  const std::vector<Fate>& fates, const Parameters& parameters,
                                  const ImageSet& images);

/// For a terminal.
std::string trace_text(const nlohmann::ordered_json& data);

}  // namespace fluence::cli
