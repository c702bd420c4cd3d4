// What a trial's upsets did to its images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "campaign/outcome_rule.hpp"
#include "fault/engine.hpp"
#include "network/decision.hpp"
#include "network/images.hpp"

namespace fluence {

/// Counts of images; masked + tolerable + critical + hang is the number of images.
struct Outcomes {
  int correct = 0;    ///< class equals the label
  int masked = 0;     ///< all scores equal the fault-free ones
  int tolerable = 0;  ///< scores differ, not critical
  int critical = 0;   ///< by the rule; without one the class differs
  int hang = 0;       ///< never finished
  /// Digest over number and scores of each image that is not masked: with the fault-free scores it
  /// stands for all scores. 16 hex digits.
  std::string digest;
  int implausible = 0;  ///< finished images with scores that the rule's host does not take for plausible
  bool operator==(const Outcomes&) const = default;
};

/// Sets of a trial's images: image i is bit i % 8 of byte i / 8.
struct ImageSets {
  std::string correct;        ///< class equals the label
  std::string critical;       ///< as counted
  std::string implausible{};  ///< likewise; empty if the rule says nothing of scores
};

/// The bytes that a set of so many images has.
inline std::size_t set_size(int images) { return (static_cast<std::size_t>(images) + 7) / 8; }
inline void insert(std::string& set, std::size_t image) {
  set[image / 8] = static_cast<char>(static_cast<unsigned char>(set[image / 8]) | 1U << (image % 8));
}
inline bool contains(std::string_view set, std::size_t image) {
  return (static_cast<unsigned char>(set[image / 8]) >> (image % 8) & 1U) != 0;
}

/// Adds scores to a digest that results keep: of each the two bytes of 16 bits, least significant first
/// on every machine.
void add_scores(std::span<const Score> scores, Digest& digest);

/// `fault_free`: at least [images][scores]; `labels`: at least [images]; `decider`, `scores`: see
/// Engine. The number of images is that of `result.scores`. `sets`: set to which images these were.
/// `rule`: resolved for the classes of `decider`. This is the one place that tells outcomes apart.
Outcomes compare(const TrialResult& result, std::span<const Score> fault_free,
                 std::span<const std::uint8_t> labels, const Decider& decider, int scores,
                 ImageSets* sets = nullptr, const OutcomeRule& rule = {});

}  // namespace fluence
