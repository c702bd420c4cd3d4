#include "map/bit_evaluator.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "base/bits.hpp"
#include "network/kernel_choice.hpp"
#include "network/packed.hpp"

namespace fluence {
namespace {

constexpr int kMostColumns = 0x4000;
static_assert(bits::kRows >= kMostSide, "a row of a map is one word of bits");

const bits::Kernels& bit_kernels(Isa isa) {
  return kernels_of<bits::Kernels>(isa, FLUENCE_SCALAR_TABLE(bits::kernels_scalar),
                                   FLUENCE_AVX2_TABLE(bits::kernels_avx2),
                                   FLUENCE_AVX512_TABLE(bits::kernels_avx512));
}

// What the kernels are compiled for.
bool is_bit_layer(const Layer& l, bool last) {
  const int words = l.out_channels / kWordBits;
  return l.xnor && PackedNetwork::has_own_kernel(l) && l.in_channels % kWordBits == 0 &&
         l.in_channels <= 512 && l.out_channels % kWordBits == 0 &&
         std::has_single_bit(static_cast<unsigned>(words)) && words <= 8 &&
         l.matrix_width() <= kMostColumns && (last ? words == 1 : l.thresholds == 1);
}

}  // namespace

bool BitEvaluator::supports(const Topology& net) {
  const int last = static_cast<int>(net.layers.size()) - 1;
  if (last < 1 || !net.is_classic() || !PackedNetwork::has_own_kernel(net.layer(0)) ||
      !net.layer(0).convolution || net.layer(0).thresholds != 1 || net.layer(0).weight_bits != 1) {
    return false;
  }
  return std::all_of(net.layers.begin() + 1, net.layers.end(),
                     [&](const Layer& l) { return is_bit_layer(l, l.index == last); });
}

BitEvaluator::BitEvaluator(const Parameters& parameters, const TraceLayout& layout, Isa isa)
    : net_(parameters.net),
      layout_(layout),
      kernels_(&bit_kernels(isa)),
      tables_(net_->layers.size()),
      views_(net_->layers.size()) {
  assert(supports(*net_));
  std::size_t most_inputs = 0;
  std::size_t most_neurons = 0;
  for (const auto& layer : net_->layers) {
    if (layer.index > 0) {
      fill(layer, parameters);
      most_inputs = std::max(most_inputs, layout_.input(layer.index).words());
      most_neurons = std::max(most_neurons, at(layer.out_channels));
    }
  }
  first_.resize(most_inputs);
  table_.resize(3 * bits::kRowCodes * most_neurons);
}

void BitEvaluator::fill(const Layer& layer, const Parameters& parameters) {
  auto& tables = tables_[at(layer.index)];
  const auto neurons = at(layer.out_channels);
  const auto columns = at(layer.matrix_width());
  const auto taps = at(layer.kernel() * layer.kernel());
  const auto channels = at(layer.in_channels);
  const bool one_pixel = layer.out_pixels() == 1;
  const auto weights = columns * neurons;
  tables.weights.resize(2 * weights);
  tables.weight_bits.resize(weights / kWordBits);
  tables.packed.resize(weights / kWordBits);
  tables.thresholds.resize(neurons);
  for (std::size_t neuron = 0; neuron < neurons; ++neuron) {
    const int n = static_cast<int>(neuron);
    for (std::size_t column = 0; column < columns; ++column) {
      const int c = static_cast<int>(column);
      const auto word = parameters.weight(layer.index, n % layer.pe,
                                          n / layer.pe * layer.synapse_folds() + c / layer.simd);
      const auto bit = word >> (c % layer.simd) & 1;
      const auto input = one_pixel ? column : column % channels * taps + column / channels;
      const auto place = input * neurons + neuron;
      tables.weights[place] = static_cast<std::int8_t>(bit != 0 ? 1 : -1);
      tables.weights[weights + place] = static_cast<std::int8_t>(bit != 0 ? -1 : 1);
      tables.weight_bits[place / kWordBits] |= bit << (place % kWordBits);
      tables.packed[column / kWordBits * neurons + neuron] |= bit << (column % kWordBits);
    }
    // Beyond that no comparison turns out otherwise, and all fits 16 bits.
    const auto threshold =
        layer.thresholds == 0 ? 0 : parameters.threshold(layer.index, n % layer.pe, n / layer.pe, 0);
    tables.thresholds[neuron] =
        static_cast<std::int16_t>(std::clamp(threshold, -1, static_cast<int>(columns)));
  }
  const auto outputs = at(layer.out_pixels()) * neurons;
  tables.margins.resize(outputs);
  tables.limits.resize(outputs);
  tables.changed.resize(outputs / kWordBits);
  tables.pooled.resize(layer.pool ? outputs / kWordBits / 4 : 0);
  tables.sums.resize(one_pixel ? 0 : at((layer.in_dim + 2) * (layer.in_dim + 2)) * neurons);
  auto& view = views_[at(layer.index)];
  view.in_dim = layer.in_dim;
  view.out_dim = layer.out_dim;
  view.in_words = layer.in_channels / kWordBits;
  view.out_words = layer.out_channels / kWordBits;
  view.taps = static_cast<int>(taps);
  view.weights = tables.weights.data();
  view.weight_bits = tables.weight_bits.data();
  view.inputs = static_cast<int>(one_pixel ? columns : channels);
  view.packed = tables.packed.data();
  view.thresholds = tables.thresholds.data();
  view.margins = tables.margins.data();
  view.limits = tables.limits.data();
}

void BitEvaluator::load(std::span<const std::uint64_t> trace, const Tally& tally) {
  tally_ = tally;
  for (const auto& layer : net_->layers) {
    if (layer.index > 0) {
      auto& view = views_[at(layer.index)];
      view.in = trace.data() + layout_.input(layer.index).offset;
      view.out = trace.data() + layout_.output(layer.index).offset;
      kernels_->margins(view);
    }
  }
}

void BitEvaluator::start(int layer, int neuron) {
  layer_ = layer;
  neuron_ = neuron;
  has_table_ = false;
}

bits::Difference BitEvaluator::pool(int layer, bits::Difference from) {
  const auto& view = views_[at(layer)];
  const auto words = at(view.out_words);
  const auto dim = at(view.out_dim);
  auto* pooled = tables_[at(layer)].pooled.data();
  auto& rows = from.rows == rows_[0].data() ? rows_[1] : rows_[0];
  const auto* next = views_[at(layer + 1)].in;
  for (std::size_t y = 0; y < dim / 2; ++y) {
    const auto upper = from.rows[2 * y];
    const auto lower = from.rows[2 * y + 1];
    auto left = upper | lower;
    left = (left | left >> 1) & 0x5555'5555U;
    std::uint32_t different = 0;
    for (; left != 0; left &= left - 1) {
      const auto x = at(std::countr_zero(left)) / 2;
      const auto corner = (2 * y * dim + 2 * x) * words;
      const auto all = [](std::uint32_t row, std::size_t i) {
        return std::uint64_t{0} - (row >> i & 1U);
      };
      const std::array masks = {all(upper, 2 * x), all(upper, 2 * x + 1), all(lower, 2 * x),
                                all(lower, 2 * x + 1)};
      std::uint64_t any = 0;
      for (std::size_t k = 0; k < words; ++k) {
        std::uint64_t most = 0;
        for (std::size_t i = 0; i < 4; ++i) {
          const auto pixel = corner + (i / 2 * dim + i % 2) * words + k;
          most |= view.out[pixel] ^ (from.bits[pixel] & masks[i]);
        }
        const auto to = (y * (dim / 2) + x) * words + k;
        pooled[to] = most ^ next[to];
        any |= pooled[to];
      }
      different |= (any != 0 ? 1U : 0U) << x;
    }
    rows[y] = different;
  }
  return {pooled, rows.data()};
}

BlockCounts BitEvaluator::finish(bits::Difference difference) {
  std::array<std::int16_t, bits::kScoreNeurons> changes{};
  kernels_->scores(views_.back(), difference, changes.data());
  scores_ = tally_.fault_free();  // which allocates nothing after the first time
  for (std::size_t i = 0; i < changes.size(); ++i) {
    scores_[i] = static_cast<std::int16_t>(scores_[i] + changes[i]);
  }
  return tally_(scores_);
}

BlockCounts BitEvaluator::counts(const std::uint32_t* rising, const std::uint32_t* falling) {
  const int last = static_cast<int>(net_->layers.size()) - 1;
  int layer = layer_ + 1;
  const auto changed = [&](int index) { return tables_[at(index)].changed.data(); };
  bits::Difference difference{};
  if (views_[at(layer)].out_dim > 1) {
    const auto& view = views_[at(layer)];
    if (!has_table_) {
      kernels_->channel_table(view, neuron_, table_.data());
      has_table_ = true;
    }
    difference = {changed(layer), rows_[0].data()};
    kernels_->one_channel(view, table_.data(), rising, falling, difference);
  } else {
    // One output pixel: the list of changed inputs is short.
    const auto& view = views_[at(layer)];
    const auto words = at(view.in_words);
    for (std::size_t y = 0; y < at(view.in_dim); ++y) {
      rows_[1][y] = rising[y] | falling[y];
      for (auto left = rows_[1][y]; left != 0; left &= left - 1) {
        auto* pixel = &first_[(y * at(view.in_dim) + at(std::countr_zero(left))) * words];
        std::fill_n(pixel, words, std::uint64_t{0});
        pixel[neuron_ / kWordBits] = std::uint64_t{1} << (neuron_ % kWordBits);
      }
    }
    difference = {first_.data(), rows_[1].data()};
    if (layer == last) {
      return finish(difference);
    }
    const bits::Difference out = {changed(layer), rows_[0].data()};
    kernels_->dense(view, difference, out);
    difference = out;
  }
  for (;;) {
    const auto& view = views_[at(layer)];
    const auto is_empty = [&](int dim) {
      return std::all_of(difference.rows, difference.rows + dim, [](auto row) { return row == 0; });
    };
    if (is_empty(view.out_dim)) {
      return 0;
    }
    if (net_->layer(layer).pool) {
      difference = pool(layer, difference);
      if (is_empty(view.out_dim / 2)) {
        return 0;
      }
    }
    ++layer;
    if (layer == last) {
      return finish(difference);
    }
    const bits::Difference out = {
        changed(layer), difference.rows == rows_[0].data() ? rows_[1].data() : rows_[0].data()};
    const auto& next = views_[at(layer)];
    if (next.out_dim > 1) {
      kernels_->convolution(next, difference, tables_[at(layer)].sums.data(), out);
    } else {
      kernels_->dense(next, difference, out);
    }
    difference = out;
  }
}

}  // namespace fluence
