// One changed neuron computed by itself, and neurons with one flipped weight looked up.
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

  [[nodiscard]] const Word* in() const { return image.trace + layer.in; }
  [[nodiscard]] const Word* in_difference() const { return scratch.differences + layer.in; }
  [[nodiscard]] const Word* out() const { return image.trace + layer.out; }
  [[nodiscard]] Word* out_difference() const { return scratch.differences + layer.out; }
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

/// Marks output pixels of row y as different in a neuron.
inline bool put_row(const Task& task, int neuron, int y, std::uint32_t windows) {
  if (windows == 0) {
    return false;
  }
  const auto& layer = task.layer;
  task.out_rows()[y] |= windows;
  set_bits(task.out_difference() + y * layer.out_dim * layer.out_words, layer.out_words, windows,
           neuron);
  return true;
}

/// The neuron's outputs without faults in a row of windows.
inline std::uint32_t fault_free_row(const Task& task, int neuron, int y) {
  const auto& layer = task.layer;
  return bits_of_pixels(task.out() + y * layer.out_dim * layer.out_words, layer.out_words, layer.out_dim,
                        neuron);
}

#if defined(__AVX512VPOPCNTDQ__)

/// The windows of a row in which fewer bits than `limit` differ from the neuron's weights. `kIn` words a
/// pixel: 8 / kIn windows in a vector.
template <int kIn, bool kTouched>
FLUENCE_INLINE std::uint32_t passing_row(const Task& task, const Word* weights, int limit, int y) {
  const auto& layer = task.layer;
  const int width = layer.in_dim;
  __m512i pattern[9];
  FLUENCE_UNROLL
  for (int tap = 0; tap < 9; ++tap) {
    const Word* w = weights + tap * kIn;
    if constexpr (kIn == 1) {
      pattern[tap] = _mm512_set1_epi64(static_cast<long long>(*w));
    } else if constexpr (kIn == 2) {
      pattern[tap] = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
    } else {
      pattern[tap] = _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)));
    }
  }
  const auto bound = _mm512_set1_epi64(limit);
  std::uint32_t passing = 0;
  for (int x = 0; x < layer.out_dim; x += 8 / kIn) {
    auto sum = _mm512_setzero_si512();
    FLUENCE_UNROLL
    for (int tap = 0; tap < 9; ++tap) {
      const int at = ((y + tap / 3) * width + x + tap % 3) * kIn;
      const auto in = _mm512_loadu_si512(task.in() + at);
      const auto v = kTouched
                         ? _mm512_ternarylogic_epi64(in, _mm512_loadu_si512(task.in_difference() + at),
                                                     pattern[tap], 0x96)
                         : _mm512_xor_si512(in, pattern[tap]);
      sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(v));
    }
    if constexpr (kIn >= 2) {
      sum = _mm512_add_epi64(sum, _mm512_shuffle_epi32(sum, static_cast<_MM_PERM_ENUM>(0x4e)));
    }
    if constexpr (kIn == 4) {
      sum = _mm512_add_epi64(sum, _mm512_permutex_epi64(sum, 0x4e));
    }
    unsigned words = _mm512_cmplt_epi64_mask(sum, bound);
    if constexpr (kIn == 2) {
      words &= 0x55;
      words = (words | words >> 1) & 0x33;
      words = (words | words >> 2) & 0xf;
    } else if constexpr (kIn == 4) {
      words = (words & 1) | (words >> 3 & 2);
    }
    passing |= words << x;
  }
  return passing;
}

template <bool kTouched>
inline std::uint32_t passing_row(const Task& task, const Word* weights, int limit, int y) {
  switch (task.layer.in_words) {
    case 1: return passing_row<1, kTouched>(task, weights, limit, y);
    case 2: return passing_row<2, kTouched>(task, weights, limit, y);
    default: return passing_row<4, kTouched>(task, weights, limit, y);
  }
}

#else

template <bool kTouched>
inline std::uint32_t passing_row(const Task& task, const Word* weights, int limit, int y) {
  const auto& layer = task.layer;
  const int row_words = 3 * layer.in_words;
  std::uint32_t passing = 0;
  for (int x = 0; x < layer.out_dim; ++x) {
    int mismatches = 0;
    for (int ky = 0; ky < 3; ++ky) {
      const int at = ((y + ky) * layer.in_dim + x) * layer.in_words;
      for (int k = 0; k < row_words; ++k) {
        Word v = task.in()[at + k] ^ weights[ky * row_words + k];
        if (kTouched) {
          v ^= task.in_difference()[at + k];
        }
        mismatches += __builtin_popcountll(v);
      }
    }
    passing |= static_cast<std::uint32_t>(mismatches < limit) << x;
  }
  return passing;
}

#endif

/// Outputs of a neuron that differ in a row of windows.
template <bool kTouched>
inline std::uint32_t changed_row(const Task& task, const ChangedNeuron& neuron, int y) {
  const auto& layer = task.layer;
  const auto passing =
      passing_row<kTouched>(task, task.trial.rows + neuron.row, layer.columns - neuron.threshold, y);
  return (passing ^ fault_free_row(task, neuron.neuron, y)) & ~std::uint32_t{0} >> (32 - layer.out_dim);
}

/// Computes a neuron in all windows; whether some output differs, which is then marked.
inline bool compute_neuron(const Task& task, const ChangedNeuron& neuron, bool touched) {
  bool any = false;
  for (int y = 0; y < task.layer.out_dim; ++y) {
    const auto changed =
        touched ? changed_row<true>(task, neuron, y) : changed_row<false>(task, neuron, y);
    any |= put_row(task, neuron.neuron, y, changed);
  }
  return any;
}

/// Bits in which the first `words` of a tensor and a neuron's weights differ.
inline int mismatches(const Word* in, const Word* difference, const Word* weights, int words) {
  int count = 0;
  int k = 0;
#if defined(__AVX512VPOPCNTDQ__)
  auto sum = _mm512_setzero_si512();
  for (; k < words; k += 8) {
    const auto mask = static_cast<__mmask8>(words - k >= 8 ? 0xff : (1 << (words - k)) - 1);
    const auto v = _mm512_ternarylogic_epi64(_mm512_maskz_loadu_epi64(mask, in + k),
                                             _mm512_maskz_loadu_epi64(mask, difference + k),
                                             _mm512_maskz_loadu_epi64(mask, weights + k), 0x96);
    sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(v));
  }
  count = static_cast<int>(_mm512_reduce_add_epi64(sum));
#else
  for (; k < words; ++k) {
    count += __builtin_popcountll(in[k] ^ difference[k] ^ weights[k]);
  }
#endif
  return count;
}

/// Computes a neuron of a layer of one window; whether its output differs, which is then marked.
inline bool compute_in_window(const Task& task, const ChangedNeuron& neuron) {
  const auto& layer = task.layer;
  const int wrong = mismatches(task.in(), task.in_difference(), task.trial.rows + neuron.row,
                               layer.columns / kWordBits);
  const bool passes = wrong < layer.columns - neuron.threshold;
  const int word = neuron.neuron / kWordBits;
  const Word bit = Word{1} << (neuron.neuron % kWordBits);
  if (passes == ((task.out()[word] & bit) != 0)) {
    task.out_difference()[word] &= ~bit;
    return false;
  }
  task.out_difference()[word] |= bit;
  return true;
}

/// The input bit, faults before the layer included, that a neuron's flipped weight meets in a window.
FLUENCE_INLINE unsigned input_at(const Task& task, int column, int y, int x) {
  const auto& layer = task.layer;
  int word = column / kWordBits;
  if (!layer.one_window) {
    const int tap = word / layer.in_words;
    word = ((y + tap / 3) * layer.in_dim + x + tap % 3) * layer.in_words + word % layer.in_words;
  }
  return static_cast<unsigned>((task.in()[word] ^ task.in_difference()[word]) >> (column % kWordBits) &
                               1);
}

/// Neurons with one flipped weight, in windows whose input is the fault-free one: a match that becomes
/// a mismatch makes a margin of 0 negative, the reverse one of -1 not.
inline bool look_up_singles(const Task& task, bool touched) {
  const auto& layer = task.layer;
  const auto* near = reinterpret_cast<const std::uint32_t*>(task.image.margins + layer.near);
  bool any = false;
  for (const auto& neuron : task.singles()) {
    const auto* zero = near + neuron.neuron * 2 * layer.out_dim;
    const auto* minus_one = zero + layer.out_dim;
    const int tap = neuron.column / (layer.in_words * kWordBits);
    const int channel = neuron.column % (layer.in_words * kWordBits);
    const Word* in = task.in() + (tap / 3 * layer.in_dim + tap % 3) * layer.in_words;
    for (auto left = nonzero_rows(zero, minus_one, layer.out_dim); left != 0; left &= left - 1) {
      const int y = __builtin_ctz(left);
      const auto inputs =
          bits_of_pixels(in + y * layer.in_dim * layer.in_words, layer.in_words, layer.out_dim, channel);
      const auto match = neuron.old_weight != 0 ? inputs : ~inputs;
      const auto untouched = touched ? ~task.scratch.touched[y] : ~std::uint32_t{0};
      any |= put_row(task, neuron.neuron, y, ((match & zero[y]) | (~match & minus_one[y])) & untouched);
    }
  }
  return any;
}

}  // namespace
}  // namespace fluence::delta
