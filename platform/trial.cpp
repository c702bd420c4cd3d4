#include "platform/trial.hpp"

#include <string>

#include "network/error.hpp"
#include "platform/memory_map.hpp"

namespace fluence {
namespace {

bool is_parameter(Space space) { return space == Space::weights || space == Space::thresholds; }

std::string name_of(std::size_t index, const FaultCase& trial) {
  return "fault " + std::to_string(index) + " of case " + std::to_string(trial.id);
}

}  // namespace

void check_trial(const FaultCase& trial, Semantics semantics, const SiteMap& sites, int images) {
  if (trial.images < 1 || trial.images > images) {
    throw InputError("case " + std::to_string(trial.id) + " runs " + std::to_string(trial.images) +
                     " images: use 1 to " + std::to_string(images) + ", or give more images");
  }
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    static_cast<void>(sites.array_of(fault.site));  // throws if there is none
    if (fault.before_image.has_value() == fault.cycle.has_value()) {
      throw InputError(name_of(i, trial) + " needs one time: give either before_image or cycle");
    }
    if (fault.cycle.has_value() != trial.faults.front().cycle.has_value()) {
      throw InputError("case " + std::to_string(trial.id) +
                       " mixes times by image and by cycle: use one of them for all its faults");
    }
    if (fault.cycle && semantics != Semantics::physical) {
      throw InputError(name_of(i, trial) +
                       " is timed by cycle, which the board's host cannot do: use "
                       "--semantics physical or give before_image");
    }
    if (fault.before_image && (*fault.before_image < 0 || *fault.before_image >= trial.images)) {
      throw InputError(name_of(i, trial) + " comes before image " + std::to_string(*fault.before_image) +
                       ": use 0 to " + std::to_string(trial.images - 1));
    }
    if (semantics != Semantics::physical && !is_parameter(fault.site.space)) {
      throw InputError(name_of(i, trial) + " is in " + std::string(to_string(fault.site.space)) +
                       ", which the board's host cannot reach: use --semantics physical");
    }
    if (fault.word_size != 1 && fault.word_size != 8) {
      throw InputError(name_of(i, trial) + " has word_size " + std::to_string(fault.word_size) +
                       ": use 1 or 8");
    }
  }
}

void check_images_fit(int count) {
  if (count > kMostImages) {
    throw InputError(std::to_string(count) + " images do not fit in the platform's memory: use " +
                     std::to_string(kMostImages) + " or fewer");
  }
}

Flip flip_of(const Fault& fault, Semantics semantics, const SiteMap& sites) {
  const auto bits = flipped_bits(fault, sites.array_of(fault.site).bits, semantics);
  auto site = fault.site;
  site.bit = bits.front();
  std::uint64_t mask = 0;
  for (const int bit : bits) {
    mask |= std::uint64_t{1} << (bit - site.bit);
  }
  return {sites.address(site), mask};
}

}  // namespace fluence
