// Neighbouring words of a parameter memory that its codec stores together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fault/fault.hpp"
#include "network/parameters.hpp"
#include "rtl/fate.hpp"

namespace fluence {

/// What is stored of a group, as faults leave it. `word` counts the group's words.
class StoredGroup {
 public:
  /// That of a site in weights or thresholds, as it is stored if the datapath is given `values`, whose
  /// network must outlive it.
  StoredGroup(const Parameters& values, const Site& site);

  [[nodiscard]] const Codec& codec() const { return *codec_; }
  [[nodiscard]] std::size_t words() const { return words_; }
  /// The site of the first bit of a word, in a copy.
  [[nodiscard]] Site site(std::size_t word, int copy = 0) const;
  /// Of the content of one of its stored words the limb that holds the site's bit.
  [[nodiscard]] std::uint64_t stored(const Site& site) const { return stored_.at(place(site)); }
  /// Applies a flip in it.
  void hit(const Fault& fault, Semantics semantics);
  /// Inverts what a flip in the memory's register, which holds the words of a group side by side, shows
  /// inverted of this group.
  void invert(const Fault& in_register);

  /// An access of the datapath: what it finds and, for flips since the last access, their fate. A codec
  /// that repairs has repaired then.
  struct Access {
    AccessStatus status{};
    Fate fate{};
  };
  Access access();
  /// What the datapath was given of a word at the last access, in limbs.
  [[nodiscard]] std::vector<std::uint64_t> given(std::size_t word) const;

 private:
  [[nodiscard]] std::size_t place(const Site& site) const;

  const Layer* layer_;
  const Codec* codec_;
  Site first_;
  int bits_;  ///< of a value
  std::size_t words_;
  std::vector<std::uint64_t> given_;   ///< [word][limb]
  std::vector<std::uint64_t> stored_;  ///< [copy][word][limb]
};

}  // namespace fluence
