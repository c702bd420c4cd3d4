// The parameters of a packed network as its kernels want them.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/bits.hpp"
#include "network/packed.hpp"
#include "network/packed_kernels.hpp"

namespace fluence {
namespace {

constexpr int kBlockBytes = 64;
constexpr int kIndexColumns = 4;  // of which a look-up's index has the weights

/// Where a neuron's sum lies among those of 64 (packed::Convolution).
int limit_lane(int row) { return row % 64 / 32 * 32 + row % 2 * 16 + row % 32 / 2; }

/// Where layer 0's weight of an output channel and of a byte in row `ky` of the window lies in the
/// table.
std::size_t first_weight_byte(int row, int ky, int byte) {
  const int pair = ky * (packed::kFirstPairs / packed::kFirstRows) + byte / 2;
  const int block = row / packed::kFirstBlock;
  return index(((block * packed::kFirstPairs + pair) * packed::kFirstBlock + row % packed::kFirstBlock) *
                   2 +
               byte % 2);
}

/// Where layer 0's sums of a pattern begin among those of a row of pixels.
std::uint16_t first_term(int pattern) {
  return static_cast<std::uint16_t>(pattern * packed::kFirstRowPixels);
}

}  // namespace

std::optional<packed::Format> PackedNetwork::format_of(const Layer& layer) {
  if (layer.in_bits == 1 && layer.weight_bits == 1 && (layer.xnor || layer.adds_signs())) {
    return packed::Format::w1a1;
  }
  if (layer.in_bits != 2 || layer.xnor) {
    return std::nullopt;
  }
  switch (layer.weight_bits) {
    case 1: return packed::Format::w1a2;
    case 2: return packed::Format::w2a2;
    default: return std::nullopt;
  }
}

PackedNetwork::Tables PackedNetwork::make_tables(const Layer& l) const {
  Tables tables;
  tables.kernel = kernel_of(l);
  tables.general_pool = !l.is_classic() || layout_.output(l.index).pixel_words == 0;
  if (tables.kernel == Kernel::general) {
    return tables;
  }
  const int rows = l.matrix_height();
  int pixel = l.in_channels;
  if (tables.kernel == Kernel::first) {
    tables.weights.resize(index(rows * packed::kFirstPairs * 2 / kBlockBytes));
    tables.thresholds.resize(index(rows * l.thresholds * 2 / kBlockBytes));
    tables.raw.resize(index(rows * l.thresholds));
    for (int i = 0; i < rows * l.weight_bits * packed::kFirstTerms; ++i) {
      tables.terms.push_back(i % 2 == 0 ? 0
                                        : first_term(packed::kFirstPatterns * packed::kFirstPatterns));
    }
  } else {
    tables.weights.resize(index(rows / packed::kGroup * (l.matrix_width() / kWordBits) * l.weight_bits));
    tables.thresholds.resize(index(rows / packed::kGroup * l.thresholds));
    pixel = static_cast<int>(layout_.input(l.index).pixel_words);
    if (kernels_->convolution != nullptr && l.convolution && l.out_dim > 1) {
      tables.indices.resize(
          index(rows / kWordBits * l.weight_bits * (l.matrix_width() / kIndexColumns)));
      tables.limits.resize(index(rows * l.thresholds * 2 / kBlockBytes));
    }
  }
  for (int y = 0; y < l.out_dim; ++y) {
    for (int x = 0; x < l.out_dim; ++x) {
      tables.origins.push_back(static_cast<std::uint32_t>((y * l.in_dim + x) * pixel));
    }
  }
  return tables;
}

void PackedNetwork::set_all(const Layer& l, const Parameters& parameters) {
  for (int pe = 0; pe < l.pe; ++pe) {
    for (int word = 0; word < l.weight_words(); ++word) {
      set_weight(l.index, pe, word, parameters.weight_word(l.index, pe, word));
    }
    for (int word = 0; word < l.threshold_words(); ++word) {
      for (int t = 0; t < l.thresholds; ++t) {
        set_threshold(l.index, pe, word, t, parameters.threshold(l.index, pe, word, t));
      }
    }
  }
}

void PackedNetwork::set_weight(int layer_index, int pe, int word, std::span<const std::uint64_t> value) {
  const auto& l = layer(layer_index);
  const auto kernel = data_[index(layer_index)].kernel;
  const int row = word / l.synapse_folds() * l.pe + pe;
  const int sf = word % l.synapse_folds();
  if (kernel == Kernel::general) {
    general_[index(layer_index)]->set_weight(pe, word, value);
    return;
  }
  if (kernel == Kernel::first) {
    set_first_weight(l, row, sf, value[0]);
    return;
  }
  for (int first = 0; first < l.simd; first += kWordBits) {
    set_columns(l, row, sf * l.simd + first, std::min(l.simd, kWordBits),
                value.subspan(index(first * l.weight_bits / kWordBits)));
  }
}

void PackedNetwork::set_columns(const Layer& l, int row, int column, int count,
                                std::span<const std::uint64_t> value) {
  const int shift = column % kWordBits;
  const auto field = low_bits(count) << shift;
  const int group_word = row / packed::kGroup * (l.matrix_width() / kWordBits) + column / kWordBits;
  auto& data = data_[index(l.index)];
  const auto put = [&](int plane, std::uint64_t bits) {
    auto& lane =
        data.weights[index(group_word * l.weight_bits + plane)].lanes[index(row % packed::kGroup)];
    lane = (lane & ~field) | ((bits << shift) & field);
    if (!data.indices.empty()) {
      const int width = l.matrix_width() / kIndexColumns;
      auto* blocks = data.indices.data() + (row / kWordBits * l.weight_bits + plane) * width;
      for (int i = column / kIndexColumns; i * kIndexColumns < column + count; ++i) {
        reinterpret_cast<std::uint8_t*>(blocks + i)[row % kWordBits] =
            static_cast<std::uint8_t>(lane >> (i * kIndexColumns % kWordBits) & low_bits(kIndexColumns));
      }
    }
  };
  switch (format_of(l).value()) {
    case packed::Format::w1a1: put(0, value[0]); break;
    case packed::Format::w1a2: put(0, ~value[0]); break;
    case packed::Format::w2a2:
      put(0, take_every(value, 1, 2, count));
      put(1, ~take_every(value, 0, 2, count));
      break;
  }
}

void PackedNetwork::set_first_weight(const Layer& l, int row, int sf, std::uint64_t value) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(data_[index(l.index)].weights.data());
  auto& terms = data_[index(l.index)].terms;
  for (int i = 0; i < l.simd; ++i) {
    const int column = sf * l.simd + i;
    const auto code = (value >> (i * l.weight_bits)) & ((1U << l.weight_bits) - 1);
    const int number = l.weight_bits == 1 ? 2 * static_cast<int>(code) - 1
                                          : static_cast<int>(code) - (code >= 2 ? 4 : 0);
    bytes[first_weight_byte(row, column / packed::kFirstRowBytes, column % packed::kFirstRowBytes)] =
        static_cast<std::uint8_t>(number);
    const int pixel = column % packed::kFirstRowBytes / packed::kFirstColours;
    const int shift = column % packed::kFirstColours + (pixel == 1 ? packed::kFirstColours : 0);
    for (int bit = 0; bit < l.weight_bits; ++bit) {
      const int term = (row * l.weight_bits + bit) * packed::kFirstTerms +
                       column / packed::kFirstRowBytes * 2 + pixel / 2;
      const auto field = first_term(1 << shift);
      auto& sum = terms[index(term)];
      sum = static_cast<std::uint16_t>((code >> bit & 1) != 0 ? sum | field : sum & ~field);
    }
  }
  refresh_first_thresholds(l, row);
}

void PackedNetwork::refresh_first_thresholds(const Layer& l, int row) {
  auto& data = data_[index(l.index)];
  const auto* bytes = reinterpret_cast<const std::int8_t*>(data.weights.data());
  int weight_sum = 0;
  for (int column = 0; column < l.matrix_width(); ++column) {
    weight_sum +=
        bytes[first_weight_byte(row, column / packed::kFirstRowBytes, column % packed::kFirstRowBytes)];
  }
  for (int t = 0; t < l.thresholds; ++t) {
    // raw < 2 * sum(w * code) is raw >> 1 < sum(w * code), and the kernel's sum is higher by 128 for
    // each weight. It stays below 2^14, so that clamping cannot change a comparison.
    const int limit =
        std::clamp((data.raw[index(row * l.thresholds + t)] >> 1) + 128 * weight_sum, -0x8000, 0x7fff);
    const auto stored = static_cast<std::int16_t>(limit);
    const int block = row / packed::kFirstBlock;
    const int at = (block * l.thresholds + t) * packed::kFirstBlock + row % packed::kFirstBlock;
    std::memcpy(reinterpret_cast<std::uint8_t*>(data.thresholds.data()) + at * 2, &stored,
                sizeof stored);
  }
}

void PackedNetwork::set_threshold(int layer_index, int pe, int word, int thresh, std::int32_t value) {
  const auto& l = layer(layer_index);
  const int row = word * l.pe + pe;
  auto& data = data_[index(layer_index)];
  if (data.kernel == Kernel::general) {
    general_[index(layer_index)]->set_threshold(pe, word, thresh, value);
    return;
  }
  if (data.kernel == Kernel::first) {
    data.raw[index(row * l.thresholds + thresh)] = value;
    refresh_first_thresholds(l, row);
    return;
  }
  // The kernel counts equal bits, m. t < 2 m - width is (t + width) >> 1 < m.
  const auto limit =
      l.adds_signs() ? (std::int64_t{value} + l.matrix_width()) >> 1 : std::int64_t{value};
  data.thresholds[index(row / packed::kGroup * l.thresholds + thresh)]
      .lanes[index(row % packed::kGroup)] = static_cast<std::uint64_t>(limit);
  if (!data.limits.empty()) {
    // No sum leaves 16 bits, so that clamping cannot change a comparison.
    const auto stored = static_cast<std::int16_t>(std::clamp<std::int64_t>(limit, -0x8000, 0x7fff));
    auto* limits = reinterpret_cast<std::int16_t*>(data.limits.data());
    limits[(row / kWordBits * l.thresholds + thresh) * kWordBits + limit_lane(row)] = stored;
  }
}

}  // namespace fluence
