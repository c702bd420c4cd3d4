#include "network/network_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_object.hpp"
#include "base/json_text.hpp"

namespace fluence {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr auto kNetworkForm = "fluence network 1";
constexpr auto kHardwareForm = "fluence hardware 1";
constexpr auto kConvolution = "convolution";
constexpr auto kFull = "full";
constexpr auto kHighest = "highest";
constexpr int kKernel = 3;
constexpr int kPool = 2;
constexpr std::size_t kMostLayers = 1000;
constexpr int kMostSize = 65'536;  // of whatever is counted; products of two of them fit into 64 bits
constexpr std::int64_t kMostCycles = 1'000'000'000;
constexpr int kMostAccumulator = 32;
constexpr int kScoreBits = 16;

json parsed(const NamedText& file) {
  try {
    return parse_json<json>(file.text);
  } catch (const json::exception&) {
    throw InputError(file.file + " is no JSON: mend or replace it");
  } catch (const std::length_error& e) {
    throw InputError(file.file + " is no good (" + e.what() + "): mend or replace it");
  }
}

// An object on one line, with a blank behind every mark.
std::string line_of(const ordered_json& object) {
  std::string line;
  for (const auto& [key, value] : object.items()) {
    line += fmt::format("{}\"{}\": {}", line.empty() ? "" : ", ", key, value.dump());
  }
  return "{" + line + "}";
}

int size_of(JsonObject& object, std::string_view key, int least = 1) {
  return static_cast<int>(object.integer(key, least, kMostSize));
}

std::string form_of(JsonObject& object) {
  auto form = object.text("format");
  if (form != kNetworkForm && form != kHardwareForm) {
    object.fail("'format' is '" + form + "', which this version does not read: give a file of '" +
                kNetworkForm + "' or '" + kHardwareForm + "'");
  }
  return form;
}

void require_form(JsonObject& object, std::string_view wanted) {
  if (const auto form = form_of(object); form != wanted) {
    object.fail("'format' is '" + form + "' where one of '" + std::string(wanted) +
                "' is needed: give such a file");
  }
}

Layer network_layer(JsonObject object, const Layer* before, const Layer& image) {
  Layer layer;
  layer.index = before == nullptr ? 0 : before->index + 1;
  layer.convolution = object.choice("kind", {kConvolution, kFull}) == kConvolution;
  layer.in_dim = before == nullptr ? image.in_dim : before->pool ? before->out_dim / 2 : before->out_dim;
  layer.in_channels = before == nullptr ? image.in_channels : before->out_channels;
  layer.in_bits = before == nullptr ? image.in_bits : before->out_bits;
  layer.out_dim = layer.in_dim;
  if (layer.convolution) {
    if (const auto kernel = object.integer("kernel", 1, kMostSize); kernel != kKernel) {
      object.fail("'kernel' is " + std::to_string(kernel) + " and only 3 x 3 is computed: use 3");
    }
    layer.out_dim = layer.in_dim - (kKernel - 1);
  }
  layer.out_channels = size_of(object, "channels");
  layer.weight_bits = size_of(object, "weight_bits");
  layer.thresholds = size_of(object, "thresholds", 0);
  layer.out_bits = size_of(object, "output_bits");
  layer.fraction_bits = static_cast<int>(object.integer_or("fraction_bits", 0, kMostAccumulator, 0));
  layer.xnor = layer.in_bits == 1 && layer.weight_bits == 1;
  if (object.has("pool")) {
    if (const auto pool = object.integer("pool", 1, kMostSize); pool != kPool) {
      object.fail("'pool' is " + std::to_string(pool) + " and only 2 x 2 is computed: use 2");
    }
    layer.pool = true;
  }
  object.reject_unknown();
  return layer;
}

std::string name_of(const NamedText& file) {
  return file.name.empty() ? name_of_file(file.file) : file.name;
}

Topology network_of(const NamedText& file) {
  const auto text = parsed(file);
  JsonObject object(text, file.file);
  require_form(object, kNetworkForm);
  Topology net;
  net.network = name_of(file);
  net.name = object.text("hardware");
  auto shape = object.object("image");
  Layer image;
  image.in_dim = size_of(shape, "height");
  image.in_channels = size_of(shape, "channels");
  image.in_bits = size_of(shape, "bits");
  if (size_of(shape, "width") != image.in_dim) {
    shape.fail("the width is not the height, and only squares are computed: make them equal");
  }
  shape.reject_unknown();
  for (auto& layer : object.objects("layers", "layer", kMostLayers)) {
    const auto* before = net.layers.empty() ? nullptr : &net.layers.back();
    net.layers.push_back(network_layer(std::move(layer), before, image));
  }
  static_cast<void>(object.choice("decision", {kHighest}));
  net.decision = Decision::highest;
  object.reject_unknown();

  // In the least hardware, so that what is wrong now is the network.
  for (auto& layer : net.layers) {
    layer.accumulator_bits = layer.index + 1 == std::ssize(net.layers) ? kScoreBits : kMostAccumulator;
  }
  try {
    require_computable(net);
  } catch (const InputError& e) {
    throw InputError(file.file + ": " + e.what());
  }
  return net;
}

void set_folding(JsonObject object, Layer& layer) {
  layer.simd = size_of(object, "simd");
  layer.pe = size_of(object, "pe");
  layer.accumulator_bits = static_cast<int>(object.integer("accumulator_bits", 2, kMostAccumulator));
  layer.out_stream_width = size_of(object, "stream_bits");
  layer.out_fifo_depth = size_of(object, "fifo_depth");
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
  require_form(object, kHardwareForm);
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

std::string network_text(const Topology& net) {
  const auto& image = net.layers.front();
  std::vector<std::string> layers;
  for (const auto& layer : net.layers) {
    ordered_json json{{"kind", layer.convolution ? kConvolution : kFull}};
    if (layer.convolution) {
      json["kernel"] = layer.kernel();
    }
    json["channels"] = layer.out_channels;
    json["weight_bits"] = layer.weight_bits;
    json["thresholds"] = layer.thresholds;
    json["output_bits"] = layer.out_bits;
    if (layer.fraction_bits != 0) {
      json["fraction_bits"] = layer.fraction_bits;
    }
    if (layer.pool) {
      json["pool"] = kPool;
    }
    layers.push_back(line_of(json));
  }
  return fmt::format(
      "{{\n  \"format\": \"{}\",\n  \"hardware\": \"{}\",\n  \"image\": {},\n  \"layers\": [\n    {}\n  "
      "],\n"
      "  \"decision\": \"{}\"\n}}\n",
      kNetworkForm, net.name,
      line_of({{"height", image.in_dim},
               {"width", image.in_dim},
               {"channels", image.in_channels},
               {"bits", image.in_bits}}),
      fmt::join(layers, ",\n    "), kHighest);
}

std::string hardware_text(const Topology& net) {
  std::vector<std::string> layers;
  for (const auto& layer : net.layers) {
    layers.push_back(line_of({{"simd", layer.simd},
                              {"pe", layer.pe},
                              {"accumulator_bits", layer.accumulator_bits},
                              {"stream_bits", layer.out_stream_width},
                              {"fifo_depth", layer.out_fifo_depth}}));
  }
  const auto board = net.board
                         ? ",\n  \"board\": " + line_of({{"one_image", net.board->one_image},
                                                         {"steady_state", net.board->steady_state}})
                         : "";
  return fmt::format(
      "{{\n  \"format\": \"{}\",\n  \"network\": \"{}\",\n  \"image_fifo_depth\": {},\n  \"layers\": "
      "[\n    "
      "{}\n  ]{}\n}}\n",
      kHardwareForm, net.network, net.image_fifo_depth, fmt::join(layers, ",\n    "), board);
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
