#include "network/network_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_number.hpp"
#include "base/json_object.hpp"
#include "base/json_text.hpp"
#include "network/network_form.hpp"

namespace fluence {
namespace {

using nlohmann::json;

using namespace network_form;  // NOLINT(google-build-using-namespace): nothing but the words of the
                               // files

constexpr std::size_t kMostLayers = 1000;
constexpr int kMostSize = 65'536;  // of whatever is counted; products of two of them fit into 64 bits
constexpr std::int64_t kMostCycles = 1'000'000'000;
constexpr int kMostAccumulator = 32;
constexpr int kMostCodeBits = 8;
constexpr int kMostOutputBits = 32;
constexpr int kSides = 2;  // rows and columns
constexpr int kEdges = 4;  // top, left, bottom, right

json parsed(const NamedText& file) {
  try {
    return parse_json<json>(file.text);
  } catch (const json::exception&) {
    throw InputError(file.file + " is no JSON: mend or replace it");
  } catch (const std::length_error& e) {
    throw InputError(file.file + " is no good (" + e.what() + "): mend or replace it");
  }
}

int size_of(JsonObject& object, std::string_view key, int least = 1) {
  return static_cast<int>(object.integer(key, least, kMostSize));
}

/// One number for all of `count`, or a list of them.
std::vector<int> sizes_of(JsonObject& object, std::string_view key, std::size_t count, int least) {
  const auto& given = object.value(key);
  if (!given.is_array()) {
    return std::vector<int>(count, size_of(object, key, least));
  }
  std::vector<int> sizes;
  for (const auto& element : given) {
    const auto size = whole_number(element, least, kMostSize);
    if (size && sizes.size() < count) {
      sizes.push_back(static_cast<int>(*size));
    } else {
      sizes.clear();
      break;
    }
  }
  if (sizes.size() != count) {
    object.fail(
        fmt::format("'{}' is neither a whole number nor a list of {} of them, {} to {}: correct it", key,
                    count, least, kMostSize));
  }
  return sizes;
}

std::string form_of(JsonObject& object) {
  auto form = object.text("format");
  if (form != kNetworkForm && form != kFirstNetworkForm && form != kHardwareForm) {
    object.fail("'format' is '" + form + "', which this version does not read: give a file of '" +
                kNetworkForm + "' or '" + kHardwareForm + "'");
  }
  return form;
}

bool is_network_form(std::string_view form) { return form == kNetworkForm || form == kFirstNetworkForm; }

/// Returns the form. `network`: whether one of a network is needed, otherwise of a hardware.
std::string require_form(JsonObject& object, bool network) {
  auto form = form_of(object);
  if (is_network_form(form) != network) {
    object.fail("'format' is '" + form + "' where one of '" + (network ? kNetworkForm : kHardwareForm) +
                "' is needed: give such a file");
  }
  return form;
}

Window window_of(JsonObject& object, bool pool) {
  const auto kernel = sizes_of(object, "kernel", kSides, 1);
  Window window{kernel[0], kernel[1]};
  if (pool) {
    window.stride_y = window.height;
    window.stride_x = window.width;
  }
  if (object.has("stride")) {
    const auto stride = sizes_of(object, "stride", kSides, 1);
    window.stride_y = stride[0];
    window.stride_x = stride[1];
  }
  if (object.has("padding")) {
    const auto padding = sizes_of(object, "padding", kEdges, 0);
    window.top = padding[0];
    window.left = padding[1];
    window.bottom = padding[2];
    window.right = padding[3];
  }
  return window;
}

/// What numbers, of so many thresholds, come out.
struct Outputs {
  NumberFormat format;
  int least = -1;
};

Outputs outputs_of(JsonObject& object, int thresholds) {
  Outputs outputs;
  outputs.format.bits = static_cast<int>(object.integer("output_bits", 1, kMostOutputBits));
  outputs.format.is_unsigned =
      object.has("output_numbers") && object.choice("output_numbers", {kSigned, kUnsigned}) == kUnsigned;
  outputs.least = least_output(outputs.format, thresholds);
  if (object.has("output_least")) {
    outputs.least = static_cast<int>(object.integer("output_least", -kMostSize, kMostSize));
  }
  return outputs;
}

Layer network_layer(JsonObject object, const Layer* before, const Layer& image) {
  Layer layer;
  layer.index = before == nullptr ? 0 : before->index + 1;
  layer.convolution = object.choice("kind", {kConvolution, kFull}) == kConvolution;
  layer.in_height = before == nullptr ? image.in_height : before->next_height();
  layer.in_dim = before == nullptr ? image.in_dim : before->next_dim();
  layer.in_channels = before == nullptr ? image.in_channels : before->out_channels;
  layer.in_bits = before == nullptr ? image.in_bits : before->out_bits;
  layer.in_unsigned = before == nullptr ? image.in_unsigned : before->out_unsigned;
  layer.in_least = before == nullptr ? image.in_least : before->out_least;
  layer.window = layer.convolution ? window_of(object, false) : Window{layer.in_height, layer.in_dim};
  layer.out_height = layer.window.rows_of(layer.in_height);
  layer.out_dim = layer.window.columns_of(layer.in_dim);
  layer.out_channels = size_of(object, "channels");
  layer.weight_bits = size_of(object, "weight_bits");
  layer.thresholds = size_of(object, "thresholds", 0);
  const auto outputs = outputs_of(object, layer.thresholds);
  layer.out_bits = outputs.format.bits;
  layer.out_unsigned = outputs.format.is_unsigned;
  layer.out_least = outputs.least;
  layer.fraction_bits = static_cast<int>(object.integer_or("fraction_bits", 0, kMostAccumulator, 0));
  layer.xnor = counts_matches(layer);
  if (object.has("accumulator")) {
    layer.xnor = object.choice("accumulator", {kSums, kMatches}) == kMatches;
  }
  if (object.has("pool")) {
    layer.pool = true;
    if (object.value("pool").is_object()) {
      auto pool = object.object("pool");
      layer.pool_window = window_of(pool, true);
      pool.reject_unknown();
    } else {
      const int side = size_of(object, "pool");
      layer.pool_window = square_window(side, side);
    }
  }
  object.reject_unknown();
  return layer;
}

/// What layer 0 takes, as if a layer gave it, and what of the image is the network's.
Layer image_of(JsonObject object, Topology& net) {
  Layer image;
  image.in_height = size_of(object, "height");
  image.in_dim = size_of(object, "width");
  image.in_channels = size_of(object, "channels");
  net.image_numbers.bits = static_cast<int>(object.integer("bits", 1, kMostOutputBits));
  const auto numbers = object.has("numbers")
                           ? object.choice("numbers", {kPixelCodes, kPixelSigns, kSigned, kUnsigned})
                           : kPixelCodes;
  net.image_numbers.is_unsigned = numbers == kUnsigned;
  net.input.thresholds = static_cast<int>(object.integer_or("thresholds", 0, kMostSize, 0));
  Outputs outputs{net.image_numbers, 0};
  if (net.input.thresholds > 0) {
    outputs = outputs_of(object, net.input.thresholds);
    net.input.per_channel = object.has("per_channel") && object.truth("per_channel");
  } else if (net.image_numbers.bits <= kMostCodeBits) {
    outputs.least = net.image_numbers.least();
  }
  image.in_bits = outputs.format.bits;
  image.in_unsigned = outputs.format.is_unsigned;
  image.in_least = outputs.least;
  if (numbers == kPixelSigns || object.has("inputs")) {
    auto& flat = net.flat_image;
    flat.height = image.in_height;
    flat.width = image.in_dim;
    flat.channels = image.in_channels;
    flat.pixel_codes = false;
    if (std::int64_t{flat.height} * flat.width * flat.channels > kMostSize) {
      object.fail(fmt::format("an image has more than {} values to fill inputs with: use a smaller one",
                              kMostSize));
    }
    flat.pixel_signs = numbers == kPixelSigns;
    image.in_height = image.in_dim = 1;
    image.in_channels = object.has("inputs") ? size_of(object, "inputs") : flat.values();
  }
  // Whether pixels become codes is seen at layer 0: its accumulators then have a fraction.
  image.fraction_bits = numbers == kPixelCodes ? 1 : 0;
  object.reject_unknown();
  return image;
}

std::string name_of(const NamedText& file) {
  return file.name.empty() ? name_of_file(file.file) : file.name;
}

Topology network_of(const NamedText& file) {
  const auto text = parsed(file);
  JsonObject object(text, file.file);
  const auto form = require_form(object, true);
  Topology net;
  net.network = name_of(file);
  net.name = object.text("hardware");
  const auto image = image_of(object.object("image"), net);
  for (auto& layer : object.objects("layers", "layer", kMostLayers)) {
    const auto* before = net.layers.empty() ? nullptr : &net.layers.back();
    net.layers.push_back(network_layer(std::move(layer), before, image));
  }
  if ((image.fraction_bits > 0) != net.layers.front().takes_pixels()) {
    object.fail(
        image.fraction_bits > 0
            ? "layer 0 has 0 fraction bits where the image's pixels become codes: give it at least "
              "7, or say by 'numbers' in 'image' what its values are"
            : "layer 0 has fraction bits where 'image' has 'numbers': drop either");
  }
  const auto& decisions = form == kFirstNetworkForm ? kFirstDecisions : kDecisions;
  net.decision = decisions.at(object.choice("decision", names_of(decisions)));
  object.reject_unknown();

  // In the least hardware, so that what is wrong now is the network.
  for (auto& layer : net.layers) {
    layer.accumulator_bits =
        layer.thresholds == 0 ? std::clamp(layer.out_bits, 2, kMostAccumulator) : kMostAccumulator;
  }
  try {
    require_computable(net);
  } catch (const InputError& e) {
    throw InputError(file.file + ": " + e.what());
  }
  return net;
}

const Codec& codec_of(JsonObject& object, const std::string& memory) {
  if (!object.has(memory)) {
    return plain_codec();
  }
  try {
    return find_codec(object.text(memory));
  } catch (const InputError& e) {
    object.fail(fmt::format("'{}': {}", memory, e.what()));
  }
}

bool is_synchronous(JsonObject& object, const std::string& memory) {
  return object.has(memory) && object.choice(memory, {kAsynchronous, kSynchronous}) == kSynchronous;
}

void set_folding(JsonObject object, Layer& layer) {
  layer.simd = size_of(object, "simd");
  layer.pe = size_of(object, "pe");
  layer.accumulator_bits = static_cast<int>(object.integer("accumulator_bits", 2, kMostAccumulator));
  layer.out_stream_width = size_of(object, "stream_bits");
  layer.out_fifo_depth = size_of(object, "fifo_depth");
  if (object.has(kProtection)) {
    auto protection = object.object(kProtection);
    layer.weight_codec = &codec_of(protection, kWeights);
    layer.threshold_codec = &codec_of(protection, kThresholds);
    protection.reject_unknown();
  }
  if (object.has(kRead)) {
    auto read = object.object(kRead);
    layer.synchronous_weights = is_synchronous(read, kWeights);
    layer.synchronous_thresholds = is_synchronous(read, kThresholds);
    read.reject_unknown();
  }
  object.reject_unknown();
}

void set_layouts(JsonObject object, Topology& net) {
  for (const auto& memory : kMemories) {
    if (object.has(memory)) {
      auto layout = object.object(memory);
      net.layouts[memory] = {static_cast<int>(layout.integer_or("width", 1, kMostSize, 0)),
                             static_cast<int>(layout.integer_or("interleave", 1, kMostSize, 1))};
      layout.reject_unknown();
    }
  }
  object.reject_unknown();
}

}  // namespace

FileKind kind_of(const NamedText& file) {
  const auto text = parsed(file);
  JsonObject object(text, file.file);
  const bool is_hardware = form_of(object) == kHardwareForm;
  return {is_hardware, object.text(is_hardware ? "network" : "hardware")};
}

Topology parse_topology(const NamedText& network, const NamedText& hardware) {
  auto net = network_of(network);
  const auto text = parsed(hardware);
  JsonObject object(text, hardware.file);
  static_cast<void>(require_form(object, false));
  net.name = name_of(hardware);
  if (const auto of = object.text("network"); of != net.network) {
    object.fail("this is a hardware of the network " + of + ", not of " + net.network +
                ": name one that is");
  }
  net.image_fifo_depth = size_of(object, "image_fifo_depth");
  auto layers = object.objects("layers", "layer", kMostLayers);
  if (layers.size() != net.layers.size()) {
    object.fail("'layers' has " + std::to_string(layers.size()) + " where the network " + net.network +
                " has " + std::to_string(net.layers.size()) + ": give each layer its own");
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    set_folding(std::move(layers[i]), net.layers[i]);
  }
  if (object.has(kLayout)) {
    set_layouts(object.object(kLayout), net);
  }
  if (object.has("board")) {
    auto board = object.object("board");
    net.board = {board.integer("one_image", 1, kMostCycles),
                 board.integer("steady_state", 1, kMostCycles)};
    board.reject_unknown();
  }
  object.reject_unknown();
  try {
    require_computable(net);
  } catch (const InputError& e) {
    object.fail(e.what());
  }
  return net;
}

std::string name_of_file(const std::filesystem::path& file) {
  auto name = file.filename().string();
  for (const auto end : {kNetworkEnd, kHardwareEnd, std::string_view(".json")}) {
    if (name.ends_with(end)) {
      name.resize(name.size() - end.size());
      break;
    }
  }
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
               .find(c) != std::string_view::npos;
  });
  if (!plain) {
    throw InputError("the file " + file.string() +
                     " gives its network no name: use letters, digits, '_' and '-', as in x" +
                     std::string(kNetworkEnd));
  }
  return name;
}

Topology read_topology(const std::filesystem::path& file) {
  const NamedText given{read_text(file, "the network", kMebibyte), file.string()};
  const auto kind = kind_of(given);
  const auto other_file =
      file.parent_path() / (kind.other + std::string(kind.is_hardware ? kNetworkEnd : kHardwareEnd));
  const NamedText other{read_text(other_file,
                                  kind.is_hardware ? "the network of " + file.string()
                                                   : "the hardware of " + file.string(),
                                  kMebibyte),
                        other_file.string()};
  return kind.is_hardware ? parse_topology(other, given) : parse_topology(given, other);
}

}  // namespace fluence
