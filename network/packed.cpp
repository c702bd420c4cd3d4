#include "network/packed.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "base/bits.hpp"
#include "network/kernel_choice.hpp"
#include "network/packed_kernels.hpp"

namespace fluence {
namespace {

static_assert(std::endian::native == std::endian::little, "bit planes are also written as bytes");

// To look four windows up costs what two cost alone, measured, and tables have to be made.
constexpr std::size_t kLeastLookedUp = 8;
// As many windows of a row of layer 0 cost no less one by one than the row does, measured: with AVX2 it
// is 15.
constexpr std::size_t kLeastOfRow = 24;
constexpr int kMostGroups = 64;         // a word has a bit for each
constexpr int kMostKernelGroups = 256;  // a list of kernels' groups has a byte for each

/// By a pixel's value its code + 128, which is what layer 0's kernels take.
const auto kPixelBytes = [] {
  std::array<std::uint8_t, 256> bytes{};
  for (std::size_t value = 0; value < bytes.size(); ++value) {
    bytes[value] = static_cast<std::uint8_t>(pixel_code(static_cast<std::uint8_t>(value)) + 128);
  }
  return bytes;
}();

const packed::Kernels& packed_kernels(Isa isa) {
  return kernels_of<packed::Kernels>(isa, FLUENCE_SCALAR_TABLE(packed::kernels_scalar),
                                     FLUENCE_AVX2_TABLE(packed::kernels_avx2),
                                     FLUENCE_AVX512_TABLE(packed::kernels_avx512));
}

const Topology* checked(const Topology& net) {
  require_computable(net);
  return &net;
}

// Asked for in every layer of every image of every trial: no division where a group is one of a kernel.
bool has_kernel_groups(const Layer& layer) { return layer.out_channels <= packed::kGroup * kMostGroups; }
int group_size(const Layer& layer) {
  return packed::kGroup * divide_up(layer.out_channels, packed::kGroup * kMostGroups);
}

/// The windows as bits x of a word for each row.
WindowRows rows_of(const Layer& layer, std::span<const std::uint16_t> windows) {
  WindowRows rows{};
  if (windows.size() == index(layer.out_pixels())) {
    std::fill_n(rows.begin(), layer.out_dim, static_cast<unsigned>(low_bits(layer.out_dim)));
    return rows;
  }
  int y = 0;
  for (const int window : windows) {
    for (; window >= (y + 1) * layer.out_dim; ++y) {
    }
    rows[index(y)] |= 1U << (window - y * layer.out_dim);
  }
  return rows;
}

/// How often windows are looked up, four at once.
int fours(const WindowRows& rows) {
  int count = 0;
  for (auto row : rows) {
    row |= row >> 1;
    count += std::popcount((row | row >> 2) & 0x1111'1111U);
  }
  return count;
}

}  // namespace

// The shapes that packed_kernels.cpp is compiled for. No kernel lets an accumulator wrap.
PackedNetwork::Kernel PackedNetwork::kernel_of(const Layer& l) {
  // Nor do pixels share words.
  const bool shared = l.out_pixels() > 1 && l.out_channels % kWordBits != 0;
  if (!l.is_nearly_classic() || shared || l.most_sum() >= 1L << (l.accumulator_bits - 1)) {
    return Kernel::general;
  }
  if (l.takes_pixels()) {
    const bool fits = l.convolution && l.in_bits == 8 &&
                      l.kernel() * l.in_channels == packed::kFirstRowBytes &&
                      l.accumulator_shift() == 1 && l.out_channels % packed::kFirstBlock == 0 &&
                      l.out_channels <= packed::kGroup * kMostGroups && l.thresholds >= 1 &&
                      l.thresholds <= 2 && l.out_bits == l.thresholds;
    return fits ? Kernel::first : Kernel::general;
  }
  // A weight word lies within one word of 64 columns, or is several of these.
  const int words = l.in_channels / kWordBits;
  const bool aligned = kWordBits % l.simd == 0 || l.simd % kWordBits == 0;
  if (!format_of(l) || l.in_channels % kWordBits != 0 || !aligned ||
      l.out_channels % group_size(l) != 0 || l.out_channels > packed::kGroup * kMostKernelGroups) {
    return Kernel::general;
  }
  if (l.thresholds == 0) {
    return !l.convolution && words == 8 && l.out_bits == 16 && !l.adds_signs() ? Kernel::scores
                                                                               : Kernel::general;
  }
  const bool square = l.thresholds == l.in_bits && l.out_bits == l.in_bits;
  const bool wide = (words == 13 && l.in_bits == 1) ||
                    (words == 16 && l.weight_bits == 1 && (square || l.thresholds == 1));
  const bool fits = l.convolution ? square && (words == 1 || words == 2 || words == 4)
                                  : (square && (words == 4 || words == 8)) || wide;
  return fits ? Kernel::bits : Kernel::general;
}

bool PackedNetwork::has_own_kernel(const Layer& layer) { return kernel_of(layer) != Kernel::general; }

PackedNetwork::PackedNetwork(const Parameters& parameters, Isa isa)
    : net_(checked(*parameters.net)),
      kernels_(&packed_kernels(isa)),
      layout_(*net_),
      input_(parameters) {
  int most_pixels = 0;
  for (const auto& l : net_->layers) {
    data_.push_back(make_tables(l));
    auto& general = general_.emplace_back();
    if (data_.back().kernel == Kernel::general) {
      general.emplace(l, parameters);
    } else {
      set_all(l, parameters);
    }
    most_pixels = std::max(most_pixels, l.out_pixels());
  }
  count_up_.resize(index(most_pixels));
  std::iota(count_up_.begin(), count_up_.end(), std::uint16_t{0});
}

void PackedNetwork::set_image(const Image& image, std::span<std::uint64_t> trace) const {
  if (!image.shape.pixel_codes) {
    const auto& tensor = layout_.input(0);
    input_.write(image, trace.subspan(tensor.offset, tensor.words()));
    return;
  }
  const auto channels = index(image.shape.channels);
  const auto pixels = image.planes.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto* values = image.planes.data() + c * pixels;
    auto* to = reinterpret_cast<std::uint8_t*>(trace.data()) + c;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel, to += channels) {
      *to = kPixelBytes[values[pixel]];
    }
  }
}

int PackedNetwork::group_of(const Layer& layer, int channel) {
  return has_kernel_groups(layer) ? channel / packed::kGroup : channel / group_size(layer);
}

std::uint64_t PackedNetwork::all_groups(const Layer& layer) {
  return has_kernel_groups(layer) ? low_bits(divide_up(layer.out_channels, packed::kGroup))
                                  : low_bits(divide_up(layer.out_channels, group_size(layer)));
}

void PackedNetwork::compute(int layer_index, const std::uint64_t* in, std::uint64_t* out,
                            std::span<const std::uint16_t> windows, std::uint64_t groups) const {
  const auto& l = layer(layer_index);
  const auto& data = data_[index(layer_index)];
  if (data.kernel == Kernel::general) {
    general_[index(layer_index)]->compute(*kernels_, in, out, windows, groups, group_size(l));
    return;
  }
  if (!data.indices.empty() && groups == all_groups(l) && windows.size() >= kLeastLookedUp) {
    if (const auto rows = rows_of(l, windows); 2 * index(fours(rows)) < windows.size()) {
      look_up(layer_index, in, out, rows);
      return;
    }
  }
  std::array<std::uint8_t, kMostKernelGroups> group_list;  // NOLINT(*-member-init): a part is used
  int group_count = 0;
  if (has_kernel_groups(l)) {
    for (auto left = groups; left != 0; left &= left - 1) {
      group_list[index(group_count++)] = static_cast<std::uint8_t>(std::countr_zero(left));
    }
  } else {
    const int kernel_groups = group_size(l) / packed::kGroup;
    for (auto left = groups; left != 0; left &= left - 1) {
      for (int i = 0; i < kernel_groups; ++i) {
        group_list[index(group_count++)] =
            static_cast<std::uint8_t>(std::countr_zero(left) * kernel_groups + i);
      }
    }
  }
  const packed::Work work = {windows.data(), static_cast<int>(windows.size()), group_list.data(),
                             group_count};
  const auto out_stride = static_cast<std::uint32_t>(layout_.output(layer_index).pixel_words * 8);
  auto* out_bytes = reinterpret_cast<std::uint8_t*>(out);
  if (data.kernel == Kernel::first) {
    const packed::FirstLayer first = {reinterpret_cast<const std::int8_t*>(data.weights.data()),
                                      reinterpret_cast<const std::int16_t*>(data.thresholds.data()),
                                      data.terms.data(),
                                      data.origins.data(),
                                      static_cast<std::uint32_t>(l.in_dim * l.in_channels),
                                      out_stride,
                                      l.thresholds,
                                      l.out_channels / packed::kFirstBlock,
                                      l.weight_bits,
                                      l.in_dim,
                                      l.out_dim};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(in);
    const auto rows = rows_of(l, windows);
    if (windows.size() >= kLeastOfRow * index(std::ranges::count_if(rows, std::identity{}))) {
      kernels_->first_rows(first, bytes, out_bytes, work, rows.data());
    } else {
      kernels_->first(first, bytes, out_bytes, work);
    }
    return;
  }
  const auto pixel_words = layout_.input(layer_index).pixel_words;
  const packed::BitLayer bits = {data.weights.data()->lanes.data(),
                                 reinterpret_cast<const std::int64_t*>(data.thresholds.data()),
                                 data.origins.data(),
                                 static_cast<std::uint32_t>(index(l.in_dim) * pixel_words),
                                 out_stride,
                                 format_of(l).value(),
                                 l.convolution,
                                 static_cast<std::uint8_t>(l.in_channels / kWordBits),
                                 static_cast<std::uint8_t>(l.thresholds)};
  (data.kernel == Kernel::scores ? kernels_->scores : kernels_->bits)(bits, in, out_bytes, work);
}

void PackedNetwork::look_up(int layer_index, const std::uint64_t* in, std::uint64_t* out,
                            const WindowRows& rows) const {
  const auto& l = layer(layer_index);
  const auto& data = data_[index(layer_index)];
  const packed::Convolution convolution = {
      reinterpret_cast<const std::uint8_t*>(data.indices.data()),
      reinterpret_cast<const std::int16_t*>(data.limits.data()),
      l.in_dim,
      l.out_dim,
      static_cast<std::uint32_t>(layout_.output(layer_index).pixel_words * 8),
      format_of(l).value(),
      static_cast<std::uint8_t>(l.in_channels / kWordBits),
      static_cast<std::uint8_t>(l.out_channels / kWordBits)};
  kernels_->convolution(convolution, in, reinterpret_cast<std::uint8_t*>(out), rows.data());
}

void PackedNetwork::pool(int layer_index, const std::uint64_t* in, std::uint64_t* out,
                         std::span<const std::uint16_t> pixels) const {
  const auto& l = layer(layer_index);
  if (data_[index(layer_index)].general_pool) {
    pool_generally(layer_index, in, out, pixels);
    return;
  }
  const auto pixel_words = layout_.output(layer_index).pixel_words;
  const auto dim = index(l.out_dim);
  for (const auto pixel : pixels) {
    const auto y = pixel / (dim / 2);
    const auto x = pixel % (dim / 2);
    const auto* a = in + (2 * y * dim + 2 * x) * pixel_words;
    const auto* b = a + pixel_words;
    const auto* c = a + dim * pixel_words;
    const auto* d = c + pixel_words;
    auto* to = out + pixel * pixel_words;
    if (l.out_bits == 1) {
      for (std::size_t k = 0; k < pixel_words; ++k) {
        to[k] = a[k] | b[k] | c[k] | d[k];
      }
      continue;
    }
    for (std::size_t k = 0; k < pixel_words; k += 2) {
      const auto plus =
          (a[k] & ~a[k + 1]) | (b[k] & ~b[k + 1]) | (c[k] & ~c[k + 1]) | (d[k] & ~d[k + 1]);
      const auto minus = a[k + 1] & b[k + 1] & c[k + 1] & d[k + 1];
      to[k] = plus | minus;
      to[k + 1] = minus;
    }
  }
}

void PackedNetwork::pool_generally(int layer_index, const std::uint64_t* in, std::uint64_t* out,
                                   std::span<const std::uint16_t> pixels) const {
  const auto& l = layer(layer_index);
  const auto format = l.out_format();
  const packed::GeneralPool shape = {region_of(l.pool_window, l.out_height, l.out_dim), l.out_channels,
                                     l.next_dim(),
                                     format.bits > 1 && !format.is_unsigned ? ~std::uint64_t{0} : 0};
  kernels_->pool[format.bits - 1](shape, in, out, pixels.data(), static_cast<int>(pixels.size()));
}

void PackedNetwork::run_from(int first_layer, std::span<std::uint64_t> trace) const {
  assert(trace.size() == layout_.words());
  const std::span pixels(count_up_);
  for (int i = first_layer; i < static_cast<int>(net_->layers.size()); ++i) {
    const auto& l = layer(i);
    auto* out = trace.data() + layout_.output(i).offset;
    compute(i, trace.data() + layout_.input(i).offset, out, pixels.first(layout_.output(i).pixels),
            all_groups(l));
    if (l.pool) {
      pool(i, out, trace.data() + layout_.input(i + 1).offset,
           pixels.first(layout_.input(i + 1).pixels));
    }
  }
}

Scores PackedNetwork::scores(std::span<const std::uint64_t> trace) const {
  Scores scores;
  append_scores(trace, scores);
  return scores;
}

void PackedNetwork::append_scores(std::span<const std::uint64_t> trace, Scores& scores) const {
  const auto& tensor = layout_.output(static_cast<int>(net_->layers.size()) - 1);
  const auto before = scores.size();
  scores.resize(before + index(net_->scores()));
  if (const auto& last = net_->layers.back(); last.thresholds > 0) {
    for (std::size_t i = 0; i < index(net_->scores()); ++i) {
      const auto* planes = trace.data() + tensor.offset + tensor.word_of(i);
      std::uint32_t code = 0;
      for (std::size_t plane = 0; plane < tensor.planes; ++plane) {
        code |= static_cast<std::uint32_t>(planes[plane] >> (i % kWordBits) & 1) << plane;
      }
      scores[before + i] = static_cast<Score>(last.out_format().number(code));
    }
    return;
  }
  std::memcpy(scores.data() + before, trace.data() + tensor.offset,
              index(net_->scores()) * sizeof(scores[0]));
}

Scores PackedNetwork::run(const Image& image) const {
  assert(image.shape == net_->image());
  std::vector<std::uint64_t> trace(layout_.words());
  set_image(image, trace);
  run_from(0, trace);
  return scores(trace);
}

}  // namespace fluence
