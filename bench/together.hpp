// Trials evaluated together against the same trials one by one, in turns within one process, so that
// their ratio holds on a busy machine too.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/section.hpp"
#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"

namespace fluence {

/// One kind of trial: all upsets in force from image 0.
struct TogetherPart {
  Space space{};
  int faults = 1;
  int word_size = 1;
  [[nodiscard]] std::string name() const {
    return fmt::format("{} {:>3} {}", to_string(space), faults, word_size == 1 ? "SEU" : "MBU");
  }
  /// Trials of a batch.
  [[nodiscard]] int batch() const { return faults < 100 ? 256 : 16; }
};

class TogetherBench {
 public:
  TogetherBench(const Parameters& parameters, const ImageSet& images)
      : sites_(*parameters.net), images_(images.size()), engine_(parameters, images) {
    // Traces and margins are there before anything is timed.
    engine_.run({0, images_, {}}, Semantics::physical);
    run(draw({Space::thresholds, 1, 1}, 16));
  }

  /// Prints both rates and their ratio; at least `seconds` for each. Throws std::runtime_error if a
  /// score differs.
  void measure(const TogetherPart& part, double seconds) {
    double alone = 0;
    double together = 0;
    double alone_trials = 0;
    double together_trials = 0;
    std::vector<double> ratios;
    for (int round = 0; round < kLeastRounds || alone < seconds || together < seconds; ++round) {
      const auto batch = draw(part, part.batch());
      std::vector<TrialResult> singly;
      std::vector<TrialResult> jointly;
      double alone_now = 0;
      double together_now = 0;
      const auto run_alone = [&] {
        const double start = processor_seconds();
        // As many as take a while: the others would only cost more of it.
        while (singly.size() < batch.size() && alone_now < seconds / kLeastRounds) {
          singly.push_back(engine_.run(batch[singly.size()].fault_case, Semantics::physical));
          alone_now = processor_seconds() - start;
        }
      };
      const auto run_together = [&] {
        const double start = processor_seconds();
        jointly = run(batch);
        together_now = processor_seconds() - start;
      };
      if (round % 2 == 0) {
        run_alone();
        run_together();
      } else {
        run_together();
        run_alone();
      }
      for (std::size_t i = 0; i < singly.size(); ++i) {
        if (singly[i].scores != jointly[i].scores) {
          throw std::runtime_error(part.name() + ": scores together are not those of a trial alone");
        }
      }
      alone += alone_now;
      together += together_now;
      alone_trials += static_cast<double>(singly.size());
      together_trials += static_cast<double>(jointly.size());
      ratios.push_back(alone_now / static_cast<double>(singly.size()) /
                       (together_now / static_cast<double>(jointly.size())));
    }
    std::ranges::sort(ratios);
    const double one = alone / alone_trials / images_;
    const double shared = together / together_trials / images_;
    fmt::print("{:<8} {:<20} alone {:>9.3f} us, together {:>8.3f} us, ratio {:>6.2f} (median {:.2f})\n",
               sites_.net().name, part.name(), 1e6 * one, 1e6 * shared, one / shared,
               ratios[ratios.size() / 2]);
  }

 private:
  static constexpr int kLeastRounds = 4;

  std::vector<TrialResult> run(const std::vector<Trial>& batch) {
    std::vector<TrialResult> results;
    results.reserve(batch.size());
    engine_.run(batch, [&](std::size_t, TrialResult result) { results.push_back(std::move(result)); });
    return results;
  }

  std::vector<Trial> draw(const TogetherPart& part, int count) {
    DrawPlan plan;
    plan.spaces = {part.space};
    plan.faults = part.faults;
    plan.word_size = part.word_size;
    plan.images = images_;
    const Drawer drawer(sites_, plan);
    std::vector<Trial> trials;
    for (int i = 0; i < count; ++i) {
      trials.push_back({drawer.draw(1, 1, next_++), Semantics::physical});
      for (auto& fault : trials.back().fault_case.faults) {
        fault.before_image = 0;
      }
    }
    return trials;
  }

  SiteMap sites_;
  int images_;
  FastEngine engine_;
  std::uint64_t next_ = 0;
};

/// Single upsets and bursts, 1, 10 and 100 of them.
inline void measure_together(const Parameters& parameters, const ImageSet& images, double seconds) {
  TogetherBench bench(parameters, images);
  for (const int word_size : {1, 8}) {
    for (const auto space : {Space::weights, Space::thresholds}) {
      for (const int faults : {1, 10, 100}) {
        bench.measure({space, faults, word_size}, seconds);
      }
    }
  }
}

}  // namespace fluence
