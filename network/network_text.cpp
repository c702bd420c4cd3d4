// Networks and hardwares written as files.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "network/network_file.hpp"
#include "network/network_form.hpp"

namespace fluence {
namespace {

using nlohmann::ordered_json;
using namespace network_form;  // NOLINT(google-build-using-namespace): nothing but the words of the
                               // files

// An object on one line, with a blank behind every mark.
std::string line_of(const ordered_json& object) {
  std::string line;
  for (const auto& [key, value] : object.items()) {
    line += fmt::format("{}\"{}\": {}", line.empty() ? "" : ", ", key,
                        value.is_object() ? line_of(value) : value.dump());
  }
  return "{" + line + "}";
}

/// One number if all are equal.
ordered_json sizes(const std::vector<int>& numbers) {
  return std::ranges::all_of(numbers, [&](int number) { return number == numbers.front(); })
             ? ordered_json(numbers.front())
             : ordered_json(numbers);
}

void add_window(ordered_json& object, const Window& window, int stride_y, int stride_x) {
  object["kernel"] = sizes({window.height, window.width});
  if (window.stride_y != stride_y || window.stride_x != stride_x) {
    object["stride"] = sizes({window.stride_y, window.stride_x});
  }
  if (window.padded()) {
    object["padding"] = sizes({window.top, window.left, window.bottom, window.right});
  }
}

void add_outputs(ordered_json& object, const NumberFormat& format, int thresholds, int least) {
  object["output_bits"] = format.bits;
  if (format.is_unsigned) {
    object["output_numbers"] = kUnsigned;
  }
  if (least != least_output(format, thresholds)) {
    object["output_least"] = least;
  }
}

ordered_json image_json(const Topology& net) {
  const auto image = net.image();
  ordered_json object{{"height", image.height},
                      {"width", image.width},
                      {"channels", image.channels},
                      {"bits", image.numbers.bits}};
  if (!image.pixel_codes) {
    object["numbers"] = image.pixel_signs           ? kPixelSigns
                        : image.numbers.is_unsigned ? kUnsigned
                                                    : kSigned;
  }
  if (image.filled > 0) {
    object["inputs"] = image.filled;
  }
  if (net.input.thresholds > 0) {
    object["thresholds"] = net.input.thresholds;
    add_outputs(object, net.layers.front().in_format(), net.input.thresholds,
                net.layers.front().in_least);
    if (net.input.per_channel) {
      object["per_channel"] = true;
    }
  }
  return object;
}

ordered_json layer_json(const Layer& layer) {
  ordered_json object{{"kind", layer.convolution ? kConvolution : kFull}};
  if (layer.convolution) {
    add_window(object, layer.window, 1, 1);
  }
  object["channels"] = layer.out_channels;
  object["weight_bits"] = layer.weight_bits;
  object["thresholds"] = layer.thresholds;
  add_outputs(object, layer.out_format(), layer.thresholds, layer.out_least);
  if (layer.fraction_bits != 0) {
    object["fraction_bits"] = layer.fraction_bits;
  }
  if (layer.xnor != counts_matches(layer)) {
    object["accumulator"] = layer.xnor ? kMatches : kSums;
  }
  if (layer.pool) {
    const auto& pool = layer.pool_window;
    if (pool == square_window(pool.width, pool.width)) {
      object["pool"] = pool.width;
    } else {
      add_window(object["pool"], pool, pool.height, pool.width);
    }
  }
  return object;
}

std::string decision_name(const Decisions& decisions, Decision decision) {
  return std::ranges::find(decisions, decision, &Decisions::value_type::second)->first;
}

}  // namespace

std::string network_text(const Topology& net) {
  const bool first_form = net.is_classic() && net.decision == Decision::from_zero;
  std::vector<std::string> layers;
  for (const auto& layer : net.layers) {
    layers.push_back(line_of(layer_json(layer)));
  }
  return fmt::format(
      "{{\n  \"format\": \"{}\",\n  \"hardware\": \"{}\",\n  \"image\": {},\n  \"layers\": [\n    {}\n  "
      "],\n"
      "  \"decision\": \"{}\"\n}}\n",
      first_form ? kFirstNetworkForm : kNetworkForm, net.name, line_of(image_json(net)),
      fmt::join(layers, ",\n    "),
      decision_name(first_form ? kFirstDecisions : kDecisions, net.decision));
}

std::string layout_text(const Topology& net) {
  ordered_json json;
  for (const auto& memory : kMemories) {
    if (const auto it = net.layouts.find(memory); it != net.layouts.end()) {
      auto& layout = json[memory] = ordered_json::object();
      if (it->second.width != 0) {
        layout["width"] = it->second.width;
      }
      layout["interleave"] = it->second.interleave;
    }
  }
  return json.empty() ? "" : line_of(json);
}

std::string hardware_text(const Topology& net) {
  std::vector<std::string> layers;
  for (const auto& layer : net.layers) {
    ordered_json object{{"simd", layer.simd},
                        {"pe", layer.pe},
                        {"accumulator_bits", layer.accumulator_bits},
                        {"stream_bits", layer.out_stream_width},
                        {"fifo_depth", layer.out_fifo_depth}};
    for (const auto& [memory, codec] :
         {std::pair{kWeights, layer.weight_codec}, {kThresholds, layer.threshold_codec}}) {
      if (!is_plain(*codec)) {
        object[kProtection][memory] = codec->name();
      }
    }
    for (const auto& [memory, synchronous] :
         {std::pair{kWeights, layer.synchronous_weights}, {kThresholds, layer.synchronous_thresholds}}) {
      if (synchronous) {
        object[kRead][memory] = kSynchronous;
      }
    }
    layers.push_back(line_of(object));
  }
  auto layout = layout_text(net);
  if (!layout.empty()) {
    layout.insert(0, ",\n  \"" + kLayout + "\": ");
  }
  const auto board = net.board
                         ? ",\n  \"board\": " + line_of({{"one_image", net.board->one_image},
                                                         {"steady_state", net.board->steady_state}})
                         : "";
  return fmt::format(
      "{{\n  \"format\": \"{}\",\n  \"network\": \"{}\",\n  \"image_fifo_depth\": {},\n  \"layers\": "
      "[\n    "
      "{}\n  ]{}{}\n}}\n",
      kHardwareForm, net.network, net.image_fifo_depth, fmt::join(layers, ",\n    "), layout, board);
}

}  // namespace fluence
