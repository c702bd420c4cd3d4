#include "import/operators.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

Operator find_operator(const std::string& op) {
  for (const auto* operators : {&shape_operators(), &number_operators(), &window_operators()}) {
    if (const auto it = operators->find(op); it != operators->end()) {
      return it->second;
    }
  }
  return nullptr;
}

/// Two numbers of a node's list; `otherwise` where it has none.
Shape pair_of(const Node& node, std::string_view key, std::int64_t otherwise) {
  const auto pair = node.integers(key, {otherwise, otherwise});
  if (pair.size() != 2 ||
      std::ranges::any_of(pair, [](auto side) { return side < 1 || side > 65'536; })) {
    throw InputError(
        fmt::format("has {} of {} where two numbers from 1 on are possible", key, text_of(pair)));
  }
  return pair;
}

/// Padding for outputs as many as inputs divided by the stride.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t side, std::int64_t kernel,
                                                   std::int64_t stride, bool upper) {
  const auto total = std::max<std::int64_t>(0, ((side - 1) / stride) * stride + kernel - side);
  return upper ? std::pair(total / 2, total - total / 2) : std::pair(total - total / 2, total / 2);
}

}  // namespace

Values compute(const Node& node, const Inputs& inputs) {
  const auto compute_it = find_operator(node.op);
  if (compute_it == nullptr) {
    throw InputError("is not supported");
  }
  return compute_it(node, inputs);
}

bool is_known(const std::string& op) {
  return find_operator(op) != nullptr || role_of(op) != Role::other;
}

Role role_of(const std::string& op) {
  static const std::map<std::string, Role, std::less<>> roles = {
      {"Add", Role::elementwise},
      {"Sub", Role::elementwise},
      {"Mul", Role::elementwise},
      {"Div", Role::elementwise},
      {"Neg", Role::elementwise},
      {"Relu", Role::elementwise},
      {"Clip", Role::elementwise},
      {"HardTanh", Role::elementwise},
      {"BatchNormalization", Role::elementwise},
      {"Quant", Role::elementwise},
      {"IntQuant", Role::elementwise},
      {"BipolarQuant", Role::elementwise},
      {"MultiThreshold", Role::elementwise},
      {"Identity", Role::shape},
      {"Cast", Role::shape},
      {"Dropout", Role::shape},
      {"Reshape", Role::shape},
      {"Flatten", Role::shape},
      {"Transpose", Role::shape},
      {"Squeeze", Role::shape},
      {"Unsqueeze", Role::shape},
      {"MatMul", Role::product},
      {"PopcountMatMul", Role::product},
      {"Gemm", Role::product},
      {"Conv", Role::product},
      {"Im2Col", Role::window},
      {"PadNHWC", Role::window},
      {"MaxPool", Role::pool},
      {"MaxPoolNHWC", Role::pool},
      {"TopK", Role::end},
      {"ArgMax", Role::end},
      {"Softmax", Role::end},
      {"LogSoftmax", Role::end}};
  const auto it = roles.find(op);
  return it == roles.end() ? Role::other : it->second;
}

bool is_quantizer(const std::string& op) {
  return op == "Quant" || op == "IntQuant" || op == "BipolarQuant" || op == "MultiThreshold";
}

Window window_of(const Node& node, std::int64_t rows, std::int64_t columns, const Shape& kernel) {
  const bool im2col = node.op == "Im2Col";
  if (kernel.size() != 2 || kernel[0] < 1 || kernel[1] < 1 || kernel[0] > 65'536 || kernel[1] > 65'536) {
    throw InputError("has a kernel of " + text_of(kernel) + " where two numbers from 1 on are possible");
  }
  if (node.integer("group", 1) != 1) {
    throw InputError(fmt::format("has group {}: only ordinary convolutions, of group 1, are imported",
                                 node.integer("group", 1)));
  }
  if (node.integer("depthwise", 0) != 0) {
    throw InputError("is depthwise: only ordinary convolutions are imported");
  }
  const auto dilations = pair_of(node, "dilations", 1);
  if (dilations != Shape{1, 1}) {
    throw InputError(fmt::format("has dilation {}: only windows of dilation 1 are imported",
                                 std::max(dilations[0], dilations[1])));
  }
  const auto stride = pair_of(node, im2col ? "stride" : "strides", 1);
  auto pads = node.integers(im2col ? "pad_amount" : "pads", {0, 0, 0, 0});
  const auto automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const bool upper = automatic == "SAME_UPPER";
    const auto [top, bottom] = same_padding(rows, kernel[0], stride[0], upper);
    const auto [left, right] = same_padding(columns, kernel[1], stride[1], upper);
    pads = {top, left, bottom, right};
  } else if (automatic == "VALID") {
    pads = {0, 0, 0, 0};
  }
  if (pads.size() != 4 || std::ranges::any_of(pads, [](auto pad) { return pad < 0 || pad > 65'536; })) {
    throw InputError("has padding of " + text_of(pads) + " where four numbers from 0 on are possible");
  }
  if (im2col && node.real("pad_value", 0) != 0) {
    throw InputError("pads with another number than 0, which is all that is imported");
  }
  Window window;
  window.height = static_cast<int>(kernel[0]);
  window.width = static_cast<int>(kernel[1]);
  window.stride_y = static_cast<int>(stride[0]);
  window.stride_x = static_cast<int>(stride[1]);
  window.top = static_cast<int>(pads[0]);
  window.left = static_cast<int>(pads[1]);
  window.bottom = static_cast<int>(pads[2]);
  window.right = static_cast<int>(pads[3]);
  const auto rest_y = rows + pads[0] + pads[2] - kernel[0];
  const auto rest_x = columns + pads[1] + pads[3] - kernel[1];
  if (rest_y < 0 || rest_x < 0) {
    throw InputError(fmt::format("has a window of {} x {} that has no place in a map of {} x {}",
                                 kernel[0], kernel[1], rows, columns));
  }
  if (node.integer("ceil_mode", 0) != 0 && (rest_y % stride[0] != 0 || rest_x % stride[1] != 0)) {
    throw InputError("has windows that lie partly outside of the map (ceil_mode): give it padding");
  }
  return window;
}

const Values& needed(const Inputs& inputs, std::size_t i) {
  if (i >= inputs.size() || inputs[i] == nullptr) {
    throw InputError(fmt::format("lacks its input {}", i));
  }
  return *inputs[i];
}

}  // namespace fluence::importing
