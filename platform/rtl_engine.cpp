#include "platform/rtl_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "network/cycle_model.hpp"
#include "network/error.hpp"
#include "platform/platform.hpp"

namespace fluence {
namespace {

// A run that takes a quarter longer than predicted, and this many cycles, hangs.
constexpr std::uint64_t kSlackCycles = 50'000;
constexpr int kPredictedImages = 3;

bool is_parameter(Space space) { return space == Space::weights || space == Space::thresholds; }

std::string name_of(std::size_t index, const FaultCase& trial) {
  return "fault " + std::to_string(index) + " of case " + std::to_string(trial.id);
}

class RtlEngine final : public Engine {
 public:
  RtlEngine(const Parameters& parameters, const ImageSet& images)
      : parameters_(parameters),
        images_(images),
        prediction_(predict_cycles(dataflow(*parameters.net), kPredictedImages)),
        platform_("board", *parameters.net, options_) {}

  TrialResult run(const FaultCase& trial, Semantics semantics) override;

 private:
  struct Flip {
    std::uint64_t address;
    std::uint64_t mask;  ///< bit k is the site at address + k
  };
  void check(const FaultCase& trial, Semantics semantics) const;
  [[nodiscard]] Flip flip_of(const Fault& fault, Semantics semantics) const;
  void apply_between_images(const Fault& fault, Semantics semantics);
  void run_images(int first, int last, TrialResult& result);
  [[nodiscard]] std::uint64_t watchdog(int images) const;

  Parameters parameters_;
  ImageSet images_;
  CyclePrediction prediction_;
  PlatformOptions options_;
  Platform platform_;
};

void RtlEngine::check(const FaultCase& trial, Semantics semantics) const {
  if (trial.images < 1 || trial.images > images_.size()) {
    throw InputError("case " + std::to_string(trial.id) + " runs " + std::to_string(trial.images) +
                     " images: use 1 to " + std::to_string(images_.size()) + ", or give more images");
  }
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    static_cast<void>(platform_.sites().array_of(fault.site));  // throws if there is none
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

RtlEngine::Flip RtlEngine::flip_of(const Fault& fault, Semantics semantics) const {
  const auto bits = flipped_bits(fault, platform_.sites().array_of(fault.site).bits, semantics);
  auto site = fault.site;
  site.bit = bits.front();
  std::uint64_t mask = 0;
  for (const int bit : bits) {
    mask |= std::uint64_t{1} << (bit - site.bit);
  }
  return {platform_.sites().address(site), mask};
}

void RtlEngine::apply_between_images(const Fault& fault, Semantics semantics) {
  const auto flip = flip_of(fault, semantics);
  if (semantics == Semantics::physical) {
    platform_.flip_now(flip.address, flip.mask);
    return;
  }
  const auto first = platform_.sites().site(flip.address).bit;
  platform_.write_word(fault.site, platform_.read_word(fault.site) ^ flip.mask << first);
}

std::uint64_t RtlEngine::watchdog(int images) const {
  const auto last = static_cast<std::size_t>(std::min(images, kPredictedImages)) - 1;
  const auto predicted = static_cast<double>(prediction_.image_done[last]) +
                         std::max(0, images - kPredictedImages) * prediction_.steady_state();
  return static_cast<std::uint64_t>(1.25 * predicted) + kSlackCycles;
}

void RtlEngine::run_images(int first, int last, TrialResult& result) {
  if (first == last) {
    return;
  }
  auto report = platform_.run(first, last - first, watchdog(last - first));
  std::ranges::copy(report.scores, result.scores.begin() + static_cast<std::ptrdiff_t>(first) * kScores);
  result.images_done += report.images_done;
  result.cycles += report.cycles;
  result.hang = std::move(report.hang);
}

TrialResult RtlEngine::run(const FaultCase& trial, Semantics semantics) {
  check(trial, semantics);
  platform_.reset();
  platform_.load_through_debug(parameters_);
  platform_.place_images(images_, trial.images);
  TrialResult result;
  result.scores.resize(static_cast<std::size_t>(trial.images) * kScores);

  auto faults = trial.faults;
  std::ranges::stable_sort(faults, {}, [](const Fault& f) { return f.before_image.value_or(0); });
  int image = 0;
  for (const auto& fault : faults) {
    if (fault.cycle) {
      const auto flip = flip_of(fault, semantics);
      platform_.flip_at(*fault.cycle, flip.address, flip.mask);
      continue;
    }
    const auto next = static_cast<int>(*fault.before_image);
    run_images(image, next, result);
    if (!result.hang.empty()) {
      return result;
    }
    image = next;
    apply_between_images(fault, semantics);
  }
  run_images(image, trial.images, result);
  if (result.hang.empty()) {
    check_cycles(trial, result.cycles);
  }
  return result;
}

}  // namespace

std::unique_ptr<Engine> make_rtl_engine(const Parameters& parameters, const ImageSet& images) {
  static bool made = false;
  if (std::exchange(made, true)) {
    throw std::logic_error("a process can have only one rtl engine");
  }
  return std::make_unique<RtlEngine>(parameters, images);
}

}  // namespace fluence
