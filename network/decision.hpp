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
  /// Later changes of the parameters have no effect; the network must outlive it.
  explicit Decider(const Parameters& parameters);

  /// Scores of an image as a graph gives them: sums of products, also where the hardware counts equal
  /// bits, with the host's offsets.
  [[nodiscard]] std::vector<std::int64_t> sums(std::span<const Score> scores) const;
  /// The class, by the network's decision.
  [[nodiscard]] int operator()(std::span<const Score> scores) const;

 private:
  const Topology* net_;
  std::size_t classes_;
  std::vector<std::int32_t> offsets_;
  std::vector<double> factors_;
};

}  // namespace fluence
