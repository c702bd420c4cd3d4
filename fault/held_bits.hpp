// Which bits a trial's faults hold, and when.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "fault/fault.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// The bits of the faults that go on for a while: stuck and intermittent ones.
class HeldBits {
 public:
  HeldBits() = default;
  /// All sites must exist. Throws InputError naming the case if two faults hold one bit at one time.
  HeldBits(const FaultCase& trial, const SiteMap& sites);

  /// Whether there are stuck bits at all.
  [[nodiscard]] bool any_stuck() const { return any_stuck_; }
  /// Whether the site is stuck at a time, a cycle or an image: a flip of it then changes nothing.
  [[nodiscard]] bool stuck(const Site& site, std::uint64_t time) const;

 private:
  struct Span {
    std::uint64_t begin = 0, end = 0;
    bool stuck = false;
  };
  std::map<Site, std::vector<Span>> spans_;  ///< in order of time
  bool any_stuck_ = false;
};

}  // namespace fluence
