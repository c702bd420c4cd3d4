// The memory cell against the codecs: what is stored, what an access gives, and what it leaves.
#include <gmock/gmock.h>

#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "Vcells.h"
#include "Vcells___024root.h"
#include "base/bits.hpp"
#include "codec/codec.hpp"
#include "tests/rtl/memory/cells.hpp"
#include "tests/rtl/support/clocked.hpp"

void Vcells___024root___eval_settle(Vcells___024root* root);

namespace fluence::test {
namespace {

using Words = std::vector<std::uint64_t>;

class MemoryCell : public testing::TestWithParam<std::size_t> {
 protected:
  MemoryCell() {
    bench_->access_i = bench_->host_sel_i = bench_->host_we_i = 0;
    bench_.reset();
  }

  [[nodiscard]] std::uint64_t stored(int copy, int address) {
    auto& root = *bench_.pins().rootp;
#define MEMORY(number, of_copy, member)                 \
  if (cell_ == (number) && copy == (of_copy)) {         \
    return root.member[static_cast<unsigned>(address)]; \
  }
#include "cells.inc"
#undef MEMORY
    return 0;
  }
  void store(int copy, int address, std::uint64_t word) {
    auto& root = *bench_.pins().rootp;
#define MEMORY(number, of_copy, member)                              \
  if (cell_ == (number) && copy == (of_copy)) {                      \
    auto& own = root.member[static_cast<unsigned>(address)];         \
    own = static_cast<std::remove_reference_t<decltype(own)>>(word); \
  }
#include "cells.inc"
#undef MEMORY
  }
  // Of the group at the first address.
  [[nodiscard]] int group_words() const { return std::min(codec_.words(), words_); }
  [[nodiscard]] Words content() {
    Words all;
    for (int copy = 0; copy < codec_.copies(); ++copy) {
      for (int word = 0; word < group_words(); ++word) {
        all.push_back(stored(copy, word));
      }
    }
    return all;
  }
  void put(const Words& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      store(static_cast<int>(i) / group_words(), static_cast<int>(i) % group_words(), all[i]);
    }
  }
  [[nodiscard]] Words encoded(const Words& values) const {
    Words all(values.size() * static_cast<std::size_t>(codec_.copies()));
    codec_.encode(values, bits_, all);
    return all;
  }
  [[nodiscard]] Words drawn() {
    Words values;
    for (int word = 0; word < group_words(); ++word) {
      values.push_back(random_() & low_bits(bits_));
    }
    return values;
  }
  void settle() { Vcells___024root___eval_settle(bench_.pins().rootp); }

  // That each access to the group gives what the codec says, and leaves what it says.
  void expect_access(const Words& all) {
    Words values(static_cast<std::size_t>(group_words()));
    const auto status = codec_.decode(all, bits_, values);
    for (int word = 0; word < group_words(); ++word) {
      put(all);
      bench_->address_i = static_cast<unsigned char>(word);
      bench_->access_i = 1;
      bench_.settle();
      settle();
      ASSERT_EQ(bench_->data_o[cell_], values[static_cast<std::size_t>(word)]);
      ASSERT_EQ(bench_->corrected_o[cell_], status == AccessStatus::corrected);
      ASSERT_EQ(bench_->detected_o[cell_], status == AccessStatus::detected);
      bench_.edge();
      ASSERT_EQ(content(), codec_.repairs() ? encoded(values) : all);
    }
    bench_->access_i = 0;
  }

  std::size_t cell_ = GetParam();
  const Codec& codec_ = find_codec(kCells.at(cell_).codec);
  int bits_ = kCells.at(cell_).bits, words_ = kCells.at(cell_).words;
  Clocked<Vcells> bench_;
  std::mt19937_64 random_{cell_};
};
INSTANTIATE_TEST_SUITE_P(Cells, MemoryCell, testing::Range<std::size_t>(0, kCells.size()),
                         [](const testing::TestParamInfo<std::size_t>& param) {
                           std::string name = kCells.at(param.param).codec;
                           std::ranges::replace_if(
                               name, [](char c) { return c == ' ' || c == '-'; }, '_');
                           return name + "_" + std::to_string(kCells.at(param.param).bits);
                         });

TEST_P(MemoryCell, DecodesAllSingleAndDoubleErrorsAsTheCodec) {
  for (int values = 0; values < 2; ++values) {
    const auto right = encoded(drawn());
    expect_access(right);
    std::vector<std::pair<std::size_t, int>> places;
    for (std::size_t word = 0; word < right.size(); ++word) {
      for (int bit = 0; bit < codec_.stored_bits(bits_); ++bit) {
        places.emplace_back(word, bit);
      }
    }
    for (std::size_t i = 0; i < places.size() && !HasFatalFailure(); ++i) {
      for (std::size_t j = i; j < places.size() && !HasFatalFailure(); ++j) {
        auto wrong = right;
        wrong[places[i].first] ^= std::uint64_t{1} << places[i].second;
        if (j > i) {
          wrong[places[j].first] ^= std::uint64_t{1} << places[j].second;
        }
        expect_access(wrong);
      }
    }
  }
}

TEST_P(MemoryCell, StoresWhatTheHostWrites) {
  bench_->host_sel_i = 1;
  const auto write = [&](int copy, int address, std::uint64_t word) {
    bench_->address_i = static_cast<unsigned char>(address);
    bench_->host_copy_i = static_cast<unsigned char>(copy);
    bench_->host_data_i = word;
    bench_->host_we_i = 1;
    bench_.cycle();
    bench_->host_we_i = 0;
    settle();
    EXPECT_EQ(bench_->host_data_o[cell_], word);
  };
  const auto values = drawn();
  const auto all = encoded(values);
  for (int word = 0; word < group_words(); ++word) {
    const auto at = static_cast<std::size_t>(word);
    if (!codec_.host_sees_stored()) {
      write(0, word, values[at]);
    }
    for (int copy = 0; copy < codec_.copies() && codec_.host_sees_stored(); ++copy) {
      write(copy, word, all[static_cast<std::size_t>(copy * group_words()) + at]);
    }
  }
  EXPECT_EQ(content(), all);
  bench_->host_sel_i = 0;
  settle();
  EXPECT_EQ(bench_->host_data_o[cell_], 0U);
}

TEST_P(MemoryCell, CountsNoErrorWithoutAnAccess) {
  auto wrong = encoded(drawn());
  wrong[0] ^= 1;
  put(wrong);
  bench_->address_i = 0;
  bench_.settle();
  settle();
  EXPECT_FALSE(bench_->corrected_o[cell_] || bench_->detected_o[cell_]);
  bench_.edge();
  EXPECT_EQ(content(), wrong);
}

}  // namespace
}  // namespace fluence::test
