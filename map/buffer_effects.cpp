#include "map/buffer_effects.hpp"

#include <algorithm>

#include "base/bits.hpp"

namespace fluence {
namespace {

using Point = Transient::Point;

// More changed outputs than these are not remembered of a layer.
constexpr std::size_t kMostKnown = std::size_t{1} << 17;

constexpr int kChannelBits = 16;
constexpr int kCodeBits = 16;

std::uint64_t key_of(int pixel, ChangedChannel changed) {
  return (static_cast<std::uint64_t>(pixel) << kChannelBits | changed.channel) << kCodeBits |
         changed.code;
}

}  // namespace

std::size_t BufferEffects::KeyHash::operator()(const Key& key) const {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (const auto part : key) {
    hash = (hash ^ part) * 0xd6e8feb86659fd93;
    hash ^= hash >> 32;
  }
  return static_cast<std::size_t>(hash);
}

BufferEffects::BufferEffects(const Parameters& parameters, Isa isa)
    : parameters_(&parameters),
      net_(parameters, isa),
      inference_(net_, parameters),
      unchanged_(parameters.net->layers.size()),
      trace_(net_.layout().words()) {
  for (const auto& layer : parameters.net->layers) {
    layers_.push_back({LayerFlips(parameters, net_.layout(), layer.index), {}, {}});
  }
}

void BufferEffects::load(const Image& image) {
  net_.set_image(image, trace_);
  net_.run_from(0, trace_);
  judge_ = Judge(net_.scores(trace_), image.label, Decider(*parameters_));
  values_.clear();
  for (auto& known : layers_) {
    known.flips.load(trace_);
    known.operands.clear();
    known.sums.clear();
    known.outputs.clear();
  }
}

std::span<const Consequence> BufferEffects::of(const BufferClasses::WordClass& word) {
  word_.clear();
  for (int bit = 0; bit < word.bits; ++bit) {
    auto flip = word.flips.front();
    flip.bit += bit;
    if (word.flips.size() > 1) {
      word_.push_back(operands(word.flips, bit));
    } else if (flip.point == Point::operand) {
      word_.push_back(operand(flip));
    } else {
      word_.push_back(flip.point == Point::sum ? sum(flip) : value(flip));
    }
  }
  return word_;
}

Consequence BufferEffects::run(std::span<const Transient> flips) {
  ++evaluated_;
  scores_.clear();
  inference_.run(trace_, unchanged_, scores_, {}, {}, flips);
  return judge_(scores_);
}

// A value of a map, or what a pool has of it.
Consequence BufferEffects::value(const Transient& flip) {
  auto key = static_cast<std::uint64_t>(flip.layer) << 3 | static_cast<std::uint64_t>(flip.point);
  key =
      (key << 20 | static_cast<std::uint64_t>(flip.pixel)) << 10 | static_cast<std::uint64_t>(flip.from);
  key = key << 20 | static_cast<std::uint64_t>(flip.bit);
  const auto [known, is_new] = values_.try_emplace(key, Consequence::masked);
  if (is_new) {
    known->second = run({&flip, 1});
  }
  return known->second;
}

// What is inverted of a partial sum is 2 ^ bit more or less in the row's sum.
Consequence BufferEffects::sum(const Transient& flip) {
  auto& known = layers_[index(flip.layer)];
  const auto& layer = known.flips.layer();
  const auto rows = index(layer.out_pixels()) * index(layer.out_channels);
  const auto bits = index(layer.accumulator_bits);
  if (known.sums.empty()) {
    known.sums.assign(rows * bits * 2, kUnknown);
  }
  const bool set = known.flips.is_set(flip.pixel, flip.index, flip.from, flip.bit);
  const auto row = index(flip.pixel) * index(layer.out_channels) + index(flip.index);
  auto& consequence = known.sums[(row * bits + index(flip.bit)) * 2 + (set ? 1 : 0)];
  if (consequence == kUnknown) {
    const auto code = known.flips.flipped(flip.pixel, flip.index, flip.bit, set);
    key_.clear();
    if (code != known.flips.code(flip.pixel, flip.index)) {
      key_.push_back(key_of(flip.pixel, {static_cast<std::uint16_t>(flip.index), code}));
    }
    consequence = static_cast<std::uint8_t>(outputs(known));
  }
  return static_cast<Consequence>(consequence);
}

// A word of one window, from a neuron fold on: of the channels that it changes those from there on.
Consequence BufferEffects::operand(const Transient& flip) {
  auto& known = layers_[index(flip.layer)];
  const auto& layer = known.flips.layer();
  const int bit = flip.index * layer.simd * layer.in_bits + flip.bit;
  const auto changed = known.flips.operand(flip.pixel, bit);
  const auto from =
      std::ranges::lower_bound(changed, flip.from * layer.pe, {}, &ChangedChannel::channel);
  if (from == changed.end()) {
    return Consequence::masked;
  }
  if (known.operands.empty()) {
    known.operands.assign(known.flips.changes(), kUnknown);
  }
  auto& consequence =
      known.operands[known.flips.first_change(flip.pixel, bit) + index(from - changed.begin())];
  if (consequence == kUnknown) {
    key_.clear();
    append(known, flip, 0);
    consequence = static_cast<std::uint8_t>(outputs(known));
  }
  return static_cast<Consequence>(consequence);
}

// Words of several windows.
Consequence BufferEffects::operands(std::span<const Transient> flips, int further) {
  auto& known = layers_[index(flips.front().layer)];
  key_.clear();
  for (const auto& flip : flips) {
    append(known, flip, further);
  }
  return outputs(known);
}

void BufferEffects::append(LayerKnown& known, const Transient& flip, int further) {
  const auto& layer = known.flips.layer();
  const int bit = flip.index * layer.simd * layer.in_bits + flip.bit + further;
  for (const auto changed : known.flips.operand(flip.pixel, bit)) {
    if (changed.channel >= flip.from * layer.pe) {
      key_.push_back(key_of(flip.pixel, changed));
    }
  }
}

Consequence BufferEffects::outputs(LayerKnown& known) {
  if (key_.empty()) {
    return Consequence::masked;
  }
  if (const auto it = known.outputs.find(key_); it != known.outputs.end()) {
    return it->second;
  }
  const auto consequence = evaluate(known);
  if (known.outputs.size() >= kMostKnown) {
    known.outputs.clear();
  }
  known.outputs.emplace(key_, consequence);
  return consequence;
}

Consequence BufferEffects::evaluate(LayerKnown& known) {
  const auto& layer = known.flips.layer();
  const bool last = layer.index == parameters_->net->layers.back().index;
  if (layer.thresholds == 0) {
    ++evaluated_;
    auto scores = judge_.fault_free();
    for (const auto part : key_) {
      scores[part >> kCodeBits & 0xffff] = static_cast<Score>(part & 0xffff);
    }
    return judge_(scores);
  }
  flips_.clear();
  Transient flip;
  flip.layer = layer.pool || last ? layer.index : layer.index + 1;
  flip.point = layer.pool || last ? Point::output : Point::input;
  for (const auto part : key_) {
    flip.pixel = static_cast<int>(part >> (kCodeBits + kChannelBits));
    const int channel = static_cast<int>(part >> kCodeBits & 0xffff);
    const auto inverted = (part & 0xffff) ^ known.flips.code(flip.pixel, channel);
    for (int bit = 0; bit < layer.out_bits; ++bit) {
      if ((inverted >> bit & 1) != 0) {
        flip.bit = channel * layer.out_bits + bit;
        flips_.push_back(flip);
      }
    }
  }
  return run(flips_);
}

}  // namespace fluence
