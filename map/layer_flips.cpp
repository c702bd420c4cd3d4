#include "map/layer_flips.hpp"

#include <algorithm>
#include <limits>

#include "base/bits.hpp"
#include "network/window_codes.hpp"

namespace fluence {
LayerFlips::LayerFlips(const Parameters& parameters, const TraceLayout& layout, int layer)
    : parameters_(&parameters), layer_(&parameters.net->layer(layer)), input_(layout.input(layer)) {
  const auto& l = *layer_;
  const auto format = l.weight_format();
  weights_.resize(index(l.matrix_width()) * index(l.out_channels));
  for (int channel = 0; channel < l.out_channels; ++channel) {
    for (int column = 0; column < l.matrix_width(); ++column) {
      const auto code = parameters.weight_code(l.index, channel, column);
      weights_[index(column) * index(l.out_channels) + index(channel)] =
          static_cast<std::int16_t>(l.xnor ? static_cast<int>(code) : format.number(code));
    }
  }
}

void LayerFlips::load(std::span<const std::uint64_t> trace) {
  trace_ = trace;
  partial_.clear();
  first_.clear();
  changed_.clear();
}

std::int32_t LayerFlips::wrapped(std::uint32_t sum) const {
  return sign_extend(sum, layer_->accumulator_bits);
}

void LayerFlips::compute_sums() {
  if (!partial_.empty()) {
    return;
  }
  const auto& l = *layer_;
  const auto channels = index(l.out_channels);
  const auto folds = index(l.synapse_folds());
  partial_.resize(index(l.out_pixels()) * channels * folds);
  std::vector<std::uint8_t> codes;
  std::vector<std::int32_t> sums(channels);
  for (int pixel = 0; pixel < l.out_pixels(); ++pixel) {
    window_codes(l, trace_.data() + input_.offset, pixel, codes);
    std::ranges::fill(sums, 0);
    for (int column = 0; column < l.matrix_width(); ++column) {
      const auto* weights = &weights_[index(column) * channels];
      // What a weight of w adds, of an input of 0 and of 1 where bits are compared.
      const auto code = codes[index(column)];
      const int factor =
          (l.xnor ? 2 * code - 1 : l.in_format().number(code)) * (1 << l.accumulator_shift());
      const int offset = l.xnor ? 1 - code : 0;
      for (std::size_t channel = 0; channel < channels; ++channel) {
        sums[channel] += factor * weights[channel] + offset;
      }
      if ((column + 1) % l.simd == 0) {
        auto* to = &partial_[row(pixel, 0) * folds + index(column / l.simd)];
        for (std::size_t channel = 0; channel < channels; ++channel) {
          to[channel * folds] = sums[channel];
        }
      }
    }
  }
}

std::uint16_t LayerFlips::code_of(int channel, std::int32_t sum) const {
  const auto& l = *layer_;
  if (l.thresholds == 0) {
    return static_cast<std::uint16_t>(sum);
  }
  int passed = 0;
  for (int t = 0; t < l.thresholds; ++t) {
    passed += parameters_->threshold(l.index, channel % l.pe, channel / l.pe, t) < sum ? 1 : 0;
  }
  return static_cast<std::uint16_t>(l.out_format().code(l.out_least + passed * l.out_format().step()));
}

LayerFlips::Bounds LayerFlips::bounds(int channel, std::int32_t sum) const {
  const auto& l = *layer_;
  if (l.thresholds == 0) {
    return {sum - 1, sum};
  }
  Bounds bounds{std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
  for (int t = 0; t < l.thresholds; ++t) {
    const auto threshold = parameters_->threshold(l.index, channel % l.pe, channel / l.pe, t);
    if (threshold < sum) {
      bounds.least = std::max(bounds.least, threshold);
    } else {
      bounds.most = std::min(bounds.most, threshold);
    }
  }
  return bounds;
}

LayerFlips::Move LayerFlips::move(std::uint8_t code, int bit) const {
  const auto& l = *layer_;
  if (l.xnor) {
    return code == 0 ? Move{2, -1} : Move{-2, 1};
  }
  const auto format = l.in_format();
  const auto other = static_cast<std::uint32_t>(code ^ 1 << bit);
  return {(format.number(other) - format.number(code)) * (1 << l.accumulator_shift()), 0};
}

void LayerFlips::add_operand(const Move& move, int column, const std::int32_t* sums,
                             const std::vector<Bounds>& bounds) {
  const int channels = layer_->out_channels;
  const auto* weights = &weights_[index(column) * index(channels)];
  for (int channel = 0; channel < channels; ++channel) {
    const auto at = index(channel);
    const auto sum =
        wrapped(static_cast<std::uint32_t>(sums[at] + move.factor * weights[at] + move.offset));
    if (sum <= bounds[at].least || sum > bounds[at].most) {
      changed_.push_back({static_cast<std::uint16_t>(channel), code_of(channel, sum)});
    }
  }
}

void LayerFlips::compute_operands() {
  if (!first_.empty()) {
    return;
  }
  compute_sums();
  const auto& l = *layer_;
  const auto folds = index(l.synapse_folds());
  std::vector<std::uint8_t> codes;
  std::vector<std::int32_t> sums(index(l.out_channels));
  std::vector<Bounds> all(index(l.out_channels));
  for (int pixel = 0; pixel < l.out_pixels(); ++pixel) {
    window_codes(l, trace_.data() + input_.offset, pixel, codes);
    for (int channel = 0; channel < l.out_channels; ++channel) {
      const auto at = index(channel);
      sums[at] = partial_[(row(pixel, channel) + 1) * folds - 1];
      all[at] = bounds(channel, wrapped(static_cast<std::uint32_t>(sums[at])));
    }
    for (int column = 0; column < l.matrix_width(); ++column) {
      for (int bit = 0; bit < l.in_bits; ++bit) {
        first_.push_back(static_cast<std::uint32_t>(changed_.size()));
        add_operand(move(codes[index(column)], bit), column, sums.data(), all);
      }
    }
  }
  first_.push_back(static_cast<std::uint32_t>(changed_.size()));
}

std::size_t LayerFlips::first_change(int pixel, int bit) {
  compute_operands();
  return first_[index(pixel) * index(layer_->matrix_width() * layer_->in_bits) + index(bit)];
}

std::size_t LayerFlips::changes() {
  compute_operands();
  return changed_.size();
}

std::span<const ChangedChannel> LayerFlips::operand(int pixel, int bit) {
  const auto first = first_change(pixel, bit);
  const auto end =
      first_[index(pixel) * index(layer_->matrix_width() * layer_->in_bits) + index(bit) + 1];
  return std::span<const ChangedChannel>(changed_).subspan(first, end - first);
}

bool LayerFlips::is_set(int pixel, int channel, int folds, int bit) {
  compute_sums();
  const auto at = row(pixel, channel) * index(layer_->synapse_folds()) + index(folds - 1);
  return (static_cast<std::uint32_t>(partial_[at]) >> bit & 1) != 0;
}

std::uint16_t LayerFlips::flipped(int pixel, int channel, int bit, bool set) {
  compute_sums();
  const auto folds = index(layer_->synapse_folds());
  const auto sum = static_cast<std::uint32_t>(partial_[(row(pixel, channel) + 1) * folds - 1]);
  const auto change = std::uint32_t{1} << bit;
  return code_of(channel, wrapped(set ? sum - change : sum + change));
}

std::uint16_t LayerFlips::code(int pixel, int channel) {
  compute_sums();
  const auto folds = index(layer_->synapse_folds());
  return code_of(channel,
                 wrapped(static_cast<std::uint32_t>(partial_[(row(pixel, channel) + 1) * folds - 1])));
}

}  // namespace fluence
