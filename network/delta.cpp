#include "network/delta.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/bits.hpp"

namespace fluence {
namespace {

using delta::kScores;
using delta::kWordBits;

constexpr int kBlockWords = 8;
constexpr int kListSlack = 64;  // entries that are written behind the last one

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

const delta::Kernels& kernels([[maybe_unused]] Isa isa) {
  assert(std::ranges::count(available_isas(), isa) == 1);
#ifdef FLUENCE_X86_KERNELS
  switch (isa) {
    case Isa::scalar: break;
    case Isa::avx2: return delta::kernels_avx2();
    case Isa::avx512: return delta::kernels_avx512();
  }
#endif
  return delta::kernels_scalar();
}

bool is_first(const Layer& l) { return l.takes_pixels(); }
bool is_one_window(const Layer& l) { return !is_first(l) && l.out_dim == 1; }
int words_of(int channels) { return channels / kWordBits; }
// Margins are -columns - 1 .. columns.
int margin_bits(const Layer& l) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(l.matrix_width()))) + 1;
}

bool supports_layer(const Layer& l, bool last) {
  if (!PackedNetwork::has_kernel(l) || l.weight_bits != 1 || l.out_channels % kWordBits != 0) {
    return false;
  }
  if (last) {
    return l.xnor && !l.convolution && l.out_channels == kScores;
  }
  const auto out_words = static_cast<unsigned>(words_of(l.out_channels));
  if (l.thresholds != 1 || !std::has_single_bit(out_words) || out_words > delta::kMostOutWords) {
    return false;
  }
  return is_first(l) || (l.xnor && margin_bits(l) >= 10 && margin_bits(l) <= delta::kMostMarginBits);
}

}  // namespace

bool DeltaNetwork::supports(const Topology& net) {
  return net.is_classic() && !net.is_protected() && net.layers.size() >= 2 &&
         net.layers.size() <= delta::kMostLayers && std::ranges::all_of(net.layers, [&](const Layer& l) {
           return supports_layer(l, &l == &net.layers.back());
         });
}

DeltaNetwork::DeltaNetwork(const Parameters& parameters, const PackedNetwork& packed, Isa isa)
    : packed_(&packed), kernels_(&kernels(isa)) {
  const auto& net = packed.net();
  assert(supports(net) && parameters.net == &net);
  tables_.resize(net.layers.size());
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
  tables.rows.assign(index(l.out_channels) * row_words, 0);
  tables.thresholds.assign(index(l.out_channels), 0);
  for (int neuron = 0; neuron < l.out_channels; ++neuron) {
    const int pe = neuron % l.pe;
    const int fold = neuron / l.pe;
    for (int sf = 0; sf < l.synapse_folds(); ++sf) {
      const auto word = parameters.weight(layer_index, pe, fold * l.synapse_folds() + sf);
      for (int i = 0; i < l.simd; ++i) {
        const int column = sf * l.simd + i;
        tables.rows[index(neuron) * row_words + index(column / kWordBits)] |= (word >> i & 1)
                                                                              << (column % kWordBits);
      }
    }
    if (l.thresholds > 0) {
      tables.thresholds[index(neuron)] = parameters.threshold(layer_index, pe, fold, 0);
    }
  }
}

std::size_t DeltaNetwork::take_margins(std::size_t words) {
  const auto at = margin_words_;
  margin_words_ += (words + kBlockWords - 1) / kBlockWords * kBlockWords;
  return at;
}

void DeltaNetwork::make_layer(const Layer& l) {
  const auto& layout = packed_->layout();
  auto& tables = tables_[index(l.index)];
  const bool last = l.index + 1 == static_cast<int>(packed_->net().layers.size());
  const int words = kernels_->words;
  auto& d = layers_.emplace_back();
  d.in_dim = l.in_dim;
  d.out_dim = l.out_dim;
  d.in_words = is_first(l) ? 0 : words_of(l.in_channels);
  d.out_words = words_of(l.out_channels);
  d.columns = l.matrix_width();
  d.index = l.index;
  d.one_window = is_one_window(l);
  d.pool = l.pool;
  d.in = layout.input(l.index).offset;
  d.out = layout.output(l.index).offset;
  d.next = last ? 0 : layout.input(l.index + 1).offset;
  if (is_first(l)) {
    d.margins = take_margins(index(delta::kFirstShorts / 4 + kBlockWords));
    return;
  }
  if (last) {
    tables.signs.resize(index(d.columns) * 2 * kScores);
    const auto row_words = index(d.columns / kWordBits);
    for (std::size_t i = 0; i < tables.signs.size(); ++i) {
      const auto column = i / kScores / 2;
      const bool direction = i / kScores % 2 == 1;
      const bool weight =
          (tables.rows[i % kScores * row_words + column / kWordBits] >> (column % kWordBits) & 1) != 0;
      tables.signs[i] = weight == direction ? 1 : -1;
    }
    d.signs = tables.signs.data();
    return;
  }
  d.margin_bits = margin_bits(l);
  d.group = d.one_window ? 1 : std::max(1, words / d.out_words);
  d.groups = (d.out_dim + d.group - 1) / d.group;
  d.chunks = std::max(1, d.out_words / words);
  d.block = (d.group + 2) * d.out_words;
  d.most_changed = d.columns * 2 / 5;
  const int in_last = d.chunks > 1 ? words : (d.out_dim - (d.groups - 1) * d.group) * d.out_words;
  std::fill_n(std::begin(d.edge), d.chunks > 1 ? d.out_words : in_last, ~std::uint64_t{0});
  d.by_channels = l.index == 1 && !d.one_window;
  d.margins = take_margins(d.by_channels ? index(l.out_pixels() * l.out_channels / 8)
                                         : index(d.out_dim * d.groups * d.chunks) *
                                               index(delta::planes_of(d.margin_bits) * words));
  d.near = take_margins(d.one_window ? index(2 * d.out_words) : index(l.out_channels * d.out_dim));

  tables.grouped.resize(tables.rows.size());
  tables.limits.resize(index(l.out_channels));
  const int row_words = d.columns / kWordBits;
  for (int neuron = 0; neuron < l.out_channels; ++neuron) {
    tables.limits[index(neuron)] =
        d.columns - effective_threshold(l.index, tables.thresholds[index(neuron)]) - 1;
    for (int k = 0; k < row_words; ++k) {
      tables.grouped[index((neuron / 8 * row_words + k) * 8 + neuron % 8)] =
          tables.rows[index(neuron * row_words + k)];
    }
  }
  if (d.by_channels) {
    make_channel_signs(l);
    d.signs = tables.signs.data();
  } else {
    make_contributions(l);
  }
  d.grouped = tables.grouped.data();
  d.limits = tables.limits.data();
  d.contributions = tables.contributions.data();
}

// Words that are 0, then the contributions of input columns, bit n telling whether the column's change
// adds 1 to the sum of neuron n, or else subtracts 1. Direction 0: it becomes 0, 1: it becomes 1.
// One window: [column][direction][word]. Else [channel][direction][kernel row][kernel column 2, 1, 0,
// and words that are 0 for group - 1 more][word]: a load that begins so many windows further left gives
// each window of a group what the column is in it.
void DeltaNetwork::make_contributions(const Layer& l) {
  auto& tables = tables_[index(l.index)];
  const auto& d = layers_.back();
  const int words = kernels_->words;
  const int base = std::max(words, d.out_words);
  const int size = d.one_window ? d.columns * 2 * d.out_words : l.in_channels * 6 * d.block;
  assert(base + size <= 1 << 16);  // entries of lists have 16 bits
  tables.contributions.assign(index(base + size + words), 0);
  const int row_words = d.columns / kWordBits;
  for (int column = 0; column < d.columns; ++column) {
    for (int direction = 0; direction < 2; ++direction) {
      int at = base + (column * 2 + direction) * d.out_words;
      if (!d.one_window) {
        const int tap = column / l.in_channels;
        const int channel = column % l.in_channels;
        at = base + ((channel * 2 + direction) * 3 + tap / 3) * d.block + (2 - tap % 3) * d.out_words;
      }
      for (int neuron = 0; neuron < l.out_channels; ++neuron) {
        const auto weight =
            tables.rows[index(neuron * row_words + column / kWordBits)] >> (column % kWordBits) & 1;
        const auto plus = direction == 1 ? weight : weight ^ 1;
        tables.contributions[index(at + neuron / kWordBits)] |= plus << (neuron % kWordBits);
      }
    }
  }
}

// A code has a digit to the base of 3 for each of three pixels, the first one's least significant: 0 it
// is unchanged, 1 it becomes 0, 2 it becomes 1.
void DeltaNetwork::make_channel_signs(const Layer& l) {
  constexpr int kCodes = 27;
  auto& tables = tables_[index(l.index)];
  const int row_words = l.matrix_width() / kWordBits;
  tables.signs.resize(index(l.in_channels * 3 * kCodes * l.out_channels));
  auto sign = tables.signs.begin();
  for (int channel = 0; channel < l.in_channels; ++channel) {
    for (int ky = 0; ky < 3; ++ky) {
      for (int code = 0; code < kCodes; ++code) {
        const std::array digits = {code % 3, code / 3 % 3, code / 9};
        for (int neuron = 0; neuron < l.out_channels; ++neuron, ++sign) {
          int sum = 0;
          for (int kx = 0; kx < 3; ++kx) {
            const int column = (ky * 3 + kx) * l.in_channels + channel;
            const auto weight =
                tables.rows[index(neuron * row_words + column / kWordBits)] >> (column % kWordBits) & 1;
            const int digit = digits.at(index(kx));
            sum += digit == 0 ? 0 : (digit == 2) == (weight == 1) ? 1 : -1;
          }
          *sign = static_cast<std::int8_t>(sum);
        }
      }
    }
  }
}

void DeltaNetwork::fill_margins(std::span<const std::uint64_t> trace, Margins& margins) const {
  margins.assign(margin_words_ / kBlockWords, {});
  kernels_->margins(view_, trace.data(), margins.data()->words.data());
}

std::span<const std::uint64_t> DeltaNetwork::row(int layer, int neuron) const {
  const auto& tables = tables_[index(layer)];
  const auto words = tables.rows.size() / tables.thresholds.size();
  return std::span(tables.rows).subspan(index(neuron) * words, words);
}

std::int32_t DeltaNetwork::threshold(int layer, int neuron) const {
  return tables_[index(layer)].thresholds[index(neuron)];
}

std::int32_t DeltaNetwork::effective_threshold(int layer, std::int32_t stored) const {
  const auto& d = layers_[index(layer)];
  return is_first(packed_->net().layer(layer)) ? stored : std::clamp(stored, -1, d.columns);
}

void DeltaNetwork::recompute(const void* packed, int layer, const std::uint64_t* in, std::uint64_t* out,
                             const std::uint16_t* windows, int count) {
  const auto& network = *static_cast<const PackedNetwork*>(packed);
  network.compute(layer, in, out, {windows, index(count)},
                  PackedNetwork::all_groups(network.net().layer(layer)));
}

std::size_t ChangedNeurons::end_of(int layer, int kind) const {
  const auto l = index(layer);
  return kind == 0 ? trial_.singles_end[l] : kind == 1 ? trial_.thresholds_end[l] : trial_.begin[l + 1];
}

void ChangedNeurons::count(int layer, int kind, int by) {
  const auto add = [&](std::uint16_t& end) { end = static_cast<std::uint16_t>(end + by); };
  for (auto l = index(layer); l < delta::kMostLayers; ++l) {
    const bool later = l > index(layer);
    if (later || kind == 0) {
      add(trial_.singles_end[l]);
    }
    if (later || kind <= 1) {
      add(trial_.thresholds_end[l]);
    }
    add(trial_.begin[l + 1]);
  }
  const auto bit = std::uint32_t{1} << layer;
  const bool some = trial_.begin[index(layer) + 1] != trial_.begin[index(layer)];
  trial_.layers = some ? trial_.layers | bit : trial_.layers & ~bit;
}

void ChangedNeurons::forget(int layer, int neuron) {
  const auto first = neurons_.begin() + trial_.begin[index(layer)];
  const auto last = neurons_.begin() + trial_.begin[index(layer) + 1];
  const auto it = std::find_if(first, last, [&](const auto& n) { return n.neuron == neuron; });
  if (it != last) {
    const auto at = index(it - neurons_.begin());
    const int kind = at < end_of(layer, 0) ? 0 : at < end_of(layer, 1) ? 1 : 2;
    neurons_.erase(it);
    count(layer, kind, -1);
  }
}

void ChangedNeurons::set(int layer, int neuron, std::span<const std::uint64_t> row,
                         std::int32_t threshold) {
  forget(layer, neuron);
  const auto& l = network_->packed_->net().layer(layer);
  const auto old_row = network_->row(layer, neuron);
  assert(row.size() == old_row.size());
  delta::ChangedNeuron changed;
  changed.neuron = static_cast<std::uint16_t>(neuron);
  changed.threshold = network_->effective_threshold(layer, threshold);
  const bool moved =
      changed.threshold != network_->effective_threshold(layer, network_->threshold(layer, neuron));
  int flips = 0;
  for (std::size_t k = 0; k < row.size(); ++k) {
    const auto different = row[k] ^ old_row[k];
    flips += std::popcount(different);
    if (different != 0) {
      const int bit = std::countr_zero(different);
      changed.column = static_cast<std::uint16_t>(k * kWordBits + index(bit));
      changed.old_weight = static_cast<std::uint16_t>(old_row[k] >> bit & 1);
    }
  }
  if (flips == 0 && (!moved || l.thresholds == 0)) {
    return;
  }
  const bool has_margins = !is_first(l) && l.thresholds > 0;
  const int kind = !has_margins || (moved && flips > 0) || flips > 1 ? 2 : moved ? 1 : 0;
  changed.row = static_cast<std::uint32_t>(rows_.size());
  rows_.insert(rows_.end(), row.begin(), row.end());
  neurons_.insert(neurons_.begin() + static_cast<std::ptrdiff_t>(end_of(layer, kind)), changed);
  count(layer, kind, 1);
  trial_.neurons = neurons_.data();
  trial_.rows = rows_.data();
}

void ChangedNeurons::clear() {
  neurons_.clear();
  rows_.clear();
  trial_ = {};
}

bool ChangedNeurons::prefers_recomputation() const {
  // Measured: layer 0 in whole blocks of neurons is then cheaper than neuron by neuron.
  constexpr int kMostInFirst = 25;
  return trial_.begin[1] > kMostInFirst;
}

DeltaEvaluator::DeltaEvaluator(const DeltaNetwork& network) : network_(&network) {
  const auto& layout = network.packed_->layout();
  std::size_t row_entries = 0;
  std::size_t rows = 0;
  std::size_t list = 0;
  std::size_t windows = 0;
  for (const auto& d : network.layers_) {
    const auto channels = index(d.in_words * kWordBits);
    row_entries = std::max(row_entries, index(d.in_dim) * channels + kListSlack);
    rows = std::max(rows, index(d.in_dim));
    list = std::max({list, index(d.group + 2) * 3 * channels, index(d.columns)});
    windows = std::max(windows, index(d.out_dim * d.out_dim));
  }
  // Behind a tensor, up to a vector is read and zeros are written.
  differences_.assign(layout.words() + delta::kMostOutWords, 0);
  input_.resize(differences_.size());
  output_.resize(differences_.size());
  entries_.resize(row_entries * rows);
  list_.resize(list + 2 * kListSlack);
  windows_.resize(windows);
  scratch_.differences = differences_.data();
  scratch_.input = input_.data();
  scratch_.output = output_.data();
  scratch_.entries = entries_.data();
  scratch_.row_entries = static_cast<int>(row_entries);
  scratch_.list = list_.data();
  scratch_.windows = windows_.data();
}

void DeltaEvaluator::run(std::span<const std::uint64_t> trace, const DeltaNetwork::Margins& margins,
                         const ChangedNeurons& changed, std::span<std::int16_t> scores) {
  assert(scores.size() == kScores && margins.size() * sizeof margins[0] == network_->margin_bytes());
  network_->kernels_->scores(network_->view_, {trace.data(), margins.data()->words.data()},
                             changed.trial_, scratch_, scores.data());
}

}  // namespace fluence
