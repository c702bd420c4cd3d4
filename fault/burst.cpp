#include "fault/burst.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace fluence {
namespace {

// A memory of words side by side in blocks of `width` bits, each in rows of `interleave` words: bit b of
// all of them, then bit b + 1.
class Memory {
 public:
  Memory(const StateArray& array, const MemoryLayout& layout)
      : words_(array.words),
        bits_(array.bits),
        width_(layout.width == 0 ? array.bits : layout.width),
        interleave_(layout.interleave) {}

  /// The site that lies where a bit of a shape does, if there is one.
  [[nodiscard]] std::optional<Site> find(const Site& drawn, const BurstBit& bit) const {
    const int block = drawn.bit / width_ * width_;
    const long row = drawn.index / interleave_ + long{bit.row};
    const long column =
        long{drawn.bit - block} * interleave_ + drawn.index % interleave_ + long{bit.column};
    if (row < 0 || column < 0) {
      return std::nullopt;
    }
    const long word = row * interleave_ + column % interleave_;
    const long of_block = column / interleave_;
    if (word >= words_ || of_block >= std::min(width_, bits_ - block)) {
      return std::nullopt;
    }
    auto site = drawn;
    site.index = static_cast<int>(word);
    site.bit = block + static_cast<int>(of_block);
    return site;
  }

 private:
  int words_, bits_, width_, interleave_;
};

constexpr std::array<std::string_view, 3> kExtentNames = {"", "module", "storage"};

std::uint64_t groups_of_word(const StateArray& array) {
  return static_cast<std::uint64_t>((array.bits + kWholeWord - 1) / kWholeWord);
}

}  // namespace

std::string_view to_string(Extent extent) { return kExtentNames.at(static_cast<std::size_t>(extent)); }

Extent extent_from_string(std::string_view name) {
  const auto it = std::ranges::find(kExtentNames, name);
  if (name.empty() || it == kExtentNames.end()) {
    throw InputError("'" + std::string(name) + "' is no part of a memory: use module or storage");
  }
  return static_cast<Extent>(it - kExtentNames.begin());
}

std::uint64_t group_count(const StateArray& array, Extent extent) {
  const int modules = extent == Extent::storage ? array.modules : 1;
  return static_cast<std::uint64_t>(modules) * static_cast<std::uint64_t>(array.words) *
         static_cast<std::uint64_t>(array.threshes) * groups_of_word(array);
}

std::vector<Fault> whole_faults(Fault drawn, Extent extent, const SiteMap& sites) {
  const auto& array = sites.array_of(drawn.site);
  const bool storage = extent == Extent::storage;
  const int first = storage ? array.first_module : drawn.site.module;
  const int last = storage ? first + array.modules : first + 1;
  std::vector<Fault> faults;
  drawn.word_size = kWholeWord;
  auto& site = drawn.site;
  for (site.module = first; site.module < last; ++site.module) {
    for (site.index = 0; site.index < array.words; ++site.index) {
      for (site.thresh = 0; site.thresh < array.threshes; ++site.thresh) {
        for (site.bit = 0; site.bit < array.bits; site.bit += kWholeWord) {
          faults.push_back(drawn);
        }
      }
    }
  }
  return faults;
}

std::vector<BurstShape> burst_in_row(int bits) {
  BurstShape shape;
  for (int column = 0; column < bits; ++column) {
    shape.bits.push_back({0, column});
  }
  return {shape};
}

std::vector<Site> burst_sites(const std::vector<BurstBit>& bits, const Site& drawn,
                              const SiteMap& sites) {
  const Memory memory(sites.array_of(drawn), sites.net().layout_of(to_string(drawn.space)));
  std::vector<Site> hit;
  for (const auto& bit : bits) {
    if (const auto site = memory.find(drawn, bit)) {
      hit.push_back(*site);
    }
  }
  return hit;
}

}  // namespace fluence
