#include "fault/fast_engine.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "fault/parameter_fault.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

/// The output channel that a weight or threshold word belongs to.
int channel_of(const Layer& layer, const Site& site) {
  const int fold = site.space == Space::weights ? site.index / layer.synapse_folds() : site.index;
  return fold * layer.pe + site.module;
}

}  // namespace

FastEngine::FastEngine(Parameters parameters, ImageSet images, std::size_t cache_bytes)
    : golden_(std::move(parameters)),
      images_(std::move(images)),
      sites_(*golden_.net),
      golden_net_(golden_),
      traces_(std::min(cache_bytes / (golden_net_.layout().words() * sizeof(std::uint64_t)),
                       static_cast<std::size_t>(images_.size()))),
      faulted_(golden_),
      faulted_net_(golden_net_),
      changed_(golden_.net->layers.size()),
      incremental_(golden_net_.layout()) {}

void FastEngine::check(const FaultCase& trial) const {
  const auto name = "case " + std::to_string(trial.id);
  if (trial.images < 1 || trial.images > images_.size()) {
    throw InputError(name + " runs " + std::to_string(trial.images) + " images and the image set has " +
                     std::to_string(images_.size()) + ": give more images or lower `images`");
  }
  for (const auto& fault : trial.faults) {
    const auto space = fault.site.space;
    if (!fault.before_image || (space != Space::weights && space != Space::thresholds)) {
      throw InputError(name + " has a fault in " + std::string(to_string(space)) + " timed by " +
                       (fault.before_image ? "image" : "cycle") +
                       ", and the fast engine knows only weights and thresholds timed by image: use "
                       "--engine rtl");
    }
    if (*fault.before_image < 0 || *fault.before_image >= trial.images) {
      throw InputError(name + " has a fault with `before_image` " + std::to_string(*fault.before_image) +
                       " in a run of images 0 to " + std::to_string(trial.images - 1) +
                       ": choose one of these");
    }
    static_cast<void>(sites_.array_of(fault.site));
  }
}

TrialResult FastEngine::run(const FaultCase& trial, Semantics semantics) {
  check(trial);
  auto faults = trial.faults;
  std::ranges::stable_sort(faults, {}, [](const Fault& fault) { return *fault.before_image; });
  TrialResult result;
  result.scores.reserve(static_cast<std::size_t>(trial.images) * kScores);
  auto next = faults.begin();
  for (int image = 0; image < trial.images; ++image) {
    for (; next != faults.end() && *next->before_image == image; ++next) {
      inject(*next, semantics);
    }
    const auto golden = golden_trace(image);
    const auto scores = faulted_sites_.empty() ? golden_net_.scores(golden)
                                               : incremental_.run(faulted_net_, golden, changed_);
    result.scores.insert(result.scores.end(), scores.begin(), scores.end());
  }
  restore();
  result.images_done = trial.images;
  return result;
}

void FastEngine::inject(const Fault& fault, Semantics semantics) {
  const auto& site = fault.site;
  faulted_sites_.push_back(site);
  const int group = channel_of(golden_.net->layer(site.layer), site) / 8;
  changed_[static_cast<std::size_t>(site.layer)] |= std::uint64_t{1} << group;
  apply_fault(faulted_, fault, semantics);
  load_word(site, faulted_);
}

void FastEngine::restore() {
  for (const auto& site : faulted_sites_) {
    if (site.space == Space::weights) {
      faulted_.weight(site.layer, site.module, site.index) =
          golden_.weight(site.layer, site.module, site.index);
    } else {
      faulted_.threshold(site.layer, site.module, site.index, site.thresh) =
          golden_.threshold(site.layer, site.module, site.index, site.thresh);
    }
    load_word(site, golden_);
  }
  faulted_sites_.clear();
  std::ranges::fill(changed_, 0);
}

void FastEngine::load_word(const Site& site, const Parameters& from) {
  if (site.space == Space::weights) {
    faulted_net_.set_weight(site.layer, site.module, site.index,
                            from.weight(site.layer, site.module, site.index));
  } else {
    faulted_net_.set_threshold(site.layer, site.module, site.index, site.thresh,
                               from.threshold(site.layer, site.module, site.index, site.thresh));
  }
}

std::span<const std::uint64_t> FastEngine::golden_trace(int image) {
  const auto at = static_cast<std::size_t>(image);
  const bool keep = at < traces_.size();
  auto& trace = keep ? traces_[at] : uncached_trace_;
  if (!keep || trace.empty()) {
    trace.resize(golden_net_.layout().words());
    PackedNetwork::set_image(images_[image], trace);
    golden_net_.run_from(0, trace);
  }
  return trace;
}

}  // namespace fluence
