// Numbers in ONNX tensors, and what of a network's memories they are.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// Where in the tensor of a layer's weights, which has `rows` rows, the weights of a row are, by column.
std::vector<std::size_t> places_of_row(const Layer& layer, int rows, int row);

/// A stored threshold as FINN wants it. FINN counts the thresholds that a sum of products reaches, the
/// hardware those that are below its accumulator; where that counts equal bits, it holds (sum + columns)
/// / 2.
std::int64_t finn_threshold(const Layer& layer, std::int64_t stored);

/// Adds a number to the raw data of a tensor of INT8, INT32, INT64 or, by its bits, DOUBLE.
void append(onnx::TensorProto& tensor, std::int64_t value);
/// All numbers there; none of bytes that break off.
std::vector<std::int64_t> integers(const onnx::TensorProto& tensor);

std::vector<std::int64_t> shape_of(const onnx::TensorProto& tensor);
/// How many numbers the shape asks for, which must be moderate.
std::int64_t size_of(const onnx::TensorProto& tensor);
/// The place of a number, such as "[3, 0, 2]".
std::string place_in(const onnx::TensorProto& tensor, std::size_t index);

}  // namespace fluence
