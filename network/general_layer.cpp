#include "network/general_layer.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/bits.hpp"

namespace fluence {
namespace {

constexpr int kMostCounted = 15;  // thresholds that are compared one by one; more are searched
constexpr int kVectorNumbers = 32;
constexpr int kMostBlocks = 4096;  // of as many neurons as there can be

// Numbers -1 and +1.
bool has_signs(const NumberFormat& format) { return format.step() == 2; }

// Whether multiplying numbers takes less time than planes. One step multiplies a pair for sixteen
// neurons, or counts the bits of a word for eight.
bool is_for_numbers(const Layer& l) {
  if (l.xnor) {
    return false;
  }
  const int row = l.convolution ? l.window.width * l.in_channels : l.matrix_width();
  return l.takes_pixels() || l.in_bits > packed::kMostPlanes ||
         divide_up(row, 2) < 2 * divide_up(row, kWordBits) * l.weight_bits * l.in_bits;
}

}  // namespace

packed::Region region_of(const Window& window, int map_height, int map_width) {
  return {map_height,      map_width,       window.height, window.width,
          window.stride_y, window.stride_x, window.top,    window.left};
}

GeneralLayer::GeneralLayer(const Layer& layer, const Parameters& parameters)
    : layer_(&layer), by_numbers_(is_for_numbers(layer)) {
  make_shape();
  const auto blocks = index(divide_up(shape_.rows, packed::kBlock));
  if (by_numbers_) {
    numbers_.resize(blocks * index(shape_.words));
  } else {
    weights_.resize(blocks * index(shape_.weight_planes) * index(shape_.words) * 2);
  }
  offsets_.resize(blocks);
  if (!by_numbers_ && has_signs(layer.weight_format()) && has_signs(layer.in_format())) {
    for (auto& block : offsets_) {
      block.lanes.fill(layer.matrix_width());
    }
  }
  raw_.resize(index(shape_.rows) * index(shape_.thresholds));
  if (shape_.thresholds <= kMostCounted) {
    thresholds_.resize(blocks * index(shape_.thresholds));
  } else {
    sorted_.resize(blocks * packed::kBlock * packed::kSortedStride,
                   std::numeric_limits<std::int32_t>::max());
  }
  for (int pe = 0; pe < layer.pe; ++pe) {
    for (int word = 0; word < layer.weight_words(); ++word) {
      set_weight(pe, word, parameters.weight_word(layer.index, pe, word));
    }
  }
  for (int row = 0; row < shape_.rows; ++row) {
    for (int t = 0; t < shape_.thresholds; ++t) {
      raw_[index(row) * index(shape_.thresholds) + index(t)] =
          parameters.row_threshold(layer.index, row, t);
    }
    refresh_thresholds(row);
  }
}

void GeneralLayer::make_shape() {
  const auto& l = *layer_;
  auto& s = shape_;
  const bool whole = l.window == Window{l.in_height, l.in_dim};
  s.region = whole ? packed::Region{1, 1, 1, 1, 1, 1, 0, 0} : region_of(l.window, l.in_height, l.in_dim);
  s.in_channels = whole ? l.matrix_width() : l.in_channels;
  s.out_width = l.out_dim;
  s.rows = l.out_channels;
  const int row_columns = s.region.width * s.in_channels;
  s.row_words = divide_up(row_columns, by_numbers_ ? 2 : kWordBits);
  s.last_word_columns = row_columns - (s.row_words - 1) * kWordBits;
  s.words = s.region.height * s.row_words;
  const int map_width = l.window.left + s.region.map_width + l.window.right;
  s.map_row = map_width * s.in_channels;
  s.gathers = !whole;
  s.padded = l.window.padded();
  s.bytes = l.takes_pixels();
  s.wraps = l.most_sum() >= 1L << (l.accumulator_bits - 1);
  s.weight_planes = l.weight_bits;
  s.in_planes = l.in_bits;
  s.out_planes = l.out_bits;
  s.thresholds = l.thresholds;
  s.in_sign = !l.in_unsigned && l.in_bits > 1 ? -1 : 0;
  s.wrap_mask = static_cast<std::int32_t>(low_bits(l.accumulator_bits));
  s.wrap_sign = static_cast<std::int32_t>(std::uint32_t{1} << (l.accumulator_bits - 1));
  s.out_code = l.thresholds > 0 ? static_cast<std::int32_t>(l.out_format().code(l.out_least)) : 0;
  const auto in = l.in_format();
  s.in_least = static_cast<std::int16_t>(in.number(0));
  for (int plane = 0; plane < l.in_bits; ++plane) {
    s.in_values[plane] = static_cast<std::int16_t>(in.number(1U << plane) - in.number(0));
  }
  if (by_numbers_) {
    for (int k = 0; k < s.words; ++k) {
      pairs_.push_back(k / s.row_words * s.map_row + k % s.row_words * 2);
    }
    // Vectors and pairs reach beyond what they are to read or write.
    const int padded_rows = s.padded ? l.window.top + l.in_height + l.window.bottom : 0;
    room_ = index(s.region.map_height * s.region.map_width * s.in_channels + padded_rows * s.map_row +
                  3 * kVectorNumbers) /
                4 +
            1;
  } else {
    room_ = index(s.words * s.in_planes);
  }

  s.shift = l.accumulator_shift();
  if (by_numbers_) {
    return;
  }
  // A number -1 or +1 is 2 c - 1, where c is its code. So with codes W and A, where both are such ones,
  // the sum is 4 sum(WA) - 2 sum(W) - 2 sum(A) + columns, and the number of equal bits half of what is
  // more than -columns; it is 2 sum(WA) - sum(A) where weights are, 2 sum(WA) - sum(W) where inputs are.
  const bool of_weights = has_signs(l.weight_format());
  const bool of_inputs = has_signs(in);
  const int twice = of_weights && of_inputs && !l.xnor ? 1 : 0;
  s.shift = (of_weights || of_inputs ? 1 : 0) + twice;
  s.in_factor = of_weights ? -(1 << twice) : 0;
  code_factor_ = of_inputs ? -(1 << twice) : 0;
}

void GeneralLayer::set_weight(int pe, int word, std::span<const std::uint64_t> value) {
  const auto& l = *layer_;
  const int row = word / l.synapse_folds() * l.pe + pe;
  const int column = word % l.synapse_folds() * l.simd;
  if (by_numbers_) {
    set_numbers(row, column, value);
    return;
  }
  for (int first = 0; first < l.simd; first += kWordBits) {
    set_bits(row, column + first, std::min(l.simd - first, kWordBits),
             value.subspan(index(first * l.weight_bits / kWordBits)));
  }
}

void GeneralLayer::set_numbers(int row, int column, std::span<const std::uint64_t> value) {
  const auto format = layer_->weight_format();
  const int row_columns = shape_.region.width * shape_.in_channels;
  for (int i = 0; i < layer_->simd; ++i) {
    const int at = (column + i) % row_columns;
    const int pair = (column + i) / row_columns * shape_.row_words + at / 2;
    numbers_[index(row / packed::kBlock * shape_.words + pair)]
        .lanes[index(row % packed::kBlock * 2 + at % 2)] = static_cast<std::int16_t>(
        format.number(static_cast<std::uint32_t>(take_bits(value, i * format.bits, format.bits))));
  }
}

void GeneralLayer::set_bits(int row, int column, int count, std::span<const std::uint64_t> value) {
  const auto& l = *layer_;
  const int row_columns = shape_.region.width * shape_.in_channels;
  const int word = column / row_columns * shape_.row_words + column % row_columns / kWordBits;
  const int shift = column % row_columns % kWordBits;
  const auto mask = low_bits(count);
  std::int32_t more = 0;  // than before, of the sum of the neuron's codes
  for (int plane = 0; plane < l.weight_bits; ++plane) {
    const auto bits = take_every(value, plane, l.weight_bits, count);
    const int at = (row / packed::kBlock * l.weight_bits + plane) * shape_.words + word;
    const int lane = row % packed::kBlock;
    auto* block = &weights_[index(2 * at + lane / packed::kGroup)];
    const auto put = [&](std::uint64_t mask_of_word, std::uint64_t bits_of_word) {
      auto& old = block->lanes[index(lane % packed::kGroup)];
      const int more_bits = std::popcount(bits_of_word) - std::popcount(old & mask_of_word);
      old = (old & ~mask_of_word) | bits_of_word;
      return more_bits;
    };
    int more_bits = put(mask << shift, bits << shift);
    if (shift + count > kWordBits) {
      block += 2;
      more_bits += put(mask >> (kWordBits - shift), bits >> (kWordBits - shift));
    }
    const bool is_sign = plane + 1 == l.weight_bits && l.weight_bits > 1;
    more += (is_sign ? -more_bits : more_bits) * (1 << plane);
  }
  offsets_[index(row / packed::kBlock)].lanes[index(row % packed::kBlock)] += code_factor_ * more;
}

void GeneralLayer::set_threshold(int pe, int word, int thresh, std::int32_t value) {
  const int row = word * layer_->pe + pe;
  raw_[index(row) * index(shape_.thresholds) + index(thresh)] = value;
  refresh_thresholds(row);
}

void GeneralLayer::refresh_thresholds(int row) {
  const auto count = index(shape_.thresholds);
  const auto raw = std::span(raw_).subspan(index(row) * count, count);
  if (sorted_.empty()) {
    for (std::size_t t = 0; t < count; ++t) {
      thresholds_[index(row / packed::kBlock) * count + t].lanes[index(row % packed::kBlock)] = raw[t];
    }
    return;
  }
  // How many are below a sum does not depend on their order.
  const auto to = std::span(sorted_).subspan(index(row) * packed::kSortedStride, packed::kSortedStride);
  const auto sixteens = to.subspan(16);
  std::ranges::copy(raw, sixteens.begin());
  std::ranges::sort(sixteens.first(count));
  for (std::size_t i = 0; i < 16; ++i) {
    to[i] = sixteens[16 * i + 15];
  }
}

void GeneralLayer::compute(const packed::Kernels& kernels, const std::uint64_t* in, std::uint64_t* out,
                           std::span<const std::uint16_t> windows, std::uint64_t groups,
                           int group_size) const {
  if (windows.empty()) {
    return;
  }
  std::array<std::uint16_t, kMostBlocks> blocks;  // NOLINT(*-member-init): a part is used
  int block_count = 0;
  const int per_group = group_size / packed::kGroup;
  for (int block = 0; block * packed::kBlock < shape_.rows; ++block) {
    // The second half of the last one may be none's.
    const auto halves =
        groups >> (2 * block / per_group) | groups >> std::min((2 * block + 1) / per_group, 63);
    if ((halves & 1) != 0) {
      blocks[index(block_count++)] = static_cast<std::uint16_t>(block);
    }
  }
  // Each thread's own, and so large that it need not be cleared.
  thread_local std::vector<std::uint64_t> room;
  if (room.size() < room_) {
    room.resize(room_);
  }
  const packed::GeneralTables tables = {reinterpret_cast<const std::uint64_t*>(weights_.data()),
                                        reinterpret_cast<const std::int16_t*>(numbers_.data()),
                                        pairs_.data(),
                                        reinterpret_cast<const std::int32_t*>(offsets_.data()),
                                        reinterpret_cast<const std::int32_t*>(thresholds_.data()),
                                        sorted_.empty() ? nullptr : sorted_.data()};
  const packed::GeneralWork work = {windows.data(), static_cast<int>(windows.size()), blocks.data(),
                                    block_count, room.data()};
  if (by_numbers_) {
    kernels.numbers(shape_, tables, in, out, work);
  } else {
    kernels.planes[shape_.in_planes - 1](shape_, tables, in, out, work);
  }
}

}  // namespace fluence
