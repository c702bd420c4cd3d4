// What a trace means, in words.
#pragma once

#include <string>
#include <vector>

#include "fault/engine.hpp"
#include "rtl/sites.hpp"
#include "trace/trace.hpp"

namespace fluence {

/// How far the difference came and what became of it: a few sentences, each for itself. `fates`: of the
/// upsets, as far as they are known.
std::vector<std::string> tell(const TraceResult& result, const SiteMap& sites,
                              const std::vector<Fate>& fates);

}  // namespace fluence
