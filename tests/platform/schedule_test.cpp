// The schedule and what the fast engine makes of it, against the RTL in the platform.
#include "fault/schedule.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "fault/draw.hpp"
#include "fault/fast_engine.hpp"
#include "network/synthetic.hpp"
#include "platform/calibrate.hpp"
#include "platform/rtl_engine.hpp"

namespace fluence::test {
namespace {

Schedule in_tree(const Topology& net) { return Schedule::read(FLUENCE_SOURCE_DIR "/schedules", net); }

class RecordedSchedule : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, RecordedSchedule,
                         testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

// Its first images; recording until the pattern is periodic takes too long for a test. Images of digits
// take so little that all of their rounds are looked at.
TEST_P(RecordedSchedule, EqualsAFreshRecording) {
  const auto& net = topology(GetParam());
  const int images = net.is_flat() ? 200 : 4;
  const auto recorded = in_tree(net);
  const auto fresh = record_images(net, "", images);
  const auto flow = dataflow(net);
  for (std::size_t k = 0; k < flow.stages.size(); ++k) {
    const auto& work = recorded.works()[k];
    for (std::int64_t image = 0; image < images; ++image) {
      for (std::int64_t step = 0; step < work.steps; ++step) {
        ASSERT_EQ(recorded.step_cycle(k, image, step), fresh.step_cycle(k, image, step))
            << flow.stages[k].name << " image " << image << " step " << step
            << ": if the RTL's timing was changed on purpose, run 'fluence calibrate'";
      }
      for (std::int64_t result = 0; result < work.results(); ++result) {
        ASSERT_EQ(recorded.result_cycle(k, image, result), fresh.result_cycle(k, image, result))
            << flow.stages[k].name << " image " << image << " result " << result;
      }
    }
  }
  EXPECT_EQ(recorded.tail(), fresh.tail());
}

/// A word of a layer, and a cycle in which it is read.
struct Read {
  Site site;
  std::uint64_t cycle = 0;
};

/// Both engines on the same network and images. The network is trained: random two-bit weights have a
/// mean, which saturates a layer and hides all before it.
class Engines {
 public:
  Engines(const Topology& net, int images)
      : net_(net),
        count_(images),
        rtl_(make_rtl_engine(parameters_, images_)),
        fast_(parameters_, images_, FastEngine::kDefaultCacheBytes, [this] { return schedule_; }) {}

  /// In one of the run's images from `first_image` on.
  Read random_read(Space space, int index, int first_image = 0) {
    const auto& layer = net_.layer(index);
    const int words = space == Space::weights ? layer.weight_words() : layer.threshold_words();
    Read read{{space, index, 0, below(words)}};
    const std::int64_t at = std::int64_t{below(layer.out_pixels())} * words + read.site.index;
    const int image = first_image + below(count_ - first_image);
    const auto unit = schedule_.unit(index);
    read.cycle = space == Space::weights ? schedule_.step_cycle(unit, image, at)
                                         : schedule_.result_cycle(unit, image, at);
    return read;
  }
  /// Inverts the word in all PEs, of a threshold the upper byte: whatever reads it notices.
  void invert(const Site& word, std::uint64_t cycle, FaultCase& trial) const {
    const auto& layer = net_.layer(word.layer);
    const bool weights = word.space == Space::weights;
    const int bits = weights ? layer.weight_word_bits() : layer.accumulator_bits;
    for (int pe = 0; pe < layer.pe; ++pe) {
      for (int thresh = 0; thresh < (weights ? 1 : layer.thresholds); ++thresh) {
        for (int bit = weights ? 0 : bits - 8; bit < bits; bit += 8) {
          const Site byte{word.space, word.layer, pe, word.index, thresh, bit};
          trial.faults.push_back({std::nullopt, cycle, byte, 8});
        }
      }
    }
  }
  std::vector<std::int16_t> expect_same(const FaultCase& trial) {
    const auto rtl = rtl_->run(trial, Semantics::physical);
    EXPECT_EQ(rtl.images_done, trial.images);
    EXPECT_EQ(rtl.cycles, schedule_.run_length(trial.images));
    EXPECT_TRUE(fast_scores(trial) == rtl.scores) << "case " << trial.id;
    return rtl.scores;
  }
  std::vector<std::int16_t> fast_scores(const FaultCase& trial) {
    return fast_.run(trial, Semantics::physical).scores;
  }

  /// A word that is inverted in the cycle of a read counts from that read's window on, one cycle later
  /// from the next one. Alone, so that nothing can hide behind another, and where it shows.
  void expect_told_apart(Space space, int layer, int first_image = 0) {
    constexpr int kAttempts = 300;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const auto read = random_read(space, layer, first_image);
      FaultCase in_time{layer * 10, count_, {}};
      invert(read.site, read.cycle, in_time);
      FaultCase late{layer * 10 + 1, count_, {}};
      invert(read.site, read.cycle + 1, late);
      if (fast_scores(in_time) != fast_scores(late)) {
        EXPECT_FALSE(expect_same(in_time) == expect_same(late));
        return;
      }
    }
    ADD_FAILURE() << "no read of layer " << layer << " shows";
  }
  /// Reads of all layers at once, each hit a cycle before it, in it, or a cycle after it.
  void expect_same_around_reads(int first_image = 0) {
    FaultCase trial{1000, count_, {}};
    for (const auto space : {Space::weights, Space::thresholds}) {
      for (int layer = 0; layer < (space == Space::weights ? 9 : 8); ++layer) {
        const auto read = random_read(space, layer, first_image);
        invert(read.site, read.cycle + random_() % 3 - 1, trial);
      }
    }
    expect_same(trial);
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  const Topology& net_;
  int count_;
  Schedule schedule_ = in_tree(net_);
  Parameters parameters_ = Parameters::load(net_, FLUENCE_SOURCE_DIR "/models/" + net_.name + ".onnx");
  ImageSet images_ = synthetic_images(kSyntheticTestSeed, 0, count_);
  std::unique_ptr<Engine> rtl_;
  FastEngine fast_;
  std::mt19937_64 random_{5};
};

class UpsetsAtCycles : public testing::TestWithParam<const char*> {
 protected:
  static constexpr int kImages = 3;
  const Topology& net_ = topology(GetParam());
  Engines engines_{net_, kImages};
};
INSTANTIATE_TEST_SUITE_P(Networks, UpsetsAtCycles, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(UpsetsAtCycles, AtTheCyclesOfARead) {
  for (const int layer : {8, 3, 0}) {
    engines_.expect_told_apart(Space::weights, layer);
  }
  for (const int layer : {7, 5, 2}) {
    engines_.expect_told_apart(Space::thresholds, layer);
  }
}

TEST_P(UpsetsAtCycles, InAllLayersAroundReads) {
  for (int round = 0; round < 3; ++round) {
    engines_.expect_same_around_reads();
  }
}

// As a campaign draws them: single bits and bursts, several to an image and layer.
TEST_P(UpsetsAtCycles, AtRandomCycles) {
  const SiteMap sites(net_);
  for (const int word_size : {1, 8}) {
    for (const int layer : {-1, 0, 1}) {
      DrawPlan draw_plan;
      draw_plan.spaces = {Space::weights, Space::thresholds};
      draw_plan.layers = layer < 0 ? std::vector<int>{} : std::vector{layer};
      draw_plan.faults = 40;
      draw_plan.word_size = word_size;
      draw_plan.by_cycle = true;
      draw_plan.images = kImages;
      draw_plan.run_length = in_tree(net_).run_length(kImages);
      engines_.expect_same(Drawer(sites, draw_plan).draw(7, static_cast<std::uint64_t>(layer + 1), 0));
    }
  }
}

// Layer 5 of cnvW1A2 begins to wait for layer 6 in image 80, when all that is between them is full.
TEST(UpsetsInLateImages, WhereALayerBeginsToWait) {
  const auto& net = topology("cnvW1A2");
  const auto schedule = in_tree(net);
  ASSERT_EQ(schedule.stage(schedule.unit(5)).spans.at(0).images, 80);
  Engines engines(net, 100);
  engines.expect_told_apart(Space::weights, 5, 85);
  engines.expect_same_around_reads(80);
}

}  // namespace
}  // namespace fluence::test
