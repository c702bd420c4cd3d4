// The numbers of a tensor in an ONNX file.
#pragma once

#include <onnx/onnx_pb.h>

#include "import/values.hpp"

namespace fluence::importing {

/// Of any type of real numbers that ONNX has up to 64 bits. Throws InputError saying why, without names,
/// if there are others than the shape asks for, or they are in another file.
Values numbers_of(const onnx::TensorProto& tensor);

}  // namespace fluence::importing
