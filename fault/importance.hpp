// Importance sampling: how much more often than plainly a draw is to hit a fault.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fault/fault.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// How important single faults in a network's parameters are, each of one stored bit or one aligned
/// group of 8: a whole number, in how many images a complete map found the fault critical.
class Importance {
 public:
  /// `digest`: of what it is made from, 16 hex digits. Faults are of `word_size` bits, 1 or 8, and of
  /// one kind. The network must outlive the object.
  Importance(const Topology& net, std::string digest, int word_size, FaultKind kind);

  /// The faults of a space and layer in the order of sites. Throws InputError if these are not as many
  /// as the network has there.
  void add(Space space, int layer, const std::vector<std::uint32_t>& important);

  [[nodiscard]] const Topology& net() const { return sites_.net(); }
  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] int word_size() const { return word_size_; }
  [[nodiscard]] FaultKind kind() const { return kind_; }

  [[nodiscard]] bool holds(Space space, int layer) const { return sums_.contains({space, layer}); }
  /// Sum over the bits of a space and layer that it holds, each as important as its fault.
  [[nodiscard]] std::uint64_t sum(Space space, int layer) const {
    return sums_.at({space, layer}).back();
  }
  /// Of the fault at a site.
  [[nodiscard]] std::uint64_t of(const Site& site) const;
  /// How many bits the fault at a site has.
  [[nodiscard]] int bits(const Site& site) const;
  /// The bit in whose share of the sum `n` lies, 0 <= n < sum(): so each comes up by its importance.
  [[nodiscard]] Site at(Space space, int layer, std::uint64_t n) const;

 private:
  [[nodiscard]] std::size_t number(const StateArray& array, const Site& site) const;
  [[nodiscard]] int groups(const StateArray& array) const {
    return (array.bits + word_size_ - 1) / word_size_;
  }

  SiteMap sites_;
  std::string digest_;
  int word_size_;
  FaultKind kind_;
  /// [fault] sum over the bits of those before it, and the sum of all.
  std::map<std::pair<Space, int>, std::vector<std::uint64_t>> sums_;
};

}  // namespace fluence
