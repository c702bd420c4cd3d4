#include "network/stepwise.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/bits.hpp"
#include "network/window_codes.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kLowBits = 0x5555'5555'5555'5555;
constexpr std::uint8_t kPixelOffset = 0x80;  // a trace holds code + 128: the sign bit is inverted

// Bit i to bit 2 i.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits | bits << 16) & 0x0000'ffff'0000'ffff;
  bits = (bits | bits << 8) & 0x00ff'00ff'00ff'00ff;
  bits = (bits | bits << 4) & 0x0f0f'0f0f'0f0f'0f0f;
  bits = (bits | bits << 2) & 0x3333'3333'3333'3333;
  return (bits | bits << 1) & kLowBits;
}

// Whether operands are the two planes of their codes.
bool has_planes(const Layer& layer) { return layer.in_bits == 2 && layer.weight_bits == 1; }

// Where the bit planes of a tensor hold plane `plane` of a value.
std::size_t plane_word(int value, int bits, int plane) {
  return index(value / kWordBits * bits + plane);
}

// A plane's bits of the `simd` values from `first` on. They may lie in two words.
std::uint64_t take_plane(const std::uint64_t* tensor, const Layer& layer, int first, int plane) {
  const int at = first % kWordBits;
  const auto word = plane_word(first, layer.in_bits, plane);
  auto bits = tensor[word] >> at;
  if (at + layer.simd > kWordBits) {
    bits |= tensor[word + index(layer.in_bits)] << (kWordBits - at);
  }
  return bits & low_bits(layer.simd);
}

std::uint32_t code_in(const std::uint64_t* tensor, int value, int bits) {
  std::uint32_t code = 0;
  for (int plane = 0; plane < bits; ++plane) {
    code |= static_cast<std::uint32_t>(tensor[plane_word(value, bits, plane)] >> (value % kWordBits) & 1)
            << plane;
  }
  return code;
}

void put_code(std::uint64_t* tensor, int value, int bits, std::uint32_t code) {
  const auto mask = std::uint64_t{1} << (value % kWordBits);
  for (int plane = 0; plane < bits; ++plane) {
    auto& word = tensor[plane_word(value, bits, plane)];
    word = (code >> plane & 1) != 0 ? word | mask : word & ~mask;
  }
}

}  // namespace

void window_codes(const Layer& layer, const std::uint64_t* in, int pixel,
                  std::vector<std::uint8_t>& codes) {
  const auto& window = layer.window;
  codes.assign(index(layer.matrix_width()), 0);  // pixels outside of the map
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(in);
  const int top = pixel / layer.out_dim * window.stride_y - window.top;
  const int left = pixel % layer.out_dim * window.stride_x - window.left;
  for (int tap = 0; tap < window.taps(); ++tap) {
    const int y = top + tap / window.width;
    const int x = left + tap % window.width;
    if (y < 0 || y >= layer.in_height || x < 0 || x >= layer.in_dim) {
      continue;
    }
    for (int channel = 0; channel < layer.in_channels; ++channel) {
      const int value = (y * layer.in_dim + x) * layer.in_channels + channel;
      codes[index(tap * layer.in_channels + channel)] = static_cast<std::uint8_t>(
          layer.takes_pixels() ? bytes[value] ^ kPixelOffset : code_in(in, value, layer.in_bits));
    }
  }
}

Stepwise::Stepwise(const Parameters& parameters) : parameters_(&parameters) {
  for (const auto& layer : parameters.net->layers) {
    // Its counts of bits are of products with weights of one bit, or of two bits with two, in words of
    // at most 64 bits (of each plane).
    const int operand_bits = has_planes(layer) ? layer.simd : layer.simd * layer.in_bits;
    counts_bits_.push_back(layer.is_nearly_classic() && (layer.in_bits > 1 || layer.weight_bits == 1) &&
                           std::max(operand_bits, layer.weight_word_bits()) <= kWordBits);
  }
}

bool Stepwise::has_code_10(const std::uint64_t* pixel, std::size_t pixel_words) {
  for (std::size_t k = 0; k < pixel_words; k += 2) {
    if ((pixel[k + 1] & ~pixel[k]) != 0) {
      return true;
    }
  }
  return false;
}

bool Stepwise::flip(const Transient& flip, std::uint64_t* tensor) const {
  const auto& layer = parameters_->net->layer(flip.layer);
  const bool input = flip.point == Transient::Point::input;
  const int bits = input ? layer.in_bits : layer.out_bits;
  const auto change = [&](std::uint64_t& word, int at, bool inverted) {
    const auto before = word;
    const auto all = inverted ? ~std::uint64_t{0} : 0;
    word = flip.applied(word ^ all, at) ^ all;
    return word != before;
  };
  const int channels = input ? layer.in_channels : layer.out_channels;
  // Pixel codes or scores, in the order of the stream.
  if (input ? layer.takes_pixels() : layer.thresholds == 0) {
    const int at = flip.pixel * channels * bits + flip.bit;
    const bool sign = input && flip.bit % bits == bits - 1;
    return change(tensor[at / kWordBits], at % kWordBits, sign);  // a trace holds it inverted
  }
  const int value = flip.pixel * channels + flip.bit / bits;
  return change(tensor[plane_word(value, bits, flip.bit % bits)], value % kWordBits, false);
}

void Stepwise::prepare(const Layer& layer, Operand& operand) {
  if (layer.in_bits == 2 && layer.weight_bits == 2) {
    operand.second = (operand.raw & kLowBits) << 1 | (operand.raw >> 1 & kLowBits);
  }
}

void Stepwise::change(const Layer& layer, const Transient& flip) {
  if (!counts_bits(layer)) {
    auto& code = codes_[index(flip.index * layer.simd + flip.bit / layer.in_bits)];
    code = flip.applied(code, flip.bit % layer.in_bits);
    return;
  }
  auto& operand = operands_[index(flip.index)];
  if (has_planes(layer)) {
    auto& plane = flip.bit % 2 == 0 ? operand.first : operand.second;
    plane = flip.applied(plane, flip.bit / 2);
  } else {
    operand.raw = flip.applied(operand.raw, flip.bit);
    prepare(layer, operand);
  }
}

void Stepwise::load_operands(const Layer& layer, const std::uint64_t* in, int pixel) {
  operands_.resize(index(layer.synapse_folds()));
  const int corner = pixel / layer.out_dim * layer.in_dim + pixel % layer.out_dim;
  for (int sf = 0; sf < layer.synapse_folds(); ++sf) {
    const int tap = sf * layer.simd / layer.in_channels;
    const int pixel_of_tap = corner + tap / layer.kernel() * layer.in_dim + tap % layer.kernel();
    const int value = pixel_of_tap * layer.in_channels + sf * layer.simd % layer.in_channels;
    auto& operand = operands_[index(sf)];
    operand.raw = 0;
    if (layer.takes_pixels()) {
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(in) + value;
      for (int i = 0; i < layer.simd; ++i) {
        operand.raw |= std::uint64_t{static_cast<std::uint8_t>(bytes[i] ^ kPixelOffset)} << (8 * i);
      }
    } else {
      operand.raw = take_plane(in, layer, value, 0);
      if (has_planes(layer)) {
        operand.first = operand.raw;
        operand.second = take_plane(in, layer, value, 1);
      } else if (layer.in_bits == 2) {
        operand.raw = spread(operand.raw) | spread(take_plane(in, layer, value, 1)) << 1;
      }
    }
    prepare(layer, operand);
  }
}

void Stepwise::load_codes(const Layer& layer, const std::uint64_t* in, int pixel) {
  window_codes(layer, in, pixel, codes_);
}

std::int32_t Stepwise::dot_codes(const Layer& layer, int fold,
                                 std::span<const std::uint64_t> weights) const {
  const auto in = layer.in_format();
  const auto format = layer.weight_format();
  std::int32_t sum = 0;
  for (int i = 0; i < layer.simd; ++i) {
    const auto code = codes_[index(fold * layer.simd + i)];
    const auto weight = static_cast<std::uint32_t>(take_bits(weights, i * format.bits, format.bits));
    sum += layer.xnor ? (weight == code ? 1 : 0) : format.number(weight) * in.number(code);
  }
  return sum * (1 << layer.accumulator_shift());
}

// As fl_mvau.sv has it: exact for every code.
std::int32_t Stepwise::dot(const Layer& layer, const Operand& operand, std::uint64_t weights) {
  if (layer.xnor) {
    return layer.simd - std::popcount(weights ^ operand.raw);
  }
  if (layer.in_bits == 1) {
    return layer.simd - 2 * std::popcount(weights ^ operand.raw);
  }
  if (layer.in_bits == 2) {
    if (layer.weight_bits == 1) {
      return 2 * std::popcount(weights & operand.first) - std::popcount(operand.first) -
             2 * (2 * std::popcount(weights & operand.second) - std::popcount(operand.second));
    }
    return std::popcount(weights & operand.raw & kLowBits) +
           4 * std::popcount(weights & operand.raw & ~kLowBits) -
           2 * std::popcount(weights & operand.second);
  }
  std::int32_t sum = 0;
  for (int i = 0; i < layer.simd; ++i) {
    const auto code = static_cast<std::int8_t>(operand.raw >> (8 * i));
    const auto weight = weights >> (i * layer.weight_bits);
    const int number = layer.weight_bits == 1
                           ? 2 * static_cast<int>(weight & 1) - 1
                           : static_cast<int>(weight & 1) - 2 * static_cast<int>(weight >> 1 & 1);
    sum += number * code;
  }
  return sum * (1 << layer.accumulator_shift());
}

std::int32_t Stepwise::sum(const Layer& layer, int channel, std::span<const Transient> flips) const {
  const int folds = layer.synapse_folds();
  const auto limbs = index(layer.weight_limbs());
  const auto* weights =
      parameters_->weight_word(layer.index, channel % layer.pe, channel / layer.pe * folds).data();
  std::uint32_t sum = 0;
  int sf = 0;
  const auto add_until = [&](int end) {
    for (; sf < end; ++sf) {
      const auto* word = weights + index(sf) * limbs;
      sum += static_cast<std::uint32_t>(counts_bits(layer) ? dot(layer, operands_[index(sf)], *word)
                                                           : dot_codes(layer, sf, {word, limbs}));
    }
  };
  for (const auto& flip : flips) {  // in the order of their steps
    if (flip.point == Transient::Point::sum && flip.index == channel) {
      add_until(flip.from);
      sum = flip.applied(sum, flip.bit);
    }
  }
  add_until(folds);
  return sign_extend(sum, layer.accumulator_bits);
}

void Stepwise::store(const Layer& layer, std::uint64_t* out, int pixel, int channel,
                     std::int32_t sum) const {
  if (layer.thresholds == 0) {
    const auto score = static_cast<std::int16_t>(sum);
    std::memcpy(reinterpret_cast<std::uint8_t*>(out) + index(channel) * sizeof score, &score,
                sizeof score);
    return;
  }
  int passed = 0;
  for (int t = 0; t < layer.thresholds; ++t) {
    passed +=
        parameters_->threshold(layer.index, channel % layer.pe, channel / layer.pe, t) < sum ? 1 : 0;
  }
  const auto code = layer.out_format().code(layer.out_least + passed * layer.out_format().step());
  put_code(out, pixel * layer.out_channels + channel, layer.out_bits, code);
}

void Stepwise::compute(int layer_index, const std::uint64_t* in, std::uint64_t* out, int pixel,
                       std::span<const Transient> flips, bool all) {
  const auto& layer = parameters_->net->layer(layer_index);
  if (counts_bits(layer)) {
    load_operands(layer, in, pixel);
  } else {
    load_codes(layer, in, pixel);
  }
  for (int fold = 0; fold < layer.neuron_folds(); ++fold) {
    for (const auto& flip : flips) {
      if (flip.point == Transient::Point::operand && flip.from == fold) {
        change(layer, flip);
        all = true;
      }
    }
    for (int pe = 0; pe < layer.pe; ++pe) {
      const int channel = fold * layer.pe + pe;
      const bool flipped = std::ranges::any_of(flips, [&](const Transient& flip) {
        return flip.point == Transient::Point::sum && flip.index == channel;
      });
      if (all || flipped) {
        store(layer, out, pixel, channel, sum(layer, channel, flips));
      }
    }
  }
}

void Stepwise::pool(int layer_index, const std::uint64_t* in, std::uint64_t* out, int pixel,
                    std::span<const Transient> flips) {
  const auto& layer = parameters_->net->layer(layer_index);
  const auto& window = layer.pool_window;
  const auto format = layer.out_format();
  const int bits = layer.out_bits;
  const int top = pixel / layer.next_dim() * window.stride_y - window.top;
  const int left = pixel % layer.next_dim() * window.stride_x - window.left;
  for (int channel = 0; channel < layer.out_channels; ++channel) {
    std::uint32_t held = 0;
    int folded = 0;
    for (int y = std::max(top, 0); y < std::min(top + window.height, layer.out_height); ++y) {
      for (int x = std::max(left, 0); x < std::min(left + window.width, layer.out_dim); ++x) {
        for (const auto& flip : flips) {
          if (folded > 0 && flip.from == folded && flip.bit / bits == channel) {
            held = flip.applied(held, flip.bit % bits);
          }
        }
        const auto code = code_in(in, (y * layer.out_dim + x) * layer.out_channels + channel, bits);
        held = folded == 0 || format.number(code) > format.number(held) ? code : held;
        ++folded;
      }
    }
    put_code(out, pixel * layer.out_channels + channel, bits, held);
  }
}

}  // namespace fluence
