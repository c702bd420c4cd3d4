// Compiled once per instruction set; FLUENCE_KERNELS names the table that this compilation defines.
#include "network/packed_kernels.hpp"

#include "network/packed_first.hpp"
#include "network/packed_general.hpp"
#include "network/packed_lanes.hpp"
#include "network/packed_lookup.hpp"

namespace fluence::packed {
namespace {

/// One window in registers: every column word of every plane in all lanes.
template <Format kFormat, int kRows, int kRowWords>
struct Window {
  static constexpr int kPlanes = kFormat == Format::w1a1 ? 1 : 2;
  static constexpr int kWords = kRows * kRowWords;
  Lanes columns[kWords][kPlanes];
  Lanes base;  ///< the accumulator if every counted bit were 0

  FLUENCE_INLINE Window(const std::uint64_t* in, std::uint32_t row_stride) {
    int ones = 0;
    FLUENCE_UNROLL
    for (int row = 0; row < kRows; ++row) {
      const auto* words = in + static_cast<unsigned>(row) * row_stride;
      FLUENCE_UNROLL
      for (int k = 0; k < kRowWords; ++k) {
        FLUENCE_UNROLL
        for (int plane = 0; plane < kPlanes; ++plane) {
          const auto word = words[k * kPlanes + plane];
          columns[row * kRowWords + k][plane] = broadcast(word);
          if (kFormat == Format::w2a2 || (kFormat == Format::w1a2 && plane == 0)) {
            ones += __builtin_popcountll(word);
          }
        }
      }
    }
    base = broadcast(static_cast<std::uint64_t>(kFormat == Format::w1a1 ? kWords * 64 : ones));
  }

  /// Accumulators of eight neurons. With activation planes n (non-zero) and s (negative):
  /// w1a1: matching bits = columns - pop(a ^ w)
  /// w1a2: sum(w*a) = pop(n) - 2 pop(n & (s ^ ~w))
  /// w2a2: sum(w*a) = pop(n) + pop(s) - 2 pop(n & (s ^ w1)) - pop(n & (s ^ ~w0)), for all four codes
  /// None can wrap: the widest layer adds 2304 products of at most 2.
  FLUENCE_INLINE Lanes accumulate(const std::uint64_t* weights) const {
    BitCounter once;
    BitCounter twice;
    FLUENCE_UNROLL
    for (int k = 0; k < kWords; ++k) {
      if constexpr (kFormat == Format::w1a1) {
        once.add(exclusive_or(columns[k][0], load(weights + k * kGroup)));
      } else if constexpr (kFormat == Format::w1a2) {
        twice.add(and_xor(columns[k][0], columns[k][1], load(weights + k * kGroup)));
      } else {
        twice.add(and_xor(columns[k][0], columns[k][1], load(weights + 2 * k * kGroup)));
        once.add(and_xor(columns[k][0], columns[k][1], load(weights + (2 * k + 1) * kGroup)));
      }
      if (k % 16 == 15) {
        once.flush();
        twice.flush();
      }
    }
    if constexpr (kFormat == Format::w1a1) {
      return subtract(base, once.total());
    }
    const auto doubled = twice.total();
    const auto rest = subtract(subtract(base, doubled), doubled);
    return kFormat == Format::w2a2 ? subtract(rest, once.total()) : rest;
  }
};

template <Format kFormat>
constexpr int kWeightPlanes = kFormat == Format::w2a2 ? 2 : 1;

template <Format kFormat, int kRows, int kRowWords,
          int kThresholds = Window<kFormat, kRows, kRowWords>::kPlanes>
void bits(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  using W = Window<kFormat, kRows, kRowWords>;
  constexpr int kGroupWords = W::kWords * kWeightPlanes<kFormat> * kGroup;
  for (int i = 0; i < work.window_count; ++i) {
    const int index = work.windows[i];
    const W window(in + layer.origins[index], layer.row_stride);
    auto* pixel = out + static_cast<unsigned>(index) * layer.out_stride;
    for (int j = 0; j < work.group_count; ++j) {
      const int group = work.groups[j];
      const auto sum = window.accumulate(layer.weights + group * kGroupWords);
      const auto* limits = layer.thresholds + group * kThresholds * kGroup;
      const auto first = greater(sum, load(limits));
      if constexpr (kThresholds == 1) {
        pixel[group_byte(group, 0, 1)] = static_cast<std::uint8_t>(first);
      } else {
        const auto second = greater(sum, load(limits + kGroup));
        pixel[group_byte(group, 0, 2)] = static_cast<std::uint8_t>(~(first ^ second));
        pixel[group_byte(group, 1, 2)] = static_cast<std::uint8_t>(~(first | second));
      }
    }
  }
}

/// Layers of more columns than those of the classic networks, of as many thresholds as inputs have bits
/// or of another number.
template <Format kFormat>
void wide_bits(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  if constexpr (kFormat == Format::w1a1) {
    if (layer.channel_words == 13) {
      return layer.threshold_count == 1 ? bits<kFormat, 1, 13>(layer, in, out, work)
                                        : bits<kFormat, 1, 13, 2>(layer, in, out, work);
    }
    return bits<kFormat, 1, 16>(layer, in, out, work);
  } else if constexpr (kFormat == Format::w1a2) {
    return layer.threshold_count == 1 ? bits<kFormat, 1, 16, 1>(layer, in, out, work)
                                      : bits<kFormat, 1, 16>(layer, in, out, work);
  } else {
    __builtin_trap();
  }
}

template <Format kFormat>
void bits_of_format(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out,
                    const Work& work) {
  if (layer.convolution) {
    switch (layer.channel_words) {
      case 1: return bits<kFormat, 3, 3>(layer, in, out, work);
      case 2: return bits<kFormat, 3, 6>(layer, in, out, work);
      case 4: return bits<kFormat, 3, 12>(layer, in, out, work);
      default: __builtin_trap();  // PackedNetwork asks only for what is here
    }
  }
  switch (layer.channel_words) {
    case 4: return bits<kFormat, 1, 4>(layer, in, out, work);
    case 8: return bits<kFormat, 1, 8>(layer, in, out, work);
    case 13:
    case 16: return wide_bits<kFormat>(layer, in, out, work);
    default: __builtin_trap();
  }
}

void bits_of_any(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  switch (layer.format) {
    case Format::w1a1: return bits_of_format<Format::w1a1>(layer, in, out, work);
    case Format::w1a2: return bits_of_format<Format::w1a2>(layer, in, out, work);
    case Format::w2a2: return bits_of_format<Format::w2a2>(layer, in, out, work);
  }
}

template <Format kFormat>
void scores(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  using W = Window<kFormat, 1, 8>;
  const W window(in, layer.row_stride);
  for (int j = 0; j < work.group_count; ++j) {
    const int group = work.groups[j];
    std::int64_t sums[kGroup];
    store(window.accumulate(layer.weights + group * W::kWords * kWeightPlanes<kFormat> * kGroup), sums);
    for (int lane = 0; lane < kGroup; ++lane) {
      const auto score = static_cast<std::int16_t>(sums[lane]);
      __builtin_memcpy(out + (group * kGroup + lane) * 2, &score, sizeof score);
    }
  }
}

void scores_of_any(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  switch (layer.format) {
    case Format::w1a1: return scores<Format::w1a1>(layer, in, out, work);
    case Format::w1a2: return scores<Format::w1a2>(layer, in, out, work);
    case Format::w2a2: return scores<Format::w2a2>(layer, in, out, work);
  }
}

}  // namespace

const Kernels& FLUENCE_KERNELS() {
  static constexpr Kernels kTable = {
      {planes<1>, planes<2>, planes<3>, planes<4>},
      numbers,
      {pool<1>, pool<2>, pool<3>, pool<4>, pool<5>, pool<6>, pool<7>, pool<8>},
      first,
      first_rows,
      bits_of_any,
      convolution,
      scores_of_any};
  return kTable;
}

}  // namespace fluence::packed
