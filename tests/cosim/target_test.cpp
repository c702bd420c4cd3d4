// What the accelerator does with a parameter word that its network does not have: docs/platform.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "tests/cosim/bench.hpp"
#include "tests/support/random_network.hpp"

namespace fluence::test {
namespace {

constexpr std::uint32_t kFar = 0xffffffff;

// The registers.
struct Target {
  std::uint32_t layer = 0;
  std::uint32_t mem = 0;
  std::uint32_t ind = 0;
  std::uint32_t thresh = 0;
};

// As many low bits of a value as `count` things need, at least one.
std::uint32_t low_bits(std::uint32_t value, int count) {
  const auto bits = std::max(1, static_cast<int>(std::bit_width(static_cast<unsigned>(count - 1))));
  return value & ((1U << bits) - 1);
}

// One less than what `count` things need, and more.
std::vector<std::uint32_t> around(int count) {
  const auto n = static_cast<std::uint32_t>(count);
  const auto power = std::bit_ceil(std::max(n, 2U));
  return {0, n - 1, n, power - 1, power, power + 1, kFar};
}

class Targets : public testing::TestWithParam<const char*> {
 protected:
  Targets() { bench_.load(random_parameters(net_, 7)); }

  void command(std::uint32_t do_init, const Target& target) {
    bench_.write(FL_ACCEL_DO_INIT, do_init);
    bench_.write(FL_ACCEL_TARGET_LAYER, target.layer);
    bench_.write(FL_ACCEL_TARGET_MEM, target.mem);
    bench_.write(FL_ACCEL_TARGET_IND, target.ind);
    bench_.write(FL_ACCEL_TARGET_THRESH, target.thresh);
    bench_.write(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    ASSERT_TRUE(bench_.finish());
  }
  std::uint64_t read(const Target& target) {
    auto& word = bench_.memory().word(AccelBench::kScoresAt);
    word = 0xabcdef;
    bench_.write(FL_ACCEL_OUTPUT_LOW, AccelBench::kScoresAt);
    command(FL_ACCEL_DO_INIT_READ, target);
    return word;
  }
  void write(const Target& target, std::uint64_t value) {
    bench_.write(FL_ACCEL_VAL_LOW, value);
    bench_.write(FL_ACCEL_VAL_HIGH, value >> 32);
    command(FL_ACCEL_DO_INIT_WRITE, target);
  }
  std::uint64_t stored(const Site& site) {
    return bench_.model().read_word(bench_.sites().address(site))[0];
  }
  // What the registers return of it.
  std::uint64_t shown(const Site& site) {
    if (site.space == Space::weights) {
      return stored(site);
    }
    const int unused = 64 - bench_.sites().array_of(site).bits;
    const auto value = static_cast<std::int64_t>(stored(site) << unused) >> unused;
    return static_cast<std::uint64_t>(site.layer == 0 ? value / 256 : value);
  }

  // Writes nothing, and reads `value`.
  void expect_nothing(const Target& target, std::uint64_t value) {
    const auto before = bench_.model().save_parameters();
    write(target, ~std::uint64_t{0});
    EXPECT_TRUE(bench_.model().save_parameters() == before);
    write(target, 0);
    EXPECT_TRUE(bench_.model().save_parameters() == before);
    EXPECT_EQ(read(target), value);
  }
  // Writes this word and no other, and reads it.
  void expect_word(const Target& target, const Site& site) {
    const auto before = bench_.model().save_parameters();
    const auto old = stored(site);
    const int bits = bench_.sites().array_of(site).bits;
    EXPECT_EQ(read(target), shown(site));
    write(target, ~old);
    EXPECT_EQ(stored(site), ~old & (~std::uint64_t{0} >> (64 - bits)));
    bench_.model().write_word(bench_.sites().address(site), std::span(&old, 1));
    EXPECT_TRUE(bench_.model().save_parameters() == before);
  }
  // As docs/platform.md says.
  void expect_documented(const Layer& layer, Space space, const Target& target) {
    SCOPED_TRACE(net_.name + ": layer " + std::to_string(target.layer) + " mem " +
                 std::to_string(target.mem) + " ind " + std::to_string(target.ind) + " thresh " +
                 std::to_string(target.thresh));
    const bool weights = space == Space::weights;
    const int words = weights ? layer.weight_words() : layer.threshold_words();
    const auto pe = static_cast<int>(low_bits(target.mem, layer.pe));
    const auto word = static_cast<int>(low_bits(target.ind, words));
    const auto thresh = weights || layer.thresholds == 1 ? 0 : static_cast<int>(target.thresh & 1);
    if (word >= words) {
      expect_nothing(target, 0);
    } else if (pe >= layer.pe) {
      expect_nothing(target, shown({space, layer.index, 0, word, thresh}));
    } else {
      expect_word(target, {space, layer.index, pe, word, thresh});
    }
  }

  const Topology& net_ = topology(GetParam());
  AccelBench bench_{net_};
};

INSTANTIATE_TEST_SUITE_P(Networks, Targets, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(Targets, OfLowBitsCount) {
  for (const auto& layer : net_.layers) {
    for (const auto space : {Space::weights, Space::thresholds}) {
      const bool weights = space == Space::weights;
      if (!weights && layer.thresholds == 0) {
        continue;
      }
      const auto number = static_cast<std::uint32_t>(2 * layer.index) + (weights ? 0 : 1);
      for (const auto mem : around(layer.pe)) {
        expect_documented(layer, space, {number, mem, 1, 0});
      }
      for (const auto ind : around(weights ? layer.weight_words() : layer.threshold_words())) {
        expect_documented(layer, space, {number, 0, ind, 0});
      }
      for (const std::uint32_t thresh : {1U, 2U, 3U, kFar}) {
        expect_documented(layer, space, {number, 0, 1, thresh});
      }
    }
  }
}

TEST_P(Targets, OfNoLayerAreNone) {
  for (const std::uint32_t number : {17U, 18U, 32U, 0x10000U, 0x80000000U, kFar}) {
    expect_nothing({number, 0, 0, 0}, 0);
  }
}

}  // namespace
}  // namespace fluence::test
