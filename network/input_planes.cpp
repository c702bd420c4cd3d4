#include "network/input_planes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "network/operation.hpp"

namespace fluence {
namespace {

// Byte k's lowest bit as bit k.
std::uint8_t lowest_bits(std::uint64_t bytes) {
  return static_cast<std::uint8_t>((bytes & 0x0101'0101'0101'0101) * 0x0102'0408'1020'4080 >> 56);
}

}  // namespace

InputPlanes::InputPlanes(const Parameters& parameters)
    : planes_(parameters.net->layers.front().in_bits) {
  const auto& net = *parameters.net;
  const auto& first = net.layers.front();
  auto shape = net.image();
  shape.height = shape.width = shape.channels = 1;
  shape.filled = 0;
  const auto count = static_cast<std::size_t>(net.input.thresholds);
  codes_.resize(static_cast<std::size_t>(std::max(net.input_rows(), 1)));
  for (std::size_t row = 0; row < codes_.size(); ++row) {
    const auto thresholds = std::span(parameters.input_thresholds).subspan(row * count, count);
    for (std::size_t byte = 0; byte < codes_[row].size(); ++byte) {
      Image value(shape);
      value.planes.front() = static_cast<std::uint8_t>(byte);
      const int number = value.numbers().front();
      codes_[row][byte] = static_cast<std::uint8_t>(first.in_format().code(
          count == 0 ? number
                     : quantized(number, thresholds, first.in_least, first.in_format().step())));
    }
  }
}

void InputPlanes::write(const Image& image, std::span<std::uint64_t> tensor) const {
  const auto channels = static_cast<std::size_t>(image.shape.channels);
  const auto values = image.planes.size();
  const auto pixels = values / channels;
  std::vector<std::uint8_t> codes((values + 7) / 8 * 8);
  for (std::size_t c = 0; c < channels; ++c) {
    const auto& of_byte = codes_[c % codes_.size()];
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      codes[pixel * channels + c] = of_byte[image.planes[c * pixels + pixel]];
    }
  }
  std::ranges::fill(tensor, 0);
  auto* bytes = reinterpret_cast<std::uint8_t*>(tensor.data());
  const auto planes = static_cast<std::size_t>(planes_);
  for (std::size_t i = 0; i < values; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, codes.data() + i, sizeof eight);
    for (std::size_t plane = 0; plane < planes; ++plane) {
      bytes[(i / 64 * planes + plane) * 8 + i % 64 / 8] = lowest_bits(eight >> plane);
    }
  }
}

}  // namespace fluence
