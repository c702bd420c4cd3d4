// Upsets that hardwares of a network have in common.
#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "base/poisson.hpp"
#include "base/random.hpp"
#include "fault/draw.hpp"

namespace fluence {
namespace {

// Of the bits of one number in a copy, by what they are called and not by where they are counted.
std::uint64_t stream_of(const StateArray& array, int copy, int bit) {
  std::uint64_t stream = static_cast<std::uint64_t>(array.space);
  for (const auto& [number, bits] :
       {std::pair{array.layer, 12}, {array.first_module, 20}, {copy, 4}, {bit, 20}}) {
    assert(number < 1 << bits);
    stream = (stream << bits) + static_cast<std::uint64_t>(number);
  }
  return stream;
}

}  // namespace

FaultCase Drawer::draw_common(std::uint64_t seed, std::uint64_t scenario, std::uint64_t trial) const {
  struct Upset {
    std::uint64_t time = 0;
    std::vector<Fault> faults;
  };
  std::vector<Upset> upsets;
  std::unordered_set<std::uint64_t> taken;
  for (const auto& array : sites_->arrays()) {
    const double mean = upsets_a_word(array);
    const auto words = array.bit_count() / static_cast<std::uint64_t>(array.copies * array.bits);
    for (int copy = 0; mean > 0 && copy < array.copies; ++copy) {
      for (int bit = 0; bit < array.bits; ++bit) {
        TrialRandom random(seed, scenario, trial, stream_of(array, copy, bit));
        const auto draw_place = [&](TrialRandom& numbers) {
          const auto word = static_cast<std::uint64_t>(copy) * words + numbers.below(words);
          return sites_->site(array.address + word * static_cast<std::uint64_t>(array.bits) +
                              static_cast<std::uint64_t>(bit));
        };
        for (auto n = poisson(mean * static_cast<double>(words), random); n > 0; --n) {
          const auto time = plan_.from_start ? 0 : random.below(time_span());
          auto faults = draw_fault(fault_at(time), random, taken, draw_place);
          if (faults.empty()) {
            break;
          }
          upsets.push_back({time, std::move(faults)});
        }
      }
    }
  }
  std::ranges::stable_sort(upsets, {}, &Upset::time);
  FaultCase drawn{static_cast<std::int64_t>(trial), plan_.images, {}, plan_.reload};
  for (const auto& upset : upsets) {
    std::ranges::copy(upset.faults, std::back_inserter(drawn.faults));
  }
  return drawn;
}

// Upsets of one bit of a word in a trial on average, 0 if its array is not drawn from.
double Drawer::upsets_a_word(const StateArray& array) const {
  const bool chosen = std::ranges::any_of(
      segments_, [&](const Segment& s) { return s.space == array.space && s.layer == array.layer; });
  const auto space = std::ranges::find(plan_.spaces, array.space) - plan_.spaces.begin();
  return chosen ? plan_.upsets_a_bit[static_cast<std::size_t>(space)] : 0;
}

}  // namespace fluence
