#include "network/onnx/tensors.hpp"

#include <fmt/format.h>

#include <functional>
#include <numeric>

namespace fluence {
namespace {

int bytes_of(const onnx::TensorProto& tensor) {
  switch (tensor.data_type()) {
    case onnx::TensorProto::INT8: return 1;
    case onnx::TensorProto::INT32: return 4;
    default: return 8;
  }
}

}  // namespace

std::vector<std::size_t> places_of_row(const Layer& layer, int rows, int row) {
  // In a convolution channels are outermost, and innermost in our columns.
  const int taps = layer.window.taps();
  const int step = layer.convolution ? 1 : rows;
  const int first = layer.convolution ? row * layer.matrix_width() : row;
  std::vector<std::size_t> places;
  for (int tap = 0; tap < taps; ++tap) {
    for (int channel = 0; channel < layer.in_channels; ++channel) {
      places.push_back(static_cast<std::size_t>(first + (channel * taps + tap) * step));
    }
  }
  return places;
}

std::int64_t finn_threshold(const Layer& layer, std::int64_t stored) {
  return layer.xnor ? 2 * (stored + 1) - layer.matrix_width() : stored + 1;
}

void append(onnx::TensorProto& tensor, std::int64_t value) {
  auto& bytes = *tensor.mutable_raw_data();
  for (int i = 0; i < bytes_of(tensor); ++i, value >>= 8) {
    bytes += static_cast<char>(value & 0xff);
  }
}

std::vector<std::int64_t> integers(const onnx::TensorProto& tensor) {
  const auto width = static_cast<std::size_t>(bytes_of(tensor));
  std::vector<std::int64_t> result;
  if (tensor.raw_data().size() % width != 0) {
    return result;
  }
  for (std::size_t at = 0; at < tensor.raw_data().size(); at += width) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < width; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(tensor.raw_data()[at + i])} << (8 * i);
    }
    const auto unused = 64 - 8 * width;
    result.push_back(static_cast<std::int64_t>(word << unused) >> unused);
  }
  return result;
}

std::vector<std::int64_t> shape_of(const onnx::TensorProto& tensor) {
  return {tensor.dims().begin(), tensor.dims().end()};
}

std::int64_t size_of(const onnx::TensorProto& tensor) {
  const auto shape = shape_of(tensor);
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string place_in(const onnx::TensorProto& tensor, std::size_t index) {
  std::vector<std::int64_t> place(shape_of(tensor));
  auto rest = static_cast<std::int64_t>(index);
  for (auto dim = place.rbegin(); dim != place.rend(); ++dim) {
    const auto size = *dim;
    *dim = rest % size;
    rest /= size;
  }
  return fmt::format("[{}]", fmt::join(place, ", "));
}

}  // namespace fluence
