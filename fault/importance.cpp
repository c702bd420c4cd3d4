#include "fault/importance.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "base/error.hpp"

namespace fluence {
namespace {

// Of a fault: what is beyond is scaled down, so that sums over the bits of any network, times the
// weights of spaces, are within 64 bits.
constexpr std::uint32_t kMostImportant = 0xffff;

int group_bits(const StateArray& array, int word_size, int group) {
  return std::min(word_size, array.bits - group * word_size);
}

}  // namespace

Importance::Importance(const Topology& net, std::string digest, int word_size, FaultKind kind)
    : sites_(net), digest_(std::move(digest)), word_size_(word_size), kind_(kind) {
  assert(word_size == 1 || word_size == 8);
}

void Importance::add(Space space, int layer, const std::vector<std::uint32_t>& important) {
  const auto& array = sites_.array_of({space, layer});
  const auto in_word = static_cast<std::size_t>(groups(array));
  if (important.size() != array.bit_count() / static_cast<std::uint64_t>(array.bits) * in_word) {
    throw InputError("the map has " + std::to_string(important.size()) + " faults in " +
                     std::string(to_string(space)) + " of layer " + std::to_string(layer) + " of " +
                     net().name + ", which has others: make the map anew");
  }
  const auto most = important.empty() ? 0 : *std::ranges::max_element(important);
  const auto scale = most / (kMostImportant + 1) + 1;
  auto& sums = sums_[{space, layer}];
  sums.assign(1, 0);
  sums.reserve(important.size() + 1);
  for (std::size_t i = 0; i < important.size(); ++i) {
    const auto bits = group_bits(array, word_size_, static_cast<int>(i % in_word));
    // What is important at all stays so.
    const std::uint64_t scaled = (important[i] + scale - 1) / scale;
    sums.push_back(sums.back() + scaled * static_cast<std::uint64_t>(bits));
  }
}

std::size_t Importance::number(const StateArray& array, const Site& site) const {
  const auto bit = sites_.address(site) - array.address;
  const auto word_bits = static_cast<std::uint64_t>(array.bits);
  return bit / word_bits * static_cast<std::uint64_t>(groups(array)) +
         bit % word_bits / static_cast<std::uint64_t>(word_size_);
}

std::uint64_t Importance::of(const Site& site) const {
  const auto& array = sites_.array_of(site);
  const auto& sums = sums_.at({site.space, site.layer});
  const auto n = number(array, site);
  return (sums[n + 1] - sums[n]) / static_cast<std::uint64_t>(bits(site));
}

int Importance::bits(const Site& site) const {
  return group_bits(sites_.array_of(site), word_size_, site.bit / word_size_);
}

Site Importance::at(Space space, int layer, std::uint64_t n) const {
  const auto& array = sites_.array_of({space, layer});
  const auto& sums = sums_.at({space, layer});
  assert(n < sums.back());
  const auto fault =
      static_cast<std::uint64_t>(std::distance(sums.begin(), std::ranges::upper_bound(sums, n)) - 1);
  const auto in_word = static_cast<std::uint64_t>(groups(array));
  const auto group = static_cast<int>(fault % in_word);
  const auto first = fault / in_word * static_cast<std::uint64_t>(array.bits) +
                     static_cast<std::uint64_t>(group * word_size_);
  const auto bit = (n - sums[fault]) % static_cast<std::uint64_t>(group_bits(array, word_size_, group));
  return sites_.site(array.address + first + bit);
}

}  // namespace fluence
