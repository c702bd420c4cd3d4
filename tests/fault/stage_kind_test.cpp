// A kind of stage from outside: everything that is built on the chain takes it as it takes the product's
// own.
#include "rtl/stage_kind.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "fault/lifetimes.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/gen/pipeline_writer.hpp"
#include "rtl/sites.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A register in a stream, which holds each word for some cycles: a step is a word's entry, a result its
/// leaving.
class Delay final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage& stage, const Layer&) const override {
    return {"fl_delay", {{"Width", stage.in_width}}};
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer&) const override {
    return {{Space::stream, 1, 1, 1, stage.in_width, "word_q"}};
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer&) const override {
    return {{"full_q", 1}, {"count_q", counter_bits(5)}};
  }
  [[nodiscard]] StageWork work(const Stage& stage, const Layer&) const override {
    StageWork work;
    work.steps = stage.words_in;
    work.fold = 1;
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork&, std::int64_t steps) const override {
    return steps;
  }
  [[nodiscard]] std::int64_t pushed(const StageWork&, std::int64_t,
                                    std::int64_t results) const override {
    return results;
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    if (bit.results() < bit.steps()) {
      effects.output_word(bit.steps() - 1, bit.site.bit);
      return Fate::read;
    }
    return unread(bit.steps() < bit.images * bit.work.steps);
  }
  [[nodiscard]] const char* waiting() const override { return "full_q"; }

 protected:
  [[nodiscard]] Position position(const StageWork&, const Layer&, const ControlValues&) const override {
    return {};
  }
};

class AStageKindFromOutside : public testing::Test {
 protected:
  static constexpr auto kBehind = "inter1";  // the stream of layer 0's activations

  AStageKindFromOutside() : flow_(dataflow(topology("cnvW1A1"))), own_(dataflow(topology("cnvW1A1"))) {
    const auto stream = std::ranges::find(flow_.streams, kBehind, &Stream::name);
    at_ = static_cast<std::size_t>(stream - flow_.streams.begin()) + 1;
    const auto& before = flow_.streams[at_ - 1];
    const Stage stage{&kind_,       "delay",      before.layer, before.width,
                      before.width, before.words, before.words};
    flow_.streams.insert(flow_.streams.begin() + static_cast<std::ptrdiff_t>(at_),
                         {"delayed", before.layer, before.width, 2, before.words, false});
    flow_.stages.insert(flow_.stages.begin() + static_cast<std::ptrdiff_t>(at_), stage);
    for (auto& unit : flow_.units) {
      unit += unit >= at_ ? 1 : 0;
    }
  }

  Delay kind_;
  Dataflow flow_, own_;
  std::size_t at_ = 0;  // the stage's place
};

TEST_F(AStageKindFromOutside, HasItsSites) {
  const SiteMap sites(flow_);
  const SiteMap before(own_);
  const auto width = static_cast<std::uint64_t>(flow_.stages[at_].in_width);
  EXPECT_EQ(sites.bit_count(Space::stream), before.bit_count(Space::stream) + width);
  EXPECT_EQ(sites.bit_count(Space::fifo), before.bit_count(Space::fifo) + 2 * width);
  const auto& arrays = sites.arrays();
  const auto word = std::ranges::find(arrays, "u_pipeline.u_delay.word_q", &StateArray::rtl_name);
  ASSERT_NE(word, arrays.end());
  EXPECT_EQ(word->stage, at_);
  EXPECT_NE(std::ranges::find(arrays, "u_pipeline.u_delay.count_q", &StateArray::rtl_name),
            arrays.end());
  EXPECT_EQ(sites.array_of(sites.site(word->address)).rtl_name, word->rtl_name);
}

TEST_F(AStageKindFromOutside, StandsInThePipeline) {
  std::ostringstream text;
  write_pipeline(text, flow_);
  EXPECT_THAT(text.str(), AllOf(HasSubstr("fl_delay #(\n      .Width(64)\n  ) u_delay ("),
                                HasSubstr(".data_i(inter1_pop_data)"), HasSubstr("u_delayed_fifo")));
}

TEST_F(AStageKindFromOutside, TakesItsCycles) {
  const auto with = predict_cycles(flow_, 3);
  const auto without = predict_cycles(own_, 3);
  EXPECT_GT(with.first_image(), without.first_image());
  EXPECT_LT(with.first_image(), without.first_image() + 10) << "a word passes it in a cycle";
}

/// Counts that are stated; all others are 0.
class MarkedCounts final : public StageCounts {
 public:
  [[nodiscard]] std::int64_t steps(std::size_t stage) const override { return at(steps_, stage); }
  [[nodiscard]] std::int64_t results(std::size_t stage) const override { return at(results_, stage); }
  std::map<std::size_t, std::int64_t> steps_, results_;

 private:
  static std::int64_t at(const std::map<std::size_t, std::int64_t>& counts, std::size_t stage) {
    const auto it = counts.find(stage);
    return it == counts.end() ? 0 : it->second;
  }
};

TEST_F(AStageKindFromOutside, SaysWhatAFlipChanges) {
  const SiteMap sites(flow_);
  const Lifetimes lifetimes(flow_);
  const auto& arrays = sites.arrays();
  const auto word = std::ranges::find(arrays, "u_pipeline.u_delay.word_q", &StateArray::rtl_name);
  const auto site = sites.site(word->address + 5);
  MarkedCounts counts;
  std::vector<Transient> transients;
  EXPECT_EQ(lifetimes.follow(site, counts, 1, transients), Fate::overwritten) << "no word has come";
  counts.steps_[at_] = 900 + 31;    // word 30 of image 1 has entered,
  counts.results_[at_] = 900 + 30;  // and has not left
  EXPECT_EQ(lifetimes.follow(site, counts, 2, transients), Fate::read);
  ASSERT_EQ(transients.size(), 1U);
  EXPECT_EQ(transients[0], (Transient{1, 1, Transient::Point::input, 30, 0, 0, 5}));
  counts.results_[at_] = counts.steps_[at_] = 2 * 900;
  EXPECT_EQ(lifetimes.follow(site, counts, 2, transients), Fate::never_read);
  EXPECT_EQ(transients.size(), 1U);
}

}  // namespace
}  // namespace fluence::test
