// The bits that two accelerators store, parameters apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"
#include "trace/timeline.hpp"
#include "trace/trace.hpp"

namespace fluence {

class StateComparison {
 public:
  /// The models must outlive the object.
  StateComparison(const SiteMap& sites, const RtlProbes& fault_free, const RtlProbes& faulty);

  /// Compares both as they are in this cycle. Returns whether they are alike.
  bool sample(std::uint64_t cycle);
  /// The bins begin at this cycle.
  void set_begin(std::uint64_t begin) { begin_ = begin; }

  /// What was found, by layer with bins up to the cycle `end`,
  [[nodiscard]] std::vector<LayerTrace> layers(std::uint64_t end);
  /// and by variable, of those that ever differed, in the order in which they did.
  [[nodiscard]] std::vector<ArrayTrace> arrays() const;
  /// Cycles of a bin.
  [[nodiscard]] std::uint64_t bin_cycles() const { return bins_.width(); }

 private:
  struct Pair {
    std::span<const std::byte> fault_free, faulty;
    std::size_t layer = 0;
    ArrayTrace trace{};  ///< most == 0: never differed
  };
  std::vector<Pair> pairs_;
  std::vector<LayerTrace> layers_;
  std::vector<std::uint32_t> bits_;  ///< [layer] of the present cycle
  Timeline bins_;
  std::uint64_t begin_ = 0;
};

/// Bits in which two stretches of the same length differ.
std::uint32_t differing_bits(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace fluence
