// The faulty accelerator beside the fault-free one: what the comparison finds is what hand and engine
// say.
#include "trace/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "platform/rtl_engine.hpp"
#include "tests/platform/trials.hpp"
#include "tests/support/published.hpp"
#include "trace/story.hpp"

namespace fluence {
namespace {

using namespace test;
using testing::HasSubstr;

Fault at_cycle(std::uint64_t cycle, const Site& site) { return {std::nullopt, cycle, site, 1}; }

std::size_t stream_named(const Topology& net, const std::string& name) {
  const auto flow = dataflow(net);
  const auto found = std::ranges::find(flow.streams, name, &Stream::name);
  EXPECT_NE(found, flow.streams.end()) << name;
  return static_cast<std::size_t>(found - flow.streams.begin());
}

// The trace's scores, then for the images that it left out those without faults.
std::vector<std::int16_t> all_scores(const TraceResult& traced, const std::vector<std::int16_t>& clean) {
  auto scores = clean;
  std::ranges::copy(traced.scores, scores.begin());
  return scores;
}

void expect_equal_to_engine(RtlEngine& engine, const TraceResult& traced, const FaultCase& trial,
                            Semantics semantics, const std::string& what) {
  const auto expected = engine.run(trial, semantics);
  const auto clean = engine.run({0, trial.images, {}}, semantics);
  EXPECT_EQ(all_scores(traced, clean.scores), expected.scores) << what;
  EXPECT_TRUE(std::equal(traced.fault_free.begin(), traced.fault_free.end(), clean.scores.begin()))
      << what;
  EXPECT_EQ(traced.hang, expected.hang) << what;
  EXPECT_EQ(traced.ending == TraceEnd::hang, !expected.hang.empty()) << what;
  if (traced.ending != TraceEnd::gone) {
    EXPECT_EQ(traced.images, trial.images) << what;
    EXPECT_EQ(traced.images_done, expected.images_done) << what;
  }
}

class Trace : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, Trace, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

// In every space, alone and many at once; on the larger networks a few of them.
TEST_P(Trace, GivesTheScoresOfTheRtlEngine) {
  const auto& net = topology(GetParam());
  const SiteMap sites(net);
  const auto parameters = random_parameters(net, 3);
  const auto images = random_images();
  RtlEngine engine(parameters, images);
  const bool small = net.name == "cnvW1A1";
  const std::vector<int> numbers = small ? std::vector{1, 20} : std::vector{40};
  const auto spaces =
      small ? SiteMap(net).spaces() : std::vector{Space::weights, Space::window, Space::control};
  int changed = 0;
  for (const auto space : spaces) {
    for (const int faults : numbers) {
      auto draw_plan = plan_by_cycle(net, {space}, space == Space::control ? 1 : faults, 1);
      draw_plan.images = small ? 2 : 1;
      draw_plan.run_length = schedule_of(net).run_length(draw_plan.images);
      const auto trial =
          Drawer(sites, draw_plan)
              .draw(5, static_cast<std::uint64_t>(space), static_cast<std::uint64_t>(faults));
      const auto traced = trace(parameters, images, trial, Semantics::physical);
      expect_equal_to_engine(engine, traced, trial, Semantics::physical, text_of(trial));
      changed += traced.scores != traced.fault_free ? 1 : 0;
    }
  }
  EXPECT_GE(changed, small ? 4 : 1);
}

class TraceOnW1A1 : public testing::Test {
 protected:
  TraceResult run(const FaultCase& trial, const TraceOptions& options = {}) const {
    return trace(parameters_, images_, trial, Semantics::physical, options);
  }
  const Topology& net_ = topology("cnvW1A1");
  const SiteMap sites_{net_};
  const Schedule schedule_ = schedule_of(net_);
  const Parameters parameters_ = random_parameters(net_, 4);
  const ImageSet images_ = random_images();
};

TEST_F(TraceOnW1A1, BetweenImagesGivesTheScoresOfTheRtlEngine) {
  RtlEngine engine(parameters_, images_);
  for (const auto semantics : {Semantics::source, Semantics::physical}) {
    DrawPlan draw_plan{{Space::weights, Space::thresholds}, {}, 12, 8, semantics, false, 3, 0};
    auto trial = Drawer(sites_, draw_plan).draw(9, 0, 0);
    // Two stops, before images 1 and 2, and a threshold of layer 0, whose fraction the host loses.
    trial.faults.push_back({1, std::nullopt, {Space::thresholds, 0, 3, 2, 0, 12}, 1});
    for (auto& fault : trial.faults) {
      fault.before_image = *fault.before_image < 2 ? 1 : 2;
    }
    const auto traced = trace(parameters_, images_, trial, semantics);
    expect_equal_to_engine(engine, traced, trial, semantics, std::string(to_string(semantics)));
    EXPECT_NE(traced.scores, traced.fault_free);
    EXPECT_EQ(traced.streams.back().last_image, 2);
    EXPECT_GE(traced.streams.back().first_image, 1);
  }
}

TEST_F(TraceOnW1A1, OfBitsThatAreHeldGivesTheScoresOfTheRtlEngine) {
  RtlEngine engine(parameters_, images_);
  const auto with = [](Fault fault, FaultKind kind, std::optional<std::uint64_t> duration = {}) {
    fault.kind = kind;
    fault.duration = duration;
    return fault;
  };
  const Site weight{Space::weights, 3, 0, 5, 0, 2};
  const Site slot{Space::fifo, 3, 4, 1, 0, 3};
  const auto cycle = schedule_.run_length(1) / 2;
  std::vector<FaultCase> trials;
  for (const auto kind : {FaultKind::stuck0, FaultKind::stuck1}) {
    trials.push_back({1, 2, {with(at_cycle(0, slot), kind)}});
    trials.push_back({2, 2, {with(at_cycle(cycle, slot), kind, 3000), at_cycle(cycle, weight)}});
    trials.push_back({3, 2, {with(at_cycle(cycle, weight), kind, 9)}});
  }
  trials.push_back({4, 2, {with(at_cycle(cycle, weight), FaultKind::intermittent, 50'000)}});
  for (const auto& trial : trials) {
    const auto traced = run(trial);
    expect_equal_to_engine(engine, traced, trial, Semantics::physical, text_of(trial));
    if (trial.faults.front().kind != FaultKind::intermittent && !trial.faults.front().duration) {
      EXPECT_NE(traced.ending, TraceEnd::gone) << "the bit is stuck to the end";
    }
  }
  const Fault host{1, std::nullopt, weight, 8};
  const Fault stuck = with({0, std::nullopt, weight}, FaultKind::stuck1, 2);
  const FaultCase by_image{5, 3, {stuck, host}};
  for (const auto semantics : {Semantics::source, Semantics::physical}) {
    const auto traced = trace(parameters_, images_, by_image, semantics);
    expect_equal_to_engine(engine, traced, by_image, semantics, std::string(to_string(semantics)));
  }
}

TEST_F(TraceOnW1A1, ALastLayersWeightReachesOneScoreIfItIsHitInTheCycleInWhichItIsRead) {
  const Site weight{Space::weights, 8, 2, 5, 0, 0};  // of score 2
  const auto read = schedule_.step_cycle(schedule_.unit(8), 0, 5);
  const auto hit = run({0, 1, {at_cycle(read, weight)}});
  for (std::size_t k = 0; k + 1 < hit.streams.size(); ++k) {
    EXPECT_EQ(hit.streams[k].differing, 0U) << k;
  }
  EXPECT_EQ(hit.streams.back().differing, 1U);
  for (std::size_t k = 0; k < 8; ++k) {
    EXPECT_FALSE(hit.layers[k].when) << k;
  }
  ASSERT_TRUE(hit.layers[8].when);
  EXPECT_EQ(hit.layers[8].when->first, read + 1);  // the sum is stored at the end of that cycle
  EXPECT_EQ(hit.lasting_bits, 1U);
  for (std::size_t k = 0; k < kScores; ++k) {
    EXPECT_EQ(std::abs(hit.scores[k] - hit.fault_free[k]), k == 2 ? 1 : 0) << k;
  }

  const auto late = run({0, 1, {at_cycle(read + 1, weight)}});
  EXPECT_EQ(late.streams.back().differing, 0U);
  EXPECT_TRUE(late.arrays.empty());
  EXPECT_EQ(late.lasting_bits, 1U);
  EXPECT_EQ(late.scores, late.fault_free);
  EXPECT_EQ(late.ending, TraceEnd::over);
  EXPECT_EQ(late.cycles, schedule_.run_length(1));
  EXPECT_EQ(tell(late, sites_, {Fate::never_read}).front(),
            "never read: nothing differed but what was hit");
}

TEST_F(TraceOnW1A1, AWindowsBitTravelsDownThePipeline) {
  constexpr std::uint64_t kCycle = 3000;
  const auto traced = run({0, 1, {{std::nullopt, kCycle, {Space::window, 0, 1, 10, 0, 7}, 8}}});
  std::uint64_t before = kCycle;
  std::uint64_t streams = 0;
  for (std::size_t k = stream_named(net_, "l0_window"); k < traced.streams.size(); ++k) {
    if (const auto& when = traced.streams[k].when) {
      EXPECT_GT(when->first, before) << k;
      EXPECT_GE(when->last, when->first) << k;
      before = when->first;
      ++streams;
    }
  }
  EXPECT_GE(streams, 8U);
  for (std::size_t k = 0; k < stream_named(net_, "l0_window"); ++k) {
    EXPECT_FALSE(traced.streams[k].when) << k;
  }
  ASSERT_TRUE(traced.layers[0].when);
  EXPECT_EQ(traced.layers[0].when->first, kCycle);
  EXPECT_EQ(traced.arrays.front().when.first, kCycle);
  EXPECT_EQ(sites_.arrays()[traced.arrays.front().array].rtl_name, "u_pipeline.u_l0_window.lines_q");

  // The bins hold every word once.
  for (const auto& stream : traced.streams) {
    EXPECT_EQ(std::accumulate(stream.flow.begin(), stream.flow.end(), std::uint64_t{0}), stream.words);
    EXPECT_EQ(std::accumulate(stream.difference.begin(), stream.difference.end(), std::uint64_t{0}),
              stream.differing);
    EXPECT_EQ(stream.flow.size(), (traced.end - traced.begin) / traced.bin_cycles + 1);
  }
}

TEST_F(TraceOnW1A1, AnOverwrittenSumIsGoneWhenItIsWritten) {
  // Layer 3 has no work yet: its first step stores new sums.
  const auto written = schedule_.step_cycle(schedule_.unit(3), 0, 0) + 1;
  const auto traced = run({0, 2, {at_cycle(written - 1000, {Space::accumulator, 3, 2, 0, 0, 4})}});
  EXPECT_EQ(traced.ending, TraceEnd::gone);
  EXPECT_EQ(traced.alike_from, written);
  ASSERT_EQ(traced.arrays.size(), 1U);
  EXPECT_EQ(traced.arrays[0].when.first, written - 1000);
  EXPECT_EQ(traced.arrays[0].when.last, written - 1);
  EXPECT_EQ(traced.arrays[0].most, 1U);
  EXPECT_EQ(traced.lasting_bits, 0U);
  EXPECT_LT(traced.end, written + 5000);
  EXPECT_EQ(traced.images, 0);
  for (const auto& stream : traced.streams) {
    EXPECT_EQ(stream.differing, 0U);
    EXPECT_FALSE(stream.shifted);
  }
  const auto story = tell(traced, sites_, {Fate::overwritten});
  EXPECT_EQ(story.front(), "overwritten, unread, in u_pipeline.u_l3_mvau.acc_q");
  EXPECT_THAT(story.back(), HasSubstr("both runs are alike"));
}

TEST_F(TraceOnW1A1, AnUpsetOfControlThatHangsSaysWhere) {
  // A word more in the FIFO than was pushed: layer 3's window takes its image one word too early.
  const auto found =
      std::ranges::find(sites_.arrays(), "u_pipeline.u_l3_in_fifo.fill_q", &StateArray::rtl_name);
  const auto traced = run({0, 1, {at_cycle(30'000, sites_.site(found->address))}});
  EXPECT_EQ(traced.ending, TraceEnd::hang);
  EXPECT_THAT(traced.hang, HasSubstr("FIFO"));
  EXPECT_EQ(traced.images_done, 0);
  EXPECT_EQ(traced.images, 1);
  EXPECT_EQ(traced.scores, std::vector<std::int16_t>(kScores));
  EXPECT_NE(traced.fault_free, traced.scores);
  EXPECT_EQ(traced.streams.back().words + traced.streams.back().missing,
            static_cast<std::uint64_t>(kScoreWords));
  EXPECT_GT(traced.streams.back().missing, 0U);
  EXPECT_TRUE(std::ranges::any_of(traced.streams, [](const StreamTrace& stream) {
    return stream.shifted && *stream.shifted >= 30'000;
  }));
}

TEST_F(TraceOnW1A1, AHangInTheSecondImageLeavesTheFirst) {
  const auto found =
      std::ranges::find(sites_.arrays(), "u_pipeline.u_l3_in_fifo.fill_q", &StateArray::rtl_name);
  const auto traced = run({0, 2, {at_cycle(30'000 + schedule_.period(), sites_.site(found->address))}});
  EXPECT_EQ(traced.ending, TraceEnd::hang);
  EXPECT_EQ(traced.images_done, 1);
  const auto second = traced.scores.begin() + kScores;
  EXPECT_TRUE(std::equal(traced.scores.begin(), second, traced.fault_free.begin()));
  EXPECT_TRUE(std::all_of(second, traced.scores.end(), [](std::int16_t score) { return score == 0; }));
  EXPECT_THAT(tell(traced, sites_, {Fate::unknown}).front(), HasSubstr("hung after 1 of 2 images"));
}

TEST_F(TraceOnW1A1, ACycleBeyondTheRunIsRefused) {
  for (const auto cycle : {schedule_.run_length(1), std::uint64_t{1'000'000'000}}) {
    const FaultCase trial{7, 1, {at_cycle(10, {Space::vector, 0}), at_cycle(cycle, {Space::vector, 8})}};
    try {
      run(trial);
      FAIL() << "accepted";
    } catch (const InputError& e) {
      EXPECT_THAT(e.what(), HasSubstr("case 7 has a fault in cycle " + std::to_string(cycle)));
    }
  }
}

}  // namespace
}  // namespace fluence
