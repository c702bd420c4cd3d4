// What a host makes of an accelerator's scores: sums of products with what is added to them, and a
// class.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

class Decider {
 public:
  /// Of scores of which the first `classes` are those of classes: the highest from class 0 and score 0
  /// on, which is what the published networks' host does.
  Decider(int classes = 1)  // NOLINT(google-explicit-constructor): a number of classes says all there is
      : classes_(static_cast<std::size_t>(classes)) {}
  /// Later changes of the parameters have no effect; the network must outlive it.
  explicit Decider(const Parameters& parameters);

  [[nodiscard]] int classes() const { return static_cast<int>(classes_); }
  /// Whether the class is that of the highest score, so that a margin to the second one is one.
  [[nodiscard]] bool by_highest() const;

  /// Whether classes have an order: the class is that of the highest of `values`, of equal ones the
  /// first.
  [[nodiscard]] bool ranks() const;
  /// What the classes are compared by, exactly; where no score below 0 counts, those are 0. Of a
  /// decision that ranks.
  [[nodiscard]] std::vector<double> values(std::span<const Score> scores) const;

  /// Scores of an image as a graph gives them: sums of products, also where the hardware counts equal
  /// bits, with the host's offsets; without biases that are no whole sums.
  [[nodiscard]] std::vector<std::int64_t> sums(std::span<const Score> scores) const;
  /// The class, by the network's decision. `scores`: of the classes at least.
  [[nodiscard]] int operator()(std::span<const Score> scores) const;

 private:
  const Topology* net_ = nullptr;  ///< nothing: decided from zero
  std::size_t classes_;
  std::vector<std::int32_t> offsets_;
  std::vector<double> factors_, biases_;
};

/// The class of an image.
inline int classify(std::span<const Score> scores, const Decider& decider) { return decider(scores); }

}  // namespace fluence
