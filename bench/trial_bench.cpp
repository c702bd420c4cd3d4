// Trial-images a second on the fast engine, one core, processor time: the same upsets at their cycles
// and before the image that sees them first, in turn, upsets at cycles in the buffers, and plain
// re-inference, so that ratios come from one run.
//
//   trial_bench [--images=N] [--seconds=S]     on the embedded models and images
//
// A trial-image is one image of one trial. Upsets fall at uniformly drawn times, so in half of a trial's
// images, on average, a given one is in force; images before a trial's first upset cost next to nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "network/error.hpp"
#include "network/synthetic.hpp"

namespace fluence {
namespace {

struct Options {
  int images = 1000;
  double seconds = 2;  ///< at least, for each figure
};

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Images and processor time, added up over trials.
struct Tally {
  double images = 0;
  double seconds = 0;
  [[nodiscard]] double rate() const { return images / seconds; }
};

class Bench {
 public:
  Bench(const Topology& net, const Options& options)
      : options_(options),
        sites_(net),
        parameters_(Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + net.name)),
        images_(synthetic_images(kSyntheticTestSeed, 0, options.images)),
        schedule_(Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net)),
        engine_(parameters_, images_, FastEngine::kDefaultCacheBytes, [this] { return schedule_; }) {
    engine_.run({0, options.images, {}}, Semantics::physical);  // fills the cache
  }

  void run() {
    const double plain = re_inference();
    print("re-inference of every image", plain, plain);
    for (const auto space : {Space::weights, Space::thresholds}) {
      for (const int faults : {1, 10, 100}) {
        measure(space, faults, plain);
      }
    }
    for (const int faults : {1, 100}) {
      measure_buffers(faults, plain);
    }
  }

 private:
  double re_inference() const {
    const PackedNetwork network(parameters_);
    Tally tally;
    std::int64_t sum = 0;  // keeps the compiler from leaving it out
    const double start = processor_seconds();
    for (int i = 0; tally.seconds < options_.seconds; ++i) {
      sum += network.run(images_[i % images_.size()])[0];
      ++tally.images;
      tally.seconds = processor_seconds() - start;
    }
    return sum == 0 ? 0 : tally.rate();
  }

  [[nodiscard]] Drawer drawer(std::vector<Space> spaces, int faults) const {
    Recipe recipe;
    recipe.spaces = std::move(spaces);
    recipe.faults = faults;
    recipe.images = options_.images;
    recipe.by_cycle = true;
    recipe.run_length = schedule_.run_length(options_.images);
    return {sites_, recipe};
  }

  void measure(Space space, int faults, double plain) {
    const auto drawn = drawer({space}, faults);
    // In turn, so that a change of the processor's speed meets both.
    Tally image;
    Tally cycle;
    for (std::uint64_t trial = 0; image.seconds + cycle.seconds < 2 * options_.seconds; ++trial) {
      const auto by_cycle = drawn.draw(1, 1, trial);
      const auto by_image = rounded(by_cycle);
      time(by_cycle, cycle);
      time(by_image, image);
    }
    const auto name = fmt::format("{} {:>3} SEU, by ", to_string(space), faults);
    print(name + "image", image.rate(), plain);
    print(name + "cycle", cycle.rate(), plain);
    fmt::print("{:<38} {:>12.3f}\n", "  cycle : image", cycle.rate() / image.rate());
  }

  /// In all that holds data on its way.
  void measure_buffers(int faults, double plain) {
    const auto drawn = drawer(
        {Space::window, Space::vector, Space::accumulator, Space::pool, Space::fifo, Space::stream},
        faults);
    Tally tally;
    for (std::uint64_t trial = 0; tally.seconds < options_.seconds; ++trial) {
      time(drawn.draw(1, 1, trial), tally);
    }
    print(fmt::format("buffers {:>3} SEU, by cycle", faults), tally.rate(), plain);
  }

  /// The same upsets, each before the image in which it is read first.
  [[nodiscard]] FaultCase rounded(FaultCase trial) const {
    std::erase_if(trial.faults, [&](Fault& fault) {
      fault.before_image = schedule_.first_read(fault.site, *fault.cycle).image;
      fault.cycle.reset();
      return *fault.before_image >= trial.images;
    });
    return trial;
  }

  void time(const FaultCase& trial, Tally& tally) {
    const double start = processor_seconds();
    engine_.run(trial, Semantics::physical);
    tally.seconds += processor_seconds() - start;
    tally.images += trial.images;
  }

  void print(const std::string& what, double rate, double plain) const {
    fmt::print("{:<8} {:<29} {:>12.0f} /s {:>8.1f} x re-inference\n", sites_.net().name, what, rate,
               rate / plain);
  }

  Options options_;
  SiteMap sites_;
  Parameters parameters_;
  ImageSet images_;
  Schedule schedule_;
  FastEngine engine_;
};

Options parse(std::span<char*> words) {
  Options options;
  for (const std::string_view word : words) {
    const auto value = std::string(word.substr(std::min(word.find('=') + 1, word.size())));
    if (word.starts_with("--images=")) {
      options.images = std::stoi(value);
    } else if (word.starts_with("--seconds=")) {
      options.seconds = std::stod(value);
    } else {
      throw InputError("'" + std::string(word) + "' is unknown: use --images=N or --seconds=S");
    }
  }
  return options;
}

}  // namespace
}  // namespace fluence

int main(int argc, char** argv) try {
  const auto options = fluence::parse(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
  fmt::print("trial-images a second, {} images a trial\n", options.images);
  for (const auto* name : {"cnvW1A1", "cnvW2A2"}) {
    fluence::Bench(fluence::topology(name), options).run();
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << "trial_bench: " << e.what() << "\n";
  return 2;
}
