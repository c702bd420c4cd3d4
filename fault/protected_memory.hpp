// Parameter memories that store their words by a codec, as a trial's faults leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "fault/fault.hpp"
#include "network/parameters.hpp"
#include "rtl/fate.hpp"

namespace fluence {

/// What is stored in the groups that faults have hit. Faults come between images, and an image accesses
/// every word.
class ProtectedMemory {
 public:
  /// The value that the datapath is given of the word of a site from an image on.
  using Take = std::function<void(const Site& site, std::uint64_t value)>;

  /// Applies a trial's fault number `number` before the next image. The site exists; `values` are what
  /// the datapath was given so far.
  void hit(std::size_t number, const Fault& fault, Semantics semantics, const Parameters& values);
  /// What is stored, bits 0 up.
  std::uint64_t stored(const Site& site, const Parameters& values);
  /// The first accesses of an image after some faults: sets the fates of these and gives the words of
  /// the groups that they hit, bits 0 up. A codec that repairs has repaired them then.
  void access(std::vector<Fate>& fates, const Take& take);
  /// Forgets all faults.
  void clear();

 private:
  struct Group {
    const Codec* codec = nullptr;
    int bits = 0;                       ///< of a value
    std::vector<std::uint64_t> stored;  ///< [copy][word]
    std::vector<std::uint64_t> given;   ///< [word] at the last access
    std::vector<std::size_t> faults{};  ///< since then

    [[nodiscard]] std::uint64_t& word(const Site& site) {
      const auto copy = static_cast<std::size_t>(site.copy) * given.size();
      return stored[copy + static_cast<std::size_t>(site.index % codec->words())];
    }
  };
  /// That of a site; a new one holds what is stored of `values`.
  Group& group_of(const Site& site, const Parameters& values);

  std::map<Site, Group> groups_;  ///< by the first bit of the group's first word
};

}  // namespace fluence
