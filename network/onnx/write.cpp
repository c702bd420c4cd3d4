#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/error.hpp"
#include "network/onnx/graph.hpp"
#include "network/onnx/tensors.hpp"
#include "network/parameter_file.hpp"

namespace fluence {
namespace {

void add_metadata(onnx::ModelProto& model, const char* key, const std::string& value) {
  auto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

}  // namespace

std::string parameter_file(const Parameters& parameters) {
  const auto& net = *parameters.net;
  const int scores = rows_to_write(parameters);
  auto model =
      parameter_model(net, {scores, !parameters.score_offsets.empty(), !parameters.score_factors.empty(),
                            !parameters.score_biases.empty()});
  std::map<std::string, onnx::TensorProto*> tensors;
  for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
    tensors.emplace(tensor.name(), &tensor);
  }
  for (const auto& layer : net.layers) {
    const int rows = &layer == &net.layers.back() ? scores : layer.matrix_height();
    std::vector<int> weights(static_cast<std::size_t>(rows * layer.matrix_width()));
    for (int row = 0; row < rows; ++row) {
      const auto places = places_of_row(layer, rows, row);
      auto place = places.begin();
      for (const int weight : parameters.row_weights(layer.index, row)) {
        weights.at(*place++) = weight;
      }
    }
    auto& tensor = *tensors.at(weights_name(layer));
    for (const int weight : weights) {
      append(tensor, weight);
    }
    for (int i = 0; i < rows * layer.thresholds; ++i) {
      append(*tensors.at(thresholds_name(layer)),
             finn_threshold(layer, parameters.row_threshold(layer.index, i / layer.thresholds,
                                                            i % layer.thresholds)));
    }
  }
  for (const auto threshold : parameters.input_thresholds) {
    append(*tensors.at(kInputThresholds), std::int64_t{threshold} + 1);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(scores); ++i) {
    if (!parameters.score_offsets.empty()) {
      append(*tensors.at(kScoreOffsets), parameters.score_offsets.at(i));
    }
    if (!parameters.score_factors.empty()) {
      append(*tensors.at(kScoreFactors), std::bit_cast<std::int64_t>(parameters.score_factors.at(i)));
    }
    if (!parameters.score_biases.empty()) {
      append(*tensors.at(kScoreBiases), std::bit_cast<std::int64_t>(parameters.score_biases.at(i)));
    }
  }
  add_metadata(model, kFormKey, kForm);
  add_metadata(model, kNetworkKey, net.network);
  add_metadata(model, kClassesKey, classes_text(parameters));
  std::string text;
  if (!model.SerializeToString(&text)) {
    throw InputError("the parameters of " + net.network +
                     " are more than the 2 GiB that an ONNX file holds: keep them as a folder");
  }
  return text;
}

}  // namespace fluence
