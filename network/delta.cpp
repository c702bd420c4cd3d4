#include "network/delta.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/bits.hpp"

namespace fluence {
namespace {

using delta::kScores;

constexpr int kListSlack = 64;  // entries that are written behind the last one

}  // namespace

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
                         std::span<const std::int32_t> thresholds) {
  forget(layer, neuron);
  const auto& d = network_->layers_[index(layer)];
  const auto old_row = network_->row(layer, neuron);
  assert(row.size() == old_row.size());
  delta::ChangedNeuron changed;
  changed.neuron = static_cast<std::uint16_t>(neuron);
  changed.base = network_->base(layer, row);
  const auto ordered = network_->ordered(layer, thresholds);
  std::ranges::copy(ordered, std::begin(changed.thresholds));
  const bool moved = ordered != network_->ordered(layer, network_->thresholds(layer, neuron));
  int flips = 0;
  const auto row_words = row.size() / index(d.weight_bits);
  for (std::size_t k = 0; k < row.size(); ++k) {
    const auto different = row[k] ^ old_row[k];
    flips += std::popcount(different);
    if (different != 0) {
      const int at = std::countr_zero(different);
      const bool set = (row[k] >> at & 1) != 0;
      changed.column = static_cast<std::uint16_t>(k % row_words * kWordBits + index(at));
      changed.bit = static_cast<std::uint8_t>(k / row_words);
      changed.rises = set == (changed.bit == 0);  // the upper bit of two stands for -2
    }
  }
  if (flips == 0 && !moved) {
    return;
  }
  const bool has_margins = layer != 0 && !thresholds.empty();
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
  if (trial_.begin[1] > kMostInFirst) {
    return true;
  }
  // Measured, too: where convolutions are looked up, neurons of maps with other thresholds are not worth
  // it from fewer on.
  if (network_->packed_->looks_up()) {
    int shifted = 0;
    for (std::size_t l = 1; l < network_->layers_.size(); ++l) {
      shifted += network_->layers_[l].one_window ? 0 : trial_.thresholds_end[l] - trial_.singles_end[l];
    }
    const bool one_by_two = network_->levels_ == 2 && network_->layers_[1].weight_bits == 1;
    if (shifted > (one_by_two ? 18 : 26)) {
      return true;
    }
  }
  // Measured, too: of activations of two bits in the layer behind it, neurons that are computed by
  // themselves and, half as dear, those with other thresholds, in eighths of all neurons.
  const auto& second = network_->layers_[1];
  if (!second.by_channels || second.levels == 1) {
    return false;
  }
  const int others = trial_.begin[2] - trial_.thresholds_end[1];
  const int thresholds = trial_.thresholds_end[1] - trial_.singles_end[1];
  return (2 * others + thresholds) * 8 >
         second.out_words * kWordBits * (second.weight_bits == 2 ? 6 : 7);
}

DeltaEvaluator::DeltaEvaluator(const DeltaNetwork& network) : network_(&network) {
  std::size_t tensor = 0;
  std::size_t row_entries = 0;
  std::size_t rows = 0;
  std::size_t list = 0;
  std::size_t windows = 0;
  for (const auto& d : network.layers_) {
    const auto channels = index(d.in_words * kWordBits * d.levels);
    row_entries = std::max(row_entries, index(d.in_dim) * channels + kListSlack);
    rows = std::max(rows, index(d.in_dim));
    list = std::max({list, index(d.group + 2) * 3 * channels, index(d.columns * d.levels)});
    windows = std::max(windows, index(d.out_dim * d.out_dim));
    tensor = std::max({tensor, index(d.in_dim * d.in_dim * d.in_words * d.levels),
                       index(d.out_dim * d.out_dim * d.out_words * d.levels)});
  }
  // Behind a tensor, up to a vector is read and zeros are written.
  differences_.assign(network.trace_words_ + delta::kMostOutWords, 0);
  input_.resize(tensor);
  output_.resize(tensor);
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
  network_->kernels_->scores(network_->view_, network_->image(trace, margins), changed.trial_, scratch_,
                             scores.data());
}

void DeltaEvaluator::run(std::span<const std::uint64_t> trace, const DeltaNetwork::Margins& margins,
                         int layer, std::span<const ChangedInput> changed,
                         std::span<std::int16_t> scores) {
  assert(layer > 0 && scores.size() == kScores);
  const auto& d = network_->layers_[index(layer)];
  for (const auto& input : changed) {
    const auto at = d.in + index(input.pixel * d.in_words + input.channel / kWordBits);
    const auto bit = std::uint64_t{1} << (input.channel % kWordBits);
    const auto [first, end] = std::minmax(input.before, input.after);
    for (int level = first; level < end; ++level) {
      differences_[at + index(level) * d.in_level] ^= bit;
    }
    if (d.in_dim > 1) {
      scratch_.in_rows[layer][input.pixel / d.in_dim] |= std::uint32_t{1} << (input.pixel % d.in_dim);
    }
  }
  delta::Trial trial;
  trial.touched = layer;
  network_->kernels_->scores(network_->view_, network_->image(trace, margins), trial, scratch_,
                             scores.data());
}

}  // namespace fluence
