#include "rtl/dataflow.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "rtl/matrix_vector/matrix_vector.hpp"
#include "rtl/max_pool/max_pool.hpp"
#include "rtl/mem_reader/mem_reader.hpp"
#include "rtl/mem_writer/mem_writer.hpp"
#include "rtl/sliding_window/sliding_window.hpp"
#include "rtl/width_converter/width_converter.hpp"

namespace fluence {
namespace {

constexpr int kDefaultDepth = 2;  // what HLS gives a stream without a pragma
constexpr int kMemoryWidth = 64;

class Chain {
 public:
  explicit Chain(const Topology& net) { flow_.net = &net; }

  /// Appends a stage that turns the current stream into `words` words of `width` bits, and its stream.
  void stage(const StageKind& kind, const std::string& name, int layer, int width, int words, int depth,
             const std::string& stream_name = "") {
    flow_.stages.push_back({&kind, name, layer, width_, width, words_, words});
    flow_.streams.push_back(
        {stream_name.empty() ? name : stream_name, layer, width, depth, words, !stream_name.empty()});
    width_ = width;
    words_ = words;
  }

  /// Appends a width converter. Equal widths need none: then the stream's depth and name are given to
  /// the FIFO that is already there.
  void convert(const std::string& name, int layer, int width, int depth,
               const std::string& stream_name = "") {
    if (width != width_) {
      const int words = static_cast<int>(static_cast<long>(width_) * words_ / width);
      stage(width_converter(), name, layer, width, words, depth, stream_name);
    } else if (!stream_name.empty()) {
      auto& stream = flow_.streams.back();
      stream.depth = depth;
      stream.name = stream_name;
      stream.named_on_board = true;
    }
  }

  /// The next stage is the next layer's unit.
  void unit() { flow_.units.push_back(flow_.stages.size()); }

  void writer(int layer) {
    flow_.stages.push_back({&mem_writer(), "mem_writer", layer, width_, 0, words_, 0});
  }

  Dataflow take() { return std::move(flow_); }

 private:
  Dataflow flow_;
  int width_ = 0;
  int words_ = 0;
};

}  // namespace

Dataflow dataflow(const Topology& net) {
  Chain chain(net);
  const int last = net.layers.back().index;
  const auto image = net.image();
  const auto read = [&](int depth, const char* name) {
    chain.stage(mem_reader(), "mem_reader", 0, kMemoryWidth, image.words(), depth, name);
  };
  int inter = 0;  // the board's numbering of the streams that leave a layer or a pool
  if (net.is_flat()) {
    read(net.image_fifo_depth, "memInStrm");
  } else {
    read(kDefaultDepth, "inter0");
    const int pixel_bits = image.channels * image.value_bits();
    chain.convert("l0_widen", 0, std::lcm(kMemoryWidth, pixel_bits), kDefaultDepth, "inter0_1");
    chain.convert("l0_pixels", 0, pixel_bits, net.image_fifo_depth, "inter0_2");
    inter = 1;
  }

  for (const auto& layer : net.layers) {
    const auto prefix = "l" + std::to_string(layer.index) + "_";
    const auto next_name = [&](bool scores) {
      return scores ? std::string("memOutStrm") : "inter" + std::to_string(inter++);
    };
    chain.convert(prefix + "in", layer.index, layer.simd * layer.in_bits, kDefaultDepth);
    if (layer.convolution) {
      chain.stage(sliding_window(), prefix + "window", layer.index, layer.simd * layer.in_bits,
                  layer.out_pixels() * layer.synapse_folds(), kDefaultDepth);
    }
    chain.unit();
    chain.stage(matrix_vector(), prefix + "mvau", layer.index, layer.pe * layer.out_bits,
                layer.out_pixels() * layer.neuron_folds(), kDefaultDepth);
    chain.convert(prefix + "out", layer.index, layer.out_stream_width,
                  layer.pool ? kDefaultDepth : layer.out_fifo_depth, next_name(layer.index == last));
    if (layer.pool) {
      const int pixel = layer.out_channels * layer.out_bits;
      chain.convert(prefix + "pool_in", layer.index, pixel, kDefaultDepth);
      chain.stage(max_pool(), prefix + "pool", layer.index, pixel, layer.next_pixels(), kDefaultDepth);
      chain.convert(prefix + "pool_out", layer.index, layer.out_stream_width, layer.out_fifo_depth,
                    next_name(false));
    }
  }
  chain.writer(last);
  return chain.take();
}

std::vector<NamedOutput> named_outputs(const Dataflow& flow) {
  std::vector<NamedOutput> outputs;
  for (std::size_t k = flow.units.front(); k < flow.streams.size(); ++k) {
    const auto& stream = flow.streams[k];
    if (stream.named_on_board) {
      const bool pooled = !outputs.empty() && outputs.back().layer == stream.layer;
      outputs.push_back({stream.name, stream.layer, pooled});
    }
  }
  return outputs;
}

namespace {

void require_known_stages(const Topology& net) {
  const auto require = [&](bool good, const Layer& layer, const std::string& what) {
    if (!good) {
      throw InputError("layer " + std::to_string(layer.index) + " of network " + net.name + " " + what);
    }
  };
  for (const auto& layer : net.layers) {
    require(!layer.convolution || layer.window == square_window(3), layer,
            "is a convolution that is not built of RTL: choose a kernel of 3, stride 1 and no padding");
    require(
        layer.convolution || layer.in_pixels() == 1, layer,
        "is fully connected to more than one pixel, which is not built of RTL: make it a convolution, "
        "or its input one pixel");
    require(!layer.pool || layer.pool_window == square_window(2, 2), layer,
            "has a pool that is not built of RTL: choose one of 2 x 2 pixels, stride 2");
    require(layer.in_height == layer.in_dim, layer,
            "has a map that is no square, which is not built of RTL: make its sides equal");
    require(!layer.is_protected(), layer,
            "stores parameters by a codec, which is not built of RTL: drop its protection");
    require(
        layer.index > 0 || layer.takes_pixels() || (net.is_flat() && net.input.thresholds == 0), layer,
        "takes other values than pixel codes, which is not built of RTL: give it fraction bits, or the "
        "image 'inputs'");
    require(
        layer.has_stage(), layer,
        "has number formats that are not built of RTL: choose weights of 1 or 2 bits, activations of 1 "
        "or 2 with a sign for as many thresholds, and scores of 16 bits or of a threshold");
  }
}

}  // namespace

void require_buildable(const Dataflow& flow) {
  require_known_stages(*flow.net);
  const auto& net = *flow.net;
  const auto image = net.image();
  if (const int values = kMemoryWidth / image.value_bits(); image.codes() % values != 0) {
    throw InputError("an image of network " + net.name + " has " + std::to_string(image.codes()) +
                     (image.value_bits() == 8 ? " bytes" : " values") + ": the memory's words hold " +
                     std::to_string(values) +
                     (net.is_flat() ? ", so give it 'inputs' that fill whole words"
                                    : ", so give images a shape that fills whole words"));
  }
  const auto& last = net.layers.back();
  if (const auto bits = std::int64_t{net.scores()} * last.out_bits; bits % kMemoryWidth != 0) {
    throw InputError("network " + net.name + " has " + std::to_string(net.scores()) + " scores of " +
                     std::to_string(last.out_bits) + " bits: the memory's words hold " +
                     std::to_string(kMemoryWidth) + ", so give its last layer a multiple of " +
                     std::to_string(kMemoryWidth / std::gcd(kMemoryWidth, last.out_bits)) +
                     " outputs, of which the classes may be fewer");
  }
  if (const auto width = flow.streams.back().width; width != kMemoryWidth) {
    throw InputError("the last layer of network " + flow.net->name + " has a stream of " +
                     std::to_string(width) + " bits: the memory takes words of " +
                     std::to_string(kMemoryWidth) + ", so choose that");
  }
  for (const auto& stage : flow.stages) {
    if (stage.kind != &width_converter()) {
      continue;
    }
    const auto [narrow, wide] = std::minmax(stage.in_width, stage.out_width);
    if (narrow <= 0 || wide % narrow != 0 ||
        std::int64_t{stage.in_width} * stage.words_in !=
            std::int64_t{stage.out_width} * stage.words_out) {
      throw InputError("layer " + std::to_string(stage.layer) + " of network " + flow.net->name +
                       " turns words of " + std::to_string(stage.in_width) + " bits into words of " +
                       std::to_string(stage.out_width) +
                       ": choose SIMD, PE and stream widths that divide each other");
    }
  }
}

}  // namespace fluence
