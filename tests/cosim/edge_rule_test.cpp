// The edge rule: a flip at cycle c takes place right after the clock edge that starts cycle c. Logic in
// cycle c sees the flipped value; a write to that word at the end of cycle c replaces it; upsets at one
// cycle commute.
//
// Layer 8 is where the rule is easiest to pin: what it computes are the scores. Its words are followed
// from the cycle in which they enter or leave a stream.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cosim/bench.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

class EdgeRule : public testing::Test {
 protected:
  void SetUp() override {
    bench_.load(random_parameters(net_, 5));
    golden_ = bench_.run(images_);
  }

  std::size_t stream(const std::string& name) const {
    const auto flow = dataflow(net_);
    return static_cast<std::size_t>(std::ranges::find(flow.streams, name, &Stream::name) -
                                    flow.streams.begin());
  }

  // Run cycle in which the first word of a stream is popped.
  std::uint64_t first_pop(const std::string& name) {
    auto& model = bench_.model();
    const auto index = stream(name);
    model.reset();
    bench_.start(images_);
    while (model.busy()) {
      const auto status = model.streams().at(index);
      if (status.fill > 0 && status.ready_out) {
        const auto cycle = model.cycle() - model.run_start();
        bench_.finish();
        return cycle;
      }
      model.step(1);
    }
    throw std::logic_error("nothing was popped from " + name);
  }

  std::vector<Scores> with_flips(const std::vector<std::pair<std::uint64_t, Site>>& flips) {
    bench_.load(random_parameters(net_, 5));
    for (const auto& [cycle, site] : flips) {
      bench_.model().flip_at(cycle, bench_.sites().address(site), 1);
    }
    return bench_.run(images_);
  }

  // The word is written at the end of cycle c: a flip in c is lost, one in c + 1 is not. Where the
  // network may mask a bit, several are tried and one must show.
  void expect_written_at(std::uint64_t cycle, Site site, int bits = 1) {
    bool seen = false;
    for (; bits > 0 && !seen; --bits, ++site.bit) {
      EXPECT_EQ(with_flips({{cycle, site}}), golden_) << "overwritten at the end of the cycle";
      seen = with_flips({{cycle + 1, site}}) != golden_;
    }
    EXPECT_TRUE(seen) << "stored from the next cycle on";
  }
  // The word is last read in cycle c: a flip in c counts, one in c + 1 does not.
  void expect_last_read_at(std::uint64_t cycle, const Site& site) {
    EXPECT_NE(with_flips({{cycle, site}}), golden_) << "logic in the cycle sees it";
    EXPECT_EQ(with_flips({{cycle + 1, site}}), golden_) << "no longer read";
  }

  const Topology& net_ = topology("cnvW1A1");
  AccelBench bench_{net_};
  std::vector<Image> images_ = {random_image(1)};
  std::vector<Scores> golden_;
};

TEST_F(EdgeRule, FifoSlot) {
  class FirstPush final : public StreamObserver {
   public:
    explicit FirstPush(std::size_t stream) : stream_(stream) {}
    void pushed(std::size_t stream, int slot, const std::vector<std::uint64_t>& /*word*/,
                std::uint64_t cycle) override {
      if (stream == stream_ && cycle_ == 0) {
        cycle_ = cycle;
        slot_ = slot;
      }
    }
    std::size_t stream_;
    std::uint64_t cycle_ = 0;
    int slot_ = 0;
  } first(stream("inter10"));
  bench_.model().observe(&first);
  bench_.model().reset();
  bench_.run(images_);
  bench_.model().observe(nullptr);
  const auto stored = first.cycle_ - bench_.model().run_start();
  // Layer 7 owns two FIFOs behind its matrix-vector unit's: l7_in, l7_mvau and inter10, in this order.
  const Site slot{Space::fifo, 7, 2, first.slot_, 0, 3};
  ASSERT_EQ(bench_.sites().array_of(slot).rtl_name, "u_pipeline.u_inter10_fifo.mem_q");
  expect_written_at(stored - 1, slot);
  const auto popped = first_pop("inter10");
  expect_last_read_at(popped, slot);
}

TEST_F(EdgeRule, WeightWord) {
  // Word 0 of layer 8 meets the first activation and nothing else of the image.
  expect_last_read_at(first_pop("l8_in"), {Space::weights, 8, 1, 0, 0, 0});
}

TEST_F(EdgeRule, WeightStaysFlippedForLaterImages) {
  const auto cycle = first_pop("l8_in");
  images_.push_back(random_image(2));
  bench_.load(random_parameters(net_, 5));
  golden_ = bench_.run(images_);
  const auto flipped = with_flips({{cycle + 1, {Space::weights, 8, 1, 0, 0, 0}}});
  EXPECT_EQ(flipped[0], golden_[0]);
  EXPECT_NE(flipped[1], golden_[1]);
}

TEST_F(EdgeRule, Accumulator) {
  const auto cycle = first_pop("l8_in");
  expect_written_at(cycle, {Space::accumulator, 8, 2, 0, 0, 9});
  auto expected = golden_;
  // Only the row whose sum is under way changes, by the flipped bit or its carries.
  const auto flipped = with_flips({{cycle + 1, {Space::accumulator, 8, 2, 0, 0, 12}}});
  expected[0][2] = static_cast<std::int16_t>(golden_[0][2] + (1 << 12));
  EXPECT_EQ(flipped, expected);
}

TEST_F(EdgeRule, VectorWord) {
  const auto cycle = first_pop("l8_in");
  const Site word{Space::vector, 8, 0, 0, 0, 0};
  expect_written_at(cycle, word);
  // The first neuron fold takes its input from the stream, the later ones from the buffer.
  const auto flipped = with_flips({{cycle + 1, word}})[0];
  for (std::size_t k = 0; k < kScores; ++k) {
    EXPECT_EQ(std::abs(flipped[k] - golden_[0][k]), k < 4 ? 0 : 1) << "score " << k;
  }
}

// A stuck bit is that of every word from the cycle in which it is stored; released, of that word to its
// end.
TEST_F(EdgeRule, AStuckVectorWord) {
  const auto cycle = first_pop("l8_in");
  const Site word{Space::vector, 8, 0, 0, 0, 0};
  const auto address = bench_.sites().address(word);
  const auto held = [&](std::uint64_t from, std::uint64_t until) {
    std::vector<std::vector<Scores>> results;
    for (const bool value : {false, true}) {
      bench_.load(random_parameters(net_, 5));
      bench_.model().hold_at({address, 1, value, from, until});
      results.push_back(bench_.run(images_));
    }
    // One of the values is what the bit has.
    EXPECT_TRUE(results[0] == golden_ || results[1] == golden_);
    return results[0] == golden_ ? results[1] : results[0];
  };
  const auto flipped = with_flips({{cycle + 1, word}});
  ASSERT_NE(flipped, golden_);
  EXPECT_EQ(held(0, cycle + 1), golden_) << "the word is stored by the edge that starts the next cycle";
  EXPECT_EQ(held(cycle + 1, cycle + 2), flipped) << "it is not written again";
  EXPECT_EQ(held(0, cycle + 2), flipped);
  EXPECT_EQ(held(0, Hold::kForever), flipped);
}

// The accumulator is written in each of the steps in which it is held.
TEST_F(EdgeRule, AStuckAccumulator) {
  const auto cycle = first_pop("l8_in");
  const Site sum{Space::accumulator, 8, 2, 0, 0, 15};
  const auto address = bench_.sites().address(sum);
  bench_.load(random_parameters(net_, 5));
  bench_.model().hold_at({address, 1, true, 0, Hold::kForever});
  auto expected = golden_;
  for (std::size_t k = 2; k < kScores; k += 4) {
    expected[0][k] = static_cast<std::int16_t>(golden_[0][k] | -0x8000);
  }
  EXPECT_EQ(bench_.run(images_), expected)
      << "sums of matches are not negative: the top bit alone differs";
  bench_.load(random_parameters(net_, 5));
  bench_.model().hold_at({address, 1, true, cycle + 1, cycle + 2});
  expected = golden_;
  expected[0][2] = static_cast<std::int16_t>(golden_[0][2] | -0x8000);
  EXPECT_EQ(bench_.run(images_), expected);
}

TEST_F(EdgeRule, WidthConverterRegister) {
  const auto cycle = first_pop("inter10");
  const Site held{Space::stream, 8, 0, 0, 0, 62};  // l8_in: the last bit of the word to leave
  ASSERT_EQ(bench_.sites().array_of(held).rtl_name, "u_pipeline.u_l8_in.data_q");
  expect_written_at(cycle, held);
}

TEST_F(EdgeRule, WindowWord) {
  expect_written_at(first_pop("l5_in"), {Space::window, 5, 0, 0, 0, 0}, 32);
}

TEST_F(EdgeRule, PoolRow) { expect_written_at(first_pop("inter2"), {Space::pool, 1, 0, 0, 0, 0}, 64); }

TEST_F(EdgeRule, ThresholdWord) {
  // Row 0 of layer 7 waits in its accumulator until it is pushed; the threshold is read in that cycle
  // alone.
  class FirstWord final : public StreamObserver {
   public:
    explicit FirstWord(std::size_t stream) : stream_(stream) {}
    void pushed(std::size_t stream, int /*slot*/, const std::vector<std::uint64_t>& /*word*/,
                std::uint64_t cycle) override {
      cycle_ = stream == stream_ && cycle_ == 0 ? cycle : cycle_;
    }
    std::size_t stream_;
    std::uint64_t cycle_ = 0;
  } first(stream("l7_mvau"));
  bench_.model().observe(&first);
  bench_.model().reset();
  bench_.run(images_);
  bench_.model().observe(nullptr);
  const auto read = first.cycle_ - 1 - bench_.model().run_start();
  // The sign bit of the threshold decides the output unless its flip happens to leave the comparison
  // alone.
  const Site sign{Space::thresholds, 7, 0, 0, 0, 15};
  const auto before = with_flips({{read, sign}});
  const auto after = with_flips({{read + 1, sign}});
  EXPECT_EQ(after, golden_);
  if (before == golden_) {
    // The output bit was 1 already; then the largest threshold makes it 0.
    std::vector<std::pair<std::uint64_t, Site>> flips;
    const auto parameters = random_parameters(net_, 5);
    for (int bit = 0; bit < 16; ++bit) {
      const bool is_set = (parameters.threshold(7, 0, 0, 0) >> bit & 1) != 0;
      if (is_set != (bit != 15)) {
        flips.push_back({read, {Space::thresholds, 7, 0, 0, 0, bit}});
      }
    }
    EXPECT_NE(with_flips(flips), golden_);
    for (auto& flip : flips) {
      ++flip.first;
    }
    EXPECT_EQ(with_flips(flips), golden_);
  }
}

TEST_F(EdgeRule, UpsetsAtOneCycleCommute) {
  const auto cycle = first_pop("l8_in") + 1;
  const Site a{Space::accumulator, 8, 2, 0, 0, 12};
  const Site b{Space::accumulator, 8, 2, 0, 0, 13};
  EXPECT_EQ(with_flips({{cycle, a}, {cycle, a}}), golden_);
  EXPECT_EQ(with_flips({{cycle, a}, {cycle, b}}), with_flips({{cycle, b}, {cycle, a}}));
  EXPECT_NE(with_flips({{cycle, a}, {cycle, b}}), golden_);
}

TEST_F(EdgeRule, AFlipBeyondTheRunChangesNothing) {
  EXPECT_EQ(with_flips({{bench_.model().run_length() + 10, {Space::weights, 8, 1, 0, 0, 0}}}), golden_);
  EXPECT_EQ(bench_.run(images_), golden_) << "and nothing later";
}

// Every site can be read, flipped and flipped back, and its RTL name is a variable of the model.
TEST(StateAccessTest, EveryArrayReadsBackWhatWasWritten) {
  for (const auto& net : all_topologies()) {
    AccelBench bench(net);
    for (const auto& array : bench.sites().arrays()) {
      const auto last = array.address + array.bit_count() - 1;
      const auto before = bench.model().read_word(last);
      bench.model().flip_now(last, 1);
      const auto flipped = bench.model().read_word(last);
      const auto bit = array.bits - 1;
      for (std::size_t limb = 0; limb < before.size(); ++limb) {
        const auto mask =
            limb == static_cast<std::size_t>(bit / 64) ? std::uint64_t{1} << (bit % 64) : 0;
        ASSERT_EQ(flipped[limb] ^ before[limb], mask) << array.rtl_name;
      }
      bench.model().flip_now(last, 1);
      ASSERT_EQ(bench.model().read_word(last), before) << array.rtl_name;
    }
  }
}

}  // namespace
}  // namespace fluence::test
