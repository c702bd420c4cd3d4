// Compiled once per instruction set; FLUENCE_KERNELS names the table that this compilation defines.
#include "map/bit_kernels.hpp"

#include "map/bit_lanes.hpp"

namespace fluence::bits {
namespace {

constexpr int kLanes = 64;
constexpr int kMostColumns = 512 * kTaps;

FLUENCE_INLINE int first_pixel(std::uint32_t row) { return __builtin_ctz(row); }
FLUENCE_INLINE std::uint32_t low_pixels(int count) { return ~std::uint32_t{0} >> (32 - count); }

/// Inputs (see BitLayer) that change, each as the weights' kernels want it.
struct Changes {
  int count = 0;
  int falling = 0;  ///< of them
  std::uint16_t at[kMostColumns + kLanes];

  FLUENCE_INLINE void add(std::uint64_t changed, std::uint64_t before, int base, int inputs) {
    count += list_signed(at + count, changed, before, base, inputs);
    falling += __builtin_popcountll(changed & before);
  }
};

void margins(const BitLayer& l) {
  const int neurons = l.out_words * kLanes;
  std::uint64_t sums[512];
  for (int pixel = 0; pixel < l.out_dim * l.out_dim; ++pixel) {
    for (int n = 0; n < neurons; ++n) {
      sums[n] = 0;
    }
    const int corner = pixel / l.out_dim * l.in_dim + pixel % l.out_dim;
    for (int tap = 0; tap < l.taps; ++tap) {
      const auto* words = l.in + (corner + tap / 3 * l.in_dim + tap % 3) * l.in_words;
      for (int k = 0; k < l.in_words; ++k) {
        const auto other = ~words[k];
        const auto* weights = l.packed + (tap * l.in_words + k) * neurons;
        for (int n = 0; n < neurons; ++n) {
          sums[n] += static_cast<std::uint64_t>(__builtin_popcountll(other ^ weights[n]));
        }
      }
    }
    auto* margin = l.margins + pixel * neurons;
    auto* limit = l.limits + pixel * neurons;
    for (int n = 0; n < neurons; ++n) {
      const int d = static_cast<int>(sums[n]) - l.thresholds[n];
      margin[n] = static_cast<std::int16_t>(d);
      limit[n] = static_cast<std::int8_t>(d > kMostLimit    ? -kMostLimit
                                          : d < -kMostLimit ? kMostLimit
                                                            : -d);
    }
  }
}

void channel_table(const BitLayer& l, int channel, std::int8_t* table) {
  const int neurons = l.out_words * kLanes;
  const auto* weights = l.weights + channel * kTaps * neurons;
  for (int ky = 0; ky < 3; ++ky) {
    for (int code = 0; code < kRowCodes; ++code) {
      const int rising = code & 7;
      const int falling = code >> 3;
      if ((rising & falling) != 0) {
        continue;
      }
      for (int v = 0; v < neurons; v += kLanes) {
        auto sum = zero_bytes();
        for (int kx = 0; kx < 3; ++kx) {
          const auto weight = load_bytes(weights + (ky * 3 + kx) * neurons + v);
          if ((rising >> kx & 1) != 0) {
            sum = add(sum, weight);
          } else if ((falling >> kx & 1) != 0) {
            sum = subtract(sum, weight);
          }
        }
        store_bytes(table + (ky * kRowCodes + code) * neurons + v, sum);
      }
    }
  }
}

/// The output pixels of a row whose windows touch pixels of these three rows.
FLUENCE_INLINE std::uint32_t touched(std::uint32_t a, std::uint32_t b, std::uint32_t c, int out_dim) {
  const auto any = a | b | c;
  return (any | any >> 1 | any >> 2) & low_pixels(out_dim);
}

template <int kWords>
void one_channel_of(const BitLayer& l, const std::int8_t* table, const std::uint32_t* rising,
                    const std::uint32_t* falling, Difference out) {
  constexpr int kNeurons = kWords * kLanes;
  const auto row_code = [&](int y, int x) {
    return static_cast<int>((rising[y] >> x & 7) | (falling[y] >> x & 7) << 3);
  };
  for (int y = 0; y < l.out_dim; ++y) {
    std::uint32_t different = 0;
    auto left = touched(rising[y] | falling[y], rising[y + 1] | falling[y + 1],
                        rising[y + 2] | falling[y + 2], l.out_dim);
    for (; left != 0; left &= left - 1) {
      const int x = first_pixel(left);
      const int pixel = y * l.out_dim + x;
      const auto* a = table + row_code(y, x) * kNeurons;
      const auto* b = table + (kRowCodes + row_code(y + 1, x)) * kNeurons;
      const auto* c = table + (2 * kRowCodes + row_code(y + 2, x)) * kNeurons;
      std::uint64_t any = 0;
      FLUENCE_UNROLL
      for (int v = 0; v < kWords; ++v) {
        const auto sum =
            add(add(load_bytes(a + v * kLanes), load_bytes(b + v * kLanes)), load_bytes(c + v * kLanes));
        const auto bits = greater_bytes(sum, load_bytes(l.limits + pixel * kNeurons + v * kLanes)) ^
                          l.out[pixel * kWords + v];
        out.bits[pixel * kWords + v] = bits;
        any |= bits;
      }
      different |= static_cast<std::uint32_t>(any != 0) << x;
    }
    out.rows[y] = different;
  }
}

/// Writes how a pixel's outputs, `bits`, differ from the fault-free ones; whether they do.
template <int kWords>
FLUENCE_INLINE bool put_difference(const BitLayer& l, int pixel, const std::uint64_t* bits,
                                   Difference out) {
  std::uint64_t any = 0;
  FLUENCE_UNROLL
  for (int v = 0; v < kWords; ++v) {
    const auto difference = bits[v] ^ l.out[pixel * kWords + v];
    out.bits[pixel * kWords + v] = difference;
    any |= difference;
  }
  return any != 0;
}

/// Adds the changes' weights in kCount x 64 places from `first` on to sums in registers. `falling`: how
/// many of the changes do.
template <int kCount>
FLUENCE_INLINE void add_weights(const BitLayer& l, const std::uint16_t* changes, int count,
                                [[maybe_unused]] int falling, int places, int first, Bytes* sum) {
#if defined(__AVX512BW__)
  // A weight is 2 b - 1: bits select what is added, twice, and all changes together are taken away.
  const auto net = same_bytes(count - 2 * falling);
  FLUENCE_UNROLL
  for (int j = 0; j < kCount; ++j) {
    sum[j] = subtract(sum[j], net);
  }
  const auto* bits = l.weight_bits + first / kLanes;
  for (int i = 0; i < count; ++i) {
    const auto* row = bits + (changes[i] & kInputMask) * (places / kLanes);
    const auto step = same_bytes(2 - (changes[i] >> kFallsShift) * 4);
    FLUENCE_UNROLL
    for (int j = 0; j < kCount; ++j) {
      sum[j] = add_where(sum[j], row[j], step);
    }
  }
#else
  const auto* weights = l.weights + first;
  for (int i = 0; i < count; ++i) {
    const auto* row = weights + changes[i] * places;
    FLUENCE_UNROLL
    for (int j = 0; j < kCount; ++j) {
      sum[j] = add(sum[j], load_bytes(row + j * kLanes));
    }
  }
#endif
}

#if defined(__AVX512BW__)
constexpr int kRegisters = 24;  // of 64 bytes that sums of all taps may take
constexpr int kDenseWords = 8;
#else
constexpr int kRegisters = 0;
constexpr int kDenseWords = 4;
#endif

// A window with more changes than a byte holds.
template <int kWords>
void count_window(const BitLayer& l, Difference in, int y, int x, std::uint64_t* bits) {
  constexpr int kNeurons = kWords * kLanes;
  std::uint64_t sums[kNeurons] = {};
  for (int tap = 0; tap < kTaps; ++tap) {
    const int pixel = (y + tap / 3) * l.in_dim + x + tap % 3;
    const bool differs = (in.rows[y + tap / 3] >> (x + tap % 3) & 1) != 0;
    for (int k = 0; k < l.in_words; ++k) {
      const auto at = pixel * l.in_words + k;
      const auto other = ~(l.in[at] ^ (differs ? in.bits[at] : 0));
      const auto* weights = l.packed + (tap * l.in_words + k) * kNeurons;
      for (int n = 0; n < kNeurons; ++n) {
        sums[n] += static_cast<std::uint64_t>(__builtin_popcountll(other ^ weights[n]));
      }
    }
  }
  for (int v = 0; v < kWords; ++v) {
    bits[v] = 0;
    for (int i = 0; i < kLanes; ++i) {
      const bool on = static_cast<int>(sums[v * kLanes + i]) > l.thresholds[v * kLanes + i];
      bits[v] |= std::uint64_t{on} << i;
    }
  }
}

// Changes in the window of an output pixel. `counts`: of the input pixels that differ.
int changes_in(Difference in, const std::uint16_t (*counts)[kRows], int y, int x) {
  int count = 0;
  for (int tap = 0; tap < kTaps; ++tap) {
    const bool differs = (in.rows[y + tap / 3] >> (x + tap % 3) & 1) != 0;
    count += differs ? counts[y + tap / 3][x + tap % 3] : 0;
  }
  return count;
}

template <int kWords>
void wide_convolution(const BitLayer& l, Difference in, std::int8_t* sums, Difference out) {
  constexpr int kNeurons = kWords * kLanes;
  constexpr int kTapsAtOnce = kTaps * kWords <= kRegisters ? 9 : 3;
  constexpr int kPlaces = kTaps * kNeurons;
  const int width = l.in_dim + 2;
  std::uint16_t counts[kRows][kRows];
  int most = 0;
  for (int y = 0; y < l.in_dim; ++y) {
    for (auto left = in.rows[y]; left != 0; left &= left - 1) {
      const int x = first_pixel(left);
      Changes changes;
      for (int k = 0; k < l.in_words; ++k) {
        const auto at = (y * l.in_dim + x) * l.in_words + k;
        changes.add(in.bits[at], l.in[at], k * kLanes, l.inputs);
      }
      counts[y][x] = static_cast<std::uint16_t>(changes.count);
      most = changes.count > most ? changes.count : most;
      for (int tap = 0; tap < kTaps; tap += kTapsAtOnce) {
        const auto place = [&](int j) {
          const int ky = (tap + j / kWords) / 3;
          const int kx = (tap + j / kWords) % 3;
          return sums + ((y - ky + 2) * width + x - kx + 2) * kNeurons + j % kWords * kLanes;
        };
        Bytes sum[kTapsAtOnce * kWords];
        FLUENCE_UNROLL
        for (int j = 0; j < kTapsAtOnce * kWords; ++j) {
          sum[j] = load_bytes(place(j));
        }
        add_weights<kTapsAtOnce * kWords>(l, changes.at, changes.count, changes.falling, kPlaces,
                                          tap * kNeurons, sum);
        FLUENCE_UNROLL
        for (int j = 0; j < kTapsAtOnce * kWords; ++j) {
          store_bytes(place(j), sum[j]);
        }
      }
    }
  }
  for (int y = 0; y < l.out_dim; ++y) {
    std::uint32_t different = 0;
    auto left = touched(in.rows[y], in.rows[y + 1], in.rows[y + 2], l.out_dim);
    for (; left != 0; left &= left - 1) {
      const int x = first_pixel(left);
      const int pixel = y * l.out_dim + x;
      auto* sum = sums + ((y + 2) * width + x + 2) * kNeurons;
      std::uint64_t bits[kWords];
      FLUENCE_UNROLL
      for (int v = 0; v < kWords; ++v) {
        bits[v] = greater_bytes(load_bytes(sum + v * kLanes),
                                load_bytes(l.limits + pixel * kNeurons + v * kLanes));
        store_bytes(sum + v * kLanes, zero_bytes());
      }
      if (most * kTaps > kMostChanges && changes_in(in, counts, y, x) > kMostChanges) {
        count_window<kWords>(l, in, y, x, bits);
      }
      different |= static_cast<std::uint32_t>(put_difference<kWords>(l, pixel, bits, out)) << x;
    }
    out.rows[y] = different;
  }
}

/// Adds a tap to the inputs of a list, whose numbers leave room for it. Whole vectors are written.
FLUENCE_INLINE void copy_tap(std::uint16_t* to, const std::uint16_t* from, int count, int tap) {
  using Shorts = std::uint16_t __attribute__((vector_size(64)));
  for (int i = 0; i < count; i += 32) {
    Shorts some;
    __builtin_memcpy(&some, from + i, sizeof some);
    some += static_cast<std::uint16_t>(tap);
    __builtin_memcpy(to + i, &some, sizeof some);
  }
}

// Where many channels meet few pixels: window by window, its changes in one list, its sums in registers.
template <int kWords>
void narrow_convolution(const BitLayer& l, Difference in, Difference out) {
  constexpr int kNeurons = kWords * kLanes;
  constexpr int kMostInputs = 2 * 512;  // of a pixel, and room for whole vectors
  std::uint16_t lists[kRows * kRows / 4][kMostInputs];
  int counts[kRows * kRows / 4];
  int falling[kRows * kRows / 4];
  for (int y = 0; y < l.in_dim; ++y) {
    for (auto left = in.rows[y]; left != 0; left &= left - 1) {
      const int pixel = y * l.in_dim + first_pixel(left);
      int count = 0;
      int falls = 0;
      for (int k = 0; k < l.in_words; ++k) {
        const auto changed = in.bits[pixel * l.in_words + k];
        const auto before = l.in[pixel * l.in_words + k];
        count += list_signed(lists[pixel] + count, changed, before, k * kLanes, l.inputs);
        falls += __builtin_popcountll(changed & before);
      }
      for (int i = 0; i < count; ++i) {
        lists[pixel][i] = times_taps(lists[pixel][i]);
      }
      counts[pixel] = count;
      falling[pixel] = falls;
    }
  }
  for (int y = 0; y < l.out_dim; ++y) {
    std::uint32_t different = 0;
    auto left = touched(in.rows[y], in.rows[y + 1], in.rows[y + 2], l.out_dim);
    for (; left != 0; left &= left - 1) {
      const int x = first_pixel(left);
      const int pixel = y * l.out_dim + x;
      std::uint16_t changes[kMostChanges + kMostInputs];
      int count = 0;
      int falls = 0;
      for (int tap = 0; tap < kTaps && count <= kMostChanges; ++tap) {
        if ((in.rows[y + tap / 3] >> (x + tap % 3) & 1) != 0) {
          const int from = (y + tap / 3) * l.in_dim + x + tap % 3;
          copy_tap(changes + count, lists[from], counts[from], tap);
          count += counts[from];
          falls += falling[from];
        }
      }
      std::uint64_t bits[kWords];
      if (count > kMostChanges) {
        count_window<kWords>(l, in, y, x, bits);
      } else {
        Bytes sum[kWords];
        FLUENCE_UNROLL
        for (int v = 0; v < kWords; ++v) {
          sum[v] = zero_bytes();
        }
        add_weights<kWords>(l, changes, count, falls, kNeurons, 0, sum);
        FLUENCE_UNROLL
        for (int v = 0; v < kWords; ++v) {
          bits[v] = greater_bytes(sum[v], load_bytes(l.limits + pixel * kNeurons + v * kLanes));
        }
      }
      different |= static_cast<std::uint32_t>(put_difference<kWords>(l, pixel, bits, out)) << x;
    }
    out.rows[y] = different;
  }
}

FLUENCE_INLINE void list_columns(const BitLayer& l, Difference in, Changes& changes) {
  for (int y = 0; y < l.in_dim; ++y) {
    for (auto left = in.rows[y]; left != 0; left &= left - 1) {
      const int pixel = y * l.in_dim + first_pixel(left);
      for (int k = 0; k < l.in_words; ++k) {
        const int at = pixel * l.in_words + k;
        changes.add(in.bits[at], l.in[at], at * kLanes, l.inputs);
      }
    }
  }
}

/// Sums of the changes of kWords x 64 neurons, in parts that a byte holds: `take(part)` gets each.
template <int kWords, typename Take>
FLUENCE_INLINE void sum_columns(const BitLayer& l, const Changes& changes, int first_word, Take take) {
  int from = 0;
  do {
    Bytes sum[kWords];
    FLUENCE_UNROLL
    for (int v = 0; v < kWords; ++v) {
      sum[v] = zero_bytes();
    }
    const int left = changes.count - from;
    const int count = left < kMostChanges ? left : kMostChanges;
    int falling = changes.falling;
    if (changes.count > kMostChanges) {
      falling = 0;
      for (int i = from; i < from + count; ++i) {
        falling += falls(changes.at[i]) ? 1 : 0;
      }
    }
    add_weights<kWords>(l, changes.at + from, count, falling, l.out_words * kLanes, first_word * kLanes,
                        sum);
    take(sum);
    from += count;
  } while (from < changes.count);
}

template <int kWords>
FLUENCE_INLINE void widen(const Bytes* part, std::int16_t* wide) {
  std::int8_t bytes[kWords * kLanes];
  for (int v = 0; v < kWords; ++v) {
    store_bytes(bytes + v * kLanes, part[v]);
  }
  for (int n = 0; n < kWords * kLanes; ++n) {
    wide[n] = static_cast<std::int16_t>(wide[n] + bytes[n]);
  }
}

template <int kWords>
std::uint64_t dense_part(const BitLayer& l, const Changes& changes, int first_word, std::uint64_t* out) {
  std::uint64_t any = 0;
  if (changes.count <= kMostChanges) {
    sum_columns<kWords>(l, changes, first_word, [&](const Bytes* sum) {
      FLUENCE_UNROLL
      for (int v = 0; v < kWords; ++v) {
        const int word = first_word + v;
        out[word] = greater_bytes(sum[v], load_bytes(l.limits + word * kLanes)) ^ l.out[word];
        any |= out[word];
      }
    });
    return any;
  }
  std::int16_t wide[kWords * kLanes] = {};
  sum_columns<kWords>(l, changes, first_word, [&](const Bytes* sum) { widen<kWords>(sum, wide); });
  for (int v = 0; v < kWords; ++v) {
    const int word = first_word + v;
    std::uint64_t bits = 0;
    for (int i = 0; i < kLanes; ++i) {
      const bool on = wide[v * kLanes + i] + l.margins[word * kLanes + i] > 0;
      bits |= std::uint64_t{on} << i;
    }
    out[word] = bits ^ l.out[word];
    any |= out[word];
  }
  return any;
}

void dense(const BitLayer& l, Difference in, Difference out) {
  Changes changes;
  list_columns(l, in, changes);
  std::uint64_t any = 0;
  int word = 0;
  for (; word + kDenseWords <= l.out_words; word += kDenseWords) {
    any |= dense_part<kDenseWords>(l, changes, word, out.bits);
  }
  for (; word + 4 <= l.out_words; word += 4) {
    any |= dense_part<4>(l, changes, word, out.bits);
  }
  for (; word < l.out_words; ++word) {
    any |= dense_part<1>(l, changes, word, out.bits);
  }
  out.rows[0] = any != 0 ? 1 : 0;
}

void scores(const BitLayer& l, Difference in, std::int16_t* sums) {
  Changes changes;
  list_columns(l, in, changes);
  for (int n = 0; n < kLanes; ++n) {
    sums[n] = 0;
  }
  sum_columns<1>(l, changes, 0, [&](const Bytes* sum) { widen<1>(sum, sums); });
}

std::uint32_t above(const std::int16_t* values, const std::int16_t* others, std::int16_t factor,
                    std::int16_t limit) {
  std::int16_t moved[32];
  std::int16_t limits[32];
  for (int i = 0; i < 32; ++i) {
    moved[i] = static_cast<std::int16_t>(values[i] + factor * others[i]);
    limits[i] = limit;
  }
  return packed::greater_shorts(packed::load_shorts(moved), packed::load_shorts(limits));
}

// Those that BitEvaluator accepts.
void one_channel(const BitLayer& l, const std::int8_t* table, const std::uint32_t* rising,
                 const std::uint32_t* falling, Difference out) {
  switch (l.out_words) {
    case 1: return one_channel_of<1>(l, table, rising, falling, out);
    case 2: return one_channel_of<2>(l, table, rising, falling, out);
    case 4: return one_channel_of<4>(l, table, rising, falling, out);
    case 8: return one_channel_of<8>(l, table, rising, falling, out);
    default: __builtin_trap();
  }
}

void convolution(const BitLayer& l, Difference in, std::int8_t* sums, Difference out) {
  const bool narrow = l.in_dim <= kRows / 2;
  switch (l.out_words) {
    case 1: return wide_convolution<1>(l, in, sums, out);
    case 2: return wide_convolution<2>(l, in, sums, out);
    case 4: return narrow ? narrow_convolution<4>(l, in, out) : wide_convolution<4>(l, in, sums, out);
    case 8: return narrow ? narrow_convolution<8>(l, in, out) : wide_convolution<8>(l, in, sums, out);
    default: __builtin_trap();
  }
}

}  // namespace

const Kernels& FLUENCE_KERNELS() {
  static constexpr Kernels kTable = {margins, channel_table, one_channel, convolution,
                                     dense,   scores,        above};
  return kTable;
}

}  // namespace fluence::bits
