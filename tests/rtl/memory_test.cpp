// The memory cell against the codecs: what is stored, what an access gives, and what it leaves.
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "Vcells.h"
#include "Vcells___024root.h"
#include "base/bits.hpp"
#include "codec/codec.hpp"
#include "tests/rtl/memory/cells.hpp"
#include "tests/rtl/support/clocked.hpp"
#include "tests/rtl/support/word.hpp"

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

  // A stored word, in limbs.
  [[nodiscard]] Words stored(int copy, int address) {
    auto& root = *bench_.pins().rootp;
#define MEMORY(number, of_copy, member)                                      \
  if (cell_ == (number) && copy == (of_copy)) {                              \
    return limbs(root.member[static_cast<unsigned>(address)], stored_bits_); \
  }
#include "cells.inc"
#undef MEMORY
    return {};
  }
  void store(int copy, int address, std::span<const std::uint64_t> limbs) {
    Word word;
    for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
      word = word << kWordBits | Word(*limb);
    }
    auto& root = *bench_.pins().rootp;
#define MEMORY(number, of_copy, member)                         \
  if (cell_ == (number) && copy == (of_copy)) {                 \
    set_pin(root.member[static_cast<unsigned>(address)], word); \
  }
#include "cells.inc"
#undef MEMORY
  }
  template <class Pin>
  static Words limbs(const Pin& pin, int bits) {
    const auto word = get_pin(pin);
    Words all;
    for (int at = 0; at < bits; at += kWordBits) {
      all.push_back(field(word, at, kWordBits));
    }
    return all;
  }
  // Of the group at the first address.
  [[nodiscard]] int group_words() const { return std::min(codec_.words(), words_); }
  [[nodiscard]] Words content() {
    Words all;
    for (int copy = 0; copy < codec_.copies(); ++copy) {
      for (int word = 0; word < group_words(); ++word) {
        std::ranges::copy(stored(copy, word), std::back_inserter(all));
      }
    }
    return all;
  }
  // Word `number` of words of so many bits.
  static std::span<const std::uint64_t> word_of(const Words& all, int number, int bits) {
    return std::span(all).subspan(index(number * limbs_of(bits)), index(limbs_of(bits)));
  }
  void put(const Words& all) {
    for (int i = 0; i < codec_.copies() * group_words(); ++i) {
      store(i / group_words(), i % group_words(), word_of(all, i, stored_bits_));
    }
  }
  [[nodiscard]] Words encoded(const Words& values) const {
    Words all(index(group_words() * codec_.copies() * limbs_of(stored_bits_)));
    codec_.encode(values, bits_, all);
    return all;
  }
  [[nodiscard]] Words drawn() {
    Words values;
    for (int word = 0; word < group_words(); ++word) {
      for (int left = bits_; left > 0; left -= kWordBits) {
        values.push_back(random_() & low_bits(std::min(left, kWordBits)));
      }
    }
    return values;
  }
  // Has a cell that is read synchronously take over what is stored there.
  void take_over(int address) {
    bench_->next_address_i = static_cast<unsigned char>(address);
    if (kCells.at(cell_).synchronous) {
      bench_.settle();
      bench_.edge();
    }
  }
  void settle() { Vcells___024root___eval_settle(bench_.pins().rootp); }

  // That each access to the group gives what the codec says, and leaves what it says.
  void expect_access(const Words& all) {
    Words values(index(group_words() * limbs_of(bits_)));
    const auto status = codec_.decode(all, bits_, values);
    for (int word = 0; word < group_words(); ++word) {
      put(all);
      bench_->address_i = static_cast<unsigned char>(word);
      take_over(word);
      bench_->access_i = 1;
      bench_.settle();
      settle();
      ASSERT_TRUE(std::ranges::equal(limbs(bench_->data_o[cell_], bits_), word_of(values, word, bits_)));
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
  int stored_bits_ = codec_.stored_bits(bits_);
  Clocked<Vcells> bench_;
  std::mt19937_64 random_{cell_};
};
INSTANTIATE_TEST_SUITE_P(Cells, MemoryCell, testing::Range<std::size_t>(0, kCells.size()),
                         [](const testing::TestParamInfo<std::size_t>& param) {
                           std::string name = kCells.at(param.param).codec;
                           std::ranges::replace_if(
                               name, [](char c) { return c == ' ' || c == '-'; }, '_');
                           return name + "_" + std::to_string(kCells.at(param.param).bits) +
                                  (kCells.at(param.param).synchronous ? "_synchronous" : "");
                         });

TEST_P(MemoryCell, DecodesAllSingleAndDoubleErrorsAsTheCodec) {
  for (int values = 0; values < 2; ++values) {
    const auto right = encoded(drawn());
    expect_access(right);
    std::vector<std::pair<std::size_t, int>> places;
    for (int word = 0; word < codec_.copies() * group_words(); ++word) {
      for (int bit = 0; bit < stored_bits_; ++bit) {
        places.emplace_back(index(word * limbs_of(stored_bits_) + bit / kWordBits), bit % kWordBits);
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
  // A word, slice by slice from the highest, so that each leaves the others alone.
  const auto write = [&](int copy, int address, std::span<const std::uint64_t> word) {
    bench_->address_i = static_cast<unsigned char>(address);
    bench_->host_copy_i = static_cast<unsigned char>(copy);
    take_over(address);
    for (auto slice = word.size(); slice-- > 0;) {
      bench_->host_slice_i = static_cast<std::uint32_t>(slice);
      bench_->host_data_i = word[slice];
      bench_->host_we_i = 1;
      bench_.cycle();
      bench_->host_we_i = 0;
      take_over(address);
    }
    for (std::size_t slice = 0; slice < word.size(); ++slice) {
      bench_->host_slice_i = static_cast<std::uint32_t>(slice);
      bench_.settle();
      settle();
      EXPECT_EQ(bench_->host_data_o[cell_], word[slice]) << slice;
    }
  };
  const auto values = drawn();
  const auto all = encoded(values);
  for (int word = 0; word < group_words(); ++word) {
    if (!codec_.host_sees_stored()) {
      write(0, word, word_of(values, word, bits_));
    }
    for (int copy = 0; copy < codec_.copies() && codec_.host_sees_stored(); ++copy) {
      write(copy, word, word_of(all, copy * group_words() + word, stored_bits_));
    }
  }
  EXPECT_EQ(content(), all);
  if (bits_ > kWordBits) {  // there is no such slice
    bench_->host_slice_i = static_cast<std::uint32_t>(limbs_of(bits_));
    bench_->host_data_i = ~std::uint64_t{0};
    bench_->host_we_i = 1;
    bench_.cycle();
    bench_->host_we_i = 0;
    EXPECT_EQ(content(), all);
    EXPECT_EQ(bench_->host_data_o[cell_], 0U);
  }
  bench_->host_sel_i = 0;
  settle();
  EXPECT_EQ(bench_->host_data_o[cell_], 0U);
}

TEST_P(MemoryCell, CountsNoErrorWithoutAnAccess) {
  auto wrong = encoded(drawn());
  wrong[0] ^= 1;
  put(wrong);
  bench_->address_i = 0;
  take_over(0);
  bench_.settle();
  settle();
  EXPECT_FALSE(bench_->corrected_o[cell_] || bench_->detected_o[cell_]);
  bench_.edge();
  EXPECT_EQ(content(), wrong);
}

TEST_P(MemoryCell, GivesWhatWasStoredAtTheEndOfTheCycleBeforeIfItIsReadSynchronously) {
  const auto first = drawn();
  put(encoded(first));
  bench_->address_i = 0;
  take_over(0);
  const auto second = drawn();
  put(encoded(second));
  bench_.settle();
  settle();
  const auto& given = kCells.at(cell_).synchronous ? first : second;
  Words values = given;
  codec_.decode(encoded(given), bits_, values);
  EXPECT_TRUE(std::ranges::equal(limbs(bench_->data_o[cell_], bits_), word_of(values, 0, bits_)));
}

}  // namespace
}  // namespace fluence::test
