#include "fault/fault.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "fault/engine.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, 3> kSemanticsNames = {"physical", "source", "shipped"};
constexpr std::array<std::string_view, 4> kFateNames = {"unknown", "never_read", "overwritten", "read"};

}  // namespace

std::string_view to_string(Semantics semantics) {
  return kSemanticsNames.at(static_cast<std::size_t>(semantics));
}

Semantics semantics_from_string(std::string_view name) {
  const auto it = std::ranges::find(kSemanticsNames, name);
  if (it == kSemanticsNames.end()) {
    throw InputError("unknown semantics '" + std::string(name) +
                     "': use one of physical, source, shipped");
  }
  return static_cast<Semantics>(it - kSemanticsNames.begin());
}

std::string_view to_string(Fate fate) { return kFateNames.at(static_cast<std::size_t>(fate)); }

Fate fate_from_string(std::string_view name) {
  const auto it = std::ranges::find(kFateNames, name);
  if (it == kFateNames.end()) {
    throw InputError("unknown fate '" + std::string(name) +
                     "': use unknown, never_read, overwritten or read");
  }
  return static_cast<Fate>(it - kFateNames.begin());
}

std::vector<int> flipped_bits(const Fault& fault, int word_bits, Semantics semantics) {
  const int bit = fault.site.bit;
  assert(fault.word_size == 1 || fault.word_size == 8);
  assert(bit >= 0 && bit < word_bits);
  const bool aligned = fault.word_size == 1 || semantics != Semantics::shipped;
  const int first = aligned ? bit / fault.word_size * fault.word_size : bit;
  std::vector<int> bits;
  for (int b = first; b < std::min(first + fault.word_size, word_bits); ++b) {
    bits.push_back(b);
  }
  return bits;
}

void check_cycles(const FaultCase& trial, std::uint64_t run_length) {
  for (const auto& fault : trial.faults) {
    if (fault.cycle && *fault.cycle >= run_length) {
      throw InputError("case " + std::to_string(trial.id) + " has a fault in cycle " +
                       std::to_string(*fault.cycle) + ", and its run of " +
                       std::to_string(trial.images) + " images takes " + std::to_string(run_length) +
                       " cycles: choose a cycle below that, or give more images");
    }
  }
}

}  // namespace fluence
