// One changed neuron computed by itself, and neurons with one flipped bit of a weight looked up.
#pragma once

#include <cstdint>

#include "network/delta_lanes.hpp"

namespace fluence::delta {
namespace {

/// What the evaluation of one layer works on.
struct Task {
  const Network& net;
  const Layer& layer;
  const Image& image;
  const Trial& trial;
  Scratch& scratch;

  [[nodiscard]] const Word* in(int level) const {
    return image.trace + layer.in + static_cast<std::size_t>(level) * layer.in_level;
  }
  [[nodiscard]] const Word* in_difference(int level) const {
    return scratch.differences + layer.in + static_cast<std::size_t>(level) * layer.in_level;
  }
  [[nodiscard]] const Word* out(int level) const {
    return image.trace + layer.out + static_cast<std::size_t>(level) * layer.out_level;
  }
  [[nodiscard]] Word* out_difference(int level) const {
    return scratch.differences + layer.out + static_cast<std::size_t>(level) * layer.out_level;
  }
  [[nodiscard]] std::uint32_t* in_rows() const { return scratch.in_rows[layer.index]; }
  /// Of the output, before its pool if there is one.
  [[nodiscard]] std::uint32_t* out_rows() const {
    return layer.pool ? scratch.out_rows : scratch.in_rows[layer.index + 1];
  }

  struct Neurons {
    const ChangedNeuron *first, *last;
    [[nodiscard]] const ChangedNeuron* begin() const { return first; }
    [[nodiscard]] const ChangedNeuron* end() const { return last; }
    [[nodiscard]] int size() const { return static_cast<int>(last - first); }
  };
  [[nodiscard]] Neurons all() const { return {at(trial.begin), at(trial.begin + 1)}; }
  [[nodiscard]] Neurons singles() const { return {at(trial.begin), at(trial.singles_end)}; }
  [[nodiscard]] Neurons thresholds() const { return {at(trial.singles_end), at(trial.thresholds_end)}; }
  [[nodiscard]] Neurons others() const { return {at(trial.thresholds_end), at(trial.begin + 1)}; }
  [[nodiscard]] const ChangedNeuron* at(const std::uint16_t* list) const {
    return trial.neurons + list[layer.index];
  }
};

/// What the code of a layer is compiled for.
template <int kOfWeights, int kOfActivations>
struct Format {
  static constexpr int kWeightBits = kOfWeights;
  static constexpr int kLevels = kOfActivations;
  /// By so much a flip of this bit of a weight moves a sum, where it moves it.
  static constexpr int step(int bit) { return kWeightBits == 2 ? bit + 1 : kLevels; }
};

/// What `use` gives for a layer's format. DeltaNetwork asks only for what is here.
template <typename Use>
FLUENCE_INLINE bool in_format(const Layer& layer, Use use) {
  if (layer.levels == 1) {
    return use(Format<1, 1>());
  }
  return layer.weight_bits == 1 ? use(Format<1, 2>()) : use(Format<2, 2>());
}

/// What 64 columns count for the deficit of a neuron whose weights' second bits lie `second` words
/// behind the first.
template <typename F>
FLUENCE_INLINE int deficit(Word in, const Word* weights, int second) {
  if constexpr (F::kWeightBits == 1) {
    return __builtin_popcountll(in ^ *weights);
  } else {
    return 2 * __builtin_popcountll(in & weights[second]) - __builtin_popcountll(in & *weights);
  }
}

/// By how much a level's threshold is above the fault-free one, in a neuron whose weights are not
/// changed.
inline int rise_of_threshold(const Task& task, const ChangedNeuron& neuron, int level) {
  const auto limit = task.layer.limits[level * task.layer.out_words * kWordBits + neuron.neuron];
  return neuron.thresholds[level] - (neuron.base - 1 - static_cast<int>(limit));
}

/// Marks output pixels of row y as different in a neuron's level.
inline bool put_row(const Task& task, int level, int neuron, int y, std::uint32_t windows) {
  if (windows == 0) {
    return false;
  }
  const auto& layer = task.layer;
  task.out_rows()[y] |= windows;
  set_bits(task.out_difference(level) + y * layer.out_dim * layer.out_words, layer.out_words, windows,
           neuron);
  return true;
}

/// The neuron's level without faults in a row of windows.
inline std::uint32_t fault_free_row(const Task& task, int level, int neuron, int y) {
  const auto& layer = task.layer;
  return bits_of_pixels(task.out(level) + y * layer.out_dim * layer.out_words, layer.out_words,
                        layer.out_dim, neuron);
}

/// A row of windows: where each level is 1.
struct PassingRow {
  std::uint32_t levels[kMostLevels];
};

#if defined(__AVX512VPOPCNTDQ__)

/// The words of a neuron's weights for one place of the kernel, in all windows of a vector.
template <int kIn>
FLUENCE_INLINE __m512i load_pattern(const Word* w) {
  if constexpr (kIn == 1) {
    return _mm512_set1_epi64(static_cast<long long>(*w));
  } else if constexpr (kIn == 2) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
  } else {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)));
  }
}

/// What of a vector of inputs counts for the deficit.
template <typename F, bool kTouched>
FLUENCE_INLINE __m512i count_deficit(const Word* in, const Word* difference, __m512i first,
                                     __m512i second) {
  const auto bits = _mm512_loadu_si512(in);
  if constexpr (F::kWeightBits == 1) {
    return _mm512_popcnt_epi64(
        kTouched ? _mm512_ternarylogic_epi64(bits, _mm512_loadu_si512(difference), first, 0x96)
                 : _mm512_xor_si512(bits, first));
  } else {
    const auto now = kTouched ? _mm512_xor_si512(bits, _mm512_loadu_si512(difference)) : bits;
    const auto high = _mm512_popcnt_epi64(_mm512_and_si512(now, second));
    const auto low = _mm512_popcnt_epi64(_mm512_and_si512(now, first));
    return _mm512_sub_epi64(_mm512_add_epi64(high, high), low);
  }
}

/// The windows of a row in which the neuron's deficit is below its levels' limits. `kIn` words a pixel:
/// 8 / kIn windows in a vector.
template <typename F, int kIn, bool kTouched>
FLUENCE_INLINE PassingRow passing_row(const Task& task, const ChangedNeuron& neuron, int y) {
  const auto& layer = task.layer;
  const int width = layer.in_dim;
  const Word* weights = task.trial.rows + neuron.row;
  __m512i first[9];
  __m512i second[9];
  FLUENCE_UNROLL
  for (int tap = 0; tap < 9; ++tap) {
    first[tap] = load_pattern<kIn>(weights + tap * kIn);
    second[tap] = F::kWeightBits == 2 ? load_pattern<kIn>(weights + (9 + tap) * kIn) : first[tap];
  }
  const Word* ins[F::kLevels];
  const Word* differences[F::kLevels];
  for (int level = 0; level < F::kLevels; ++level) {
    ins[level] = task.in(level);
    differences[level] = task.in_difference(level);
  }
  PassingRow passing = {};
  for (int x = 0; x < layer.out_dim; x += 8 / kIn) {
    auto sum = _mm512_setzero_si512();
    FLUENCE_UNROLL
    for (int level = 0; level < F::kLevels; ++level) {
      FLUENCE_UNROLL
      for (int tap = 0; tap < 9; ++tap) {
        const int at = ((y + tap / 3) * width + x + tap % 3) * kIn;
        sum = _mm512_add_epi64(sum, count_deficit<F, kTouched>(ins[level] + at, differences[level] + at,
                                                               first[tap], second[tap]));
      }
    }
    if constexpr (kIn >= 2) {
      sum = _mm512_add_epi64(sum, _mm512_shuffle_epi32(sum, static_cast<_MM_PERM_ENUM>(0x4e)));
    }
    if constexpr (kIn == 4) {
      sum = _mm512_add_epi64(sum, _mm512_permutex_epi64(sum, 0x4e));
    }
    FLUENCE_UNROLL
    for (int level = 0; level < F::kLevels; ++level) {
      unsigned words =
          _mm512_cmplt_epi64_mask(sum, _mm512_set1_epi64(neuron.base - neuron.thresholds[level]));
      if constexpr (kIn == 2) {
        words &= 0x55;
        words = (words | words >> 1) & 0x33;
        words = (words | words >> 2) & 0xf;
      } else if constexpr (kIn == 4) {
        words = (words & 1) | (words >> 3 & 2);
      }
      passing.levels[level] |= words << x;
    }
  }
  return passing;
}

template <typename F, bool kTouched>
inline PassingRow passing_row(const Task& task, const ChangedNeuron& neuron, int y) {
  switch (task.layer.in_words) {
    case 1: return passing_row<F, 1, kTouched>(task, neuron, y);
    case 2: return passing_row<F, 2, kTouched>(task, neuron, y);
    default: return passing_row<F, 4, kTouched>(task, neuron, y);
  }
}

#else

template <typename F, bool kTouched>
inline PassingRow passing_row(const Task& task, const ChangedNeuron& neuron, int y) {
  const auto& layer = task.layer;
  const Word* weights = task.trial.rows + neuron.row;
  const int row_words = 3 * layer.in_words;
  PassingRow passing = {};
  for (int x = 0; x < layer.out_dim; ++x) {
    int sum = 0;
    for (int level = 0; level < F::kLevels; ++level) {
      for (int ky = 0; ky < 3; ++ky) {
        const int at = ((y + ky) * layer.in_dim + x) * layer.in_words;
        for (int k = 0; k < row_words; ++k) {
          Word v = task.in(level)[at + k];
          if (kTouched) {
            v ^= task.in_difference(level)[at + k];
          }
          sum += deficit<F>(v, weights + ky * row_words + k, 3 * row_words);
        }
      }
    }
    for (int level = 0; level < F::kLevels; ++level) {
      const bool passes = sum < neuron.base - neuron.thresholds[level];
      passing.levels[level] |= static_cast<std::uint32_t>(passes) << x;
    }
  }
  return passing;
}

#endif

/// Computes a neuron in all windows; whether some output differs, which is then marked.
template <typename F>
inline bool compute_neuron(const Task& task, const ChangedNeuron& neuron, bool touched) {
  const auto all_windows = ~std::uint32_t{0} >> (32 - task.layer.out_dim);
  bool any = false;
  for (int y = 0; y < task.layer.out_dim; ++y) {
    const auto passing =
        touched ? passing_row<F, true>(task, neuron, y) : passing_row<F, false>(task, neuron, y);
    for (int level = 0; level < F::kLevels; ++level) {
      const auto right = fault_free_row(task, level, neuron.neuron, y);
      any |= put_row(task, level, neuron.neuron, y, (passing.levels[level] ^ right) & all_windows);
    }
  }
  return any;
}

/// The deficit of a neuron in a layer of one window.
template <typename F>
inline int deficit_in_window(const Task& task, const ChangedNeuron& neuron) {
  const Word* weights = task.trial.rows + neuron.row;
  const int words = task.layer.columns / kWordBits;
  int count = 0;
  for (int level = 0; level < F::kLevels; ++level) {
    const Word* in = task.in(level);
    const Word* difference = task.in_difference(level);
#if defined(__AVX512VPOPCNTDQ__)
    auto sum = _mm512_setzero_si512();
    for (int k = 0; k < words; k += 8) {
      const auto mask = static_cast<__mmask8>(words - k >= 8 ? 0xff : (1 << (words - k)) - 1);
      const auto now = _mm512_xor_si512(_mm512_maskz_loadu_epi64(mask, in + k),
                                        _mm512_maskz_loadu_epi64(mask, difference + k));
      const auto first = _mm512_maskz_loadu_epi64(mask, weights + k);
      if constexpr (F::kWeightBits == 1) {
        sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_xor_si512(now, first)));
      } else {
        const auto second = _mm512_maskz_loadu_epi64(mask, weights + words + k);
        const auto high = _mm512_popcnt_epi64(_mm512_and_si512(now, second));
        sum = _mm512_add_epi64(sum, _mm512_add_epi64(high, high));
        sum = _mm512_sub_epi64(sum, _mm512_popcnt_epi64(_mm512_and_si512(now, first)));
      }
    }
    count += static_cast<int>(_mm512_reduce_add_epi64(sum));
#else
    for (int k = 0; k < words; ++k) {
      count += deficit<F>(in[k] ^ difference[k], weights + k, words);
    }
#endif
  }
  return count;
}

/// Computes a neuron of a layer of one window; whether its output differs, which is then marked.
template <typename F>
inline bool compute_in_window(const Task& task, const ChangedNeuron& neuron) {
  const int sum = deficit_in_window<F>(task, neuron);
  const int word = neuron.neuron / kWordBits;
  const Word bit = Word{1} << (neuron.neuron % kWordBits);
  bool any = false;
  for (int level = 0; level < F::kLevels; ++level) {
    const bool passes = sum < neuron.base - neuron.thresholds[level];
    auto& difference = task.out_difference(level)[word];
    if (passes == ((task.out(level)[word] & bit) != 0)) {
      difference &= ~bit;
    } else {
      difference |= bit;
      any = true;
    }
  }
  return any;
}

/// How a flipped weight moves a sum, by the input that it meets in a window, faults before the layer
/// included: 1 up, -1 down, 0 not.
template <typename F>
FLUENCE_INLINE int direction_of(const Task& task, const ChangedNeuron& neuron, int y, int x) {
  const auto& layer = task.layer;
  int word = neuron.column / kWordBits;
  if (!layer.one_window) {
    const int tap = word / layer.in_words;
    word = ((y + tap / 3) * layer.in_dim + x + tap % 3) * layer.in_words + word % layer.in_words;
  }
  const auto bit = [&](int level) {
    return static_cast<int>(
        (task.in(level)[word] ^ task.in_difference(level)[word]) >> (neuron.column % kWordBits) & 1);
  };
  const int number = F::kLevels == 1 ? 2 * bit(0) - 1 : bit(0) + bit(1) - 1;
  return neuron.rises ? number : -number;
}

/// Neurons with one flipped bit of a weight, in windows whose input is the fault-free one: whether it
/// moves a sum down, up or not tells the input, whether that turns a level over the margins near 0.
template <typename F>
inline bool look_up_singles(const Task& task, bool touched) {
  const auto& layer = task.layer;
  const auto* near = reinterpret_cast<const std::uint32_t*>(task.image.margins + layer.near);
  bool any = false;
  for (const auto& neuron : task.singles()) {
    const int tap = neuron.column / (layer.in_words * kWordBits);
    const int channel = neuron.column % (layer.in_words * kWordBits);
    const int corner = (tap / 3 * layer.in_dim + tap % 3) * layer.in_words;
    const Word* upper = task.in(F::kLevels - 1) + corner;
    const Word* lower = task.in(0) + corner;
    for (int level = 0; level < F::kLevels; ++level) {
      const auto* falls = near + ((neuron.neuron * F::kLevels + level) * F::kWeightBits + neuron.bit) *
                                     2 * layer.out_dim;
      const auto* rises = falls + layer.out_dim;
      const auto* if_above = neuron.rises ? rises : falls;
      const auto* if_below = neuron.rises ? falls : rises;
      for (auto left = nonzero_rows(falls, rises, layer.out_dim); left != 0; left &= left - 1) {
        const int y = __builtin_ctz(left);
        const auto inputs = [&](const Word* in) {
          return bits_of_pixels(in + y * layer.in_dim * layer.in_words, layer.in_words, layer.out_dim,
                                channel);
        };
        const auto above = inputs(upper);  // the numbers that are above 0, and below
        const auto below = F::kLevels == 1 ? ~above : ~inputs(lower);
        const auto windows = (above & if_above[y]) | (below & if_below[y]);
        const auto untouched = touched ? ~task.scratch.touched[y] : ~std::uint32_t{0};
        any |= put_row(task, level, neuron.neuron, y, windows & untouched);
      }
    }
  }
  return any;
}

}  // namespace
}  // namespace fluence::delta
