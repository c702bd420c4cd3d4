// Compiled once per instruction set; FLUENCE_KERNELS names the table that this compilation defines.
#include "network/packed_kernels.hpp"

#include "network/packed_first.hpp"
#include "network/packed_general.hpp"
#include "network/packed_lanes.hpp"
#include "network/packed_lookup.hpp"

namespace fluence::packed {
namespace {

/// Counts of eight neurons for a window. With activation planes n (non-zero) and s (negative):
/// w1a1: matching bits = columns - pop(a ^ w)
/// w1a2: sum(w*a) = pop(n) - 2 pop(n & (s ^ ~w))
/// w2a2: sum(w*a) = pop(n) + pop(s) - 2 pop(n & (s ^ w1)) - pop(n & (s ^ ~w0)), for all four codes
/// None can wrap: the widest layer adds 2304 products of at most 2.
template <Format kFormat>
class Counts {
 public:
  /// A word of each plane of the window, and the neurons' words at its columns.
  FLUENCE_INLINE void add(const Lanes (&columns)[kPlanes<kFormat>], const std::uint64_t* weights) {
    if constexpr (kFormat == Format::w1a1) {
      once_.add(exclusive_or(columns[0], load(weights)));
    } else {
      twice_.add(and_xor(columns[0], columns[1], load(weights)));
      if constexpr (kFormat == Format::w2a2) {
        once_.add(and_xor(columns[0], columns[1], load(weights + kGroup)));
      }
    }
  }
  FLUENCE_INLINE void flush() {
    once_.flush();
    twice_.flush();
  }
  /// `base`: the accumulators if every counted bit were 0.
  FLUENCE_INLINE Lanes accumulators(Lanes base) {
    if constexpr (kFormat == Format::w1a1) {
      return subtract(base, once_.total());
    }
    const auto doubled = twice_.total();
    const auto rest = subtract(subtract(base, doubled), doubled);
    return kFormat == Format::w2a2 ? subtract(rest, once_.total()) : rest;
  }

 private:
  BitCounter once_;
  BitCounter twice_;
};

/// One window in registers: every column word of every plane in all lanes.
template <Format kFormat, int kRows, int kRowWords>
struct Window {
  static constexpr int kWords = kRows * kRowWords;
  Lanes columns[kWords][kPlanes<kFormat>];
  Lanes base;  ///< the accumulator if every counted bit were 0

  FLUENCE_INLINE Window(const std::uint64_t* in, std::uint32_t row_stride) {
    FLUENCE_UNROLL
    for (int row = 0; row < kRows; ++row) {
      const auto* words = in + static_cast<unsigned>(row) * row_stride;
      FLUENCE_UNROLL
      for (int k = 0; k < kRowWords; ++k) {
        FLUENCE_UNROLL
        for (int plane = 0; plane < kPlanes<kFormat>; ++plane) {
          columns[row * kRowWords + k][plane] = broadcast(words[k * kPlanes<kFormat> + plane]);
        }
      }
    }
    base = base_of(in, row_stride);
  }

  FLUENCE_INLINE static Lanes base_of(const std::uint64_t* in, std::uint32_t row_stride) {
    if constexpr (kFormat == Format::w1a1) {
      return broadcast(kWords * 64);
    }
    int ones = 0;
    for (int row = 0; row < kRows; ++row) {
      const auto* words = in + static_cast<unsigned>(row) * row_stride;
      FLUENCE_UNROLL
      for (int k = 0; k < kRowWords * kPlanes<kFormat>; ++k) {
        if (kFormat == Format::w2a2 || k % kPlanes<kFormat> == 0) {
          ones += __builtin_popcountll(words[k]);
        }
      }
    }
    return broadcast(static_cast<std::uint64_t>(ones));
  }

  /// Accumulators of eight neurons.
  FLUENCE_INLINE Lanes accumulate(const std::uint64_t* weights) const {
    Counts<kFormat> counts;
    FLUENCE_UNROLL
    for (int k = 0; k < kWords; ++k) {
      counts.add(columns[k], weights + k * kWeightPlanes<kFormat> * kGroup);
      if (k % 16 == 15) {
        counts.flush();
      }
    }
    return counts.accumulators(base);
  }
};

/// The accumulators of eight neurons for some windows, whose bases `sums` have, so that weights are
/// loaded once: of instruction sets whose counters need no flush.
template <Format kFormat, int kRows, int kRowWords>
FLUENCE_INLINE void accumulate_together(const std::uint64_t* const* windows, std::uint32_t row_stride,
                                        const std::uint64_t* weights, Lanes* sums) {
  Counts<kFormat> counts[kTogether];
  for (int row = 0; row < kRows; ++row) {
    FLUENCE_UNROLL
    for (int k = 0; k < kRowWords; ++k, weights += kWeightPlanes<kFormat> * kGroup) {
      FLUENCE_UNROLL
      for (int i = 0; i < kTogether; ++i) {
        const auto* words = windows[i] + static_cast<unsigned>(row) * row_stride + k * kPlanes<kFormat>;
        Lanes columns[kPlanes<kFormat>];
        FLUENCE_UNROLL
        for (int plane = 0; plane < kPlanes<kFormat>; ++plane) {
          columns[plane] = broadcast(words[plane]);
        }
        counts[i].add(columns, weights);
      }
    }
  }
  FLUENCE_UNROLL
  for (int i = 0; i < kTogether; ++i) {
    sums[i] = counts[i].accumulators(sums[i]);
  }
}

template <Format kFormat, int kThresholds>
FLUENCE_INLINE void put_group(const BitLayer& layer, Lanes sum, int group, std::uint8_t* pixel) {
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

template <Format kFormat, int kRows, int kRowWords, int kThresholds = kPlanes<kFormat>>
void bits(const BitLayer& layer, const std::uint64_t* in, std::uint8_t* out, const Work& work) {
  using W = Window<kFormat, kRows, kRowWords>;
  constexpr int kGroupWords = W::kWords * kWeightPlanes<kFormat> * kGroup;
  int i = 0;
  if constexpr (kTogether > 1 && kRows > 1) {
    for (; i + kTogether <= work.window_count; i += kTogether) {
      const std::uint64_t* windows[kTogether];
      std::uint8_t* pixels[kTogether];
      Lanes bases[kTogether];
      for (int k = 0; k < kTogether; ++k) {
        const int index = work.windows[i + k];
        windows[k] = in + layer.origins[index];
        pixels[k] = out + static_cast<unsigned>(index) * layer.out_stride;
        bases[k] = W::base_of(windows[k], layer.row_stride);
      }
      for (int j = 0; j < work.group_count; ++j) {
        const int group = work.groups[j];
        Lanes sums[kTogether];
        FLUENCE_UNROLL
        for (int k = 0; k < kTogether; ++k) {
          sums[k] = bases[k];
        }
        accumulate_together<kFormat, kRows, kRowWords>(windows, layer.row_stride,
                                                       layer.weights + group * kGroupWords, sums);
        FLUENCE_UNROLL
        for (int k = 0; k < kTogether; ++k) {
          put_group<kFormat, kThresholds>(layer, sums[k], group, pixels[k]);
        }
      }
    }
  }
  for (; i < work.window_count; ++i) {
    const int index = work.windows[i];
    const W window(in + layer.origins[index], layer.row_stride);
    auto* pixel = out + static_cast<unsigned>(index) * layer.out_stride;
    for (int j = 0; j < work.group_count; ++j) {
      const int group = work.groups[j];
      put_group<kFormat, kThresholds>(layer, window.accumulate(layer.weights + group * kGroupWords),
                                      group, pixel);
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
