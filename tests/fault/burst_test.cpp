#include "fault/burst.hpp"

#include <gmock/gmock.h>

#include <map>
#include <utility>

namespace fluence {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// cnvW1A1 with one layout of its weights. Layer 1: 36 words of 32 bits a PE.
Topology with(const MemoryLayout& layout) {
  auto net = topology("cnvW1A1");
  net.layouts["weights"] = layout;
  return net;
}

Site weight(int index, int bit) { return {Space::weights, 1, 7, index, 0, bit}; }

std::vector<std::pair<int, int>> words_and_bits(const std::vector<Site>& sites) {
  std::vector<std::pair<int, int>> all;
  for (const auto& site : sites) {
    EXPECT_EQ(site, weight(site.index, site.bit));
    all.emplace_back(site.index, site.bit);
  }
  return all;
}

TEST(Bursts, AreInAWordWithoutALayout) {
  const SiteMap sites(topology("cnvW1A1"));
  const auto four = burst_in_row(4);
  ASSERT_EQ(four.size(), 1U);
  EXPECT_THAT(four[0].bits, ElementsAre(BurstBit{0, 0}, BurstBit{0, 1}, BurstBit{0, 2}, BurstBit{0, 3}));
  EXPECT_THAT(words_and_bits(burst_sites(four[0].bits, weight(3, 9), sites)),
              ElementsAre(std::pair(3, 9), std::pair(3, 10), std::pair(3, 11), std::pair(3, 12)));
  EXPECT_THAT(words_and_bits(burst_sites(four[0].bits, weight(3, 30), sites)),
              ElementsAre(std::pair(3, 30), std::pair(3, 31)));
  EXPECT_THAT(words_and_bits(burst_sites({{0, 0}, {1, -1}, {-1, 2}}, weight(0, 4), sites)),
              ElementsAre(std::pair(0, 4), std::pair(1, 3)));
  EXPECT_THAT(burst_sites({{-4, 0}}, weight(3, 9), sites), IsEmpty());
}

// Eight bits of four words in a row: columns 0 to 3 are bit 0 of words 0 to 3, then bit 1.
TEST(Bursts, FollowTheLayoutOfTheMemory) {
  const auto net = with({8, 4});
  const SiteMap sites(net);
  EXPECT_THAT(words_and_bits(burst_sites({{0, 0}, {0, 1}, {0, 2}, {0, 4}}, weight(6, 9), sites)),
              ElementsAre(std::pair(6, 9), std::pair(7, 9), std::pair(4, 10), std::pair(6, 10)));
  // Bits 8 to 15 are a block of their own.
  EXPECT_THAT(words_and_bits(burst_sites({{0, 0}, {0, 1}, {1, 0}}, weight(7, 15), sites)),
              ElementsAre(std::pair(7, 15), std::pair(11, 15)));
  EXPECT_THAT(words_and_bits(burst_sites({{0, -1}, {0, 0}, {-1, 0}}, weight(4, 8), sites)),
              ElementsAre(std::pair(4, 8), std::pair(0, 8)));
}

// Against a drawing of the whole memory, of layouts that fit and that do not: 36 words in rows of 5.
TEST(Bursts, AreNeighboursOnTheDrawnMemory) {
  for (const auto& layout : {MemoryLayout{}, MemoryLayout{0, 4}, MemoryLayout{9, 1}, MemoryLayout{18, 5},
                             MemoryLayout{7, 64}}) {
    const auto net = with(layout);
    const SiteMap sites(net);
    const int width = layout.width == 0 ? 32 : layout.width;
    // [block, row, column] -> word, bit
    std::map<std::tuple<int, int, int>, std::pair<int, int>> memory;
    for (int word = 0; word < 36; ++word) {
      for (int bit = 0; bit < 32; ++bit) {
        const std::tuple place(bit / width, word / layout.interleave,
                               bit % width * layout.interleave + word % layout.interleave);
        EXPECT_TRUE(memory.emplace(place, std::pair(word, bit)).second);
      }
    }
    int there = 0;
    for (const auto& [place, drawn] : memory) {
      for (int row = -2; row <= 2; ++row) {
        for (int column = -6; column <= 6; ++column) {
          const auto& [block, r, c] = place;
          const auto it = memory.find({block, r + row, c + column});
          const auto found =
              words_and_bits(burst_sites({{row, column}}, weight(drawn.first, drawn.second), sites));
          if (it == memory.end()) {
            EXPECT_THAT(found, IsEmpty());
          } else {
            EXPECT_THAT(found, ElementsAre(it->second));
            ++there;
          }
        }
      }
    }
    EXPECT_GT(there, 10'000);
  }
}

}  // namespace
}  // namespace fluence
