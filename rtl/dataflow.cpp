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
#include "rtl/memory_cell/memory_cell.hpp"
#include "rtl/pool/pool.hpp"
#include "rtl/sliding_window/sliding_window.hpp"
#include "rtl/width_converter/width_converter.hpp"
#include "rtl/window/window.hpp"
#include "rtl/word_packer/word_packer.hpp"

namespace fluence {
namespace {

constexpr int kDefaultDepth = 2;  // what HLS gives a stream without a pragma
constexpr int kMemoryWidth = 64;
/// A bit for each check bit and bit of a value: the widest number that Verilator takes.
constexpr long kMostCheckTable = 65'536;

class Chain {
 public:
  explicit Chain(const Topology& net) { flow_.net = &net; }

  /// The stages to come carry so many bits an image.
  void carry_map(int pixels, int channels, int bits) { bits_ = std::int64_t{pixels} * channels * bits; }
  /// They come from memory with others between them.
  void carry_slots() { slots_ = true; }

  /// Appends a stage that turns the current stream into `words` words of `width` bits, and its stream.
  void stage(const StageKind& kind, const std::string& name, int layer, int width, int words, int depth,
             const std::string& stream_name = "") {
    flow_.stages.push_back({&kind, name, layer, width_, width, words_, words});
    flow_.streams.push_back(
        {stream_name.empty() ? name : stream_name, layer, width, depth, words, !stream_name.empty()});
    width_ = width;
    words_ = words;
  }

  /// Appends what turns words of one width into words of another. Equal widths need nothing: then the
  /// stream's depth and name are given to the FIFO that is already there.
  void convert(const std::string& name, int layer, int width, int depth,
               const std::string& stream_name = "") {
    const auto words = static_cast<int>((bits_ + width - 1) / width);
    if (slots_) {
      stage(value_packer(), name, layer, width, words, depth, stream_name);
      slots_ = false;
    } else if (width != width_ || words != words_) {
      const auto [narrow, wide] = std::minmax(width, width_);
      const bool divides =
          wide % narrow == 0 && std::int64_t{width} * words == std::int64_t{width_} * words_;
      stage(divides && width != width_ ? width_converter() : word_packer(), name, layer, width, words,
            depth, stream_name);
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
  std::int64_t bits_ = 0;
  bool slots_ = false;
  int width_ = 0;
  int words_ = 0;
};

/// Whether the image comes as that of the published convolutional networks: pixel by pixel.
bool comes_by_pixels(const Topology& net) {
  const auto image = net.stored_image();
  return net.layers.front().takes_pixels() && image.codes() * image.value_bits() % kMemoryWidth == 0;
}

}  // namespace

Dataflow dataflow(const Topology& net) {
  Chain chain(net);
  const int last = net.layers.back().index;
  const auto image = net.stored_image();
  chain.carry_map(1, image.codes(), image.numbers.bits);
  if (image.numbers.bits != image.value_bits()) {
    chain.carry_slots();
  }
  const auto read = [&](int depth, const char* name) {
    chain.stage(mem_reader(), "mem_reader", 0, kMemoryWidth, image.words(), depth, name);
  };
  int inter = 0;  // the board's numbering of the streams that leave a layer or a pool
  if (comes_by_pixels(net)) {
    read(kDefaultDepth, "inter0");
    const int pixel_bits = image.channels * image.value_bits();
    chain.convert("l0_widen", 0, std::lcm(kMemoryWidth, pixel_bits), kDefaultDepth, "inter0_1");
    chain.convert("l0_pixels", 0, pixel_bits, net.image_fifo_depth, "inter0_2");
    inter = 1;
  } else {
    read(net.image_fifo_depth, "memInStrm");
  }

  for (const auto& layer : net.layers) {
    const auto prefix = "l" + std::to_string(layer.index) + "_";
    const auto next_name = [&](bool scores) {
      return scores ? std::string("memOutStrm") : "inter" + std::to_string(inter++);
    };
    chain.convert(prefix + "in", layer.index, layer.simd * layer.in_bits, kDefaultDepth);
    if (layer.convolution) {
      const bool plain = layer.window == square_window(3) && layer.in_height == layer.in_dim;
      chain.stage(plain ? sliding_window() : window_unit(), prefix + "window", layer.index,
                  layer.simd * layer.in_bits, layer.out_pixels() * layer.synapse_folds(), kDefaultDepth);
    }
    chain.unit();
    chain.stage(matrix_vector(), prefix + "mvau", layer.index, layer.pe * layer.out_bits,
                layer.out_pixels() * layer.neuron_folds(), kDefaultDepth);
    chain.carry_map(layer.out_pixels(), layer.out_channels, layer.out_bits);
    chain.convert(prefix + "out", layer.index, layer.out_stream_width,
                  layer.pool ? kDefaultDepth : layer.out_fifo_depth, next_name(layer.index == last));
    if (layer.pool) {
      const int pixel = layer.out_channels * layer.out_bits;
      const bool plain = layer.is_nearly_classic();
      chain.convert(prefix + "pool_in", layer.index, pixel, kDefaultDepth);
      chain.stage(plain ? max_pool() : pool_unit(), prefix + "pool", layer.index, pixel,
                  layer.next_pixels(), kDefaultDepth);
      chain.carry_map(layer.next_pixels(), layer.out_channels, layer.out_bits);
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

void require_buildable(const Dataflow& flow) {
  const auto& net = *flow.net;
  for (const auto& layer : net.layers) {
    for (const auto* codec : {layer.weight_codec, layer.threshold_codec}) {
      if (!is_plain(*codec) && !has_memory_cell(*codec)) {
        throw InputError("layer " + std::to_string(layer.index) + " of network " + net.name +
                         " stores parameters by " + codec->name() +
                         ", which is not built of RTL: choose another codec");
      }
    }
    const auto& codec = *layer.weight_codec;
    const int bits = layer.weight_word_bits();
    if (const long table = long{codec.stored_bits(bits) - bits} * bits; table > kMostCheckTable) {
      throw InputError("layer " + std::to_string(layer.index) + " of network " + net.name +
                       " stores weight words of " + std::to_string(bits) + " bits by " + codec.name() +
                       ", which makes " + std::to_string(codec.stored_bits(bits) - bits) +
                       " check bits: the RTL has tables of " + std::to_string(kMostCheckTable) +
                       " bits at most for them, so choose a lower SIMD or a codec with fewer");
    }
  }
  if (const int bits = net.layers.back().out_bits; bits != net.score_bits()) {
    throw InputError("the last layer of network " + net.name + " gives scores of " +
                     std::to_string(bits) + " bits, which in memory have " +
                     std::to_string(net.score_bits()) +
                     ": the RTL gives them as they are there, so give them 1, 2, 4, 8 or 16");
  }
  if (const auto width = flow.streams.back().width; width != kMemoryWidth) {
    throw InputError("the last layer of network " + flow.net->name + " has a stream of " +
                     std::to_string(width) + " bits: the memory takes words of " +
                     std::to_string(kMemoryWidth) + ", so choose that");
  }
}

}  // namespace fluence
