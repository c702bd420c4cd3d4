#include "import/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fluence::importing {
namespace {

using Cells = std::array<std::string, 11>;

std::string size_text(int rows, int columns) {
  return rows == columns ? std::to_string(rows) : fmt::format("{}x{}", rows, columns);
}

std::string shape_text(const Layer& layer) {
  const auto& window = layer.window;
  std::string text;
  if (layer.convolution) {
    text = fmt::format("conv {}x{}", window.height, window.width);
    if (window.stride_y > 1 || window.stride_x > 1) {
      text += " stride " + size_text(window.stride_y, window.stride_x);
    }
    if (window.padded()) {
      text += " padded";
    }
  } else {
    text = "dense";
  }
  if (layer.pool) {
    const auto& pool = layer.pool_window;
    text += fmt::format(", pool {}x{}", pool.height, pool.width);
    if (pool.stride_y != pool.height || pool.stride_x != pool.width) {
      text += " stride " + size_text(pool.stride_y, pool.stride_x);
    }
  }
  return text;
}

std::string map_text(int rows, int columns, int channels) {
  return rows * columns == 1 ? std::to_string(channels)
                             : fmt::format("{}x{}x{}", rows, columns, channels);
}

long cycles_of(const Layer& layer) {
  return static_cast<long>(layer.out_pixels()) * layer.weight_words();
}

std::string in_shape(const Layer& layer) {
  return map_text(layer.in_height, layer.in_dim, layer.in_channels);
}

std::string out_shape(const Layer& layer) {
  return map_text(layer.next_height(), layer.next_dim(), layer.out_channels);
}

// Of the results; scores have none.
std::string out_numbers(const Layer& layer) {
  return layer.thresholds == 0 ? std::string("scores") : datatype_of(layer.out_format());
}

Cells cells_of(const Unit& unit, const Layer& layer) {
  return {std::to_string(layer.index),
          unit.node,
          shape_text(layer),
          in_shape(layer) + " -> " + out_shape(layer),
          fmt::format("{} -> {}", datatype_of(layer.in_format()), out_numbers(layer)),
          datatype_of(layer.weight_format()),
          std::to_string(layer.thresholds),
          fmt::format("{}{}", layer.accumulator_bits, layer.xnor ? " matches" : ""),
          fmt::format("{} / {}", layer.pe, layer.simd),
          std::to_string(cycles_of(layer)),
          std::to_string(layer.weight_bit_count() + layer.threshold_bit_count())};
}

}  // namespace

std::string table_of(const IntegerNetwork& network) {
  const auto& net = network.net;
  std::vector<Cells> lines{{"layer", "node", "kind", "shape", "numbers", "weights", "thresholds",
                            "accumulator", "PE / SIMD", "cycles", "stored bits"}};
  long bits = 0;
  long cycles = 0;
  const auto& image = network.input.numbers;
  const long input_bits =
      static_cast<long>(net.input_rows()) * net.input.thresholds * net.input_threshold_bits();
  bits += input_bits;
  const auto shape = net.image();
  lines.push_back({"input", "", "", map_text(shape.height, shape.width, shape.channels),
                   net.input.thresholds > 0 ? fmt::format("{} -> {}", datatype_of(image.format),
                                                          datatype_of(network.input.format))
                                            : datatype_of(image.format),
                   "", std::to_string(net.input.thresholds), "", "", "", std::to_string(input_bits)});
  for (std::size_t i = 0; i < network.units.size(); ++i) {
    const auto& layer = net.layers[i];
    lines.push_back(cells_of(network.units[i], layer));
    bits += layer.weight_bit_count() + layer.threshold_bit_count();
    cycles = std::max(cycles, cycles_of(layer));
  }
  lines.push_back({"all", "", "", "", "", "", "", "", "", std::to_string(cycles), std::to_string(bits)});
  std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) {
      row += fmt::format("{:<{}}{}", line[i], widths[i], i + 1 < line.size() ? "  " : "");
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
  for (const auto& remark : network.remarks) {
    text += "note: " + remark + "\n";
  }
  return text;
}

nlohmann::ordered_json rows_of(const IntegerNetwork& network) {
  auto rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < network.units.size(); ++i) {
    const auto& layer = network.net.layers[i];
    rows.push_back({{"layer", layer.index},
                    {"node", network.units[i].node},
                    {"kind", shape_text(layer)},
                    {"in", in_shape(layer)},
                    {"out", out_shape(layer)},
                    {"in_numbers", datatype_of(layer.in_format())},
                    {"out_numbers", out_numbers(layer)},
                    {"weights", datatype_of(layer.weight_format())},
                    {"thresholds", layer.thresholds},
                    {"accumulator_bits", layer.accumulator_bits},
                    {"pe", layer.pe},
                    {"simd", layer.simd},
                    {"cycles", cycles_of(layer)},
                    {"stored_bits", layer.weight_bit_count() + layer.threshold_bit_count()}});
  }
  return rows;
}

}  // namespace fluence::importing
