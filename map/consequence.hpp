// What a fault does to one image, and counts of that over many.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "network/decision.hpp"
#include "network/images.hpp"
#include "network/margins.hpp"

namespace fluence {

/// Masked: all scores equal the fault-free ones. Tolerable: the class does. The others are critical,
/// told apart by the label: the fault-free class is right and the faulted one wrong, and so on.
enum class Consequence : std::uint8_t {
  masked,
  tolerable,
  right_to_wrong,
  wrong_to_right,
  wrong_to_wrong,
};

/// Compares scores of one image with the fault-free ones.
class Judge {
 public:
  Judge() = default;
  Judge(const Scores& fault_free, int label, Decider decider)
      : fault_free_(fault_free),
        label_(label),
        decider_(std::move(decider)),
        decision_(classify(fault_free, decider_)) {}

  [[nodiscard]] Consequence operator()(const Scores& scores) const {
    if (scores == fault_free_) {
      return Consequence::masked;
    }
    const int decision = classify(scores, decider_);
    if (decision == decision_) {
      return Consequence::tolerable;
    }
    if (decision_ == label_) {
      return Consequence::right_to_wrong;
    }
    return decision == label_ ? Consequence::wrong_to_right : Consequence::wrong_to_wrong;
  }

  [[nodiscard]] const Scores& fault_free() const { return fault_free_; }
  [[nodiscard]] Margins margins(const Scores& scores) const {
    return margins_of(scores, label_, decider_);
  }

 private:
  Scores fault_free_{};
  int label_ = 0;
  Decider decider_;
  int decision_ = 0;
};

/// What is added up of one fault over a block of images. Of consequences, 16 bits each for tolerable,
/// right to wrong, wrong to right and wrong to wrong, lowest first; what is missing from the number of
/// images is masked. Of margins, what they grow by, as `margins_in` reads it.
using BlockCounts = std::uint64_t;
inline constexpr int kMostBlockImages = 0xffff;
inline constexpr std::size_t kCounted = 4;

inline BlockCounts one_of(Consequence consequence) {
  return consequence == Consequence::masked
             ? 0
             : BlockCounts{1} << (16 * (static_cast<unsigned>(consequence) - 1));
}

/// Lead in the lower bits, correct images above them, both as numbers with a sign: sums of such words
/// are those of sums.
inline constexpr unsigned kLeadBits = 40;

inline BlockCounts growth_of(const Margins& from, const Margins& to) {
  return static_cast<BlockCounts>(to.lead - from.lead) +
         (static_cast<BlockCounts>(to.correct - from.correct) << kLeadBits);
}
inline Margins margins_in(BlockCounts growth) {
  const auto lead = static_cast<std::int64_t>(growth << (64 - kLeadBits)) >> (64 - kLeadBits);
  const auto correct = static_cast<std::int64_t>(growth - static_cast<BlockCounts>(lead)) >> kLeadBits;
  return {lead, static_cast<int>(correct)};
}

/// What a map adds up of every fault.
enum class Counted : std::uint8_t { consequences, margins };

/// What faulted scores of one image add to the counts of their fault.
class Tally {
 public:
  Tally() = default;
  /// Margins: of a network whose class is that of the highest score.
  Tally(Judge judge, Counted counted) : judge_(std::move(judge)), counted_(counted) {
    if (counted == Counted::margins) {
      margins_ = judge_.margins(judge_.fault_free());
    }
  }

  [[nodiscard]] BlockCounts operator()(const Scores& scores) const {
    return counted_ == Counted::consequences ? one_of(judge_(scores))
                                             : growth_of(margins_, judge_.margins(scores));
  }

  [[nodiscard]] const Scores& fault_free() const { return judge_.fault_free(); }

 private:
  Judge judge_;
  Counted counted_ = Counted::consequences;
  Margins margins_;
};

/// The same counts of consequences over any number of images, in that order.
struct MapCounts {
  std::array<std::uint32_t, kCounted> images{};

  void add(BlockCounts block) {
    for (auto& count : images) {
      count += static_cast<std::uint32_t>(block & 0xffff);
      block >>= 16;
    }
  }
  [[nodiscard]] std::uint32_t of(Consequence consequence) const {
    return images[static_cast<std::size_t>(consequence) - 1];
  }
  [[nodiscard]] std::uint32_t tolerable() const { return images[0]; }
  [[nodiscard]] std::uint32_t critical() const { return images[1] + images[2] + images[3]; }
  [[nodiscard]] std::uint32_t masked(std::uint32_t all) const { return all - tolerable() - critical(); }
  bool operator==(const MapCounts&) const = default;
};

}  // namespace fluence
