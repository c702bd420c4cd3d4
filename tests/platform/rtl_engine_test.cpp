#include "platform/rtl_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <stdexcept>

#include "base/error.hpp"
#include "fault/fault_list.hpp"
#include "tests/support/data.hpp"
#include "tests/support/published.hpp"

namespace fluence {
namespace {

using testing::HasSubstr;

constexpr int kEngineImages = 25;

struct RtlEngineTest : testing::TestWithParam<std::string> {
  std::unique_ptr<Engine> make(const std::string& net) {
    auto images = ImageSet::load(test::data_dir() / "cifar10/test_first1000.bin");
    images.truncate(kEngineImages);
    return make_rtl_engine(Parameters::load(topology(net), test::data_dir() / "params" / net), images);
  }
  static std::vector<std::int16_t> golden(const std::string& net, int count) {
    std::ifstream file(test::data_dir() / "scores" / (net + ".i16"), std::ios::binary);
    std::vector<std::int16_t> scores(static_cast<std::size_t>(count) * kScores);
    file.read(reinterpret_cast<char*>(scores.data()), std::ssize(scores) * 2);
    return scores;
  }
  static Fault at_cycle(std::uint64_t cycle, const Site& site, int word_size = 1) {
    return {std::nullopt, cycle, site, word_size};
  }
  static Fault before(std::int64_t image, const Site& site, int word_size = 1) {
    return {image, std::nullopt, site, word_size};
  }
};

// Cases of the board's lists, cut after two images, so that each takes one split: a layer-0 threshold
// (whose fraction bits the read-modify-write loses) and both sizes of upset.
TEST_P(RtlEngineTest, SourceCasesGiveTheListedScores) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto list = read_fault_list(test::data_dir() / "faults" / (net.name + ".jsonl"), SiteMap(net));
  const auto engine = make(net.name);
  std::set<std::pair<bool, int>> seen;  // layer 0's threshold or not, word size
  for (auto listed : list) {
    auto& trial = listed.trial;
    if (trial.images != kEngineImages || trial.faults.size() > 10) {
      continue;
    }
    trial.images = 2;
    std::erase_if(trial.faults, [](const Fault& f) { return *f.before_image > 1; });
    if (trial.faults.empty()) {
      continue;
    }
    const auto& first = trial.faults.front();
    const bool fractional = first.site.space == Space::thresholds && first.site.layer == 0;
    if (!seen.insert({fractional, first.word_size}).second) {
      continue;
    }
    const auto result = engine->run(trial, Semantics::source);
    ASSERT_EQ(result.images_done, 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto row = result.scores.begin() + static_cast<std::ptrdiff_t>(i) * kScores;
      EXPECT_TRUE(std::equal(listed.scores[i].begin(), listed.scores[i].end(), row))
          << "case " << trial.id << ", image " << i;
    }
  }
  EXPECT_GE(seen.size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(Nets, RtlEngineTest, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return param.param; });

using OnW1A1 = RtlEngineTest;

TEST_F(OnW1A1, TrialsAreIndependent) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  const auto clean = engine->run({0, 1, {}}, Semantics::physical);
  EXPECT_EQ(clean.scores, golden("cnvW1A1", 1));
  EXPECT_EQ(clean.images_done, 1);
  EXPECT_GT(clean.cycles, 100'000U);
  FaultCase damage{1, 1, {}};
  for (int word = 0; word < 36; ++word) {
    damage.faults.push_back(before(0, {Space::weights, 0, 0, word, 0, 0}, 8));
  }
  damage.faults.push_back(before(0, {Space::thresholds, 0, 0, 0, 0, 20}));
  damage.faults.push_back(before(0, {Space::accumulator, 8, 2, 0, 0, 3}));
  EXPECT_NE(engine->run(damage, Semantics::physical).scores, clean.scores);
  EXPECT_EQ(engine->run({2, 1, {}}, Semantics::physical).scores, clean.scores);
}

TEST_F(OnW1A1, APhysicalFlipBeforeImageZeroEqualsOneAtCycleZero) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  FaultCase by_image{0, 1, {}};
  FaultCase by_cycle{0, 1, {}};
  for (int pe = 0; pe < 4; ++pe) {
    const Site site{Space::weights, 8, pe, 5, 0, 0};
    by_image.faults.push_back(before(0, site));
    by_cycle.faults.push_back(at_cycle(0, site));
  }
  const auto expected = engine->run(by_image, Semantics::physical).scores;
  EXPECT_NE(expected, golden("cnvW1A1", 1));
  EXPECT_EQ(engine->run(by_cycle, Semantics::physical).scores, expected);
  EXPECT_EQ(engine->run(by_image, Semantics::source).scores, expected);
}

TEST_F(OnW1A1, TwoFlipsOfABitAtOneCycleCancel) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  const Site site{Space::weights, 8, 0, 5, 0, 0};
  const FaultCase trial{0, 1, {at_cycle(1000, site), at_cycle(1000, site)}};
  EXPECT_EQ(engine->run(trial, Semantics::physical).scores, golden("cnvW1A1", 1));
}

TEST_F(OnW1A1, AFlipOfTheLastLayersWeightsCountsFromItsCycleOn) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  // A word of the second neuron fold, which begins when layer 7 has given its last output.
  const Site site{Space::weights, 8, 0, 512 + 5, 0, 0};
  const auto clean = engine->run({0, 2, {}}, Semantics::physical);
  // Image 0 has left the pipeline for 12,000 cycles, and image 1 gets to the fold 10,000 cycles later.
  const auto late = clean.cycles - 20'000;
  const auto result = engine->run({0, 2, {at_cycle(late, site)}}, Semantics::physical);
  EXPECT_EQ(result.cycles, clean.cycles);
  const auto second = result.scores.begin() + kScores;
  EXPECT_TRUE(std::equal(result.scores.begin(), second, clean.scores.begin()));
  EXPECT_FALSE(std::equal(second, result.scores.end(), clean.scores.begin() + kScores));
}

TEST_F(OnW1A1, EverySpaceOfDataTakesFaultsAtCycles) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  FaultCase trial{0, 1, {}};
  for (const auto space : SiteMap(topology("cnvW1A1")).spaces()) {
    if (space == Space::control) {
      continue;
    }
    const int layer = space == Space::pool ? 1 : 0;  // layer 0 has no pool behind it
    trial.faults.push_back(at_cycle(5000, {space, layer}, 8));
  }
  const auto result = engine->run(trial, Semantics::physical);
  EXPECT_EQ(result.images_done, 1);
  EXPECT_EQ(result.hang, "");
}

TEST_F(OnW1A1, AnUpsetOfControlHangsThePipelineAndTheNextTrialIsSound) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  const SiteMap sites(topology("cnvW1A1"));
  const auto control = [&](const std::string& rtl_name) {
    return sites.site(std::ranges::find(sites.arrays(), rtl_name, &StateArray::rtl_name)->address);
  };
  const auto clean = engine->run({0, 1, {}}, Semantics::physical);
  // A word more in the FIFO than was pushed: layer 3's window takes its image one word too early.
  const auto shifted = control("u_pipeline.u_l3_in_fifo.fill_q");
  const auto hung = engine->run({1, 1, {at_cycle(30'000, shifted)}}, Semantics::physical);
  EXPECT_EQ(hung.images_done, 0);
  EXPECT_NE(hung.hang, "");
  // The finished bit that the host has not yet asked for.
  const auto harmless = control("u_regs.rdata_q");
  const auto masked = engine->run({2, 1, {at_cycle(30'000, harmless)}}, Semantics::physical);
  EXPECT_EQ(masked.scores, clean.scores);
  EXPECT_EQ(masked.cycles, clean.cycles);
}

TEST_F(OnW1A1, RefusesWhatItCannotEvaluate) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  const auto error = [&](const FaultCase& trial, Semantics semantics) -> std::string {
    try {
      engine->run(trial, semantics);
    } catch (const InputError& e) {
      return e.what();
    }
    return "accepted";
  };
  const Site weight{Space::weights, 0};
  EXPECT_THAT(error({7, 1, {at_cycle(1'000'000, weight)}}, Semantics::physical),
              HasSubstr("cycle 1000000, and its run of 1 images takes"));
  EXPECT_THAT(error({7, 2, {at_cycle(5, weight)}}, Semantics::source),
              HasSubstr("--semantics physical"));
}

TEST_F(OnW1A1, ASecondEngineInAProcessIsRefused) {
  FLUENCE_NEEDS_DATA();
  const auto engine = make("cnvW1A1");
  EXPECT_THROW(make("cnvW1A1"), std::logic_error);
}

}  // namespace
}  // namespace fluence
