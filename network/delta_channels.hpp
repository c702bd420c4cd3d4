// The layer behind the one on the image: its input differs in whole channels, those of layer 0's changed
// neurons. What three pixels of a channel in a row of the kernel add to all neurons' sums is one of 27
// table rows of bytes.
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

/// Lists the changed channels with their codes; how many there are, or more than there is room for.
inline int list_channels(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const Word* difference = task.in_difference();
  const int row = layer.in_dim * layer.in_words;
  Word changed[kMostOutWords];
  for (int w = 0; w < layer.in_words; ++w) {
    Word all = 0;
    for (int k = w; k < layer.in_dim * row; k += layer.in_words) {
      all |= difference[k];
    }
    changed[w] = all;
  }
  int count = 0;
  for (int w = 0; w < layer.in_words; ++w) {
    for (auto left = changed[w]; left != 0; left &= left - 1) {
      if (count == kMostChannels) {
        return kMostChannels + 1;
      }
      const int channel = w * kWordBits + __builtin_ctzll(left);
      s.channels[count] = static_cast<std::uint16_t>(channel);
      for (int y = 0; y < layer.in_dim; ++y) {
        const auto pixels = bits_of_pixels(difference + y * row, layer.in_words, layer.in_dim, channel);
        const auto old = bits_of_pixels(task.in() + y * row, layer.in_words, layer.in_dim, channel);
        make_codes(s.codes[count][y], pixels, ~old, layer.out_words * kWordBits);
      }
      ++count;
    }
  }
  return count;
}

/// Changes of thresholds as bytes, each less than what the sums' moves leave of a byte's range, or else
/// as a neuron whose output they fix, or that is computed by itself (then `keep` lacks its bit).
struct ByteShifts {
  std::int8_t minus[kMostOutWords * kWordBits];
  Word always[kMostOutWords], never[kMostOutWords];
};
inline void make_byte_shifts(const Task& task, int channels, ByteShifts& shifts) {
  const auto& layer = task.layer;
  __builtin_memset(&shifts, 0, sizeof shifts);
  const int most = 126 - 9 * channels;
  for (const auto& neuron : task.thresholds()) {
    const auto old = layer.columns - 1 - static_cast<int>(layer.limits[neuron.neuron]);
    const int rise = neuron.threshold - old;
    const int word = neuron.neuron / kWordBits;
    const Word bit = Word{1} << (neuron.neuron % kWordBits);
    if (neuron.threshold >= layer.columns) {
      shifts.never[word] |= bit;
    } else if (neuron.threshold < 0) {
      shifts.always[word] |= bit;
    } else if (rise >= -most && rise <= most) {
      shifts.minus[neuron.neuron] = static_cast<std::int8_t>(-rise);
    } else {
      task.scratch.keep[word] &= ~bit;
    }
  }
}

/// As `spread`. kWords1: words of an output pixel if that is 1, else 0.
template <bool kNear, bool kShift, int kWords1>
bool spread_channels(const Task& task, bool touched) {
  auto& s = task.scratch;
  const Layer layer = task.layer;  // a copy, which no store can alias
  const std::uint32_t* const in_rows = task.in_rows();
  std::uint32_t* const out_rows = task.out_rows();
  const int words = kWords1 != 0 ? kWords1 : layer.out_words;
  const int neurons = words * kWordBits;
  const auto all_windows = ~std::uint32_t{0} >> (32 - layer.out_dim);
  const int count = touched ? list_channels(task) : 0;
  ByteShifts shifts;
  if (kShift) {
    make_byte_shifts(task, count, shifts);
  }
  const auto* needs = reinterpret_cast<const std::int8_t*>(task.image.margins + layer.margins);
  const std::int8_t* tables[kMostChannels];
  for (int c = 0; c < count && c < kMostChannels; ++c) {
    tables[c] = layer.signs + s.channels[c] * 3 * kCodes * neurons;
  }
  const Word* out = task.out();
  Word* out_difference = task.out_difference();
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
      if (count > kMostChannels) {
        s.windows[s.window_count++] = static_cast<std::uint16_t>(window);
        continue;
      }
      Word all = 0;
      for (int w = 0; w < words; ++w) {
        Bytes sum = kShift ? Bytes::load(shifts.minus + w * kWordBits) : Bytes{};
        for (int c = 0; c < count; ++c) {
          const auto* table = tables[c] + w * kWordBits;
          const auto* code = &s.codes[c][y][x];
          sum.add(table + code[0]);
          sum.add(table + kCodes * neurons + code[kMostDim]);
          sum.add(table + 2 * kCodes * neurons + code[2 * kMostDim]);
        }
        const auto need = Bytes::load(needs + window * neurons + w * kWordBits);
        Word passes = at_least(sum, need);
        if (kNear && ((reached >> x) & 1) != 0) {
          // A margin of 0 is the least that passes; one of -1 would pass with one more.
          Bytes less = sum, more = sum;
          FLUENCE_UNROLL
          for (int i = 0; i < Bytes::kParts; ++i) {
            less.part[i] -= 1;
            more.part[i] += 1;
          }
          const Word zero = passes & ~at_least(less, need) & s.singles[w];
          const Word minus_one = ~passes & at_least(more, need) & s.singles[w];
          if ((zero | minus_one) != 0) {
            for (const auto& neuron : task.singles()) {
              const Word bit = Word{1} << (neuron.neuron % kWordBits);
              if (neuron.neuron / kWordBits == w && ((zero | minus_one) & bit) != 0) {
                const bool match = input_at(task, neuron.column, y, x) == neuron.old_weight;
                passes ^= (match ? zero : minus_one) & bit;
              }
            }
          }
        }
        if (kShift) {
          passes = (passes & ~shifts.never[w]) | shifts.always[w];
        }
        const Word difference = (passes ^ out[window * words + w]) & s.keep[w];
        out_difference[window * words + w] = difference;
        all |= difference;
      }
      different |= static_cast<std::uint32_t>(all != 0) << x;
    }
    out_rows[y] = different;
    any |= different != 0;
  }
  if (s.window_count != 0) {
    any |= compute_windows(task);
  }
  if (kShift && count <= kMostChannels) {
    for (const auto& neuron : task.thresholds()) {
      if ((s.keep[neuron.neuron / kWordBits] >> (neuron.neuron % kWordBits) & 1) == 0) {
        any |= compute_neuron(task, neuron, touched);
      }
    }
  }
  return any;
}

inline bool spread_channels(const Task& task, bool touched, bool near, bool shift) {
  using Spread = bool (*)(const Task&, bool touched);
  static constexpr Spread kAll[2][2][2] = {
      {{spread_channels<false, false, 0>, spread_channels<false, false, 1>},
       {spread_channels<false, true, 0>, spread_channels<false, true, 1>}},
      {{spread_channels<true, false, 0>, spread_channels<true, false, 1>},
       {spread_channels<true, true, 0>, spread_channels<true, true, 1>}}};
  return kAll[near][shift][task.layer.out_words == 1](task, touched);
}

}  // namespace
}  // namespace fluence::delta
