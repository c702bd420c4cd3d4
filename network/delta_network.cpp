// The tables of a network that the delta evaluation works with.
#include <algorithm>
#include <bit>
#include <cassert>

#include "base/bits.hpp"
#include "network/delta.hpp"
#include "network/kernel_choice.hpp"

namespace fluence {
namespace {

using delta::kScores;

constexpr int kBlockWords = 8;
constexpr int kMostByte = 127;

const delta::Kernels& delta_kernels(Isa isa) {
  return kernels_of<delta::Kernels>(isa, FLUENCE_SCALAR_TABLE(delta::kernels_scalar),
                                    FLUENCE_AVX2_TABLE(delta::kernels_avx2),
                                    FLUENCE_AVX512_TABLE(delta::kernels_avx512));
}

bool is_first(const Layer& l) { return l.takes_pixels(); }
bool is_one_window(const Layer& l) { return !is_first(l) && l.out_dim == 1; }
int words_of(int channels) { return channels / kWordBits; }
// Bits of an activation in thermometer code.
int levels_of(const Layer& l) { return is_first(l) ? l.thresholds : l.in_bits; }
// Sums are least .. most: of bits that match, or of products.
struct Range {
  int least = 0, most = 0;
};
Range sums_of(const Layer& l) {
  const int most = l.matrix_width() * l.weight_format().magnitude();
  return {l.xnor ? 0 : -most, most};
}
// Margins are as far from 0 as the range of sums is wide, and one more below it.
int margin_bits(const Layer& l) {
  const auto [least, most] = sums_of(l);
  return static_cast<int>(std::bit_width(static_cast<unsigned>(most - least))) + 1;
}

bool supports_layer(const Layer& l, int levels, bool last) {
  const bool format = levels == 1
                          ? l.weight_bits == 1 && (l.xnor || is_first(l))
                          : levels == delta::kMostLevels && l.weight_bits <= delta::kMostWeightBits;
  if (!PackedNetwork::has_own_kernel(l) || !format || levels_of(l) != levels ||
      l.out_channels % kWordBits != 0) {
    return false;
  }
  if (last) {
    return !l.convolution && !is_first(l) && l.thresholds == 0 && l.out_channels == kScores;
  }
  const auto out_words = static_cast<unsigned>(words_of(l.out_channels));
  if (l.thresholds != levels || !std::has_single_bit(out_words) || out_words > delta::kMostOutWords) {
    return false;
  }
  const int bits = margin_bits(l) - delta::least_margin_bits(l.weight_bits, levels);
  return is_first(l) || (bits >= 0 && bits < delta::kMarginBitCounts);
}

}  // namespace

bool DeltaNetwork::supports(const Topology& net) {
  return net.is_classic() && !net.is_protected() && net.layers.size() >= 2 &&
         net.layers.size() <= delta::kMostLayers && std::ranges::all_of(net.layers, [&](const Layer& l) {
           return supports_layer(l, levels_of(net.layers.front()), &l == &net.layers.back());
         });
}

DeltaNetwork::DeltaNetwork(const Parameters& parameters, const PackedNetwork& packed, Isa isa)
    : packed_(&packed), kernels_(&delta_kernels(isa)), levels_(levels_of(packed.net().layers.front())) {
  const auto& net = packed.net();
  assert(supports(net) && parameters.net == &net);
  tables_.resize(net.layers.size());
  layers_.resize(net.layers.size());
  place_tensors();
  for (const auto& l : net.layers) {
    read_parameters(parameters, l.index);
    make_layer(l);
  }
  view_ = {layers_.data(), static_cast<int>(layers_.size()), {&DeltaNetwork::recompute, packed_}};
}

void DeltaNetwork::read_parameters(const Parameters& parameters, int layer_index) {
  const auto& l = parameters.net->layer(layer_index);
  auto& tables = tables_[index(layer_index)];
  const auto row_words = index((l.matrix_width() + kWordBits - 1) / kWordBits);
  tables.rows.assign(index(l.out_channels * l.weight_bits) * row_words, 0);
  for (int neuron = 0; neuron < l.out_channels; ++neuron) {
    const int pe = neuron % l.pe;
    const int fold = neuron / l.pe;
    for (int sf = 0; sf < l.synapse_folds(); ++sf) {
      const auto word = parameters.weight_word(layer_index, pe, fold * l.synapse_folds() + sf);
      for (int i = 0; i < l.simd * l.weight_bits; ++i) {
        const int column = sf * l.simd + i / l.weight_bits;
        const auto at = index(neuron * l.weight_bits + i % l.weight_bits) * row_words;
        tables.rows[at + index(column / kWordBits)] |= take_bits(word, i, 1) << (column % kWordBits);
      }
    }
    for (int t = 0; t < l.thresholds; ++t) {
      tables.thresholds.push_back(parameters.threshold(layer_index, pe, fold, t));
    }
  }
}

std::size_t DeltaNetwork::take_margins(std::size_t words) {
  const auto at = margin_words_;
  margin_words_ += (words + kBlockWords - 1) / kBlockWords * kBlockWords;
  return at;
}

// Of activations of one bit, the packed network's trace is the evaluation's. Others have one of their
// own, level by level, beside their margins; behind each level there is room for a vector.
void DeltaNetwork::place_tensors() {
  const auto& layout = packed_->layout();
  if (levels_ == 1) {
    trace_words_ = layout.words();
    for (auto& d : layers_) {
      const int i = static_cast<int>(&d - layers_.data());
      d.in = layout.input(i).offset;
      d.out = layout.output(i).offset;
      d.next = i + 1 == std::ssize(layers_) ? 0 : layout.input(i + 1).offset;
    }
    return;
  }
  const auto take = [&](const TraceTensor& tensor, std::size_t& level) {
    const auto at = trace_words_;
    level = tensor.words() / index(levels_) + delta::kMostOutWords;
    trace_words_ += level * index(levels_);
    return at;
  };
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    auto& d = layers_[i];
    auto& next = layers_[i + 1];
    const auto number = static_cast<int>(i);
    d.out = take(layout.output(number), d.out_level);
    next.in = d.out;
    next.in_level = d.out_level;
    if (packed_->net().layer(number).pool) {
      next.in = take(layout.input(number + 1), next.in_level);
    }
    d.next = next.in;
    d.next_level = next.in_level;
  }
  layers_.back().out = trace_words_;
  trace_words_ += layout.output(static_cast<int>(layers_.size()) - 1).words();
  trace_at_ = take_margins(trace_words_ + delta::kMostOutWords);
}

void DeltaNetwork::make_layer(const Layer& l) {
  auto& tables = tables_[index(l.index)];
  const bool last = l.index + 1 == static_cast<int>(packed_->net().layers.size());
  const int words = kernels_->words;
  auto& d = layers_[index(l.index)];
  d.in_dim = l.in_dim;
  d.out_dim = l.out_dim;
  d.in_words = is_first(l) ? 0 : words_of(l.in_channels);
  d.out_words = words_of(l.out_channels);
  d.columns = l.matrix_width();
  d.levels = levels_;
  d.weight_bits = l.weight_bits;
  d.least_sum = sums_of(l).least;
  d.most_sum = sums_of(l).most;
  d.index = l.index;
  d.one_window = is_one_window(l);
  d.pool = l.pool;
  if (is_first(l)) {
    d.margins = take_margins(index(delta::kFirstShorts / 4 + kBlockWords));
    return;
  }
  if (last) {
    make_score_signs(l);
    return;
  }
  d.margin_bits = margin_bits(l);
  d.group = d.one_window ? 1 : std::max(1, words / d.out_words);
  d.groups = (d.out_dim + d.group - 1) / d.group;
  d.chunks = std::max(1, d.out_words / words);
  d.block = (d.group + 2) * d.out_words;
  d.most_changed = d.columns * 2 / 5;
  // A changed column moves a sum by no more than a weight, a flip of a weight's bit by no more than
  // this.
  const int step = std::max(d.levels, d.weight_bits);
  int most_weight = 1;
  for (int neuron = 0; neuron < l.out_channels; ++neuron) {
    for (int column = 0; column < d.columns; ++column) {
      most_weight = std::max(most_weight, std::abs(weight(l.index, neuron, column)));
    }
  }
  for (const int near : {0, 1}) {
    d.few[near] = (4 - near * step) / most_weight;
    d.some[near] = (16 - near * step) / most_weight;
  }
  const int in_last = d.chunks > 1 ? words : (d.out_dim - (d.groups - 1) * d.group) * d.out_words;
  std::fill_n(std::begin(d.edge), d.chunks > 1 ? d.out_words : in_last, ~std::uint64_t{0});
  d.by_channels = l.index == 1 && !d.one_window;
  d.margins = take_margins(index(d.levels) * (d.by_channels
                                                  ? index(l.out_pixels() * l.out_channels / 8)
                                                  : index(d.out_dim * d.groups * d.chunks) *
                                                        index(delta::planes_of(d.margin_bits) * words)));
  d.near = take_margins(index(d.levels * d.weight_bits) *
                        (d.one_window ? index(2 * d.out_words) : index(l.out_channels * d.out_dim)));
  if (d.one_window) {
    d.numbers = take_margins(index(d.levels * l.out_channels / 4));
  }
  make_groups(l);
  if (d.by_channels) {
    make_channel_signs(l);
  } else {
    make_contributions(l);
  }
  d.contributions = tables.contributions.data();
}

int DeltaNetwork::weight(int layer, int neuron, int column) const {
  const auto weights = row(layer, neuron);
  const auto bit = [&](std::size_t word) {
    return static_cast<int>(weights[word] >> (column % kWordBits) & 1);
  };
  const auto word = index(column / kWordBits);
  return layers_[index(layer)].weight_bits == 1 ? 2 * bit(word) - 1
                                                : bit(word) - 2 * bit(word + weights.size() / 2);
}

int DeltaNetwork::base(int layer, std::span<const std::uint64_t> row) const {
  const auto& d = layers_[index(layer)];
  if (d.weight_bits == 1) {
    return d.columns;
  }
  int sum = 0;
  for (std::size_t k = 0; k < row.size() / 2; ++k) {
    sum += std::popcount(row[k]) - 2 * std::popcount(row[k + row.size() / 2]);
  }
  return -sum;
}

void DeltaNetwork::make_groups(const Layer& l) {
  auto& tables = tables_[index(l.index)];
  auto& d = layers_[index(l.index)];
  const int row_words = d.columns / kWordBits;
  tables.grouped.resize(tables.rows.size());
  tables.limits.resize(index(d.levels * l.out_channels));
  for (int neuron = 0; neuron < l.out_channels; ++neuron) {
    const auto weights = row(l.index, neuron);
    const auto ordered_thresholds = ordered(l.index, thresholds(l.index, neuron));
    for (int level = 0; level < d.levels; ++level) {
      tables.limits[index(level * l.out_channels + neuron)] =
          base(l.index, weights) - ordered_thresholds.at(index(level)) - 1;
    }
    for (int k = 0; k < row_words; ++k) {
      for (int bit = 0; bit < d.weight_bits; ++bit) {
        const int at = ((neuron / 8 * row_words + k) * d.weight_bits + bit) * 8 + neuron % 8;
        tables.grouped[index(at)] = weights[index(bit * row_words + k)];
      }
    }
  }
  d.grouped = tables.grouped.data();
  d.limits = tables.limits.data();
}

// Words that are 0, then the first bits of the contributions of input columns (delta_counter.hpp), bit n
// that of neuron n; and the same of their second bits. Direction 0: the column becomes 0, 1: it
// becomes 1. One window: [column][direction][word]. Else [channel][direction][kernel row][kernel column
// 2, 1, 0, and words that are 0 for group - 1 more][word]: a load that begins so many windows further
// left gives each window of a group what the column is in it.
void DeltaNetwork::make_contributions(const Layer& l) {
  auto& tables = tables_[index(l.index)];
  auto& d = layers_[index(l.index)];
  const int words = kernels_->words;
  const int base = std::max(words, d.out_words);
  const int size = d.one_window ? d.columns * 2 * d.out_words : l.in_channels * 6 * d.block;
  assert(base + size <= 1 << 16);  // entries of lists have 16 bits
  d.contribution_words = index(base + size + words);
  tables.contributions.assign(d.contribution_words * index(d.weight_bits), 0);
  for (int column = 0; column < d.columns; ++column) {
    for (int direction = 0; direction < 2; ++direction) {
      int at = base + (column * 2 + direction) * d.out_words;
      if (!d.one_window) {
        const int tap = column / l.in_channels;
        const int channel = column % l.in_channels;
        at = base + ((channel * 2 + direction) * 3 + tap / 3) * d.block + (2 - tap % 3) * d.out_words;
      }
      for (int neuron = 0; neuron < l.out_channels; ++neuron) {
        // What the sum moves by, and the bias: 0 and 2 of one bit, 0 to 3 of two.
        const int number = weight(l.index, neuron, column) * (direction == 1 ? 1 : -1) +
                           (d.weight_bits == 2 && direction == 1 ? 2 : 1);
        const auto put = [&](std::size_t table, int bit) {
          tables.contributions[table + index(at + neuron / kWordBits)] |=
              std::uint64_t{static_cast<unsigned>(number) >> bit & 1} << (neuron % kWordBits);
        };
        put(0, 1);
        if (d.weight_bits == 2) {
          put(d.contribution_words, 0);
        }
      }
    }
  }
}

// A code has a digit to the base of 3 for each of three pixels, the first one's least significant: 0 it
// is unchanged, 1 it becomes 0, 2 it becomes 1.
void DeltaNetwork::make_channel_signs(const Layer& l) {
  constexpr int kCodes = 27;
  auto& tables = tables_[index(l.index)];
  auto& d = layers_[index(l.index)];
  tables.signs.resize(index(l.in_channels * 3 * kCodes * l.out_channels));
  tables.reaches.resize(index(l.in_channels));
  auto sign = tables.signs.begin();
  for (int channel = 0; channel < l.in_channels; ++channel) {
    for (int ky = 0; ky < 3; ++ky) {
      for (int code = 0; code < kCodes; ++code) {
        const std::array digits = {code % 3, code / 3 % 3, code / 9};
        for (int neuron = 0; neuron < l.out_channels; ++neuron, ++sign) {
          int sum = 0;
          for (int kx = 0; kx < 3; ++kx) {
            const int digit = digits.at(index(kx));
            const int number = weight(l.index, neuron, (ky * 3 + kx) * l.in_channels + channel);
            sum += digit == 0 ? 0 : digit == 2 ? number : -number;
          }
          *sign = static_cast<std::int8_t>(sum);
        }
      }
    }
    for (int neuron = 0; neuron < l.out_channels; ++neuron) {
      int reach = 0;
      for (int tap = 0; tap < 9; ++tap) {
        reach += std::abs(weight(l.index, neuron, tap * l.in_channels + channel));
      }
      auto& most = tables.reaches[index(channel)];
      most = std::max(most, static_cast<std::uint8_t>(reach));
    }
  }
  d.signs = tables.signs.data();
  d.reaches = tables.reaches.data();
}

void DeltaNetwork::make_score_signs(const Layer& l) {
  auto& signs = tables_[index(l.index)].signs;
  auto& d = layers_[index(l.index)];
  signs.resize(index(d.columns * 2 * kScores));
  int most = 1;
  for (std::size_t i = 0; i < signs.size(); ++i) {
    const auto at = static_cast<int>(i);
    const int number = weight(l.index, at % kScores, at / kScores / 2);
    most = std::max(most, std::abs(number));
    signs[i] = static_cast<std::int8_t>(at / kScores % 2 == 1 ? number : -number);
  }
  d.signs = signs.data();
  d.most_signs = kMostByte / most;
}

void DeltaNetwork::fill_margins(std::span<const std::uint64_t> trace, Margins& margins) const {
  margins.assign(margin_words_ / kBlockWords, {});
  auto* words = margins.data()->words.data();
  const auto& layout = packed_->layout();
  if (levels_ == 2) {
    auto* own = words + trace_at_;
    const auto write = [&](const TraceTensor& tensor, std::size_t to, std::size_t level) {
      // Their planes tell what is not 0, and what is negative.
      for (std::size_t k = 0; k < tensor.words() / 2; ++k) {
        const auto* planes = trace.data() + tensor.offset + 2 * k;
        own[to + k] = ~planes[1];
        own[to + level + k] = planes[0] & ~planes[1];
      }
    };
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      const auto number = static_cast<int>(i);
      const auto& d = layers_[i];
      write(layout.output(number), d.out, d.out_level);
      if (d.pool) {
        write(layout.input(number + 1), d.next, d.next_level);
      }
    }
    const auto& scores = layout.output(static_cast<int>(layers_.size()) - 1);
    std::copy_n(trace.data() + scores.offset, scores.words(), own + layers_.back().out);
  }
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(trace.data() + layout.input(0).offset);
  kernels_->margins(view_, pixels, image(trace, margins).trace, words);
}

std::span<const std::uint64_t> DeltaNetwork::row(int layer, int neuron) const {
  const auto& rows = tables_[index(layer)].rows;
  const auto words = rows.size() / index(packed_->net().layer(layer).out_channels);
  return std::span(rows).subspan(index(neuron) * words, words);
}

std::span<const std::int32_t> DeltaNetwork::thresholds(int layer, int neuron) const {
  const auto count = index(packed_->net().layer(layer).thresholds);
  return std::span(tables_[index(layer)].thresholds).subspan(index(neuron) * count, count);
}

// An output counts its thresholds below the sum, whatever their order.
DeltaNetwork::Thresholds DeltaNetwork::ordered(int layer, std::span<const std::int32_t> stored) const {
  const auto& d = layers_[index(layer)];
  Thresholds result{};
  for (std::size_t i = 0; i < stored.size(); ++i) {
    result.at(i) = layer == 0 ? stored[i] : std::clamp(stored[i], d.least_sum - 1, d.most_sum);
  }
  std::sort(result.begin(), result.begin() + std::ssize(stored));
  return result;
}

void DeltaNetwork::recompute(const void* packed, int layer, const std::uint64_t* in, std::uint64_t* out,
                             const std::uint16_t* windows, int count) {
  const auto& network = *static_cast<const PackedNetwork*>(packed);
  network.compute(layer, in, out, {windows, index(count)},
                  PackedNetwork::all_groups(network.net().layer(layer)));
}

}  // namespace fluence
