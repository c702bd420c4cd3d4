#include "import/product.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace fluence::importing {
namespace {

constexpr int kMostRows = 65'536;

std::size_t unsigned_of(std::int64_t side) { return static_cast<std::size_t>(side); }

class Maker {
 public:
  Maker(const Node& node, const Constants& constants, const Activations& activations,
        const Values& places, const std::optional<Gathered>& gathered)
      : node_(node), constants_(constants), in_(activations), places_(places), gathered_(gathered) {}

  Product make() {
    const auto& weights = weights_of();
    auto& layer = product_.layer;
    layer.in_height = in_.rows;
    layer.in_dim = in_.columns;
    layer.in_channels = in_.channels;
    layer.in_bits = in_.format.bits;
    layer.in_unsigned = in_.format.is_unsigned;
    layer.in_least = in_.least;
    const auto place = node_.op == "Conv" ? shape_convolution(weights.values.shape)
                                          : shape_matrix(weights.values.shape);
    require_zero();
    const bool matches = node_.op == "PopcountMatMul";
    if (matches && in_.format != NumberFormat{1}) {
      throw InputError("counts equal bits of inputs that are not BIPOLAR: give BIPOLAR ones");
    }
    product_.matrix = matrix_of(weights, unsigned_of(layer.out_channels),
                                unsigned_of(layer.matrix_width()), place, matches);
    layer.weight_bits = product_.matrix.format.bits;
    layer.xnor = layer.weight_bits == 1 && layer.in_format() == NumberFormat{1};
    for (std::size_t row = 0; row < product_.matrix.weights.size(); ++row) {
      product_.lines.push_back(line_of(row, matches));
      product_.reach.push_back(reach_of(product_.matrix.weights[row]));
    }
    return std::move(product_);
  }

 private:
  [[nodiscard]] const Constant& weights_of() const {
    const auto* weights =
        constants_.find(node_.input(0)) == nullptr ? constants_.find(node_.input(1)) : nullptr;
    if (weights == nullptr) {
      throw InputError("has weights that are no constant of the file: give a file with them inside");
    }
    return *weights;
  }

  Place shape_convolution(const Shape& weights) {
    require_map(in_, places_, false);
    if (weights.size() != 4) {
      throw InputError("has weights of the shape " + text_of(weights) +
                       " where one of 4 sides is possible");
    }
    auto& layer = product_.layer;
    // First of all: what of groups and dilations is not imported.
    layer.window = window_of(node_, in_.rows, in_.columns, {weights[2], weights[3]});
    if (weights[1] != in_.channels) {
      throw InputError(
          fmt::format("has weights of the shape {} for {} channels", text_of(weights), in_.channels));
    }
    set_outputs(weights[0]);
    product_.shape = {1, weights[0], layer.out_height, layer.out_dim};
    product_.channels_last = false;
    const auto taps = unsigned_of(layer.window.taps());
    const auto channels = unsigned_of(in_.channels);
    return [=](std::size_t row, std::size_t column) {
      return (row * channels + column % channels) * taps + column / channels;
    };
  }

  void set_outputs(std::int64_t rows) {
    if (rows > kMostRows) {
      throw InputError(fmt::format("has more than {} rows", kMostRows));
    }
    auto& layer = product_.layer;
    layer.convolution = true;
    layer.out_height = layer.window.rows_of(layer.in_height);
    layer.out_dim = layer.window.columns_of(layer.in_dim);
    layer.out_channels = static_cast<int>(rows);
  }

  Place shape_matrix(const Shape& weights) {
    const bool turned = node_.op == "Gemm" && node_.integer("transB", 0) != 0;
    const auto columns = places_.shape.empty() ? 0 : places_.shape.back();
    if (weights.size() != 2 || weights[turned ? 1 : 0] != columns ||
        (node_.op == "Gemm" && node_.integer("transA", 0) != 0)) {
      throw InputError("has weights of the shape " + text_of(weights) + " for data of the shape " +
                       text_of(places_.shape));
    }
    const auto rows = weights[turned ? 0 : 1];
    product_.shape = places_.shape;
    product_.shape.back() = rows;
    const auto at = [turned, rows = unsigned_of(rows), width = unsigned_of(columns)](
                        std::size_t row, std::size_t column) {
      return turned ? row * width + column : column * rows + row;
    };
    auto& layer = product_.layer;
    if (gathered_ || static_cast<std::int64_t>(places_.values.size()) != columns) {
      if (!gathered_) {
        require_map(in_, places_, true);
      }
      layer.window = gathered_ ? gathered_->window : Window{};
      set_outputs(rows);
      return at;
    }
    if (places_.values.size() != unsigned_of(in_.pixels()) * unsigned_of(in_.channels)) {
      throw InputError("takes a part of what the layer before gives");
    }
    set_outputs(rows);
    layer.convolution = false;
    layer.window = {in_.rows, in_.columns};
    layer.out_height = layer.out_dim = 1;
    std::vector<std::size_t> order(places_.values.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[static_cast<std::size_t>(places_.values[i])] = i;
    }
    return [at, order](std::size_t row, std::size_t column) { return at(row, order[column]); };
  }

  /// What is padded with must be a number of the inputs.
  void require_zero() const {
    if (!product_.layer.convolution || !product_.layer.window.padded()) {
      return;
    }
    if (in_.format == NumberFormat{1}) {
      throw InputError(
          "pads a BIPOLAR tensor with zeros, and zero is no BIPOLAR value: use another type or no "
          "padding");
    }
    if (in_.offset != 0 || in_.least > 0 || in_.most < 0) {
      throw InputError("pads with zeros a tensor without a zero: use a type that has one");
    }
  }

  [[nodiscard]] Line line_of(std::size_t row, bool matches) const {
    const auto& weights = product_.matrix.weights[row];
    if (matches) {
      return {0.5, static_cast<double>(weights.size()) / 2};
    }
    double sum = 0;
    for (const int weight : weights) {
      sum += weight;
    }
    const bool gemm = node_.op == "Gemm";
    const auto scale = (gemm ? node_.real("alpha", 1) : 1) * product_.matrix.scales[row];
    Line line{scale * in_.scale, in_.offset == 0 ? 0 : scale * in_.offset * sum};
    if (!node_.input(2).empty() && node_.op != "MatMul") {
      const auto* bias = constants_.find(node_.input(2));
      const auto count = bias == nullptr ? 0 : bias->values.values.size();
      if (count != 1 && count != product_.matrix.weights.size()) {
        throw InputError("has a bias that is no constant of a number a row");
      }
      line.bias += (gemm ? node_.real("beta", 1) : 1) * bias->values.values[count == 1 ? 0 : row];
    }
    return line;
  }

  [[nodiscard]] Range reach_of(const std::vector<int>& weights) const {
    Range range;
    for (const int weight : weights) {
      range.least += std::int64_t{weight} * (weight > 0 ? in_.least : in_.most);
      range.most += std::int64_t{weight} * (weight > 0 ? in_.most : in_.least);
    }
    return range;
  }

  const Node& node_;
  const Constants& constants_;
  const Activations& in_;
  const Values& places_;
  const std::optional<Gathered>& gathered_;
  Product product_;
};

}  // namespace

Values places_of(const Activations& map, bool channels_last) {
  auto places = filled({1, map.rows, map.columns, map.channels}, 0);
  for (std::size_t i = 0; i < places.values.size(); ++i) {
    places.values[i] = static_cast<double>(i);
  }
  return channels_last ? places : transposed(places, {0, 3, 1, 2});
}

void require_map(const Activations& map, const Values& places, bool channels_last) {
  if (places != places_of(map, channels_last)) {
    throw InputError(fmt::format(
        "takes a tensor of the shape {} where the layer before gives a map of {} x {} pixels and "
        "{} channels: leave the numbers' order as it is",
        text_of(places.shape), map.rows, map.columns, map.channels));
  }
}

Product product_of(const Node& node, const Constants& constants, const Activations& activations,
                   const Values& places, const std::optional<Gathered>& gathered) {
  return Maker(node, constants, activations, places, gathered).make();
}

}  // namespace fluence::importing
