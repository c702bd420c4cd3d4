// The bench of the matrix-vector units. Its users instantiate the suite Mvau with their cases.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/rtl/support/stream_bench.hpp"

namespace fluence::test {
namespace {

enum class Memory { weights, thresholds };

// A unit with random parameters and random input vectors, and what the arithmetic of the networks makes
// of them: sums over rows and columns of a matrix, with no notion of folds.
template <class Case>
class Mvau : public testing::Test {
 protected:
  static constexpr int kRows = Case::kMatrixHeight;
  static constexpr int kColumns = Case::kMatrixWidth;
  static constexpr int kSf = kColumns / Case::kSimd;
  static constexpr int kNf = kRows / Case::kPe;
  static constexpr int kVectors = 24;
  /// Behind the highest sum; the lowest is its negative.
  static constexpr std::int64_t kLimit = std::int64_t{1} << (Case::kAccBits - 1);
  static constexpr int kWeightBits = Case::kWeightBits;
  static constexpr int kWeightWordBits = Case::kSimd * kWeightBits;
  static constexpr int kSlices = (kWeightWordBits + 63) / 64;
  static constexpr int kInBits = Case::kInBits;
  static constexpr int kThresholds = Case::kThresholds;
  // What only the unit for all numbers can choose.
  static constexpr bool kInUnsigned = [] {
    if constexpr (requires { Case::kInUnsigned; }) {
      return Case::kInUnsigned != 0;
    } else {
      return false;
    }
  }();
  static constexpr int kOutLeast = [] {
    if constexpr (requires { Case::kOutLeast; }) {
      return Case::kOutLeast;
    } else {
      return kThresholds == 2 ? -1 : 0;
    }
  }();

  Mvau() {
    bench_->valid_i = 0;
    bench_->ready_i = 0;
    bench_->weights_sel_i = 0;
    bench_->thresholds_sel_i = 0;
    bench_.reset();
    draw_weights();
    draw_vectors();
    draw_thresholds();
    load();
    for (const auto& vector : vectors_) {
      for (int nf = 0; nf < kNf; ++nf) {
        Word word;
        for (int pe = 0; pe < Case::kPe; ++pe) {
          word |= placed(activation(nf * Case::kPe + pe, vector), pe * Case::kOutBits, Case::kOutBits);
        }
        golden_.push_back(word);
      }
    }
  }

  // --- parameters -----------------------------------------------------------------------------------
  // weight_words_[pe][tile], thresholds_[row][t]
  void draw_weights() {
    weight_words_.resize(Case::kPe);
    for (auto& words : weight_words_) {
      for (int tile = 0; tile < kSf * kNf; ++tile) {
        words.push_back(random_word(rng_, kWeightWordBits));
      }
    }
    // A row of the lowest weights, which with the outermost activations makes the largest sum.
    for (int tile = 0; tile < kSf; ++tile) {
      Word lowest;
      for (int i = 0; kWeightBits > 1 && i < Case::kSimd; ++i) {
        lowest.set(static_cast<std::size_t>((i + 1) * kWeightBits - 1));
      }
      weight_words_[0][static_cast<std::size_t>(tile)] = lowest;
    }
  }

  // Thresholds around sums that occur, and equal to them; every other row's out of order, as after a
  // fault. Of many thresholds that seldom leaves all or none below a sum: for them two rows are made.
  void draw_thresholds() {
    thresholds_.resize(kRows);
    for (int row = 0; row < kRows; ++row) {
      auto& thresholds = thresholds_[static_cast<std::size_t>(row)];
      if (kThresholds > 2 && row < 2) {
        thresholds.assign(kThresholds, row == 0 ? -kLimit : kLimit - 1);
        continue;
      }
      for (int t = 0; t < kThresholds; ++t) {
        const auto& vector = vectors_[rng_() % vectors_.size()];
        const auto near = static_cast<std::int64_t>(rng_() % 3) - 1;
        thresholds.push_back(wrapped(accumulator(row, vector) + near));
      }
      std::sort(thresholds.begin(), thresholds.end());
      if (row % 2 == 1) {
        std::reverse(thresholds.begin(), thresholds.end());
      }
    }
  }

  void draw_vectors() {
    for (int v = 0; v < kVectors; ++v) {
      std::vector<Word> words;
      for (int sf = 0; sf < kSf; ++sf) {
        words.push_back(v == 0 ? outermost_activations() : random_word(rng_, Case::kSimd * kInBits));
      }
      in_.insert(in_.end(), words.begin(), words.end());
      vectors_.push_back(words);
    }
  }

  // The highest of unsigned numbers, else the lowest.
  static Word outermost_activations() {
    Word word;
    for (int i = 0; i < Case::kSimd; ++i) {
      for (int bit = 0; bit < kInBits; ++bit) {
        word.set(static_cast<std::size_t>(i * kInBits + bit),
                 kInUnsigned || (kInBits > 1 && bit == kInBits - 1));
      }
    }
    return word;
  }

  // --- arithmetic -----------------------------------------------------------------------------------
  std::int64_t weight(int row, int column) const {
    const auto tile = row / Case::kPe * kSf + column / Case::kSimd;
    const auto& word =
        weight_words_.at(static_cast<std::size_t>(row % Case::kPe)).at(static_cast<std::size_t>(tile));
    const int lane = column % Case::kSimd;
    return number(word, lane, kWeightBits);
  }

  // Of one bit: -1 or +1.
  static std::int64_t number(const Word& word, int lane, int bits) {
    return bits == 1 ? (word.test(static_cast<std::size_t>(lane)) ? 1 : -1)
                     : signed_field(word, lane * bits, bits);
  }

  static std::int64_t input(const Word& word, int lane) {
    return kInUnsigned ? static_cast<std::int64_t>(field(word, lane * kInBits, kInBits))
                       : number(word, lane, kInBits);
  }

  std::int64_t accumulator(int row, const std::vector<Word>& vector) const {
    std::int64_t sum = 0;
    for (int q = 0; q < kColumns; ++q) {
      const auto& word = vector.at(static_cast<std::size_t>(q / Case::kSimd));
      const int lane = q % Case::kSimd;
      if (Case::kXnor) {
        sum += (weight(row, q) > 0) == word.test(static_cast<std::size_t>(lane));
      } else {
        sum += weight(row, q) * input(word, lane);
      }
    }
    // Pixel codes, which alone have a fraction, have InBits - 1 bits of it.
    return Case::kFractionBits > 0 ? sum << (Case::kFractionBits - kInBits + 1) : sum;
  }

  static std::int64_t wrapped(std::int64_t sum) {
    return signed_field(Word(static_cast<std::uint64_t>(sum)), 0, Case::kAccBits);
  }

  std::uint64_t activation(int row, const std::vector<Word>& vector) const {
    const auto sum = wrapped(accumulator(row, vector));
    if (Case::kThresholds == 0) {
      return static_cast<std::uint64_t>(sum);
    }
    int below = 0;
    for (const auto threshold : thresholds_.at(static_cast<std::size_t>(row))) {
      below += threshold < sum;
    }
    return static_cast<std::uint64_t>(kOutLeast + below);
  }

  // --- parameter port -------------------------------------------------------------------------------
  void select(Memory memory, int pe, int word, int thresh) {
    bench_->weights_sel_i = memory == Memory::weights;
    bench_->thresholds_sel_i = memory == Memory::thresholds;
    bench_->param_pe_i = static_cast<std::uint32_t>(pe);
    bench_->param_word_i = static_cast<std::uint32_t>(word);
    bench_->param_thresh_i = static_cast<std::uint32_t>(thresh);
  }

  void deselect() {
    bench_->weights_sel_i = 0;
    bench_->thresholds_sel_i = 0;
    bench_->param_we_i = 0;
  }

  void write(Memory memory, int pe, int word, int thresh, std::uint64_t value) {
    select(memory, pe, word, thresh);
    bench_->param_data_i = value;
    bench_->param_we_i = 1;
    bench_.cycle();
    deselect();
  }

  std::uint64_t read(Memory memory, int pe, int word, int thresh) {
    select(memory, pe, word, thresh);
    bench_->param_we_i = 0;
    bench_.settle();
    const auto value = bench_->param_data_o;
    deselect();
    return value;
  }

  // What lies above a word's width must be lost.
  std::uint64_t with_garbage(std::uint64_t value, int bits) {
    return value ^ (bits < 64 ? rng_() << bits : 0);
  }

  void load() {
    for (int pe = 0; pe < Case::kPe; ++pe) {
      for (int tile = 0; tile < kSf * kNf; ++tile) {
        for (int slice = 0; slice < kSlices; ++slice) {
          write(Memory::weights, pe, tile, slice,
                with_garbage(weight_slice(pe, tile, slice), slice_bits(slice)));
        }
      }
      for (int nf = 0; nf < kNf; ++nf) {
        for (int t = 0; t < Case::kThresholds; ++t) {
          write(Memory::thresholds, pe, nf, t,
                with_garbage(static_cast<std::uint64_t>(threshold(pe, nf, t)), Case::kAccBits));
        }
      }
    }
  }

  // Of 64 bits of a word of weights.
  static constexpr int slice_bits(int slice) { return std::min(kWeightWordBits - 64 * slice, 64); }
  std::uint64_t weight_slice(int pe, int tile, int slice) const {
    return field(weight_words_.at(static_cast<std::size_t>(pe)).at(static_cast<std::size_t>(tile)),
                 64 * slice, slice_bits(slice));
  }

  std::int64_t threshold(int pe, int nf, int t) const {
    return thresholds_.at(static_cast<std::size_t>(nf * Case::kPe + pe)).at(static_cast<std::size_t>(t));
  }

  Rng rng_{5};
  Clocked<typename Case::Dut> bench_;
  std::vector<std::vector<Word>> weight_words_;
  std::vector<std::vector<std::int64_t>> thresholds_;
  std::vector<std::vector<Word>> vectors_;
  std::vector<Word> in_;
  std::vector<Word> golden_;
};
TYPED_TEST_SUITE_P(Mvau);

TYPED_TEST_P(Mvau, ComputesConsecutiveVectors) { expect_stream(this->bench_, this->in_, this->golden_); }

TYPED_TEST_P(Mvau, ResetStartsAVectorAfreshAndKeepsParameters) {
  expect_clean_reset(this->bench_, this->in_, this->golden_);
}

// A fold a cycle; the activations of a fold row leave in the cycle after its last fold.
TYPED_TEST_P(Mvau, RunsAtFullRate) {
  EXPECT_EQ(undisturbed_cycles(this->bench_, this->in_, this->golden_.size()),
            static_cast<std::uint64_t>(this->kVectors * this->kSf * this->kNf + 1));
}

// The draws reach what the parameter set is for: every activation, thresholds out of order, wrapping.
TYPED_TEST_P(Mvau, DrawsCoverTheCornerCases) {
  std::set<std::uint64_t> activations;
  bool out_of_order = false;
  bool wraps = false;
  for (int row = 0; row < this->kRows; ++row) {
    for (const auto& vector : this->vectors_) {
      activations.insert(field(Word(this->activation(row, vector)), 0, TypeParam::kOutBits));
      const auto sum = this->accumulator(row, vector);
      wraps = wraps || sum != this->wrapped(sum);
    }
    const auto& thresholds = this->thresholds_[static_cast<std::size_t>(row)];
    out_of_order = out_of_order || (thresholds.size() > 1 && thresholds.front() > thresholds.back());
  }
  // A bench of 255 thresholds has fewer activations than codes.
  EXPECT_GT(activations.size(), static_cast<std::size_t>(std::min(this->kThresholds, 40)));
  for (const int below : {0, this->kThresholds}) {
    const auto code =
        placed(static_cast<std::uint64_t>(this->kOutLeast + below), 0, TypeParam::kOutBits);
    EXPECT_TRUE(this->kThresholds == 0 || activations.contains(code.to_ullong())) << below;
  }
  EXPECT_EQ(out_of_order, TypeParam::kThresholds > 1);
  EXPECT_EQ(wraps, TypeParam::kAccBits < 16);
}

TYPED_TEST_P(Mvau, ReadsBackEveryWord) {
  for (int pe = 0; pe < TypeParam::kPe; ++pe) {
    for (int tile = 0; tile < this->kSf * this->kNf; ++tile) {
      for (int slice = 0; slice < this->kSlices; ++slice) {
        ASSERT_EQ(this->read(Memory::weights, pe, tile, slice), this->weight_slice(pe, tile, slice))
            << "pe " << pe << " word " << tile << " slice " << slice;
      }
    }
    for (int nf = 0; nf < this->kNf; ++nf) {
      for (int t = 0; t < TypeParam::kThresholds; ++t) {
        // Only a threshold's integer part comes back, truncated toward zero.
        const auto value = this->threshold(pe, nf, t) / (1 << TypeParam::kFractionBits);
        ASSERT_EQ(static_cast<std::int64_t>(this->read(Memory::thresholds, pe, nf, t)), value)
            << "pe " << pe << " word " << nf << " threshold " << t;
      }
    }
  }
}

TYPED_TEST_P(Mvau, ReadsBackExtremeThresholds) {
  constexpr int kFraction = 1 << TypeParam::kFractionBits;
  const std::int64_t limit = this->kLimit;
  for (const std::int64_t value : {limit - 1, -limit, std::int64_t{-1}, std::int64_t{-2},
                                   std::int64_t{0}, std::int64_t{1}, limit / 2, -limit / 2 - 1}) {
    for (int t = 0; t < TypeParam::kThresholds; ++t) {
      this->write(Memory::thresholds, 0, 0, t, static_cast<std::uint64_t>(value));
      EXPECT_EQ(static_cast<std::int64_t>(this->read(Memory::thresholds, 0, 0, t)), value / kFraction);
    }
  }
  if (TypeParam::kThresholds == 0) {
    EXPECT_EQ(this->read(Memory::thresholds, 0, 0, 0), 0U);
  }
}

// The pipeline ORs the ports of all layers and offers every write to all of them.
TYPED_TEST_P(Mvau, UnselectedItIsSilentAndKeepsItsParameters) {
  auto& bench = this->bench_;
  this->deselect();
  bench->param_we_i = 1;
  bench->param_data_i = ~std::uint64_t{0};
  for (int pe = 0; pe < TypeParam::kPe; ++pe) {
    for (int word = 0; word < this->kSf * this->kNf; ++word) {
      bench->param_pe_i = static_cast<std::uint32_t>(pe);
      bench->param_word_i = static_cast<std::uint32_t>(word);
      bench.settle();
      ASSERT_EQ(bench->param_data_o, 0U);
      bench.edge();
    }
  }
  bench->param_we_i = 0;
  expect_transfer(bench, this->in_, this->golden_, kNoStalls, 1);
}

// A threshold that is written while its activation waits changes the word on the output: the RTL's
// assertion notices.
TYPED_TEST_P(Mvau, AssertsThatAStalledWordStays) {
  if constexpr (TypeParam::kThresholds == 0) {
    GTEST_SKIP() << "without thresholds no parameter acts on the output";
  } else {
    auto& bench = this->bench_;
    bench->valid_i = 1;
    bench->ready_i = 0;
    for (int i = 0; i < this->kSf + 2; ++i) {
      set_pin(bench->data_i, this->in_[static_cast<std::size_t>(std::min(i, this->kSf - 1))]);
      bench.cycle();
    }
    ASSERT_TRUE(bench->valid_o);
    ASSERT_FALSE(bench.asserted());
    testing::internal::CaptureStdout();
    for (const auto value : {this->kLimit - 1, -this->kLimit}) {
      for (int t = 0; t < TypeParam::kThresholds; ++t) {
        this->write(Memory::thresholds, 0, 0, t, static_cast<std::uint64_t>(value));
      }
    }
    bench.cycle();
    EXPECT_THAT(testing::internal::GetCapturedStdout(), testing::HasSubstr("MvauOutDataStable"));
    EXPECT_TRUE(bench.asserted());
  }
}

REGISTER_TYPED_TEST_SUITE_P(Mvau, ComputesConsecutiveVectors, ResetStartsAVectorAfreshAndKeepsParameters,
                            RunsAtFullRate, DrawsCoverTheCornerCases, ReadsBackEveryWord,
                            ReadsBackExtremeThresholds, UnselectedItIsSilentAndKeepsItsParameters,
                            AssertsThatAStalledWordStays);

}  // namespace
}  // namespace fluence::test
