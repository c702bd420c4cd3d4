#include "platform/rtl_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "network/cycle_model.hpp"
#include "platform/platform.hpp"
#include "platform/trial.hpp"

namespace fluence {
namespace {

constexpr int kPredictedImages = 3;

class RtlEngine final : public Engine {
 public:
  RtlEngine(const Parameters& parameters, const ImageSet& images)
      : parameters_(parameters),
        images_(images),
        prediction_(predict_cycles(dataflow(*parameters.net), kPredictedImages)),
        platform_("board", *parameters.net, options_) {}

  TrialResult run(const FaultCase& trial, Semantics semantics) override;

 private:
  void apply_between_images(const Fault& fault, Semantics semantics);
  void run_images(int first, int last, TrialResult& result);
  [[nodiscard]] std::uint64_t watchdog(int images) const;

  Parameters parameters_;
  ImageSet images_;
  CyclePrediction prediction_;
  PlatformOptions options_;
  Platform platform_;
};

void RtlEngine::apply_between_images(const Fault& fault, Semantics semantics) {
  const auto flip = flip_of(fault, semantics, platform_.sites());
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
  return static_cast<std::uint64_t>(kHangFactor * predicted) + kHangSlack;
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
  check_trial(trial, semantics, platform_.sites(), images_.size());
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
      const auto flip = flip_of(fault, semantics, platform_.sites());
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
