#include "fault/fault.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>
#include <string>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "fault/held_bits.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, 3> kSemanticsNames = {"physical", "source", "shipped"};
constexpr std::array<std::string_view, 4> kKindNames = {"flip", "stuck0", "stuck1", "intermittent"};

std::string name_of(std::size_t index, const FaultCase& trial) {
  return "fault " + std::to_string(index) + " of case " + std::to_string(trial.id);
}

void check_time(std::size_t index, const FaultCase& trial, Semantics semantics) {
  const auto& fault = trial.faults[index];
  if (fault.before_image.has_value() == fault.cycle.has_value()) {
    throw InputError(name_of(index, trial) + " needs one time: give either before_image or cycle");
  }
  if (fault.cycle.has_value() != trial.faults.front().cycle.has_value()) {
    throw InputError("case " + std::to_string(trial.id) +
                     " mixes times by image and by cycle: use one of them for all its faults");
  }
  if (fault.cycle && semantics != Semantics::physical) {
    throw InputError(name_of(index, trial) +
                     " is timed by cycle, which the board's host cannot do: use "
                     "--semantics physical or give before_image");
  }
  if (fault.before_image && (*fault.before_image < 0 || *fault.before_image >= trial.images)) {
    throw InputError(name_of(index, trial) + " comes before image " +
                     std::to_string(*fault.before_image) + ": use 0 to " +
                     std::to_string(trial.images - 1));
  }
}

void check_kind(std::size_t index, const FaultCase& trial, Semantics semantics) {
  const auto& fault = trial.faults[index];
  const auto name = name_of(index, trial);
  const std::string kind(to_string(fault.kind));
  if (fault.kind == FaultKind::flip) {
    if (fault.duration) {
      throw InputError(name + " is a flip, which has no duration: leave it out, or give another kind");
    }
    return;
  }
  if (fault.duration == std::uint64_t{0} || (fault.kind == FaultKind::intermittent && !fault.duration)) {
    throw InputError(name + " of kind " + kind + " lasts no time: give a duration of 1 or more");
  }
  // The host can write over a stuck bit; that what it writes is read inverted for a while is nothing
  // that the RTL has a place for.
  if (semantics == Semantics::shipped ||
      (semantics == Semantics::source && fault.kind == FaultKind::intermittent)) {
    throw InputError(name + " is of kind " + kind + ", which semantics " +
                     std::string(to_string(semantics)) + " does not know: use --semantics physical");
  }
}

void check_reload(std::size_t i, const FaultCase& trial) {
  const auto& fault = trial.faults[i];
  if (trial.reload > 0 && (fault.cycle || fault.kind != FaultKind::flip)) {
    throw InputError(name_of(i, trial) + (fault.cycle ? " is at a cycle" : " holds bits") +
                     ", and the host that reloads parameters between images is known for flips between "
                     "images: leave 'reload' out, or time it by image as a flip");
  }
}

// The library of October 2019 goes on to the next image after one fault.
void check_shipped(const FaultCase& trial) {
  std::set<std::int64_t> images;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto image = *trial.faults[i].before_image;
    if (!images.insert(image).second) {
      throw InputError(name_of(i, trial) + " is the second one before image " + std::to_string(image) +
                       ", and the shipped library does one at most: use --semantics source or another "
                       "image");
    }
  }
}

}  // namespace

std::string_view to_string(FaultKind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

FaultKind fault_kind_from_string(std::string_view name) {
  const auto it = std::ranges::find(kKindNames, name);
  if (it == kKindNames.end()) {
    throw InputError("unknown kind of fault '" + std::string(name) +
                     "': use one of flip, stuck0, stuck1, intermittent");
  }
  return static_cast<FaultKind>(it - kKindNames.begin());
}

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

std::vector<int> flipped_bits(const Fault& fault, int word_bits, Semantics semantics) {
  const int bit = fault.site.bit;
  assert(is_word_size(fault.word_size));
  assert(bit >= 0 && bit < word_bits);
  const bool aligned = fault.word_size == 1 || semantics != Semantics::shipped;
  const int first = aligned ? bit / fault.word_size * fault.word_size : bit;
  std::vector<int> bits;
  const int end = std::min(word_bits, (bit / kWordBits + 1) * kWordBits);
  for (int b = first; b < std::min(first + fault.word_size, end); ++b) {
    bits.push_back(b);
  }
  return bits;
}

std::uint64_t flipped_mask(const Fault& fault, int word_bits, Semantics semantics) {
  std::uint64_t mask = 0;
  for (const int bit : flipped_bits(fault, word_bits, semantics)) {
    mask |= std::uint64_t{1} << (bit % kWordBits);
  }
  return mask;
}

const Codec& codec_of(const Topology& net, const Site& site) {
  const auto& layer = net.layer(site.layer);
  if (site.space == Space::read) {
    return codec_of(net, memory_of(layer, site));
  }
  return site.space == Space::weights      ? *layer.weight_codec
         : site.space == Space::thresholds ? *layer.threshold_codec
                                           : plain_codec();
}

bool in_cell(const Topology& net, const Site& site) {
  const auto& layer = net.layer(site.layer);
  return site.space == Space::weights      ? layer.weights_in_cells()
         : site.space == Space::thresholds ? layer.thresholds_in_cells()
                                           : site.space == Space::read;
}

std::string stored_by(const Topology& net, const Site& site) {
  const auto& codec = codec_of(net, site);
  return std::string(to_string(site.space)) + " of layer " + std::to_string(site.layer) + " of " +
         net.name + (is_plain(codec) ? ", read synchronously" : ", stored by " + codec.name());
}

void check_trial(const FaultCase& trial, Semantics semantics, const SiteMap& sites, int images) {
  if (trial.images < 1 || trial.images > images) {
    throw InputError("case " + std::to_string(trial.id) + " runs " + std::to_string(trial.images) +
                     " images: use 1 to " + std::to_string(images) + ", or give more images");
  }
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    static_cast<void>(sites.array_of(fault.site));  // throws if there is none
    check_time(i, trial, semantics);
    check_kind(i, trial, semantics);
    check_reload(i, trial);
    if (semantics != Semantics::physical && !is_parameter(fault.site.space)) {
      throw InputError(name_of(i, trial) + " is in " + std::string(to_string(fault.site.space)) +
                       ", which the board's host cannot reach: use --semantics physical");
    }
    if (semantics != Semantics::physical && !codec_of(sites.net(), fault.site).host_sees_stored()) {
      throw InputError(name_of(i, trial) + " is in " + stored_by(sites.net(), fault.site) +
                       ", of which the board's host sees no stored bits: use --semantics physical");
    }
    if (fault.kind != FaultKind::flip && in_cell(sites.net(), fault.site)) {
      throw InputError(name_of(i, trial) + " holds bits of " + stored_by(sites.net(), fault.site) +
                       ", which no engine evaluates yet: use flips, or a memory without codec that is "
                       "read asynchronously");
    }
    if (!is_word_size(fault.word_size)) {
      throw InputError(name_of(i, trial) + " has word_size " + std::to_string(fault.word_size) +
                       ": use 1, 8 or 64");
    }
    if (semantics == Semantics::shipped && fault.word_size == kWholeWord) {
      throw InputError(name_of(i, trial) +
                       " has word_size 64, and the shipped library knows 1 and 8: "
                       "use --semantics source");
    }
  }
  if (semantics == Semantics::shipped) {
    check_shipped(trial);
  }
  static_cast<void>(HeldBits(trial, sites));  // throws if two faults hold one bit
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
