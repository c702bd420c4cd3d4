#include "fault/held_bits.hpp"

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace fluence {

HeldBits::HeldBits(const FaultCase& trial, const SiteMap& sites) {
  for (const auto& fault : trial.faults) {
    if (fault.kind == FaultKind::flip) {
      continue;
    }
    any_stuck_ = any_stuck_ || is_stuck(fault.kind);
    auto site = fault.site;
    for (const int bit : flipped_bits(fault, sites.array_of(site).bits, Semantics::physical)) {
      site.bit = bit;
      spans_[site].push_back({fault.begin(), fault.end(), is_stuck(fault.kind)});
    }
  }
  for (auto& [site, spans] : spans_) {
    std::ranges::sort(spans, {}, &Span::begin);
    const auto overlap = std::ranges::adjacent_find(
        spans, [](const Span& first, const Span& next) { return next.begin < first.end; });
    if (overlap != spans.end()) {
      throw InputError("two faults of case " + std::to_string(trial.id) + " hold bit " +
                       std::to_string(site.bit) + " of one word of " +
                       std::string(to_string(site.space)) + " of layer " + std::to_string(site.layer) +
                       " at one time: leave one of them out, or let one end before the other begins");
    }
  }
}

bool HeldBits::stuck(const Site& site, std::uint64_t time) const {
  const auto it = spans_.find(site);
  return it != spans_.end() && std::ranges::any_of(it->second, [&](const Span& span) {
           return span.stuck && span.begin <= time && time < span.end;
         });
}

}  // namespace fluence
