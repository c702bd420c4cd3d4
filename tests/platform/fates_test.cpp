// Fates against the RTL itself: how far its stages have come, and what is left of a flip in the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fault/lifetimes.hpp"
#include "platform/observed_counts.hpp"
#include "tests/cosim/bench.hpp"
#include "tests/platform/trials.hpp"

namespace fluence::test {
namespace {

class FatesOnRtl : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 2;

  /// Starts a run and calls `at(cycle)` in each of these run cycles, then finishes it.
  template <class At>
  std::vector<Scores> run(const std::set<std::uint64_t>& cycles, At at) {
    const auto images = std::vector{random_image(1), random_image(2)};
    bench_.start(images);
    auto& model = bench_.model();
    for (const auto cycle : cycles) {
      if (cycle > model.run_cycle()) {
        model.step(cycle - model.run_cycle());
      }
      at(cycle);
    }
    EXPECT_TRUE(bench_.finish());
    return bench_.scores(images.size());
  }
  std::set<std::uint64_t> random_cycles(int count, std::uint64_t run_length) {
    std::set<std::uint64_t> cycles;
    for (int i = 0; i < count; ++i) {
      cycles.insert(random_() % run_length);
    }
    return cycles;
  }

  const Topology& net_ = topology(GetParam());
  const Parameters parameters_ = random_parameters(net_, 5);
  AccelBench bench_{net_};
  CountReader counts_{net_};
  std::mt19937_64 random_{3};
};
INSTANTIATE_TEST_SUITE_P(Networks, FatesOnRtl, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

// Words that have entered the FIFOs, counted cycle by cycle.
TEST_P(FatesOnRtl, CountsAreThoseOfTheWordsThatMoved) {
  const auto flow = dataflow(net_);
  const auto works = stage_works(flow);
  auto& model = bench_.model();
  model.count_gauges(true);
  bench_.load(parameters_);
  run(random_cycles(300, schedule_of(net_).run_length(kImages) - 1000), [&](std::uint64_t cycle) {
    const auto counts = counts_.read(model);
    const auto gauges = model.gauges();
    const auto now = model.streams();
    for (std::size_t k = 0; k < flow.streams.size(); ++k) {
      const bool enters = now[k].valid_in && now[k].fill < flow.streams[k].depth;
      const auto results = works[k].fold > 0 ? counts.results(k) : 0;
      const auto pushed = works[k].pushed(counts.steps(k), results);
      ASSERT_EQ(pushed, static_cast<std::int64_t>(gauges[k].beats) - (enters ? 1 : 0))
          << flow.stages[k].name << " in cycle " << cycle;
      ASSERT_EQ(works[k + 1].popped(counts.steps(k + 1)), pushed - now[k].fill)
          << flow.stages[k + 1].name << " in cycle " << cycle;
    }
  });
}

// Bits whose flips nothing reads, all flipped in one run: it gives the same scores, and in the end those
// that were not overwritten are still inverted and the others are not.
TEST_P(FatesOnRtl, UnreadFlipsLeaveAMarkUnlessTheyAreOverwritten) {
  constexpr int kSitesACycle = 20;
  const SiteMap& sites = bench_.sites();
  const Lifetimes lifetimes(net_);
  auto& model = bench_.model();
  const auto length = schedule_of(net_).run_length(kImages);
  auto cycles = random_cycles(300, length - 1000);
  for (const auto late : random_cycles(100, length / 10)) {
    cycles.insert(length - 1000 - late);
  }
  struct Unread {
    std::uint64_t cycle;
    Fate fate;
  };
  std::map<std::uint64_t, Unread> unread;  // by flat state address, one bit a word
  std::set<std::uint64_t> words;
  std::map<std::pair<Space, Fate>, int> seen;
  bench_.load(parameters_);
  const auto clean = run(cycles, [&](std::uint64_t cycle) {
    const auto counts = counts_.read(model);
    for (int i = 0; i < kSitesACycle; ++i) {
      const auto space = kSpaces.at(random_() % (kSpaces.size() - 1));
      const auto layer = static_cast<int>(random_() % net_.layers.size());
      const auto bits = sites.bit_count(space, layer);
      if (bits == 0) {
        continue;
      }
      auto site = sites.nth(space, layer, random_() % bits);
      const auto address = sites.address(site);
      std::vector<Transient> transients;
      const auto fate = lifetimes.follow(site, counts, kImages, transients);
      EXPECT_TRUE(fate == Fate::read || transients.empty());
      site.bit = 0;
      if (fate != Fate::read && words.insert(sites.address(site)).second) {
        unread.emplace(address, Unread{cycle, fate});
        ++seen[{space, fate}];
      }
    }
  });
  const auto contents = [&] {
    std::map<std::uint64_t, std::vector<std::uint64_t>> all;
    for (const auto& [address, upset] : unread) {
      all.emplace(address, model.read_word(address));
    }
    return all;
  };
  const auto before = contents();
  bench_.load(parameters_);
  for (const auto& [address, upset] : unread) {
    model.flip_at(upset.cycle, address, 1);
  }
  EXPECT_TRUE(run({}, [](std::uint64_t) {}) == clean);
  const auto after = contents();
  for (const auto& [address, upset] : unread) {
    const auto site = sites.site(address);
    auto expected = before.at(address);
    if (upset.fate == Fate::never_read) {
      expected[static_cast<std::size_t>(site.bit) / 64] ^= std::uint64_t{1} << (site.bit % 64);
    }
    EXPECT_EQ(after.at(address), expected)
        << text_of({0, kImages, {{std::nullopt, upset.cycle, site}}}) << to_string(upset.fate);
  }
  for (const auto space : sites.spaces()) {
    if (space != Space::control) {
      EXPECT_GT(seen[std::pair(space, Fate::never_read)], 0) << to_string(space);
      EXPECT_TRUE(is_parameter(space) || seen[std::pair(space, Fate::overwritten)] > 0)
          << to_string(space);
    }
  }
}

}  // namespace
}  // namespace fluence::test
