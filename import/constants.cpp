#include "import/constants.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

constexpr int kMostFormatBits = 40;

/// The one number of a constant input of a node.
double single(const Node& node, const Constants& constants, std::size_t i, const char* what) {
  const auto* constant = constants.find(node.input(i));
  if (constant == nullptr) {
    throw InputError(std::string("has a ") + what + " that is no constant");
  }
  const auto& values = constant->values.values;
  if (values.empty() || std::ranges::any_of(values, [&](double v) { return v != values.front(); })) {
    throw InputError(std::string("has a ") + what +
                     " that differs from channel to channel: use one for all of an activation");
  }
  return values.front();
}

NumberFormat quantizer_format(const Node& node, double bits) {
  if (!(bits >= 1 && bits <= kMostQuantizerBits)) {
    throw InputError("has no bit width of 1 to 32 bits");
  }
  return {static_cast<int>(bits), node.integer("signed", 1) == 0};
}

/// Those that a quantizer of constants computes.
Multiples multiples_of(const Node& node, const Values& result, const Inputs& inputs) {
  Multiples multiples{result, expanded(needed(inputs, 1), result.shape), {1}};
  if (node.op != "BipolarQuant") {
    multiples.format = quantizer_format(node, needed(inputs, 3).values.front());
  }
  for (std::size_t i = 0; i < result.values.size(); ++i) {
    multiples.integers.values[i] = std::nearbyint(result.values[i] / multiples.scales.values[i]);
  }
  return multiples;
}

}  // namespace

Constants::Constants(const Graph& graph) : graph_(&graph) {
  for (const auto& [name, values] : graph.constants) {
    add(name, values);
  }
}

const Constant* Constants::find(const std::string& name) const {
  const auto it = constants_.find(name);
  return it == constants_.end() ? nullptr : &it->second;
}

bool Constants::make(const Node& node) const {
  return std::ranges::all_of(node.inputs, [&](const std::string& input) {
    return input.empty() || constants_.contains(input);
  });
}

void Constants::add(const Node& node) {
  const auto inputs = inputs_of(node, {});
  Constant made;
  try {
    made.values = compute(node, inputs);
    const auto* first = find(node.input(0));
    if (node.op == "Quant" || node.op == "IntQuant" || node.op == "BipolarQuant") {
      made.multiples = multiples_of(node, made.values, inputs);
    } else if (role_of(node.op) == Role::shape && first != nullptr) {
      made.datatype = first->datatype;
      if (first->multiples) {
        made.multiples = first->multiples;
        for (auto* part : {&made.multiples->integers, &made.multiples->scales}) {
          auto moved = inputs;
          moved[0] = part;
          *part = compute(node, moved);
        }
      }
    }
  } catch (const InputError& e) {
    refuse(graph_->file, node, std::string(e.what()) + ": only networks without it are imported");
  }
  if (const auto it = graph_->datatypes.find(node.outputs.front()); it != graph_->datatypes.end()) {
    made.datatype = it->second;
  }
  constants_[node.outputs.front()] = std::move(made);
}

void Constants::add(const std::string& name, Values values) {
  const auto it = graph_->datatypes.find(name);
  constants_[name] = {std::move(values), {}, it == graph_->datatypes.end() ? "" : it->second};
}

Inputs Constants::inputs_of(const Node& node, const Values& data) const {
  Inputs inputs;
  for (const auto& input : node.inputs) {
    const auto* constant = find(input);
    inputs.push_back(input.empty() ? nullptr : constant != nullptr ? &constant->values : &data);
  }
  return inputs;
}

double Quantization::number(double value) const { return std::nearbyint(value / scale + zero); }

NumberFormat format_for(std::int64_t least, std::int64_t most, bool is_signed) {
  NumberFormat format{is_signed ? 2 : 1, !is_signed};
  while (format.bits < kMostFormatBits) {
    const auto end = std::int64_t{1} << (is_signed ? format.bits - 1 : format.bits);
    if (most < end && least >= (is_signed ? -end : 0)) {
      break;
    }
    ++format.bits;
  }
  return format;
}

Quantization quantization_of(const Node& node, const Constants& constants) {
  if (node.op == "BipolarQuant") {
    return {single(node, constants, 1, "scale"), 0, {1}};
  }
  if (node.op != "MultiThreshold") {
    const auto scale = single(node, constants, 1, "scale");
    const auto zero = single(node, constants, 2, "zero point");
    const auto format = quantizer_format(node, single(node, constants, 3, "bit width"));
    if (!(scale > 0) || !std::isfinite(scale) || zero != std::nearbyint(zero)) {
      throw InputError("has a scale that is not above 0, or a zero point that is no whole number");
    }
    if (format.bits == 1 && !format.is_unsigned) {
      throw InputError("makes numbers of one bit with a sign, 0 and -1, which are not imported");
    }
    return {scale, zero, format};
  }
  const auto* thresholds = constants.find(node.input(1));
  if (thresholds == nullptr || thresholds->values.shape.size() != 2) {
    throw InputError("has thresholds that are no constant of rows and thresholds");
  }
  const auto count = thresholds->values.shape[1];
  const auto scale = node.real("out_scale", 1);
  const auto bias = node.real("out_bias", 0);
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(bias)) {
    throw InputError("has an out_scale that is not above 0");
  }
  const auto said = format_of(node.text("out_dtype"));
  if (count == 1 && bias == -scale / 2 && (!said || *said == NumberFormat{1})) {
    return {scale / 2, 0, {1}};
  }
  const auto steps = bias / scale;
  const bool whole = steps == std::nearbyint(steps) && std::abs(steps) <= 65'536;
  const auto least = whole ? static_cast<std::int64_t>(steps) : 0;
  const auto fits = [&](const NumberFormat& format) {
    return format.bits <= 8 && format.step() == 1 && least >= format.least() &&
           least + count <= format.most();
  };
  return {scale, whole ? 0 : -steps,
          said && fits(*said) ? *said : format_for(least, least + count, least < 0)};
}

}  // namespace fluence::importing
