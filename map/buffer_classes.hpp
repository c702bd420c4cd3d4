// Which cycles of a stored bit in a buffer are alike: between two of its accesses an upset has the same
// reads, whenever it comes.
//
// A class is a bit and a span of cycles. All that is read of it belongs to one image; a cycle in no
// class is masked whatever the data, because the next access to the bit overwrites it or there is none.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "fault/lifetimes.hpp"
#include "fault/schedule.hpp"
#include "network/transient.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Run cycles from .. until-1.
struct CycleRange {
  std::uint64_t from = 0, until = 0;
  [[nodiscard]] bool empty() const { return from >= until; }
  [[nodiscard]] std::uint64_t cycles() const { return empty() ? 0 : until - from; }
  bool operator==(const CycleRange&) const = default;
};

class BufferClasses {
 public:
  /// Bits `site.bit` to `site.bit + bits - 1` of a word, each in a class of its own: an upset in the
  /// first of them is `flips`, one in the n-th after it is these with n added to their bits.
  struct WordClass {
    Site site{};
    int bits = 1;
    CycleRange span{};
    std::span<const Transient> flips{};
  };
  using Visit = std::function<void(const WordClass&)>;

  /// The schedule and its topology must outlive the object.
  explicit BufferClasses(const Schedule& schedule);

  /// Calls `visit` for all classes of an array that an image's data are read in, of a run that has that
  /// image: word by word, in the order of sites, the bits of each in order and each one's spans in that
  /// of time. The array must be one of `SiteMap` of the topology, of no parameters and not of `control`.
  void for_each(const StateArray& array, int image, const Visit& visit) const;

 private:
  class Counts;
  /// Cycles in which a stage has come equally far.
  struct Moment {
    CycleRange span{};
    std::int64_t steps = 0, results = 0;
  };
  [[nodiscard]] std::vector<Moment> moments(std::size_t stage, int image) const;
  void stored_in_stage(const StateArray& array, int image, const Visit& visit) const;
  void stored_in_fifo(const StateArray& array, int image, const Visit& visit) const;

  const Schedule* schedule_;
  Dataflow flow_;
  Lifetimes lifetimes_;
};

}  // namespace fluence
