// The kernels for layers of any shape and numbers, and that of any max pool. Few bits are multiplied as
// planes, by AND and counts of bits; more of them as 16-bit numbers.
//
// Included by packed_kernels.cpp alone, once per instruction set: no library templates.
#pragma once

#include "network/packed_ints.hpp"
#include "network/packed_kernels.hpp"
#include "network/packed_lanes.hpp"

namespace fluence::packed {
namespace {

/// The `count` (1 to 64) bits of each plane from value `at` of a tensor on, as the lowest of a word.
template <int kPlanes>
FLUENCE_INLINE void take(const std::uint64_t* from, unsigned at, int count, std::uint64_t* bits) {
  const unsigned shift = at % 64;
  const auto* low = from + at / 64 * kPlanes;
  // Where all are in one word the next one, which may be none of the tensor's, has no part.
  const auto* high = low + (shift + static_cast<unsigned>(count) > 64 ? kPlanes : 0);
  const auto mask = ~std::uint64_t{0} >> (64 - count);
  FLUENCE_UNROLL
  for (int plane = 0; plane < kPlanes; ++plane) {
    bits[plane] = (low[plane] >> shift | high[plane] << 1 << (63 - shift)) & mask;
  }
}

/// Replaces these bits of one plane.
FLUENCE_INLINE void replace(std::uint64_t* to, int planes, unsigned at, int count, std::uint64_t bits) {
  const unsigned shift = at % 64;
  const auto mask = ~std::uint64_t{0} >> (64 - count);
  auto* word = to + at / 64 * static_cast<unsigned>(planes);
  *word = (*word & ~(mask << shift)) | bits << shift;
  if (shift + static_cast<unsigned>(count) > 64) {
    word += planes;
    *word = (*word & ~(mask >> (64 - shift))) | bits >> (64 - shift);
  }
}

/// Rows and columns of a window that lie on the map.
struct Part {
  int top, left;  ///< of the window, maybe outside of the map
  int y, y_end, x, x_end;

  FLUENCE_INLINE Part(const Region& region, int pixel, int out_width) {
    top = pixel / out_width * region.stride_y - region.top;
    left = pixel % out_width * region.stride_x - region.left;
    y = top < 0 ? 0 : top;
    x = left < 0 ? 0 : left;
    y_end = top + region.height < region.map_height ? top + region.height : region.map_height;
    x_end = left + region.width < region.map_width ? left + region.width : region.map_width;
  }
};

/// A window's planes, row by row from a word's begin.
template <int kPlanes>
FLUENCE_INLINE void gather(const GeneralShape& layer, const std::uint64_t* in, int pixel,
                           std::uint64_t* columns) {
  const auto& region = layer.region;
  const int y = pixel / layer.out_width * region.stride_y;
  const int x = pixel % layer.out_width * region.stride_x;
  auto at = static_cast<unsigned>((y * region.map_width + x) * layer.in_channels);
  const auto line = static_cast<unsigned>(region.map_width * layer.in_channels);
  for (int row = 0; row < region.height; ++row, at += line) {
    for (int k = 0; k < layer.row_words; ++k, columns += kPlanes) {
      take<kPlanes>(in, at + static_cast<unsigned>(64 * k),
                    k + 1 < layer.row_words ? 64 : layer.last_word_columns, columns);
    }
  }
}

/// The same of a window that may lie partly outside of the map, where values are 0.
template <int kPlanes>
FLUENCE_INLINE void gather_padded(const GeneralShape& layer, const std::uint64_t* in, int pixel,
                                  std::uint64_t* columns) {
  const auto& region = layer.region;
  const Part part(region, pixel, layer.out_width);
  const int skipped = (part.x - part.left) * layer.in_channels;
  const int row_words = layer.row_words * kPlanes;
  for (int k = 0; k < region.height * row_words; ++k) {
    columns[k] = 0;
  }
  for (int y = part.y; y < part.y_end; ++y) {
    auto at = static_cast<unsigned>((y * region.map_width + part.x) * layer.in_channels);
    auto* row = columns + (y - part.top) * row_words + skipped / 64 * kPlanes;
    int left = (part.x_end - part.x) * layer.in_channels;
    // The first word may begin with pixels outside of the map.
    for (int to = skipped % 64; left > 0; to = 0, row += kPlanes) {
      const int some = left < 64 - to ? left : 64 - to;
      take<kPlanes>(in, at, some, row);
      FLUENCE_UNROLL
      for (int plane = 0; plane < kPlanes; ++plane) {
        row[plane] <<= to;
      }
      at += static_cast<unsigned>(some);
      left -= some;
    }
  }
}

FLUENCE_INLINE Ints negated_if(Ints sign, Ints a) { return subtract(exclusive_or(a, sign), sign); }

/// Products of sixteen neurons' weights, as codes with their sign, and a window's values, likewise.
template <int kPlanes>
FLUENCE_INLINE Ints plane_products(const GeneralShape& layer, const std::uint64_t* weights,
                                   const std::uint64_t* columns) {
  const auto of_plane = [&](const std::uint64_t* plane_weights) {
    BitCounter low[kPlanes];
    BitCounter high[kPlanes];
    for (int first = 0; first < layer.words; first += kMostUnflushed) {
      const int end = first + kMostUnflushed < layer.words ? first + kMostUnflushed : layer.words;
      for (int k = first; k < end; ++k) {
        const auto low_weights = load(plane_weights + k * kBlock);
        const auto high_weights = load(plane_weights + k * kBlock + kGroup);
        FLUENCE_UNROLL
        for (int p = 0; p < kPlanes; ++p) {
          const auto column = broadcast(columns[k * kPlanes + p]);
          low[p].add(bit_and(low_weights, column));
          high[p].add(bit_and(high_weights, column));
        }
      }
      FLUENCE_UNROLL
      for (int p = 0; p < kPlanes; ++p) {
        low[p].flush();
        high[p].flush();
      }
    }
    auto sum = narrow(low[kPlanes - 1].total(), high[kPlanes - 1].total());
    if constexpr (kPlanes > 1) {
      sum = negated_if(broadcast_int(layer.in_sign), sum);
      FLUENCE_UNROLL
      for (int p = kPlanes - 2; p >= 0; --p) {
        sum = add(add(sum, sum), narrow(low[p].total(), high[p].total()));
      }
    }
    return sum;
  };
  const int plane_words = layer.words * kBlock;
  int plane = layer.weight_planes - 1;
  auto sum = of_plane(weights + plane * plane_words);
  if (plane > 0) {
    sum = negated_if(broadcast_int(-1), sum);
  }
  while (--plane >= 0) {
    sum = add(add(sum, sum), of_plane(weights + plane * plane_words));
  }
  return sum;
}

/// The sum of a window's values, as codes with their sign.
template <int kPlanes>
FLUENCE_INLINE std::int32_t sum_of(const GeneralShape& layer, const std::uint64_t* columns) {
  int ones[kPlanes] = {};
  for (int k = 0; k < layer.words; ++k) {
    FLUENCE_UNROLL
    for (int plane = 0; plane < kPlanes; ++plane) {
      ones[plane] += __builtin_popcountll(columns[k * kPlanes + plane]);
    }
  }
  int sum = layer.in_sign < 0 ? -ones[kPlanes - 1] : ones[kPlanes - 1];
  for (int plane = kPlanes - 2; plane >= 0; --plane) {
    sum = 2 * sum + ones[plane];
  }
  return sum;
}

/// How many of sixteen numbers are below `sum`.
FLUENCE_INLINE int count_below(const std::int32_t* numbers, std::int32_t sum) {
  return __builtin_popcount(greater(broadcast_int(sum), load_ints(numbers)));
}

/// The codes of outputs: the thresholds below the sums, counted from the lowest output's code on.
FLUENCE_INLINE Ints outputs(const GeneralShape& layer, const GeneralTables& tables, int block,
                            Ints sums) {
  auto codes = broadcast_int(layer.out_code);
  if (tables.sorted == nullptr) {
    const auto* limits = tables.thresholds + block * layer.thresholds * kBlock;
    for (int t = 0; t < layer.thresholds; ++t) {
      codes = add_greater(codes, sums, load_ints(limits + t * kBlock));
    }
    return codes;
  }
  std::int32_t lanes[kBlock];
  std::int32_t passed[kBlock] = {};
  store(sums, lanes);
  const auto* row = tables.sorted + block * kBlock * kSortedStride;
  const int count = layer.rows - block * kBlock < kBlock ? layer.rows - block * kBlock : kBlock;
  for (int lane = 0; lane < count; ++lane, row += kSortedStride) {
    const int sixteens = count_below(row, lanes[lane]);
    passed[lane] = 16 * sixteens + count_below(row + 16 * (sixteens + 1), lanes[lane]);
  }
  return add(codes, load_ints(passed));
}

/// Writes the outputs of sixteen neurons, or of the rest of the layer's.
FLUENCE_INLINE void put(const GeneralShape& layer, Ints codes, int block, int pixel,
                        std::uint64_t* out) {
  const int first = block * kBlock;
  const auto at = static_cast<unsigned>(pixel * layer.rows + first);
  if (layer.rows % kBlock == 0) {  // whole bytes
    auto* to = reinterpret_cast<std::uint8_t*>(out + at / 64 * static_cast<unsigned>(layer.out_planes)) +
               at % 64 / 8;
    for (int plane = 0; plane < layer.out_planes; ++plane, to += 8) {
      const auto bits = static_cast<std::uint16_t>(bits_of(codes, plane));
      __builtin_memcpy(to, &bits, sizeof bits);
    }
    return;
  }
  const int count = layer.rows - first < kBlock ? layer.rows - first : kBlock;
  for (int plane = 0; plane < layer.out_planes; ++plane) {
    replace(out + plane, layer.out_planes, at, count,
            bits_of(codes, plane) & (0xffffU >> (kBlock - count)));
  }
}

FLUENCE_INLINE void put_scores(const GeneralShape& layer, Ints sums, int block, std::uint64_t* out) {
  std::int32_t lanes[kBlock];
  store(sums, lanes);
  for (int lane = 0; lane < kBlock && block * kBlock + lane < layer.rows; ++lane) {
    const auto score = static_cast<std::int16_t>(lanes[lane]);
    __builtin_memcpy(reinterpret_cast<std::uint8_t*>(out) + (block * kBlock + lane) * 2, &score,
                     sizeof score);
  }
}

/// What a block of a window gives, of its products and of what is added to all neurons of the window.
FLUENCE_INLINE void finish(const GeneralShape& layer, const GeneralTables& tables, int block, int pixel,
                           Ints products, Ints base, std::uint64_t* out) {
  auto sums =
      add(add(shift_left(products, layer.shift), load_ints(tables.offsets + block * kBlock)), base);
  if (layer.wraps) {
    const auto top = broadcast_int(layer.wrap_sign);
    sums = subtract(exclusive_or(bit_and(sums, broadcast_int(layer.wrap_mask)), top), top);
  }
  if (layer.thresholds == 0) {
    put_scores(layer, sums, block, out);
  } else {
    put(layer, outputs(layer, tables, block, sums), block, pixel, out);
  }
}

template <int kPlanes>
void planes(const GeneralShape& layer, const GeneralTables& tables, const std::uint64_t* in,
            std::uint64_t* out, const GeneralWork& work) {
  const int block_words = layer.weight_planes * layer.words * kBlock;
  auto* gathered = static_cast<std::uint64_t*>(work.room);
  for (int i = 0; i < work.window_count; ++i) {
    const int pixel = work.windows[i];
    const auto* columns = in;
    if (layer.gathers) {
      layer.padded ? gather_padded<kPlanes>(layer, in, pixel, gathered)
                   : gather<kPlanes>(layer, in, pixel, gathered);
      columns = gathered;
    }
    const auto base =
        broadcast_int(layer.in_factor == 0 ? 0 : layer.in_factor * sum_of<kPlanes>(layer, columns));
    for (int j = 0; j < work.block_count; ++j) {
      const int block = work.blocks[j];
      finish(layer, tables, block, pixel,
             plane_products<kPlanes>(layer, tables.weights + block * block_words, columns), base, out);
    }
  }
}

/// Values `first` to `end` of a tensor as numbers, and some more on either side.
FLUENCE_INLINE void unpack(const GeneralShape& layer, const std::uint64_t* in, int first, int end,
                           std::int16_t* numbers) {
  if (layer.bytes) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(in);
    for (int i = first; i < end; ++i) {
      numbers[i] = static_cast<std::int8_t>(bytes[i] ^ 0x80);
    }
    return;
  }
  for (int i = first / 32 * 32; i < end; i += 32) {
    auto lanes = broadcast_short(layer.in_least);
    const auto* words = in + i / 64 * layer.in_planes;
    for (int plane = 0; plane < layer.in_planes; ++plane) {
      lanes =
          add_where(lanes, static_cast<std::uint32_t>(words[plane] >> (i % 64)), layer.in_values[plane]);
    }
    store(lanes, numbers + i);
  }
}

/// The rows of the map that windows need as numbers, padded. Returns the map's first one.
FLUENCE_INLINE const std::int16_t* unpack_map(const GeneralShape& layer, const std::uint64_t* in,
                                              const GeneralWork& work) {
  const auto& region = layer.region;
  auto* numbers = static_cast<std::int16_t*>(work.room);
  const int row_values = region.map_width * layer.in_channels;
  const int top = work.windows[0] / layer.out_width * region.stride_y;
  const int bottom =
      work.windows[work.window_count - 1] / layer.out_width * region.stride_y + region.height;
  const int y = top < region.top ? 0 : top - region.top;
  const int y_end = bottom - region.top < region.map_height ? bottom - region.top : region.map_height;
  if (!layer.padded) {
    unpack(layer, in, y * row_values, y_end * row_values, numbers);
    return numbers;
  }
  auto* padded = numbers + (region.map_height * row_values + 63) / 32 * 32;
  unpack(layer, in, y * row_values, y_end * row_values, numbers);
  for (int row = top; row < bottom; ++row) {
    auto* to = padded + row * layer.map_row;
    const int from = row - region.top;
    const int left = region.left * layer.in_channels;
    for (int i = 0; i < layer.map_row; ++i) {
      const bool inside = from >= y && from < y_end && i >= left && i < left + row_values;
      to[i] = inside ? numbers[from * row_values + i - left] : std::int16_t{0};
    }
  }
  return padded;
}

/// Products of some blocks with the numbers of a window.
template <int kBlocks>
FLUENCE_INLINE void number_products(const GeneralShape& layer, const GeneralTables& tables,
                                    const std::int16_t* window, const std::uint16_t* blocks, int pixel,
                                    std::uint64_t* out) {
  const std::int16_t* weights[kBlocks];
  Ints sums[kBlocks];
  for (int b = 0; b < kBlocks; ++b) {
    weights[b] = tables.numbers + blocks[b] * layer.words * 2 * kBlock;
    sums[b] = broadcast_int(0);
  }
  for (int k = 0; k < layer.words; ++k) {
    const auto* pair = window + tables.pairs[k];
    FLUENCE_UNROLL
    for (int b = 0; b < kBlocks; ++b) {
      sums[b] = add_products(sums[b], pair, weights[b] + k * 2 * kBlock);
    }
  }
  for (int b = 0; b < kBlocks; ++b) {
    finish(layer, tables, blocks[b], pixel, sums[b], broadcast_int(0), out);
  }
}

void numbers(const GeneralShape& layer, const GeneralTables& tables, const std::uint64_t* in,
             std::uint64_t* out, const GeneralWork& work) {
  const auto& region = layer.region;
  const auto* map = unpack_map(layer, in, work);
  for (int i = 0; i < work.window_count; ++i) {
    const int pixel = work.windows[i];
    const auto* window = map + pixel / layer.out_width * region.stride_y * layer.map_row +
                         pixel % layer.out_width * region.stride_x * layer.in_channels;
    int j = 0;
    for (; j + 1 < work.block_count; j += 2) {
      number_products<2>(layer, tables, window, work.blocks + j, pixel, out);
    }
    if (j < work.block_count) {
      number_products<1>(layer, tables, window, work.blocks + j, pixel, out);
    }
  }
}

/// `most` becomes the greater number of each lane of bits.
template <int kPlanes>
FLUENCE_INLINE void maximize(std::uint64_t* most, const std::uint64_t* other, std::uint64_t sign) {
  std::uint64_t greater = 0;
  std::uint64_t equal = ~std::uint64_t{0};
  FLUENCE_UNROLL
  for (int plane = kPlanes - 1; plane >= 0; --plane) {
    const auto flipped = plane == kPlanes - 1 ? sign : 0;  // a sign counts the other way round
    greater |= equal & (other[plane] ^ flipped) & ~(most[plane] ^ flipped);
    equal &= ~(other[plane] ^ most[plane]);
  }
  FLUENCE_UNROLL
  for (int plane = 0; plane < kPlanes; ++plane) {
    most[plane] = (most[plane] & ~greater) | (other[plane] & greater);
  }
}

template <int kPlanes>
void pool(const GeneralPool& pool, const std::uint64_t* in, std::uint64_t* out,
          const std::uint16_t* pixels, int count) {
  const auto& region = pool.region;
  for (int i = 0; i < count; ++i) {
    const Part part(region, pixels[i], pool.out_width);
    for (int first = 0; first < pool.channels; first += 64) {
      const int some = pool.channels - first < 64 ? pool.channels - first : 64;
      std::uint64_t most[kPlanes];
      bool found = false;
      for (int y = part.y; y < part.y_end; ++y) {
        for (int x = part.x; x < part.x_end; ++x) {
          std::uint64_t other[kPlanes];
          take<kPlanes>(in, static_cast<unsigned>((y * region.map_width + x) * pool.channels + first),
                        some, found ? other : most);
          if (found) {
            maximize<kPlanes>(most, other, pool.sign);
          }
          found = true;
        }
      }
      for (int plane = 0; plane < kPlanes; ++plane) {
        replace(out + plane, kPlanes, static_cast<unsigned>(pixels[i] * pool.channels + first), some,
                most[plane]);
      }
    }
  }
}

}  // namespace
}  // namespace fluence::packed
