// Trials on both engines, compared in every score and every fate.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fault/fast_engine.hpp"
#include "fault/schedule.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"

namespace fluence::test {

/// How often a test is repeated with other upsets: FLUENCE_ROUNDS, or once.
inline int rounds() {
  const char* text = std::getenv("FLUENCE_ROUNDS");
  return text == nullptr ? 1 : std::atoi(text);
}

/// Both engines on the same network and images. Prints in the end what was compared.
class BothEngines {
 public:
  BothEngines(const Parameters& parameters, const ImageSet& images)
      : schedule_(schedule_of(*parameters.net)),
        rtl_(make_rtl_engine(parameters, images)),
        fast_(
            parameters, images, FastEngine::kDefaultCacheBytes, [this] { return schedule_; },
            [this] { return rtl_; }),
        golden_(fast_.run({0, images.size(), {}}, Semantics::physical).scores) {}
  BothEngines(const BothEngines&) = delete;
  BothEngines& operator=(const BothEngines&) = delete;
  ~BothEngines() {
    int upsets = 0;
    for (const auto& [space, fates] : fates_) {
      std::cout << schedule_.net().name << std::setw(12) << to_string(space);
      for (const auto fate : {Fate::read, Fate::overwritten, Fate::never_read, Fate::unknown}) {
        const auto count = fates[static_cast<std::size_t>(fate)];
        std::cout << std::setw(7) << count << " " << to_string(fate);
        upsets += count;
      }
      std::cout << "\n";
    }
    std::cout << schedule_.net().name << " all: " << upsets << " upsets in " << trials_ << " trials, "
              << compared_ << " fates compared, " << shown_ << " trials with other scores, " << hangs_
              << " hangs, " << different_ << " trials in which the engines differ\n";
  }

  void expect_same(const FaultCase& trial) {
    const auto rtl = rtl_->run(trial, Semantics::physical);
    const auto fast = fast_.run(trial, Semantics::physical);
    ++trials_;
    shown_ += fast.scores != golden_ ? 1 : 0;
    hangs_ += fast.hang.empty() ? 0 : 1;
    const bool same = fast.scores == rtl.scores && fast.images_done == rtl.images_done &&
                      fast.hang == rtl.hang && same_fates(trial, fast.fates, rtl.fates);
    if (!same) {
      ++different_;
      explain(trial);
    }
    if (disturbed_from(trial) == kNever) {
      ASSERT_EQ(rtl.cycles, schedule_.run_length(trial.images));
    }
  }

  [[nodiscard]] RtlEngine& rtl() { return *rtl_; }
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  [[nodiscard]] int shown() const { return shown_; }
  [[nodiscard]] int hangs() const { return hangs_; }
  [[nodiscard]] int compared() const { return compared_; }
  [[nodiscard]] int fates(Space space, Fate fate) {
    return fates_[space][static_cast<std::size_t>(fate)];
  }

 private:
  static constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

  /// When the first upset of control comes.
  static std::uint64_t disturbed_from(const FaultCase& trial) {
    auto cycle = kNever;
    for (const auto& fault : trial.faults) {
      cycle = fault.site.space == Space::control ? std::min(cycle, *fault.cycle) : cycle;
    }
    return cycle;
  }

  bool same_fates(const FaultCase& trial, const std::vector<Fate>& fast, const std::vector<Fate>& rtl) {
    if (fast.size() != trial.faults.size() || rtl.size() != trial.faults.size()) {
      return false;
    }
    const auto disturbed = disturbed_from(trial);
    bool same = true;
    for (std::size_t i = 0; i < fast.size(); ++i) {
      const auto space = trial.faults[i].site.space;
      const auto& fault = trial.faults[i];
      const auto last = std::min(last_cycle(fault).value_or(0), schedule_.run_length(trial.images));
      const bool known = *fault.cycle < disturbed && last < disturbed;
      same = same && (fast[i] == Fate::unknown) == (space == Space::control) &&
             rtl[i] == (known ? fast[i] : Fate::unknown);
      ++fates_[space][static_cast<std::size_t>(fast[i])];
      compared_ += known ? 1 : 0;
    }
    return same;
  }

  /// Reports those upsets of a trial that differ alone.
  void explain(const FaultCase& trial) {
    ADD_FAILURE() << schedule_.net().name << ": the engines differ in case " << trial.id;
    for (const auto& fault : trial.faults) {
      const FaultCase alone{0, trial.images, {fault}};
      const auto fast = fast_.run(alone, Semantics::physical);
      const auto rtl = rtl_->run(alone, Semantics::physical);
      if (fast.scores != rtl.scores || fast.hang != rtl.hang || fast.fates != rtl.fates) {
        ADD_FAILURE() << text_of(alone) << to_string(fast.fates.front()) << " on fast, "
                      << to_string(rtl.fates.front()) << " on rtl";
      }
    }
  }

  Schedule schedule_;
  std::shared_ptr<RtlEngine> rtl_;
  FastEngine fast_;
  std::vector<std::int16_t> golden_;
  std::map<Space, std::array<int, kFates>> fates_;  ///< on the fast engine
  int trials_ = 0, shown_ = 0, hangs_ = 0, different_ = 0;
  int compared_ = 0;  ///< fates that both know
};

}  // namespace fluence::test
