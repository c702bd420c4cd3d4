#include <map>

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
  auto model = parameter_model(net, scores);
  std::map<std::string, onnx::TensorProto*> tensors;
  for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
    tensors.emplace(tensor.name(), &tensor);
  }
  for (const auto& layer : net.layers) {
    const int rows = &layer == &net.layers.back() ? scores : layer.matrix_height();
    auto& weights = *tensors.at(weights_name(layer));
    for (int i = 0; i < size_of(weights); ++i) {
      const auto entry = entry_of(layer, rows, i);
      append(weights, parameters.weight_value(layer.index, entry.row, entry.column));
    }
    for (int i = 0; i < rows * layer.thresholds; ++i) {
      append(*tensors.at(thresholds_name(layer)),
             finn_threshold(layer, parameters.row_threshold(layer.index, i / layer.thresholds,
                                                            i % layer.thresholds)));
    }
  }
  add_metadata(model, kFormKey, kForm);
  add_metadata(model, kNetworkKey, net.network);
  add_metadata(model, kClassesKey, classes_text(parameters));
  return model.SerializeAsString();
}

}  // namespace fluence
