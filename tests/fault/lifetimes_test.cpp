#include "fault/lifetimes.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rtl/width_converter/width_converter.hpp"
#include "tests/support/published.hpp"

namespace fluence::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Counts that are told.
class StatedCounts final : public StageCounts {
 public:
  [[nodiscard]] std::int64_t steps(std::size_t stage) const override { return steps_.at(stage); }
  [[nodiscard]] std::int64_t results(std::size_t stage) const override { return results_.at(stage); }
  std::map<std::size_t, std::int64_t> steps_, results_;
};

/// One network's stages and sites by the names of the RTL.
class LifetimesTest : public testing::Test {
 protected:
  [[nodiscard]] std::size_t stage(const std::string& name) const {
    const auto at = std::ranges::find(flow_.stages, name, &Stage::name);
    EXPECT_NE(at, flow_.stages.end()) << name;
    return static_cast<std::size_t>(at - flow_.stages.begin());
  }
  [[nodiscard]] Site site(const std::string& variable, int index, int bit) const {
    const auto array =
        std::ranges::find(sites_.arrays(), "u_pipeline." + variable, &StateArray::rtl_name);
    EXPECT_NE(array, sites_.arrays().end()) << variable;
    return {array->space, array->layer, array->first_module, index, 0, bit};
  }
  Fate follow(const Site& site, int images = 1) {
    found_.clear();
    return lifetimes_.follow(site, counts_, images, found_);
  }

  const Topology& net_ = topology("cnvW1A1");
  Dataflow flow_ = dataflow(net_);
  SiteMap sites_{net_};
  Lifetimes lifetimes_{net_};
  StatedCounts counts_;
  std::vector<Transient> found_;
};

// Where a flipped bit is in a converter's register, as the RTL shifts it.
class MarkedRegister {
 public:
  MarkedRegister(const Stage& stage, int bit)
      : narrow_(stage.in_width > stage.out_width),
        in_(stage.in_width),
        out_(stage.out_width),
        ratio_(narrow_ ? in_ / out_ : out_ / in_),
        mark_(bit) {}

  [[nodiscard]] bool marked() const { return mark_ >= 0; }
  /// Takes step number `step`; gives the bit of the word that leaves in it which is marked.
  std::optional<int> step(std::int64_t step) {
    const auto count = step % ratio_;
    const auto before = mark_;
    if (narrow_) {
      mark_ = count == 0 ? -1 : mark_ - out_;  // a wide word is loaded, or a piece leaves
      return count > 0 && before < out_ ? std::optional(before) : std::nullopt;
    }
    if (count == ratio_ - 1) {
      return before;
    }
    mark_ -= in_;
    return std::nullopt;
  }
  /// The word of the output stream that leaves in a step.
  [[nodiscard]] std::int64_t word(std::int64_t step) const { return narrow_ ? step : step / ratio_; }

 private:
  bool narrow_;
  int in_, out_, ratio_;
  int mark_;  ///< negative: gone
};

// Every bit of every converter, in the first steps, about an image's end and at the run's end.
TEST_F(LifetimesTest, ConvertersHoldWhatTheirRegisterWouldShift) {
  for (std::size_t k = 0; k < flow_.stages.size(); ++k) {
    const auto& stage = flow_.stages[k];
    if (stage.kind != &width_converter()) {
      continue;
    }
    const auto an_image = std::max(stage.words_in, stage.words_out);
    const int ratio = an_image / std::min(stage.words_in, stage.words_out);
    const auto run = 2 * std::int64_t{an_image};
    const int bits = sites_.array_of(site("u_" + stage.name + ".data_q", 0, 0)).bits;
    for (const auto begin : {std::int64_t{0}, run / 2 - ratio, run - ratio}) {
      for (auto steps = begin; steps <= std::min<std::int64_t>(begin + ratio + 1, run); ++steps) {
        for (int bit = 0; bit < bits; ++bit) {
          MarkedRegister marked(stage, bit);
          std::optional<int> read;
          auto step = steps;
          for (; step < run && !read && marked.marked(); ++step) {
            read = marked.step(step);
          }
          counts_.steps_[k] = steps;
          const auto fate = follow(site("u_" + stage.name + ".data_q", 0, bit), 2);
          ASSERT_EQ(fate, read              ? Fate::read
                          : marked.marked() ? Fate::never_read
                                            : Fate::overwritten)
              << stage.name << " bit " << bit << " after " << steps << " steps";
          ASSERT_EQ(found_.size(), read ? 1U : 0U);
          if (read) {
            const auto word = marked.word(step - 1);
            const auto& flip = found_.front();
            const auto& layer = net_.layer(flip.layer);
            const bool input = flip.point == Transient::Point::input;
            const int pixel_bits =
                input ? layer.in_channels * layer.in_bits : layer.out_channels * layer.out_bits;
            EXPECT_EQ(flip.image * flow_.streams[k].words * flow_.streams[k].width +
                          std::int64_t{flip.pixel} * pixel_bits + flip.bit,
                      word * flow_.streams[k].width + *read);
          }
        }
      }
    }
  }
}

TEST_F(LifetimesTest, AFifoSlotHoldsTheLatestWordOfItsNumber) {
  // l6_in gives 64 words of 4 bits an image, two fit into its FIFO.
  const auto giver = stage("l6_in");
  ASSERT_EQ(flow_.streams[giver].depth, 2);
  const auto flip = site("u_l6_in_fifo.mem_q", 1, 3);
  const auto fate = [&](std::int64_t given, std::int64_t taken, int images = 1) {
    counts_.steps_[giver] = given;
    counts_.steps_[giver + 1] = taken;
    return follow(flip, images);
  };
  EXPECT_EQ(fate(0, 0), Fate::overwritten);
  EXPECT_EQ(fate(1, 0), Fate::overwritten) << "word 0 is in the other slot";
  EXPECT_EQ(fate(2, 1), Fate::read);
  EXPECT_THAT(found_, ElementsAre(Transient{0, 6, Transient::Point::input, 0, 0, 0, 1 * 4 + 3}));
  EXPECT_EQ(fate(2, 2), Fate::overwritten);
  EXPECT_THAT(found_, IsEmpty());
  EXPECT_EQ(fate(63, 62), Fate::overwritten);
  EXPECT_EQ(fate(64, 63), Fate::read);
  EXPECT_EQ(fate(64, 64), Fate::never_read);
  EXPECT_EQ(fate(64, 64, 2), Fate::overwritten) << "by the next image";
}

TEST_F(LifetimesTest, AVectorWordCountsFromTheNextNeuronFoldOn) {
  const auto unit = stage("l8_mvau");  // SF 512, NF 16
  const auto flip = site("u_l8_mvau.vector_q", 5, 0);
  const auto fate = [&](std::int64_t steps, int images = 1) {
    counts_.steps_[unit] = steps;
    return follow(flip, images);
  };
  const auto from = [](int fold) {
    return ElementsAre(Transient{0, 8, Transient::Point::operand, 0, 5, fold, 0});
  };
  EXPECT_EQ(fate(5), Fate::overwritten) << "in this very cycle";
  EXPECT_EQ(fate(6), Fate::read);
  EXPECT_THAT(found_, from(1));
  EXPECT_EQ(fate(512 + 5), Fate::read);
  EXPECT_THAT(found_, from(1)) << "logic in the cycle sees it";
  EXPECT_EQ(fate(512 + 6), Fate::read);
  EXPECT_THAT(found_, from(2));
  EXPECT_EQ(fate(15 * 512 + 6), Fate::never_read);
  EXPECT_EQ(fate(15 * 512 + 6, 2), Fate::overwritten);
}

TEST_F(LifetimesTest, AnAccumulatorHoldsItsRowUntilItHasLeft) {
  const auto unit = stage("l8_mvau");
  const auto flip = site("u_l8_mvau.acc_q", 0, 9);
  const auto fate = [&](std::int64_t steps, std::int64_t rows) {
    counts_.steps_[unit] = steps;
    counts_.results_[unit] = rows;
    return follow(flip);
  };
  const auto sum = [](int channel, int added) {
    return ElementsAre(Transient{0, 8, Transient::Point::sum, 0, channel, added, 9});
  };
  EXPECT_EQ(fate(0, 0), Fate::overwritten);
  EXPECT_EQ(fate(1, 0), Fate::read);
  EXPECT_THAT(found_, sum(0, 1));
  EXPECT_EQ(fate(512, 0), Fate::read);
  EXPECT_THAT(found_, sum(0, 512));
  EXPECT_EQ(fate(512, 1), Fate::overwritten);
  EXPECT_EQ(fate(513, 1), Fate::read);
  EXPECT_THAT(found_, sum(4, 1));
  EXPECT_EQ(fate(16 * 512, 16), Fate::never_read);
}

TEST_F(LifetimesTest, ALineBufferWordCountsForTheWindowsThatReadItLater) {
  // Layer 5: 3 x 3 pixels of 8 words, one window.
  const auto window = stage("l5_window");
  const auto flip = site("u_l5_window.lines_q", 8 + 2, 1);  // line 0, pixel 1, word 2
  const auto fate = [&](std::int64_t steps, int images = 1) {
    counts_.steps_[window] = steps;
    return follow(flip, images);
  };
  EXPECT_EQ(fate(10), Fate::overwritten);
  EXPECT_EQ(fate(11), Fate::read);
  EXPECT_THAT(found_, ElementsAre(Transient{0, 5, Transient::Point::operand, 0, 10, 0, 1}));
  EXPECT_EQ(fate(72 + 10), Fate::read);
  EXPECT_EQ(fate(72 + 11), Fate::never_read);
  EXPECT_EQ(fate(72 + 11, 2), Fate::overwritten);
  const Site fourth_block{Space::window, 5, 3};
  EXPECT_EQ(follow(fourth_block, 2), Fate::never_read) << "three lines leave it alone";
}

TEST_F(LifetimesTest, APoolPixelIsFoldedFourTimesAndLeaves) {
  const auto pool = stage("l3_pool");  // 10 x 10 pixels
  const auto flip = site("u_l3_pool.row_q", 1, 7);
  const auto fate = [&](std::int64_t steps) {
    counts_.steps_[pool] = steps;
    return follow(flip);
  };
  const auto maximum = [](int folded) {
    return ElementsAre(Transient{0, 3, Transient::Point::maximum, 1, 0, folded, 7});
  };
  EXPECT_EQ(fate(2), Fate::overwritten);
  EXPECT_EQ(fate(3), Fate::read);
  EXPECT_THAT(found_, maximum(1));
  EXPECT_EQ(fate(12), Fate::read);
  EXPECT_THAT(found_, maximum(2));
  EXPECT_EQ(fate(13), Fate::read);
  EXPECT_THAT(found_, maximum(3));
  EXPECT_EQ(fate(14), Fate::read);
  const auto pooled = ElementsAre(Transient{0, 4, Transient::Point::input, 1, 0, 0, 7});
  EXPECT_THAT(found_, pooled);
  EXPECT_EQ(fate(20 + 1), Fate::read);
  EXPECT_THAT(found_, pooled);
  EXPECT_EQ(fate(20 + 2), Fate::overwritten);
  EXPECT_EQ(fate(5 * 25), Fate::never_read);
}

TEST_F(LifetimesTest, ThePortsHoldAWordFromItsEntryUntilItLeaves) {
  for (const auto* name : {"mem_reader", "mem_writer"}) {
    const bool reader = std::string(name) == "mem_reader";
    const auto port = stage(name);
    const auto flip = site("u_" + std::string(name) + ".data_q", 0, 30);
    const auto fate = [&](std::int64_t entered, std::int64_t left) {
      counts_.steps_[port] = entered;
      counts_.results_[port] = left;
      return follow(flip);
    };
    EXPECT_EQ(fate(0, 0), Fate::overwritten);
    EXPECT_EQ(fate(2, 1), Fate::read);
    // Bit 30 of word 1: of the third pixel, or of score 5.
    EXPECT_THAT(found_,
                ElementsAre(reader ? Transient{0, 0, Transient::Point::input, 94 / 24, 0, 0, 94 % 24}
                                   : Transient{0, 8, Transient::Point::output, 0, 0, 0, 94}));
    EXPECT_EQ(fate(2, 2), Fate::overwritten);
    const auto all = reader ? kImageWords : kScoreWords;
    EXPECT_EQ(fate(all, all), Fate::never_read);
  }
}

// What is stuck meets all words: as if it were met after every single step.
TEST_F(LifetimesTest, AStuckBitMeetsEveryWordThatIsStored) {
  constexpr int kImages = 2;
  const auto works = stage_works(flow_);
  StatedCounts all;
  for (std::size_t k = 0; k < works.size(); ++k) {
    all.steps_[k] = kImages * works[k].steps;
    all.results_[k] = kImages * works[k].results();
  }
  using Place = std::tuple<std::int64_t, int, Transient::Point, int, int, int, int>;
  // Of an operand, which stays what it is, the first that sees it.
  const auto places = [](const std::vector<Transient>& transients) {
    std::map<Place, std::set<int>> found;
    for (const auto& t : transients) {
      const bool stays = t.point == Transient::Point::operand;
      auto& from = found[{t.image, t.layer, t.point, t.pixel, t.index, stays ? 0 : t.from, t.bit}];
      from.insert(t.from);
      from.erase(std::next(from.begin()), from.end());
    }
    return found;
  };
  for (const auto& array : sites_.arrays()) {
    if (!array.stage || array.space == Space::control || is_parameter(array.space)) {
      continue;
    }
    const auto k = *array.stage;
    for (const auto part : {0, 3, 7}) {
      auto site = sites_.site(array.address + array.bit_count() * static_cast<std::uint64_t>(part) / 8);
      std::vector<Transient> each;
      for (std::int64_t steps = 0; steps <= all.steps_[k]; ++steps) {
        counts_.steps_[k] = steps;
        counts_.results_[k] = works[k].fold == 0 || steps == 0 ? 0 : (steps - 1) / works[k].fold;
        lifetimes_.follow(site, counts_, kImages, each);
      }
      counts_.steps_[k] = counts_.results_[k] = 0;
      std::vector<Transient> met;
      Fault fault{std::nullopt, 0, site, 1, FaultKind::stuck1};
      const auto fate = lifetimes_.follow(fault, counts_, all, kImages, met);
      EXPECT_EQ(fate == Fate::read, !each.empty());
      ASSERT_EQ(places(met), places(each)) << array.rtl_name << " index " << site.index;
      for (const auto& t : met) {
        EXPECT_EQ(t.change, Transient::Change::set);
        EXPECT_EQ(t.station, 2 * k);
      }
    }
  }
}

TEST_F(LifetimesTest, AStuckSlotMeetsTheWordsOfItsNumber) {
  const auto giver = stage("l6_in");  // 64 words an image, two fit into the FIFO
  const auto slot = site("u_l6_in_fifo.mem_q", 1, 3);
  StatedCounts last;
  const auto words = [&](std::int64_t given, std::int64_t taken, std::int64_t given_at_end) {
    counts_.steps_[giver] = given;
    counts_.steps_[giver + 1] = taken;
    last.steps_[giver] = given_at_end;
    found_.clear();
    lifetimes_.follow({std::nullopt, 0, slot, 1, FaultKind::stuck0}, counts_, last, 2, found_);
    std::vector<std::int64_t> found;
    for (const auto& t : found_) {
      EXPECT_EQ(t.change, Transient::Change::clear);
      EXPECT_EQ(t.bit % 4, 3);
      found.push_back(t.image * 64 + t.bit / 4);
    }
    return found;
  };
  EXPECT_THAT(words(0, 0, 8), ElementsAre(1, 3, 5, 7));
  EXPECT_THAT(words(2, 1, 6), ElementsAre(1, 3, 5));
  EXPECT_THAT(words(2, 2, 5), ElementsAre(3)) << "word 1 has left";
  EXPECT_THAT(words(62, 62, 67), ElementsAre(63, 65));
  EXPECT_THAT(words(4, 4, 4), IsEmpty());
}

// A word that moves through stuck bits of a register leaves as the last of them made it.
TEST_F(LifetimesTest, StuckBitsOfARegisterComeInTheOrderInWhichWordsPassThem) {
  const auto converter = stage("l8_in");  // narrowing, from its high end to its low one
  const auto& narrow = flow_.stages[converter];
  ASSERT_GT(narrow.in_width, narrow.out_width);
  StatedCounts last;
  last.steps_[converter] = narrow.in_width / narrow.out_width;
  counts_.steps_[converter] = 0;
  found_.clear();
  const auto at = [&](int piece) { return site("u_l8_in.data_q", 0, piece * narrow.out_width); };
  lifetimes_.follow({std::nullopt, 9, at(2), 1, FaultKind::stuck0}, counts_, last, 1, found_);
  lifetimes_.follow({std::nullopt, 5, at(1), 1, FaultKind::stuck1}, counts_, last, 1, found_);
  std::ranges::sort(found_, {}, &Transient::order);
  std::map<int, std::vector<Transient::Change>> changes;  // of each output bit
  for (const auto& t : found_) {
    changes[t.bit].push_back(t.change);
  }
  EXPECT_FALSE(changes.empty());
  int twice = 0;
  for (const auto& [bit, of_bit] : changes) {
    EXPECT_EQ(of_bit.back(), Transient::Change::set) << bit;
    twice += of_bit.size() == 2 ? 1 : 0;
  }
  EXPECT_GT(twice, 0);
}

TEST(LastCycle, IsThatOfWhatMeetsFurtherWords) {
  const Site window{Space::window, 1};
  const Site weight{Space::weights, 1};
  EXPECT_EQ(last_cycle({std::nullopt, 5, window}), std::nullopt);
  EXPECT_EQ(last_cycle({std::nullopt, 5, window, 1, FaultKind::stuck0, 3}), 7);
  EXPECT_EQ(last_cycle({std::nullopt, 5, window, 1, FaultKind::stuck0}), Fault::kForever);
  EXPECT_EQ(last_cycle({std::nullopt, 5, weight, 1, FaultKind::stuck0, 3}), std::nullopt);
  EXPECT_EQ(last_cycle({std::nullopt, 5, weight, 1, FaultKind::intermittent, 3}), 8);
}

}  // namespace
}  // namespace fluence::test
