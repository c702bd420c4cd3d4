#include "platform/timing.hpp"

#include <cassert>
#include <stdexcept>

#include "platform/platform.hpp"

namespace fluence {

MeasuredTiming measure_timing(const Topology& net, int images) {
  assert(images >= 4);
  constexpr std::uint64_t kBound = 1'000'000;  // cycles an image: far more than any network takes
  Platform platform("board", net, {});
  platform.place_images(ImageSet(std::vector<Image>(static_cast<std::size_t>(images))), images);
  auto& model = platform.accelerator().model();
  const auto cycles = [&](int count) {
    const auto report = platform.run(0, count, kBound * static_cast<std::uint64_t>(count));
    if (!report.hang.empty()) {
      throw std::logic_error(net.name + " hangs without a fault: " + report.hang);
    }
    return static_cast<double>(report.cycles);
  };
  MeasuredTiming timing;
  timing.one_image = cycles(1);
  const int half = images / 2;
  const double to_half = cycles(half);
  model.reset_gauges();
  model.count_gauges(true);
  timing.run_cycles = cycles(images);
  model.count_gauges(false);
  timing.gauges = model.gauges();
  timing.steady_state = (timing.run_cycles - to_half) / (images - half);
  return timing;
}

}  // namespace fluence
