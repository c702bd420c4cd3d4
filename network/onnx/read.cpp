#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string_view>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "network/onnx/graph.hpp"
#include "network/onnx/tensors.hpp"
#include "network/parameter_file.hpp"

namespace fluence {
namespace {

using google::protobuf::util::MessageDifferencer;

constexpr std::size_t kGraphBytes = kMebibyte;  // the most that is not in tensors
constexpr std::int64_t kMostOffset = 1'000'000'000;
constexpr int kMostThresholdBits = 34;  // of 32-bit accumulators that count equal bits

/// Of "INT5", 5; else 0.
int bits_of(std::string_view datatype) {
  int bits = 0;
  const auto* end = datatype.data() + datatype.size();
  const bool good = datatype.starts_with("INT") &&
                    std::from_chars(datatype.data() + 3, end, bits) == std::from_chars_result{end, {}};
  return good && bits > 1 && bits <= kMostThresholdBits ? bits : 0;
}

class Reader {
 public:
  Reader(const Topology& net, const std::filesystem::path& file)
      : net_(net), file_("'" + file.string() + "'") {
    std::size_t most = kGraphBytes + static_cast<std::size_t>(net.input_rows() * net.input.thresholds +
                                                              2 * net.scores()) *
                                         sizeof(std::int64_t);
    for (const auto& layer : net.layers) {
      const auto thresholds = static_cast<std::size_t>(layer.matrix_height() * layer.thresholds);
      most += static_cast<std::size_t>(layer.matrix_height() * layer.matrix_width());
      most += thresholds * sizeof(std::int64_t);
    }
    const auto bytes =
        read_file(file, "the parameter file", "give one that 'fluence params' wrote", most);
    if (!model_.ParseFromString(bytes)) {
      throw InputError(file_ + " is no ONNX file: give one that 'fluence params' wrote");
    }
  }

  Parameters read() {
    check_metadata();
    auto result = Parameters::blank(net_);
    result.classes_text = metadata(kClassesKey);
    result.classes =
        class_names(result.classes_text, "the entry " + std::string(kClassesKey) + " of " + file_,
                    net_.most_classes());
    result.given_rows = score_rows(rows_of_classes(result));
    const ScoreForm form{result.given_rows, tensors_.contains(kScoreOffsets),
                         tensors_.contains(kScoreFactors), tensors_.contains(kScoreBiases)};
    check_graph(parameter_model(net_, form));
    if (net_.input.thresholds > 0) {
      read_input_thresholds(result);
    }
    for (const auto& layer : net_.layers) {
      const bool last = &layer == &net_.layers.back();
      read_weights(layer, last ? result.given_rows : layer.matrix_height(), result);
      if (layer.thresholds > 0) {
        read_thresholds(layer, result);
      }
    }
    if (form.offsets) {
      read_offsets(result);
    }
    if (form.factors) {
      result.score_factors = reals_of(kScoreFactors, 1);
    }
    if (form.biases) {
      result.score_biases = reals_of(kScoreBiases, 0);
    }
    return result;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(what + ": write the file anew with 'fluence params', from parameters of " +
                     net_.network);
  }

  const std::string& metadata(const char* key) const {
    const onnx::StringStringEntryProto* found = nullptr;
    for (const auto& entry : model_.metadata_props()) {
      if (entry.key() == key && found != nullptr) {
        refuse(file_ + " has two entries " + key);
      }
      found = entry.key() == key ? &entry : found;
    }
    if (found == nullptr) {
      refuse(file_ + " has no entry " + key + ", so it holds no parameters in Fluence's form");
    }
    return found->value();
  }

  void check_metadata() const {
    if (const auto& form = metadata(kFormKey); form != kForm) {
      refuse(fmt::format("{} is of form '{}' where this version reads form {}", file_, form, kForm));
    }
    if (const auto& network = metadata(kNetworkKey); network != net_.network) {
      throw InputError(file_ + " holds the parameters of network '" + network + "', not of " +
                       net_.network + ": give those of " + net_.network +
                       ", or a folder with <network>.onnx of each");
    }
  }

  // The last layer may leave out rows that stand for no class.
  int score_rows(int classes) {
    for (const auto& tensor : model_.graph().initializer()) {
      if (!tensors_.emplace(tensor.name(), &tensor).second) {
        refuse("tensor '" + tensor.name() + "' is twice in " + file_);
      }
    }
    const auto& last = net_.layers.back();
    const auto& weights = find(weights_name(last));
    const std::int64_t rows = weights.dims_size() == (last.convolution ? 4 : 2)
                                  ? weights.dims(last.convolution ? 0 : 1)
                                  : last.matrix_height();
    if (rows < classes || rows > last.matrix_height()) {
      refuse(fmt::format("tensor '{}' of {} has {} rows where {} needs {} to {}", weights.name(), file_,
                         rows, net_.network, classes, last.matrix_height()));
    }
    return static_cast<int>(rows);
  }

  const onnx::TensorProto& find(const std::string& name) const {
    const auto it = tensors_.find(name);
    if (it == tensors_.end()) {
      refuse("tensor '" + name + "' is missing in " + file_);
    }
    return *it->second;
  }

  /// Everything but the numbers, comments, and what tools derive from the rest.
  void check_graph(const onnx::ModelProto& wanted) const {
    const auto& graph = model_.graph();
    check_list("import of operators", model_.opset_import(), wanted.opset_import());
    check_list("input", graph.input(), wanted.graph().input());
    check_list("output", graph.output(), wanted.graph().output());
    check_list("node", graph.node(), wanted.graph().node());
    for (const auto& tensor : wanted.graph().initializer()) {
      check_tensor(find(tensor.name()), tensor);
    }
    if (graph.initializer_size() > wanted.graph().initializer_size() ||
        graph.sparse_initializer_size() > 0) {
      refuse(file_ + " has the tensor '" + superfluous(wanted.graph()) + "', which " + net_.network +
             " has not");
    }
  }

  template <typename Messages>
  void check_list(const char* what, const Messages& present, const Messages& wanted) const {
    for (int i = 0; i < std::min(present.size(), wanted.size()); ++i) {
      if (!MessageDifferencer::Equals(without_comment(present[i]), wanted[i])) {
        refuse(fmt::format("{} {} ({}) of {} is not {} as {} has it", what, i, called(present[i]), file_,
                           called(wanted[i]), net_.network));
      }
    }
    if (present.size() != wanted.size()) {
      refuse(fmt::format("{} has {} {}s where {} has {}", file_, present.size(), what, net_.network,
                         wanted.size()));
    }
  }
  static onnx::NodeProto without_comment(onnx::NodeProto node) {
    node.clear_doc_string();
    for (auto& attribute : *node.mutable_attribute()) {
      attribute.clear_doc_string();
    }
    return node;
  }
  static onnx::ValueInfoProto without_comment(onnx::ValueInfoProto info) {
    info.clear_doc_string();
    return info;
  }
  static const onnx::OperatorSetIdProto& without_comment(const onnx::OperatorSetIdProto& operators) {
    return operators;
  }
  static std::string called(const onnx::NodeProto& node) {
    return "'" + node.name() + "', " + node.op_type();
  }
  static std::string called(const onnx::ValueInfoProto& info) { return "'" + info.name() + "'"; }
  static std::string called(const onnx::OperatorSetIdProto& operators) {
    return fmt::format("'{}' {}", operators.domain(), operators.version());
  }

  void check_tensor(const onnx::TensorProto& tensor, const onnx::TensorProto& wanted) const {
    const auto name = "tensor '" + tensor.name() + "' of " + file_;
    const bool scale = wanted.data_type() == onnx::TensorProto::FLOAT;
    const bool any_integer =
        wanted.data_type() == onnx::TensorProto::INT32 || wanted.data_type() == onnx::TensorProto::INT64;
    const bool good_type = any_integer ? tensor.data_type() == onnx::TensorProto::INT32 ||
                                             tensor.data_type() == onnx::TensorProto::INT64
                                       : tensor.data_type() == wanted.data_type();
    if (!good_type) {
      refuse(fmt::format("{} holds numbers of ONNX's type {} where {} has {}", name, tensor.data_type(),
                         net_.network, wanted.data_type()));
    }
    if (shape_of(tensor) != shape_of(wanted)) {
      refuse(fmt::format("{} has the shape [{}] where {} has [{}]", name,
                         fmt::join(shape_of(tensor), ", "), net_.network,
                         fmt::join(shape_of(wanted), ", ")));
    }
    if (!scale && (!tensor.has_raw_data() || tensor.data_location() != onnx::TensorProto::DEFAULT)) {
      refuse(name + " has its numbers in another file or field than raw_data");
    }
    if (scale && !MessageDifferencer::Equals(tensor, wanted)) {
      refuse(name + " says that thresholds have another number of fraction bits than " + net_.network +
             " gives them");
    }
  }

  std::string superfluous(const onnx::GraphProto& wanted) const {
    auto rest = tensors_;
    for (const auto& tensor : wanted.initializer()) {
      rest.erase(tensor.name());
    }
    return rest.empty() ? model_.graph().sparse_initializer(0).values().name() : rest.begin()->first;
  }

  std::vector<std::int64_t> values_of(const onnx::TensorProto& tensor) const {
    auto values = integers(tensor);
    if (static_cast<std::int64_t>(values.size()) != size_of(tensor)) {
      refuse(fmt::format("tensor '{}' of {} holds {} numbers where its shape asks for {}", tensor.name(),
                         file_, values.size(), size_of(tensor)));
    }
    return values;
  }

  [[noreturn]] void refuse_value(const onnx::TensorProto& tensor, std::size_t index, std::int64_t value,
                                 const std::string& why) const {
    refuse(fmt::format("{} of tensor '{}' of {} is {}, {}", place_in(tensor, index), tensor.name(),
                       file_, value, why));
  }

  void read_weights(const Layer& layer, int rows, Parameters& result) const {
    const auto& tensor = find(weights_name(layer));
    const auto datatype = finn_datatype(model_.graph(), tensor.name());
    const auto format = layer.weight_format();
    if (datatype != finn_datatype(format)) {
      refuse(fmt::format("tensor '{}' of {} has the finn_datatype '{}' where {} has {}", tensor.name(),
                         file_, datatype, net_.network, finn_datatype(format)));
    }
    const auto values = values_of(tensor);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < format.least() || values[i] > format.most() ||
          (format.bits == 1 && values[i] == 0)) {
        refuse_value(tensor, i, values[i], "which is not " + datatype);
      }
    }
    for (int row = 0; row < rows; ++row) {
      std::vector<int> weights;
      for (const auto place : places_of_row(layer, rows, row)) {
        weights.push_back(static_cast<int>(values.at(place)));
      }
      result.set_row_weights(layer.index, row, weights);
    }
  }

  /// The numbers of a tensor of thresholds. They may be annotated for wider or narrower memories: of
  /// those, the values decide.
  std::vector<std::int64_t> thresholds_of(const onnx::TensorProto& tensor) const {
    const auto datatype = finn_datatype(model_.graph(), tensor.name());
    const int bits = bits_of(datatype);
    if (bits == 0) {
      refuse(
          fmt::format("tensor '{}' of {} has the finn_datatype '{}' where thresholds have INT2 to INT{}",
                      tensor.name(), file_, datatype, kMostThresholdBits));
    }
    auto values = values_of(tensor);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < -(std::int64_t{1} << (bits - 1)) || values[i] >= std::int64_t{1} << (bits - 1)) {
        refuse_value(tensor, i, values[i], "which is not " + datatype);
      }
    }
    return values;
  }

  /// A threshold for a memory of so many bits.
  std::int32_t stored(const onnx::TensorProto& tensor, std::size_t i, std::int64_t value,
                      std::int64_t threshold, int bits) const {
    const auto limit = std::int64_t{1} << (bits - 1);
    if (threshold < -limit || threshold >= limit) {
      refuse_value(
          tensor, i, value,
          fmt::format("which does not fit into the {} bits of that memory of {}", bits, net_.name));
    }
    return static_cast<std::int32_t>(threshold);
  }

  void read_thresholds(const Layer& layer, Parameters& result) const {
    const auto& tensor = find(thresholds_name(layer));
    const auto values = thresholds_of(tensor);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = values[i];
      const auto threshold = layer.xnor ? (value + layer.matrix_width()) / 2 - 1 : value - 1;
      if (finn_threshold(layer, threshold) != value) {
        refuse_value(tensor, i, value,
                     fmt::format("where sums of {} columns of -1 and +1 are {}", layer.matrix_width(),
                                 layer.matrix_width() % 2 == 0 ? "even" : "odd"));
      }
      const int index = static_cast<int>(i);
      result.row_threshold(layer.index, index / layer.thresholds, index % layer.thresholds) =
          stored(tensor, i, value, threshold, layer.accumulator_bits);
    }
  }

  void read_input_thresholds(Parameters& result) const {
    const auto& tensor = find(kInputThresholds);
    const auto values = thresholds_of(tensor);
    for (std::size_t i = 0; i < values.size(); ++i) {
      result.input_thresholds.at(i) =
          stored(tensor, i, values[i], values[i] - 1, net_.input_threshold_bits());
    }
  }

  void read_offsets(Parameters& result) const {
    const auto& tensor = find(kScoreOffsets);
    const auto values = values_of(tensor);
    result.score_offsets.resize(static_cast<std::size_t>(net_.scores()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::abs(values[i]) > kMostOffset) {
        refuse_value(tensor, i, values[i], fmt::format("which is beyond {}", kMostOffset));
      }
      result.score_offsets.at(i) = static_cast<std::int32_t>(values[i]);
    }
  }

  // `rest`: of the scores that the file leaves out.
  std::vector<double> reals_of(const char* name, double rest) const {
    const auto& tensor = find(name);
    const auto values = values_of(tensor);
    std::vector<double> reals(static_cast<std::size_t>(net_.scores()), rest);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto real = std::bit_cast<double>(values[i]);
      if (!std::isfinite(real)) {
        refuse("a number of tensor '" + tensor.name() + "' of " + file_ + " is not finite");
      }
      reals.at(i) = real;
    }
    return reals;
  }

  const Topology& net_;
  std::string file_;
  onnx::ModelProto model_;
  std::map<std::string, const onnx::TensorProto*> tensors_;
};

}  // namespace

Parameters read_parameter_file(const Topology& net, const std::filesystem::path& file) {
  return Reader(net, file).read();
}

}  // namespace fluence
