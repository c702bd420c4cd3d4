#include "tests/support/integer_networks.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/data.hpp"
#include "tests/support/made_networks.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    throw std::runtime_error("cannot read " + file.string());
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint32_t little(const std::string& bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)))}
             << (8 * i);
  }
  return value;
}

std::string inflated(const std::string& bytes, std::size_t size) {
  std::string out(size, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(size);
  inflateInit2(&stream, -MAX_WBITS);
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  if (result != Z_STREAM_END) {
    throw std::runtime_error("a damaged archive");
  }
  return out;
}

Array array_of(const std::string& npy) {
  const auto header_size = little(npy, 8, 2);
  const auto header = npy.substr(10, header_size);
  Array array;
  std::istringstream shape(header.substr(header.find("'shape': (") + 10));
  for (std::size_t side = 0; shape >> side; shape.ignore(1)) {
    array.shape.push_back(side);
  }
  const auto type = header.substr(header.find("'descr': '") + 10, 3);
  const int bytes = type.at(2) - '0';
  const auto count =
      std::accumulate(array.shape.begin(), array.shape.end(), std::size_t{1}, std::multiplies<>());
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = little(npy, 10 + header_size + i * static_cast<std::size_t>(bytes), bytes);
    const int unused = 32 - 8 * bytes;
    array.values.push_back(type.at(1) == 'u' ? std::int64_t{word}
                                             : static_cast<std::int32_t>(word << unused) >> unused);
  }
  if (header.find("'fortran_order': True") != std::string::npos && array.shape.size() == 2) {
    const auto columns = array.values;  // column by column
    const auto rows = array.shape[0];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      array.values[i % rows * array.shape[1] + i / rows] = columns[i];
    }
  }
  return array;
}

NumberFormat format_of(const std::string& type) {
  if (type == "BIPOLAR") {
    return {1};
  }
  const bool is_unsigned = type.starts_with("UINT");
  return {std::stoi(type.substr(is_unsigned ? 4 : 3)), is_unsigned};
}

Window window_of(const json& layer) {
  return {layer["kernel"][0], layer["kernel"][1], layer["stride"][0], layer["stride"][1],
          layer["pad"][0],    layer["pad"][1],    layer["pad"][2],    layer["pad"][3]};
}

// The most columns that divide what must be divided and whose words have at most 64 bits.
int simd_of(const Layer& layer) {
  int simd = 64 / std::max(layer.in_bits, layer.weight_bits);
  while ((layer.convolution ? layer.in_channels : layer.matrix_width()) % simd != 0) {
    --simd;
  }
  return simd;
}

std::int64_t stored_threshold(const Layer& layer, std::int64_t sum) {
  return layer.xnor ? (sum + layer.matrix_width() + 1) / 2 - 1 : sum - 1;
}

struct Place {
  fs::path description;
  fs::path parameters;
  fs::path golden;
  fs::path trace;
};

Place place_of(const std::string& name) {
  const auto root = data_dir() / "networks";
  if (fs::exists(root / "synthetic" / name)) {
    const auto folder = root / "synthetic" / name;
    return {folder / "network.json", folder / (name + ".npz"), folder, folder / "layers_first3.npz"};
  }
  if (fs::exists(root / "cnv" / name)) {
    const auto folder = root / "cnv" / name;
    return {folder / "network.json", folder / (name + ".npz"), folder, folder / "layers_first3.npz"};
  }
  return {root / "integer" / (name + ".json"), root / "integer" / (name + ".npz"),
          root / "golden" / name, root / "golden" / name / "layers_first3.npz"};
}

void read_layers(const json& description, IntegerNetwork& result) {
  auto& net = result.net;
  const auto& input = description["input"];
  const auto& shape = input["shape"];
  Layer before;  // what layer 0 takes, as if a layer gave it
  before.out_height = shape.size() == 3 ? shape[0].get<int>() : 1;
  before.out_dim = shape.size() == 3 ? shape[1].get<int>() : 1;
  before.out_channels = shape.back();
  net.image_numbers = format_of(input["dtype"]);
  before.out_bits = net.image_numbers.bits;
  before.out_unsigned = net.image_numbers.is_unsigned;
  before.out_least = net.image_numbers.least();
  int stage = -1;
  for (const auto& given : description["layers"]) {
    ++stage;
    const std::string kind = given["kind"];
    if (kind == "maxpool") {
      net.layers.back().pool = true;
      net.layers.back().pool_window = window_of(given);
      result.pools.back() = stage;
      continue;
    }
    const auto format = format_of(given["out_type"]);
    if (kind == "threshold") {
      net.input.thresholds = given["thresholds"];
      net.input.per_channel = result.arrays.at("L0_t").shape.at(0) > 1;
      before.out_bits = format.bits;
      before.out_unsigned = format.is_unsigned;
      before.out_least = given["act_bias"];
      continue;
    }
    const auto& from = net.layers.empty() ? before : net.layers.back();
    Layer layer;
    layer.index = static_cast<int>(net.layers.size());
    layer.convolution = kind == "conv";
    feed(layer, from);
    layer.window = layer.convolution ? window_of(given) : Window{layer.in_height, layer.in_dim};
    layer.out_height = layer.window.rows_of(layer.in_height);
    layer.out_dim = layer.window.columns_of(layer.in_dim);
    layer.out_channels = given["rows"];
    layer.weight_bits = format_of(given["weight_type"]).bits;
    layer.xnor = layer.weight_bits == 1 && layer.in_bits == 1;
    layer.thresholds = given["thresholds"];
    layer.out_bits = layer.thresholds == 0 ? 16 : format.bits;
    layer.out_unsigned = layer.thresholds > 0 && format.is_unsigned;
    layer.out_least = layer.thresholds > 0 ? given["act_bias"].get<int>() : -1;
    layer.accumulator_bits = format_of(given["acc_type_by_datatype"]).bits;
    layer.simd = simd_of(layer);
    if (layer.matrix_width() != given["cols"]) {
      throw std::runtime_error(result.name + " has other columns");
    }
    for (const auto sum : layer.thresholds > 0
                              ? result.arrays.at("L" + std::to_string(stage) + "_t").values
                              : std::vector<std::int64_t>{}) {
      const auto stored = stored_threshold(layer, sum);
      while (stored < -(1L << (layer.accumulator_bits - 1)) ||
             stored >= 1L << (layer.accumulator_bits - 1)) {
        ++layer.accumulator_bits;
      }
    }
    net.layers.push_back(layer);
    result.stages.push_back(stage);
    result.pools.push_back(-1);
  }
  net.decision = net.scores() == 1 ? Decision::sign : Decision::highest;
}

void read_images(const json& golden, const Place& place, std::size_t most, IntegerNetwork& result) {
  const auto shape = result.net.image();
  std::string bytes;
  std::size_t header = 0;  // of a record
  if (result.name.starts_with("finn_cnv") || result.name.starts_with("cnvW")) {
    bytes = content(data_dir() / "cifar10/test_first1000.bin");
    header = 1;
  } else if (const std::string inputs = golden["inputs"]; inputs.starts_with("mnist/")) {
    bytes = content(data_dir() / "networks" / inputs);
    header = 1;
  } else {
    const auto unsigned_file = place.golden / "inputs.u8";
    bytes = content(fs::exists(unsigned_file) ? unsigned_file : place.golden / "inputs.i8");
  }
  const auto values = static_cast<std::size_t>(shape.values());
  const auto record = header + values;
  for (std::size_t i = 0; i < std::min(most, bytes.size() / record); ++i) {
    auto& image = result.images.emplace_back(shape);
    for (std::size_t k = 0; k < values; ++k) {
      const auto byte = bytes[i * record + header + k];
      image.planes[k] = static_cast<std::uint8_t>(
          shape.numbers.bits == 1 ? shape.numbers.code(static_cast<signed char>(byte))
                                  : static_cast<unsigned char>(byte));
    }
  }
}

}  // namespace

std::map<std::string, Array> read_npz(const fs::path& file) {
  const auto bytes = content(file);
  std::map<std::string, Array> arrays;
  // From the central directory, whose end has a signature.
  const auto end = bytes.rfind("PK\005\006");
  std::size_t at = little(bytes, end + 16, 4);
  for (auto left = little(bytes, end + 10, 2); left > 0; --left) {
    const auto method = little(bytes, at + 10, 2);
    const auto packed = little(bytes, at + 20, 4);
    const auto size = little(bytes, at + 24, 4);
    const auto name_size = little(bytes, at + 28, 2);
    const auto local = little(bytes, at + 42, 4);
    auto name = bytes.substr(at + 46, name_size);
    const auto data = local + 30 + little(bytes, local + 26, 2) + little(bytes, local + 28, 2);
    const auto raw = bytes.substr(data, packed);
    arrays[name.substr(0, name.size() - 4)] = array_of(method == 0 ? raw : inflated(raw, size));
    at += 46 + name_size + little(bytes, at + 30, 2) + little(bytes, at + 32, 2);
  }
  return arrays;
}

Parameters IntegerNetwork::parameters() const {
  auto result = Parameters::blank(net);
  if (net.input.thresholds > 0) {
    std::ranges::transform(arrays.at("L0_t").values, result.input_thresholds.begin(),
                           [](auto t) { return static_cast<std::int32_t>(t - 1); });
  }
  for (const auto& layer : net.layers) {
    const auto stage = "L" + std::to_string(stages[static_cast<std::size_t>(layer.index)]);
    const auto& weights = arrays.at(stage + "_w").values;
    for (int row = 0; row < layer.out_channels; ++row) {
      const auto first = weights.begin() + row * layer.matrix_width();
      result.set_row_weights(layer.index, row, {first, first + layer.matrix_width()});
      for (int t = 0; t < layer.thresholds; ++t) {
        const auto sum =
            arrays.at(stage + "_t").values.at(static_cast<std::size_t>(row * layer.thresholds + t));
        result.row_threshold(layer.index, row, t) =
            static_cast<std::int32_t>(stored_threshold(layer, sum));
      }
    }
    if (const auto offset = arrays.find(stage + "_offset"); offset != arrays.end()) {
      result.score_offsets.assign(offset->second.values.begin(), offset->second.values.end());
    }
  }
  result.classes.assign(static_cast<std::size_t>(net.decision == Decision::sign ? 1 : net.scores()),
                        "any");
  return result;
}

std::vector<std::string> integer_networks() {
  return {"TFC_1W1A",
          "TFC_1W2A",
          "TFC_2W2A",
          "unsw_nb15-mlp-w2a2",
          "cybsec_PE_SIMD",
          "kwsmlp_w3a3",
          "qkeras_jettagging",
          "syn_q_conv",
          "finn_build_dataflow_model",
          "syn_a_28x28_k5_w3a4_7",
          "syn_b_stride2_pad1_w2a2_10",
          "syn_c_48_80_33_w1a1_10",
          "syn_d_mlp_600_128_128_2",
          "syn_e_w2a8_6",
          "syn_f_pool3s2_w4a3_5",
          "finn_cnv_w1a1",
          "finn_cnv_half_w1a1"};
}

IntegerNetwork integer_network(const std::string& name, std::size_t images) {
  const auto place = place_of(name);
  const auto description = json::parse(content(place.description));
  IntegerNetwork result{name, {}, {}, {}};
  result.net.name = result.net.network = name;
  result.arrays = read_npz(place.parameters);
  read_layers(description, result);
  const auto golden_file = place.golden / "golden.json";
  const auto golden = fs::exists(golden_file) ? json::parse(content(golden_file)) : json();
  read_images(golden, place, images, result);
  result.score_count = result.net.scores();
  const bool cnv = name.starts_with("finn_cnv");
  const auto scores = content(place.golden / (cnv                          ? "scores_0_699.i32"
                                              : golden.contains("outputs") ? "outputs.i32"
                                                                           : "scores.i32"));
  result.scores.resize(scores.size() / sizeof(std::int32_t));
  std::memcpy(result.scores.data(), scores.data(), scores.size());
  const auto known = result.scores.size() / static_cast<std::size_t>(result.score_count);
  if (known < result.images.size()) {
    result.images.erase(result.images.begin() + static_cast<std::ptrdiff_t>(known), result.images.end());
  }
  for (auto& [stage, array] : read_npz(place.trace)) {  // "stage3" or "layer3"
    result.trace["stage" + stage.substr(5)] = std::move(array);
  }
  return result;
}

}  // namespace fluence::test
