#include "import/numbers.hpp"

#include <bit>
#include <cstring>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

using onnx::TensorProto;

template <typename T>
std::vector<double> unpacked(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

template <typename Field>
std::vector<double> listed(const Field& field) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(field.size()));
  for (const auto value : field) {
    values.push_back(static_cast<double>(value));
  }
  return values;
}

static_assert(std::endian::native == std::endian::little, "as ONNX stores numbers");

std::vector<double> raw_numbers(const TensorProto& tensor) {
  const auto& bytes = tensor.raw_data();
  switch (tensor.data_type()) {
    case TensorProto::FLOAT: return unpacked<float>(bytes);
    case TensorProto::DOUBLE: return unpacked<double>(bytes);
    case TensorProto::INT8: return unpacked<std::int8_t>(bytes);
    case TensorProto::UINT8:
    case TensorProto::BOOL: return unpacked<std::uint8_t>(bytes);
    case TensorProto::INT16: return unpacked<std::int16_t>(bytes);
    case TensorProto::UINT16: return unpacked<std::uint16_t>(bytes);
    case TensorProto::INT32: return unpacked<std::int32_t>(bytes);
    case TensorProto::UINT32: return unpacked<std::uint32_t>(bytes);
    case TensorProto::INT64: return unpacked<std::int64_t>(bytes);
    case TensorProto::UINT64: return unpacked<std::uint64_t>(bytes);
    default: throw InputError("it holds numbers of another type than whole and real ones");
  }
}

std::vector<double> field_numbers(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT: return listed(tensor.float_data());
    case TensorProto::DOUBLE: return listed(tensor.double_data());
    case TensorProto::INT64: return listed(tensor.int64_data());
    case TensorProto::UINT32:
    case TensorProto::UINT64: return listed(tensor.uint64_data());
    case TensorProto::INT8:
    case TensorProto::UINT8:
    case TensorProto::BOOL:
    case TensorProto::INT16:
    case TensorProto::UINT16:
    case TensorProto::INT32: return listed(tensor.int32_data());
    default: throw InputError("it holds numbers of another type than whole and real ones");
  }
}

}  // namespace

Values numbers_of(const TensorProto& tensor) {
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    throw InputError("its numbers are in another file");
  }
  Values result{{tensor.dims().begin(), tensor.dims().end()},
                tensor.has_raw_data() ? raw_numbers(tensor) : field_numbers(tensor)};
  // A list of no numbers, such as the axes of nothing, is one.
  const bool none = result.shape == Shape{0} && result.values.empty();
  if (!none && static_cast<std::int64_t>(result.values.size()) != size_of(result.shape)) {
    throw InputError("it holds other numbers than its shape asks for");
  }
  return result;
}

}  // namespace fluence::importing
