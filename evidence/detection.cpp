#include "evidence/detection.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.hpp"
#include "codec/codec.hpp"
#include "fault/fault.hpp"

namespace fluence {
namespace {

constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

}  // namespace

std::string_view to_string(SafetyClass of) {
  switch (of) {
    case SafetyClass::fault_free: return "fault-free";
    case SafetyClass::no_effect: return "no effect";
    case SafetyClass::safe: return "safe";
    case SafetyClass::latent: return "latent";
    case SafetyClass::detected: return "dangerous detected";
    case SafetyClass::undetected: break;
  }
  return "dangerous undetected";
}

Detection::Detection(const ScenarioTally& tally, const Topology& net, const DetectionPoints& points,
                     const RunClock& clock)
    : tally_(&tally), net_(&net), points_(&points), clock_(clock) {
  if (!in_cycles() && (tally.time == "cycle" || points.limit)) {
    throw InputError(points.limit ? "there is a limit in cycles, and nobody knows its images' cycles"
                                  : "nobody knows in which cycles its images are finished");
  }
  for (int images = 1; images <= tally.images; ++images) {
    lengths_.push_back(in_cycles() ? clock_.run_length(images) : static_cast<std::uint64_t>(images));
  }
}

std::int64_t Detection::next_reload(std::int64_t image) const {
  return FaultCase{0, tally_->images, {}, tally_->reload}.next_reload(image);
}

// Faults and reloads between images part a run: the pipeline runs empty there and starts anew.
std::vector<std::uint64_t> Detection::finish_times(std::span<const StoredUpset> upsets) const {
  std::set<std::int64_t> parts{0};
  for (const auto& upset : upsets) {
    if (upset.fault.before_image) {
      parts.insert(*upset.fault.before_image);
      if (upset.fault.duration && std::cmp_less(upset.fault.end(), tally_->images)) {
        parts.insert(static_cast<std::int64_t>(upset.fault.end()));
      }
    }
  }
  for (auto at = next_reload(0); at < tally_->images; at = next_reload(at)) {
    parts.insert(at);
  }
  std::vector<std::uint64_t> times;
  std::uint64_t begin = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    if (i > 0 && parts.contains(static_cast<std::int64_t>(i))) {
      begin = times.back();
      first = i;
    }
    times.push_back(begin + lengths_[i - first]);
  }
  return times;
}

// Whether it is still there when the run ends. What is not known counts as there.
bool Detection::is_present(const StoredUpset& upset) const {
  const auto& fault = upset.fault;
  const bool ends = fault.cycle ? in_cycles() && fault.end() < lengths_.back()
                                : std::cmp_less(fault.end(), tally_->images);
  if (fault.kind == FaultKind::intermittent) {
    return !ends;
  }
  if (is_parameter(fault.site.space)) {  // nothing but the host and a repairing decoder writes there
    if (fault.before_image && next_reload(*fault.before_image) < tally_->images) {
      return false;
    }
    return upset.fate != Fate::corrected || !codec_of(*net_, fault.site).repairs();
  }
  if (is_stuck(fault.kind) && !ends) {
    return true;
  }
  return upset.fate != Fate::read && upset.fate != Fate::overwritten;
}

ClassedTrial Detection::operator()(const StoredTrial& trial, std::span<const StoredUpset> upsets) const {
  const auto& outcomes = trial.outcomes;
  const int images = tally_->images;
  const int done = images - outcomes.hang;
  if (outcomes.critical > 0 && trial.critical_set.empty()) {
    throw InputError("its results are of a version that does not say which images were critical");
  }
  for (const auto& upset : upsets) {
    if (const auto& before = upset.fault.before_image; before && (*before < 0 || *before >= images)) {
      throw InputError("it has an upset before an image that is not there");
    }
  }
  const auto finish = finish_times(upsets);
  // The end of the images before one.
  const auto begin = [&](std::int64_t image) {
    return image <= 0 ? 0 : finish[static_cast<std::size_t>(std::min<std::int64_t>(image, images)) - 1];
  };
  const auto begin_of = [&](const Fault& fault) {
    return fault.cycle ? *fault.cycle : begin(*fault.before_image);
  };
  std::uint64_t first_fault = kNever;
  for (const auto& upset : upsets) {
    first_fault = std::min(first_fault, begin_of(upset.fault));
  }
  const int first = static_cast<int>(std::ranges::upper_bound(finish, first_fault) - finish.begin());
  const bool effect = outcomes.tolerable + outcomes.critical + outcomes.hang > 0;

  std::uint64_t time = kNever;  // when something is first noticed,
  int protects = images;        // and the first image that is not used then
  const auto see = [&](std::uint64_t at, int image) {
    time = std::min(time, at);
    protects = std::min(protects, image);
  };
  const auto& points = *points_;
  for (const auto& upset : upsets) {
    const auto& fault = upset.fault;
    if (points.codec && upset.fate == Fate::detected && fault.before_image) {
      const auto image = static_cast<int>(*fault.before_image);
      see(finish[static_cast<std::size_t>(image)], image);
    }
    if (points.read_back == 0 || !is_parameter(fault.site.space) || net_->is_protected()) {
      continue;  // a host may see what the decoder makes of protected words
    }
    // Of a stuck bit only an effect says that it does not hold what was there.
    if (is_stuck(fault.kind) && !(effect && upsets.size() == 1)) {
      continue;
    }
    for (int next = points.read_back; next <= done; next += points.read_back) {
      const auto now = begin(next);
      const bool over =
          (fault.kind == FaultKind::intermittent &&
           (fault.cycle ? now >= fault.end() : std::cmp_less_equal(fault.end(), next - 1))) ||
          (fault.before_image && next_reload(*fault.before_image) <= next);
      const bool begun = fault.cycle ? now >= *fault.cycle : *fault.before_image < next;
      if (begun && !over) {
        see(now, next);
        break;
      }
    }
  }
  if (points.scores && outcomes.implausible > 0) {
    for (int i = 0; i < done; ++i) {
      if (contains(trial.implausible_set, static_cast<std::size_t>(i))) {
        see(finish[static_cast<std::size_t>(i)], i);
        break;
      }
    }
  }
  const bool given_up = points.watchdog && outcomes.hang > 0;
  std::uint64_t noticed = time;  // also by who waits for the run's end
  if (given_up && in_cycles()) {
    int part = 0;  // first image of the run that hangs
    for (const auto& upset : upsets) {
      const auto before = upset.fault.before_image.value_or(0);
      part = before <= done ? std::max(part, static_cast<int>(before)) : part;
    }
    noticed = std::min(noticed, begin(part) + clock_.hangs_after(images - part));
  }
  const bool in_time =
      points.limit && noticed != kNever && noticed - std::min(noticed, first_fault) <= *points.limit;
  ClassedTrial classed;
  classed.of.assign(static_cast<std::size_t>(images), SafetyClass::no_effect);
  const bool latent = !effect && time == kNever &&
                      std::ranges::any_of(upsets, [&](const auto& upset) { return is_present(upset); });
  int dangerous = 0;
  for (int i = 0; i < images; ++i) {
    auto& of = classed.of[static_cast<std::size_t>(i)];
    if (i >= done ||
        (!trial.critical_set.empty() && contains(trial.critical_set, static_cast<std::size_t>(i)))) {
      const bool seen = i >= protects || in_time || (i >= done && given_up && !points.limit);
      of = seen ? SafetyClass::detected : SafetyClass::undetected;
      ++dangerous;
    } else if (i < first) {
      of = SafetyClass::fault_free;
    } else if (latent) {
      of = SafetyClass::latent;
    }
    ++classed.images[static_cast<std::size_t>(of)];
  }
  // Images before the first fault are masked, so that tolerable ones are among the others.
  classed.images[static_cast<std::size_t>(SafetyClass::no_effect)] -= outcomes.tolerable;
  classed.images[static_cast<std::size_t>(SafetyClass::safe)] += outcomes.tolerable;
  if (classed.images[static_cast<std::size_t>(SafetyClass::no_effect)] < 0) {
    throw InputError("it counts other images than its sets of images hold");
  }
  if (dangerous > 0 && noticed != kNever) {
    classed.latency = noticed - std::min(noticed, first_fault);
  }
  return classed;
}

}  // namespace fluence
