#include "network/plain_layer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/bits.hpp"

namespace fluence {
namespace {

constexpr std::size_t kWordBits = 64;
constexpr std::uint8_t kPixelOffset = 0x80;  // a trace holds code + 128: the sign bit is inverted

std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace

void read_planes(const std::uint64_t* pixel, const NumberFormat& format,
                 std::span<std::int32_t> numbers) {
  const auto bits = index(format.bits);
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    std::uint32_t code = 0;
    for (std::size_t plane = 0; plane < bits; ++plane) {
      code |= static_cast<std::uint32_t>(pixel[c / kWordBits * bits + plane] >> (c % kWordBits) & 1)
              << plane;
    }
    numbers[c] = format.number(code);
  }
}

void write_planes(std::span<const std::int32_t> numbers, const NumberFormat& format,
                  std::uint64_t* pixel) {
  const auto bits = index(format.bits);
  std::fill_n(pixel, (numbers.size() + kWordBits - 1) / kWordBits * bits, 0);
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    const auto code = format.code(numbers[c]);
    for (std::size_t plane = 0; plane < bits; ++plane) {
      pixel[c / kWordBits * bits + plane] |= std::uint64_t{code >> plane & 1} << (c % kWordBits);
    }
  }
}

PlainLayer::PlainLayer(const Layer& layer, const TraceLayout& layout, const Parameters& parameters)
    : layer_(&layer), in_(layout.input(layer.index)), out_(layout.output(layer.index)) {
  for (int row = 0; row < layer.matrix_height(); ++row) {
    for (const int weight : parameters.row_weights(layer.index, row)) {
      weights_.push_back(static_cast<std::int16_t>(weight));
    }
    for (int t = 0; t < layer.thresholds; ++t) {
      thresholds_.push_back(parameters.row_threshold(layer.index, row, t));
    }
  }
}

void PlainLayer::set_weight(int pe, int word, std::uint64_t value) {
  const auto& l = *layer_;
  const auto format = l.weight_format();
  const int row = word / l.synapse_folds() * l.pe + pe;
  auto* weights = weights_.data() + row * l.matrix_width() + word % l.synapse_folds() * l.simd;
  for (int lane = 0; lane < l.simd; ++lane) {
    weights[lane] = static_cast<std::int16_t>(format.number(
        static_cast<std::uint32_t>(value >> (lane * format.bits) & low_bits(format.bits))));
  }
}

void PlainLayer::set_threshold(int pe, int word, int thresh, std::int32_t value) {
  thresholds_[index((word * layer_->pe + pe) * layer_->thresholds + thresh)] = value;
}

std::vector<std::int32_t> PlainLayer::inputs(const std::uint64_t* in,
                                             std::span<const std::uint16_t> pixels) const {
  const auto& l = *layer_;
  const auto channels = index(l.in_channels);
  std::vector<std::int32_t> numbers(index(l.in_pixels()) * channels);
  if (l.takes_pixels()) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(in);
    std::transform(bytes, bytes + numbers.size(), numbers.begin(), [](std::uint8_t byte) {
      return static_cast<std::int8_t>(static_cast<std::uint8_t>(byte ^ kPixelOffset));
    });
    return numbers;
  }
  // Of the pixels that the windows have, each once.
  std::vector<bool> wanted(index(l.in_pixels()));
  for (const auto pixel : pixels) {
    const int top = pixel / l.out_dim * l.window.stride_y - l.window.top;
    const int left = pixel % l.out_dim * l.window.stride_x - l.window.left;
    for (int y = std::max(top, 0); y < std::min(top + l.window.height, l.in_height); ++y) {
      for (int x = std::max(left, 0); x < std::min(left + l.window.width, l.in_dim); ++x) {
        wanted[index(y * l.in_dim + x)] = true;
      }
    }
  }
  for (std::size_t pixel = 0; pixel < wanted.size(); ++pixel) {
    if (wanted[pixel]) {
      read_planes(in + pixel * in_.pixel_words, l.in_format(),
                  std::span(numbers).subspan(pixel * channels, channels));
    }
  }
  return numbers;
}

void PlainLayer::compute(const std::uint64_t* in, std::uint64_t* out,
                         std::span<const std::uint16_t> pixels) const {
  const auto& l = *layer_;
  const Operation operation(l);
  const auto numbers = inputs(in, pixels);
  const auto width = index(l.matrix_width());
  const auto thresholds = index(l.thresholds);
  std::vector<std::int16_t> columns;
  std::vector<std::int32_t> outputs(index(l.out_channels));
  for (const auto pixel : pixels) {
    operation.columns(numbers, pixel, columns);
    for (std::size_t row = 0; row < outputs.size(); ++row) {
      const auto accumulator =
          operation.accumulator(std::span(weights_).subspan(row * width, width), columns);
      outputs[row] =
          operation.output(accumulator, std::span(thresholds_).subspan(row * thresholds, thresholds));
    }
    if (l.thresholds > 0) {
      write_planes(outputs, l.out_format(), out + pixel * out_.pixel_words);
    } else {
      const Scores scores(outputs.begin(), outputs.end());
      std::memcpy(out, scores.data(), scores.size() * sizeof(scores[0]));
    }
  }
}

void plain_pool(const Layer& layer, const TraceTensor& from, const std::uint64_t* in, std::uint64_t* out,
                std::span<const std::uint16_t> pixels) {
  const auto& window = layer.pool_window;
  const auto format = layer.out_format();
  std::vector<std::int32_t> most(index(layer.out_channels));
  std::vector<std::int32_t> numbers(most.size());
  for (const auto pixel : pixels) {
    const int top = pixel / layer.next_dim() * window.stride_y - window.top;
    const int left = pixel % layer.next_dim() * window.stride_x - window.left;
    std::ranges::fill(most, format.least());
    for (int y = std::max(top, 0); y < std::min(top + window.height, layer.out_height); ++y) {
      for (int x = std::max(left, 0); x < std::min(left + window.width, layer.out_dim); ++x) {
        read_planes(in + index(y * layer.out_dim + x) * from.pixel_words, format, numbers);
        std::ranges::transform(most, numbers, most.begin(),
                               [](auto a, auto b) { return std::max(a, b); });
      }
    }
    write_planes(most, format, out + pixel * from.pixel_words);
  }
}

}  // namespace fluence
