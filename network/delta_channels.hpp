// The layer behind the one on the image: its input differs in whole channels, those of layer 0's changed
// neurons. What three pixels of a channel's level in a row of the kernel add to all neurons' sums is one
// of 27 table rows of bytes.
#pragma once

#include <cstdint>

#include "network/delta_neuron.hpp"
#include "network/delta_windows.hpp"

namespace fluence::delta {
namespace {

constexpr int kCodes = 27;  // of three pixels: unchanged, changed to 0, changed to 1

/// A byte for each neuron of a word.
struct Bytes {
  using Some = std::int8_t __attribute__((vector_size(kWords * 8)));
  static constexpr int kParts = kWordBits / (kWords * 8);
  Some part[kParts];
  static FLUENCE_INLINE Bytes load(const std::int8_t* p) {
    Bytes result;
    __builtin_memcpy(&result, p, sizeof result);
    return result;
  }
  FLUENCE_INLINE void add(const std::int8_t* p) {
    const auto more = load(p);
    FLUENCE_UNROLL
    for (int i = 0; i < kParts; ++i) {
      part[i] += more.part[i];
    }
  }
};

#if defined(__AVX512VPOPCNTDQ__)
FLUENCE_INLINE Word at_least(const Bytes& a, const Bytes& b) {
  return _mm512_cmpge_epi8_mask((__m512i)a.part[0], (__m512i)b.part[0]);
}
#else
FLUENCE_INLINE Word at_least(const Bytes& a, const Bytes& b) {
  Word result = 0;
  FLUENCE_UNROLL
  for (int i = 0; i < Bytes::kParts; ++i) {
    const auto yes = a.part[i] >= b.part[i];
#if defined(__AVX2__)
    result |= Word{static_cast<std::uint32_t>(_mm256_movemask_epi8((__m256i)yes))} << (32 * i);
#else
    Word eight[kWords];
    __builtin_memcpy(eight, &yes, sizeof eight);
    for (int k = 0; k < kWords; ++k) {  // the lowest bit of each byte, gathered in the highest byte
      const Word bits = (eight[k] & 0x0101'0101'0101'0101) * 0x0102'0408'1020'4080 >> 56;
      result |= bits << (8 * (i * kWords + k));
    }
#endif
  }
  return result;
}
#endif

/// Where the three pixels from each one on find their table rows, `stride` bytes each.
FLUENCE_INLINE void make_codes(std::uint16_t* codes, std::uint32_t changed, std::uint32_t values,
                               int stride) {
  const auto ones = values & changed;
#if defined(__AVX512VPOPCNTDQ__)
  const auto some = [&](std::uint32_t pixels, int weight) {
    return _mm512_maskz_set1_epi16(pixels, static_cast<short>(weight * stride));
  };
  const auto pair = [&](int pixel, int weight) {
    return _mm512_add_epi16(some(changed >> pixel, weight), some(ones >> pixel, weight));
  };
  _mm512_storeu_si512(codes, _mm512_add_epi16(pair(0, 1), _mm512_add_epi16(pair(1, 3), pair(2, 9))));
#else
  std::uint16_t digits[kMostDim + 2] = {};
  for (int x = 0; x < kMostDim; ++x) {
    digits[x] = static_cast<std::uint16_t>((changed >> x & 1) + (ones >> x & 1));
  }
  for (int x = 0; x < kMostDim; ++x) {
    codes[x] = static_cast<std::uint16_t>((digits[x] + 3 * digits[x + 1] + 9 * digits[x + 2]) * stride);
  }
#endif
}

/// Lists the changed channels, each level for itself, with their codes; how many there are, or -1 if
/// bytes cannot hold what they move sums by. `reach`: by so much at most.
template <typename F>
inline int list_channels(const Task& task, int& reach) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const int row = layer.in_dim * layer.in_words;
  int count = 0;
  reach = 0;
  for (int level = 0; level < F::kLevels; ++level) {
    const Word* in = task.in(level);
    const Word* difference = task.in_difference(level);
    for (int w = 0; w < layer.in_words; ++w) {
      Word changed = 0;
      for (int k = w; k < layer.in_dim * row; k += layer.in_words) {
        changed |= difference[k];
      }
      for (; changed != 0; changed &= changed - 1) {
        const int channel = w * kWordBits + __builtin_ctzll(changed);
        reach += layer.reaches[channel];
        if (count == kMostChannels || reach > kMostByChannels) {
          return -1;
        }
        s.channels[count] = static_cast<std::uint16_t>(channel);
        for (int y = 0; y < layer.in_dim; ++y) {
          const auto pixels =
              bits_of_pixels(difference + y * row, layer.in_words, layer.in_dim, channel);
          const auto old = bits_of_pixels(in + y * row, layer.in_words, layer.in_dim, channel);
          make_codes(s.codes[count][y], pixels, ~old, layer.out_words * kWordBits);
        }
        ++count;
      }
    }
  }
  return count;
}

/// Changes of thresholds as bytes, each less than what the sums' moves leave of a byte's range, or else
/// as a level that they fix, or a neuron that is computed by itself (then `keep` lacks its bit).
struct ByteShifts {
  std::int8_t minus[kMostOutWords][kMostLevels][kWordBits];
  Word always[kMostOutWords][kMostLevels], never[kMostOutWords][kMostLevels];
};
template <typename F>
inline void make_byte_shifts(const Task& task, int reach, ByteShifts& shifts) {
  const auto& layer = task.layer;
  __builtin_memset(&shifts, 0, sizeof shifts);
  const int most = 126 - reach;
  for (const auto& neuron : task.thresholds()) {
    const int word = neuron.neuron / kWordBits;
    const Word bit = Word{1} << (neuron.neuron % kWordBits);
    for (int level = 0; level < F::kLevels; ++level) {
      const int rise = rise_of_threshold(task, neuron, level);
      if (neuron.thresholds[level] >= layer.most_sum) {
        shifts.never[word][level] |= bit;
      } else if (neuron.thresholds[level] < layer.least_sum) {
        shifts.always[word][level] |= bit;
      } else if (rise >= -most && rise <= most) {
        shifts.minus[word][level][neuron.neuron % kWordBits] = static_cast<std::int8_t>(-rise);
      } else {
        task.scratch.keep[word] &= ~bit;
      }
    }
  }
}

/// Turns over the levels of neurons with one flipped bit of a weight that decides in a window.
template <typename F>
FLUENCE_INLINE Word passing_with_singles(const Task& task, const Bytes& sum, const Bytes& need,
                                         Word passes, int w, int y, int x) {
  FLUENCE_UNROLL
  for (int bit = 0; bit < F::kWeightBits; ++bit) {
    // A margin below the step falls below 0, one of minus the step or more does no longer.
    Bytes less = sum, more = sum;
    FLUENCE_UNROLL
    for (int i = 0; i < Bytes::kParts; ++i) {
      less.part[i] -= static_cast<std::int8_t>(F::step(bit));
      more.part[i] += static_cast<std::int8_t>(F::step(bit));
    }
    const Word singles = task.scratch.singles[bit][w];
    const Word falls = passes & ~at_least(less, need) & singles;
    const Word rises = ~passes & at_least(more, need) & singles;
    if ((falls | rises) == 0) {
      continue;
    }
    for (const auto& neuron : task.singles()) {
      const Word own = Word{1} << (neuron.neuron % kWordBits);
      if (neuron.neuron / kWordBits == w && ((falls | rises) & own) != 0) {
        const int direction = direction_of<F>(task, neuron, y, x);
        if (direction != 0) {
          passes ^= (direction < 0 ? falls : rises) & own;
        }
      }
    }
  }
  return passes;
}

/// As `spread`. kWords1: words of an output pixel's level if that is 1, else 0.
template <typename F, bool kNear, bool kShift, int kWords1>
bool spread_channels(const Task& task, bool touched) {
  auto& s = task.scratch;
  const Layer layer = task.layer;  // a copy, which no store can alias
  const std::uint32_t* const in_rows = task.in_rows();
  std::uint32_t* const out_rows = task.out_rows();
  const int words = kWords1 != 0 ? kWords1 : layer.out_words;
  const int neurons = words * kWordBits;
  const auto all_windows = ~std::uint32_t{0} >> (32 - layer.out_dim);
  int reach = 0;
  const int count = touched ? list_channels<F>(task, reach) : 0;
  ByteShifts shifts;
  if (kShift && count >= 0) {
    make_byte_shifts<F>(task, reach, shifts);
  }
  const auto* needs = reinterpret_cast<const std::int8_t*>(task.image.margins + layer.margins);
  const std::int8_t* tables[kMostChannels];
  for (int c = 0; c < count; ++c) {
    tables[c] = layer.signs + s.channels[c] * 3 * kCodes * neurons;
  }
  const Word* out = task.out(0);
  Word* out_difference = task.out_difference(0);
  bool any = false;
  for (int y = 0; y < layer.out_dim; ++y) {
    const std::uint32_t* rows = in_rows + y;
    const auto pixels = rows[0] | rows[1] | rows[2];
    const auto reached = (pixels | pixels >> 1 | pixels >> 2) & all_windows;
    s.touched[y] = reached;
    std::uint32_t different = 0;
    for (auto left = kShift ? all_windows : reached; left != 0; left &= left - 1) {
      const int x = __builtin_ctz(left);
      const int window = y * layer.out_dim + x;
      if (count < 0) {
        s.windows[s.window_count++] = static_cast<std::uint16_t>(window);
        continue;
      }
      Word all = 0;
      for (int w = 0; w < words; ++w) {
        Bytes moves = {};
        for (int c = 0; c < count; ++c) {
          const auto* table = tables[c] + w * kWordBits;
          const auto* code = &s.codes[c][y][x];
          moves.add(table + code[0]);
          moves.add(table + kCodes * neurons + code[kMostDim]);
          moves.add(table + 2 * kCodes * neurons + code[2 * kMostDim]);
        }
        FLUENCE_UNROLL
        for (int level = 0; level < F::kLevels; ++level) {
          Bytes sum = moves;
          if (kShift) {
            sum.add(shifts.minus[w][level]);
          }
          const auto need = Bytes::load(needs + ((window * words + w) * F::kLevels + level) * kWordBits);
          Word passes = at_least(sum, need);
          if (kNear && ((reached >> x) & 1) != 0) {
            passes = passing_with_singles<F>(task, sum, need, passes, w, y, x);
          }
          if (kShift) {
            passes = (passes & ~shifts.never[w][level]) | shifts.always[w][level];
          }
          const auto at = static_cast<std::size_t>(level) * layer.out_level +
                          static_cast<std::size_t>(window * words + w);
          const Word difference = (passes ^ out[at]) & s.keep[w];
          out_difference[at] = difference;
          all |= difference;
        }
      }
      different |= static_cast<std::uint32_t>(all != 0) << x;
    }
    out_rows[y] = different;
    any |= different != 0;
  }
  if (s.window_count != 0) {
    any |= compute_windows<F>(task);
  }
  if (kShift && count >= 0) {
    for (const auto& neuron : task.thresholds()) {
      if ((s.keep[neuron.neuron / kWordBits] >> (neuron.neuron % kWordBits) & 1) == 0) {
        any |= compute_neuron<F>(task, neuron, touched);
      }
    }
  }
  return any;
}

template <typename F>
bool spread_channels(const Task& task, bool touched, bool near, bool shift) {
  using Spread = bool (*)(const Task&, bool touched);
  static constexpr Spread kAll[2][2][2] = {
      {{spread_channels<F, false, false, 0>, spread_channels<F, false, false, 1>},
       {spread_channels<F, false, true, 0>, spread_channels<F, false, true, 1>}},
      {{spread_channels<F, true, false, 0>, spread_channels<F, true, false, 1>},
       {spread_channels<F, true, true, 0>, spread_channels<F, true, true, 1>}}};
  return kAll[near][shift][task.layer.out_words == 1](task, touched);
}

}  // namespace
}  // namespace fluence::delta
