// From a graph to the integer network: along the one path that the data take.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "import/integer_network.hpp"
#include "import/path.hpp"
#include "import/product.hpp"
#include "import/scores.hpp"

namespace fluence::importing {
namespace {

constexpr int kScoreBits = 16;
constexpr std::int64_t kMostFolding = 1 << 20;

class Lowering {
 public:
  Lowering(const Graph& graph, std::string name, const std::optional<GivenInput>& given)
      : graph_(graph), given_(given), constants_(graph), chain_(graph, constants_) {
    result_.net.name = std::move(name);
    result_.net.network = result_.net.name;
  }

  IntegerNetwork run() {
    require_chain(graph_);
    start();
    for (const auto& node : graph_.nodes) {
      if (node.op == "Shape" && shapes_.contains(node.input(0))) {
        const auto& shape = shapes_.at(node.input(0));
        constants_.add(node.outputs.front(),
                       {{static_cast<std::int64_t>(shape.size())}, {shape.begin(), shape.end()}});
      } else if (constants_.make(node)) {
        constants_.add(node);
      } else if (!ended_) {
        follow(node);
      }
    }
    finish();
    result_.constants = std::move(constants_);
    return std::move(result_);
  }

 private:
  /// `layer`: the one that the node belongs to.
  [[noreturn]] void fail(const Node& node, const std::string& why, std::size_t layer) const {
    refuse(graph_.file, node, fmt::format("of layer {} {}", layer, why));
  }
  template <typename Work>
  auto named(const Node& node, std::size_t layer, Work work) const {
    try {
      return work();
    } catch (const InputError& e) {
      fail(node, e.what(), layer);
    }
  }
  /// The layer in front of a node, and the one that it begins.
  [[nodiscard]] std::size_t last() const { return result_.units.empty() ? 0 : result_.units.size() - 1; }
  [[nodiscard]] std::size_t next() const { return result_.units.size(); }

  void start() {
    const auto layout = layout_of_input(graph_);
    const auto& shape = graph_.input_shape;
    data_ = graph_.input;
    shapes_[data_] = shape;
    if (layout.map) {
      const auto side = [&](std::size_t first, std::size_t second) {
        return static_cast<int>(shape[layout.channels_last ? second : first]);
      };
      map_.rows = side(2, 1);
      map_.columns = side(3, 2);
      map_.channels = side(1, 3);
      places_ = places_of(map_, layout.channels_last);
    } else {
      map_.channels = static_cast<int>(size_of(shape));
      places_ = reshaped(places_of(map_, true), shape);
    }
    channels_last_ = layout.channels_last;
  }

  void follow(const Node& node) {
    if (std::ranges::find(node.inputs, data_) == node.inputs.end()) {
      fail(node, "takes what is neither a constant of the file nor data: give a whole file", last());
    }
    switch (role_of(node.op)) {
      case Role::elementwise:
      case Role::shape: add_to_chain(node); break;
      case Role::window: take_window(node); break;
      case Role::product: take_product(node); break;
      case Role::pool: take_pool(node); break;
      case Role::end: take_end(node); return;
      case Role::other:
        fail(node,
             "is not supported: a network is a chain of convolutions, dense layers, max pools and "
             "quantizers",
             last());
    }
    result_.path.push_back(&node);
    data_ = node.outputs.front();
    shapes_[data_] = places_.shape;
  }

  void add_to_chain(const Node& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto& input = node.inputs[i];
      const bool anywhere = node.op == "Add" || node.op == "Mul" || node.op == "Sub";
      if (input == data_ ? i > 0 && !anywhere : !input.empty() && constants_.find(input) == nullptr) {
        fail(node, "takes '" + input + "' where a constant of the file is possible", last());
      }
    }
    if (role_of(node.op) == Role::shape) {
      places_ = named(node, last(), [&] { return compute(node, constants_.inputs_of(node, places_)); });
    } else if (is_quantizer(node.op)) {
      at_quantizer_ = places_;
    }
    chain_.add(node);
  }

  void take_window(const Node& node) {
    named(node, next(), [&] {
      if (gathered_) {
        throw InputError("gathers windows of windows");
      }
      require_map(map_, places_, true);
    });
    if (node.op == "PadNHWC") {
      pads_ = node.integers("pad_amount");
      return;  // the window is padded, not the map
    }
    gathered_ = {node, {}};
    if (!pads_.empty()) {
      gathered_->node.attributes["pad_amount"].integers = std::exchange(pads_, {});
    }
    const auto window = named(node, next(), [&] {
      return window_of(gathered_->node, map_.rows, map_.columns,
                       gathered_->node.integers("kernel_size"));
    });
    gathered_->window = window;
    // Which number is whose follows from the window.
    places_ = named(node, next(), [&] {
      return filled({1, window.rows_of(map_.rows), window.columns_of(map_.columns),
                     static_cast<std::int64_t>(window.taps()) * map_.channels},
                    0);
    });
  }

  void take_product(const Node& node) {
    const auto number = next();
    if (!pads_.empty()) {
      fail(node, "takes a padded map without a window", number);
    }
    close_chain(node);
    if (node.op == "PopcountMatMul") {
      make_bipolar();
    }
    auto product = named(gathered_ && gathered_->window.padded() ? gathered_->node : node, number,
                         [&] { return product_of(node, constants_, map_, places_, gathered_); });
    Unit unit;
    unit.node = node.name;
    unit.op = node.text("finn_op", node.op);
    unit.layer = product.layer;
    unit.layer.index = static_cast<int>(number);
    unit.weights = std::move(product.matrix.weights);
    unit.reach = std::move(product.reach);
    unit.pe = static_cast<int>(std::clamp<std::int64_t>(node.integer("PE", 0), 0, kMostFolding));
    unit.simd = static_cast<int>(std::clamp<std::int64_t>(node.integer("SIMD", 0), 0, kMostFolding));
    map_.rows = unit.layer.out_height;
    map_.columns = unit.layer.out_dim;
    map_.channels = unit.layer.out_channels;
    result_.units.push_back(std::move(unit));
    lines_ = std::move(product.lines);
    places_ = named(node, number,
                    [&] { return reshaped(places_of(map_, product.channels_last), product.shape); });
    form_ = Shape(product.shape.size(), 1);
    form_[product.channels_last ? form_.size() - 1 : 1] = map_.channels;
    chain_ = Chain(graph_, constants_);
    gathered_.reset();
    pool_ = nullptr;
  }

  /// FINN counts equal bits of numbers 0 and 1: here they are -1 and +1.
  void make_bipolar() {
    if (map_.format != NumberFormat{1, true} ||
        (result_.units.empty() && result_.input.thresholds.empty())) {
      return;
    }
    map_.format = {1};
    map_.least = -1;
    if (result_.units.empty()) {
      result_.input.format = {1};
      result_.input.least = -1;
    } else {
      auto& before = result_.units.back().layer;
      before.out_unsigned = false;
      before.out_least = -1;
    }
  }

  void take_pool(const Node& node) {
    const bool channels_last = node.op == "MaxPoolNHWC";
    named(node, last(), [&] {
      if (result_.units.empty() || pool_ != nullptr) {
        throw InputError(
            "is a pool of the input or a second one: only one pool behind a layer is imported");
      }
      require_map(map_, places_, channels_last);
      auto& layer = result_.units.back().layer;
      layer.pool = true;
      layer.pool_window =
          window_of(node, layer.out_height, layer.out_dim, node.integers("kernel_shape"));
      map_.rows = layer.next_height();
      map_.columns = layer.next_dim();
      places_ = places_of(map_, channels_last);
    });
    pool_ = &node;
    pool_place_ = chain_.nodes().size();
  }

  /// Ends what lies behind the last product (or the input), whose numbers `node` needs.
  void close_chain(const Node& node) {
    if (result_.units.empty()) {
      result_.input = taken_input(graph_, constants_, chain_,
                                  chain_.quantizer() ? at_quantizer_ : places_, map_.channels, given_);
      const auto& input = result_.input;
      result_.input.numbers.channels_last = channels_last_;
      map_.format = input.format;
      map_.least = input.least;
      map_.most = input.most;
      map_.scale = input.scale;
      map_.offset = input.offset;
      if (!input.remark.empty()) {
        result_.remarks.push_back(input.remark);
      }
      return;
    }
    if (!chain_.quantizer()) {
      fail(node,
           "is fed by " + result_.units.back().node + " without a quantizer between them: put one there",
           next());
    }
    set_levels();
  }

  void set_levels() {
    auto& unit = result_.units.back();
    const auto levels = levels_of(graph_, constants_, chain_, form_, lines_, unit.reach);
    auto& layer = unit.layer;
    layer.thresholds = levels.count();
    layer.out_bits = levels.format.bits;
    layer.out_unsigned = levels.format.is_unsigned;
    layer.out_least = levels.least;
    map_.format = levels.format;
    map_.least = levels.least;
    map_.most = layer.out_most();
    map_.scale = levels.scale;
    map_.offset = levels.offset;
    unit.thresholds = levels.thresholds;
    for (std::size_t row = 0; row < unit.weights.size(); ++row) {
      if (levels.turned[row]) {
        // A maximum commutes only with what grows.
        if (pool_ != nullptr && pool_place_ <= *chain_.quantizer()) {
          fail(*pool_,
               fmt::format("pools before a factor that is negative in row {}: put the quantizer first",
                           row),
               last());
        }
        turn(unit, row);
      }
    }
    finish_weights(unit);
    remark_wide(unit);
  }

  void remark_wide(const Unit& unit) {
    if (unit.widened) {
      result_.remarks.push_back(
          fmt::format("layer {} ({}): weights have {} bits, one more than in the file, for the {} rows "
                      "with a negative factor are negated",
                      last(), unit.node, unit.layer.weight_bits, unit.turned));
    }
  }

  void take_end(const Node& node) {
    if (node.op == "TopK") {
      const auto* count = constants_.find(node.input(1));
      const bool given = count != nullptr && count->values.values.size() == 1;
      const auto k = given ? count->values.values.front() : static_cast<double>(node.integer("k", 1));
      if (k != 1 || node.integer("largest", 1) == 0) {
        fail(node, "takes other scores than the highest one: give a network that ends in its scores",
             last());
      }
    }
    ended_ = true;
  }

  void finish() {
    if (result_.units.empty()) {
      throw InputError(graph_.file +
                       " has no convolution and no dense layer: give a network that has one");
    }
    if (!ended_ && data_ != graph_.output) {
      throw InputError(graph_.file + ": the output '" + graph_.output +
                       "' does not come from the input: give a whole file");
    }
    auto& unit = result_.units.back();
    if (places_.values.size() != unit.weights.size() || gathered_ || !pads_.empty()) {
      throw InputError(
          fmt::format("{}: layer {} ({}) gives scores for more than one pixel: end with a dense layer",
                      graph_.file, last(), unit.node));
    }
    result_.score_tensor = data_;
    if (chain_.quantizer()) {
      set_levels();
      result_.scores.assign(unit.weights.size(), {map_.scale, map_.offset});
    } else {
      set_scores(unit);
    }
    result_.net.decision = unit.weights.size() == 1 ? Decision::sign : Decision::highest;
  }

  void set_scores(Unit& unit) {
    if (pool_ != nullptr) {
      fail(*pool_, "pools scores: put a quantizer in front of it", last());
    }
    auto scores = scores_of(graph_, chain_, form_, lines_, unit.reach);
    for (std::size_t row = 0; row < unit.weights.size(); ++row) {
      if (scores.turned[row]) {
        turn(unit, row);
      }
    }
    unit.layer.thresholds = 0;
    unit.layer.out_bits = kScoreBits;
    finish_weights(unit);
    remark_wide(unit);
    result_.scores = std::move(scores.lines);
    result_.offsets = std::move(scores.offsets);
    result_.factors = std::move(scores.factors);
    result_.biases = std::move(scores.biases);
  }

  const Graph& graph_;
  const std::optional<GivenInput>& given_;
  Constants constants_;
  IntegerNetwork result_;

  std::string data_;  ///< the tensor that the next node takes
  std::map<std::string, Shape> shapes_;
  Activations map_;      ///< its numbers, as the chain has made them up to the last layer
  Values places_;        ///< where in the map those of the tensor are
  Values at_quantizer_;  ///< the same at the last quantizer
  bool channels_last_ = false;
  bool ended_ = false;

  Chain chain_;  ///< behind the last product
  Shape form_;
  std::vector<Line> lines_;
  Shape pads_;
  std::optional<Gathered> gathered_;
  const Node* pool_ = nullptr;
  std::size_t pool_place_ = 0;
};

}  // namespace

IntegerNetwork lowered(const Graph& graph, const std::string& name,
                       const std::optional<GivenInput>& given) {
  return Lowering(graph, name, given).run();
}

}  // namespace fluence::importing
