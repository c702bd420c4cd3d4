// Trial-images a second, one core, processor time. In one run, so that their ratios hold: plain
// re-inference; the fast engine with the same upsets at their cycles and before the image that sees them
// first, and with upsets in the buffers; the same trials on more and on fewer images; the rtl engine
// from cycle 0 and from checkpoints; control handed over; trials together and one by one. And the most
// memory that each part took.
//
//   trial_bench [--images=N] [--rtl-images=N] [--seconds=S]     on the embedded models and images
//   trial_bench --together [--images=N] [--seconds=S]           trials together and one by one alone
//
// A trial-image is one image of one trial. Upsets fall at uniformly drawn times, so in half of a trial's
// images, on average, a given one is in force; images before a trial's first upset cost next to nothing.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "bench/section.hpp"
#include "bench/together.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "network/synthetic.hpp"
#include "platform/rtl_engine.hpp"

namespace fluence {
namespace {

struct Options {
  int images = 1000;
  int rtl_images = 50;
  double seconds = 2;     ///< at least, for each figure
  bool together = false;  ///< only that part
};

constexpr std::array kCounts = {100, 1000, 10'000};  // the second is what the others are compared with

/// Images and processor time, added up over trials.
struct Tally {
  double images = 0;
  double seconds = 0;
  [[nodiscard]] double rate() const { return images / seconds; }
};

/// The embedded model of a network, a number of images, and trials on them.
class Bench {
 public:
  Bench(const Topology& net, int images)
      : net_(net),
        parameters_(Parameters::load(net, FLUENCE_SOURCE_DIR "/models/" + net.name + ".onnx")),
        images_(synthetic_images(kSyntheticTestSeed, 0, images)),
        schedule_(Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net)) {}

  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] const ImageSet& images() const { return images_; }

  /// With its cache filled.
  [[nodiscard]] std::unique_ptr<FastEngine> fast_engine(FastEngine::ControlSource control = {}) const {
    auto engine = std::make_unique<FastEngine>(
        parameters_, images_, FastEngine::kDefaultCacheBytes, [this] { return schedule_; },
        std::move(control));
    engine->run({0, images_.size(), {}}, Semantics::physical);
    return engine;
  }

  /// Images a second without any engine.
  [[nodiscard]] double re_inference(double seconds) const {
    const PackedNetwork network(parameters_);
    Tally tally;
    std::int64_t sum = 0;  // keeps the compiler from leaving it out
    const double start = processor_seconds();
    for (int i = 0; tally.seconds < seconds; ++i) {
      sum += network.run(images_[i % images_.size()])[0];
      ++tally.images;
      tally.seconds = processor_seconds() - start;
    }
    return sum == 0 ? 0 : tally.rate();
  }

  [[nodiscard]] FaultCase draw(std::vector<Space> spaces, int faults, std::uint64_t trial) const {
    DrawPlan draw_plan;
    draw_plan.spaces = std::move(spaces);
    draw_plan.faults = faults;
    draw_plan.images = images_.size();
    draw_plan.by_cycle = true;
    draw_plan.run_length = run_length();
    return Drawer(sites_, draw_plan).draw(1, 1, trial);
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

  /// A trial of another number of images, its upsets at the same parts of this one's run.
  [[nodiscard]] FaultCase stretched(FaultCase trial, const Bench& from) const {
    const auto scale = static_cast<double>(run_length()) / static_cast<double>(from.run_length());
    trial.images = images_.size();
    for (auto& fault : trial.faults) {
      fault.cycle = static_cast<std::uint64_t>(static_cast<double>(*fault.cycle) * scale);
    }
    return trial;
  }

  static void time(Engine& engine, const FaultCase& trial, Tally& tally) {
    const double start = processor_seconds();
    engine.run(trial, Semantics::physical);
    tally.seconds += processor_seconds() - start;
    tally.images += trial.images;
  }

  void print(const std::string& what, double rate, double plain) const {
    fmt::print("{:<8} {:<36} {:>12.0f} /s {:>9.3f} x re-inference\n", net_.name, what, rate,
               rate / plain);
  }
  void print_ratio(const std::string& what, double ratio) const {
    fmt::print("{:<8} {:<36} {:>12.3f}\n", net_.name, "  " + what, ratio);
  }

 private:
  [[nodiscard]] std::uint64_t run_length() const { return schedule_.run_length(images_.size()); }

  const Topology& net_;
  SiteMap sites_{net_};
  Parameters parameters_;
  ImageSet images_;
  Schedule schedule_;
};

const std::vector<Space> kBuffers = {Space::window, Space::vector, Space::accumulator,
                                     Space::pool,   Space::fifo,   Space::stream};

std::string seu(const std::vector<Space>& spaces, int faults) {
  return fmt::format("{} {:>3} SEU", spaces == kBuffers ? "buffers" : to_string(spaces.front()), faults);
}

/// Exact cycles against images, with re-inference beside them.
void fast_engine(const Topology& net, const Options& options) {
  const Bench bench(net, options.images);
  const auto engine = bench.fast_engine();
  const double plain = bench.re_inference(options.seconds);
  bench.print("re-inference of every image", plain, plain);
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (const int faults : {1, 10, 100}) {
      Tally image;
      Tally cycle;
      for (std::uint64_t t = 0; image.seconds + cycle.seconds < 2 * options.seconds; ++t) {
        const auto by_cycle = bench.draw({space}, faults, t);
        const auto by_image = bench.rounded(by_cycle);
        // In turn, so that a change of the processor's speed meets both; and each first in half of the
        // trials, since the second one finds the images in the processor's cache.
        for (const bool now_cycle : {t % 2 == 0, t % 2 != 0}) {
          Bench::time(*engine, now_cycle ? by_cycle : by_image, now_cycle ? cycle : image);
        }
      }
      bench.print(seu({space}, faults) + ", by image", image.rate(), plain);
      bench.print(seu({space}, faults) + ", by cycle", cycle.rate(), plain);
      bench.print_ratio("by cycle : by image", cycle.rate() / image.rate());
    }
  }
  for (const int faults : {1, 100}) {
    Tally tally;
    for (std::uint64_t t = 0; tally.seconds < options.seconds; ++t) {
      Bench::time(*engine, bench.draw(kBuffers, faults, t), tally);
    }
    bench.print(seu(kBuffers, faults) + ", by cycle", tally.rate(), plain);
  }
}

/// The cost of a trial-image, whatever the number of images: the same bits, at the same parts of the
/// run.
void image_counts(const Topology& net, const Options& options) {
  std::vector<std::unique_ptr<Bench>> benches;
  std::vector<std::unique_ptr<FastEngine>> engines;
  for (const int count : kCounts) {
    benches.push_back(std::make_unique<Bench>(net, count));
    engines.push_back(benches.back()->fast_engine());
  }
  const double plain = benches[1]->re_inference(options.seconds);
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (const int faults : {1, 100}) {
      std::array<Tally, kCounts.size()> tallies;
      for (std::uint64_t t = 0; tallies[1].seconds < options.seconds; ++t) {
        const auto trial = benches[1]->draw({space}, faults, t);
        for (std::size_t i = 0; i < kCounts.size(); ++i) {
          Bench::time(*engines[i], benches[i]->stretched(trial, *benches[1]), tallies[i]);
        }
      }
      for (std::size_t i = 0; i < kCounts.size(); ++i) {
        benches[i]->print(seu({space}, faults) + fmt::format(", {:>5} images", kCounts[i]),
                          tallies[i].rate(), plain);
      }
      for (const std::size_t i : {std::size_t{0}, kCounts.size() - 1}) {
        benches[i]->print_ratio(fmt::format("{} : {} images", kCounts[i], kCounts[1]),
                                tallies[i].rate() / tallies[1].rate());
      }
    }
  }
}

/// A worker of a campaign without control.
void one_worker(const Topology& net, int images) {
  const Bench bench(net, images);
  bench.fast_engine()->run(bench.draw({Space::weights}, 100, 0), Semantics::physical);
}

/// Trials on the RTL from cycle 0 and from checkpoints; one upset of control on either engine.
void rtl_engine(const Topology& net, const Options& options) {
  const Bench bench(net, options.rtl_images);
  const double plain = bench.re_inference(options.seconds);
  const auto rtl = std::make_shared<RtlEngine>(bench.parameters(), bench.images());
  const auto fast = bench.fast_engine([&rtl] { return rtl; });
  const std::vector<Space> control = {Space::control};
  // The fault-free run is recorded once, not a trial's cost.
  rtl->run(bench.draw({Space::weights}, 1, 0), Semantics::physical);

  Tally zero;
  Tally checkpoint;
  for (std::uint64_t t = 0; zero.seconds + checkpoint.seconds < 4 * options.seconds; ++t) {
    const auto trial = bench.draw({Space::weights}, 1, t);
    rtl->use_checkpoints(false);
    Bench::time(*rtl, trial, zero);
    rtl->use_checkpoints(true);
    Bench::time(*rtl, trial, checkpoint);
  }
  bench.print("rtl: weights 1 SEU, from cycle 0", zero.rate(), plain);
  bench.print("rtl: weights 1 SEU, checkpoint", checkpoint.rate(), plain);
  bench.print_ratio("checkpoint : cycle 0", checkpoint.rate() / zero.rate());

  Tally whole;
  Tally handed;
  rtl->use_checkpoints(false);
  for (std::uint64_t t = 0; whole.seconds + handed.seconds < 4 * options.seconds; ++t) {
    const auto trial = bench.draw(control, 1, t);
    Bench::time(*rtl, trial, whole);
    Bench::time(*fast, trial, handed);
  }
  bench.print("rtl: control 1 SEU, from cycle 0", whole.rate(), plain);
  bench.print("fast: control 1 SEU, handed over", handed.rate(), plain);
  bench.print_ratio("handed over : cycle 0", handed.rate() / whole.rate());
}

Options parse(std::span<char*> words) {
  Options options;
  for (const std::string_view word : words) {
    const auto value = std::string(word.substr(std::min(word.find('=') + 1, word.size())));
    if (word.starts_with("--images=")) {
      options.images = std::stoi(value);
    } else if (word.starts_with("--rtl-images=")) {
      options.rtl_images = std::stoi(value);
    } else if (word.starts_with("--seconds=")) {
      options.seconds = std::stod(value);
    } else if (word == "--together") {
      options.together = true;
    } else {
      throw InputError("'" + std::string(word) +
                       "' is unknown: use --images=N, --rtl-images=N, --seconds=S or --together");
    }
  }
  return options;
}

/// Of the networks whose trials gain by it.
void together(const Options& options) {
  for (const auto& net : all_topologies()) {
    if (!DeltaBatch::supports(net)) {
      continue;
    }
    const Bench bench(net, options.images);
    in_a_worker(fmt::format("{:<8} trials together, {}, {} images", net.name, to_string(default_isa()),
                            options.images),
                [&] { measure_together(bench.parameters(), bench.images(), options.seconds); });
  }
}

void run(const Options& options) {
  together(options);
  if (options.together) {
    return;
  }
  // The networks of coloured images with the fewest and the most bits an activation and weight.
  const auto& nets = all_topologies();
  const auto last = std::find_if(nets.rbegin(), nets.rend(),
                                 [](const Topology& net) { return net.image() == kCifar10; });
  for (const auto* which : {&nets.front(), &*last}) {
    const auto& net = *which;
    const auto worker = [&](const std::string& what, auto part) {
      in_a_worker(fmt::format("{:<8} {}", net.name, what), part);
    };
    worker(fmt::format("fast engine, {} images", options.images), [&] { fast_engine(net, options); });
    worker("fast engine, three at once", [&] { image_counts(net, options); });
    worker(fmt::format("worker, {} images", kCounts.back()), [&] { one_worker(net, kCounts.back()); });
    worker(fmt::format("with control, {} images", options.rtl_images),
           [&] { rtl_engine(net, options); });
  }
}

}  // namespace
}  // namespace fluence

int main(int argc, char** argv) try {
  const auto options = fluence::parse(std::span(argv + 1, static_cast<std::size_t>(argc - 1)));
  fmt::print("trial-images a second, {} images a trial, on the RTL {}\n", options.images,
             options.rtl_images);
  fluence::run(options);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "trial_bench: " << e.what() << "\n";
  return 2;
}
