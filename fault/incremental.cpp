#include "fault/incremental.hpp"

#include <algorithm>
#include <cstddef>

namespace fluence {

template <typename Compute>
PixelSet IncrementalInference::replace(const TraceTensor& tensor, int dim, const PixelSet& suspects,
                                       std::span<const std::uint64_t> golden, Compute compute) {
  const auto* right = golden.data() + tensor.offset;
  auto* mine = work_.data() + tensor.offset;
  std::copy_n(right, tensor.words(), mine);
  compute(mine);
  PixelSet different;
  suspects.for_each([&](std::size_t y, std::size_t x) {
    const auto at = (y * static_cast<std::size_t>(dim) + x) * tensor.pixel_words;
    if (!std::equal(mine + at, mine + at + tensor.pixel_words, right + at)) {
      different.insert(y, x);
    }
  });
  return different;
}

Scores IncrementalInference::run(const PackedNetwork& net, std::span<const std::uint64_t> golden,
                                 std::span<const std::uint64_t> changed) {
  const auto& layout = net.layout();
  PixelSet different;  // of the current layer's input
  for (const auto& layer : net.net().layers) {
    const auto groups = changed[static_cast<std::size_t>(layer.index)];
    const bool clean = different.empty();
    if (clean && groups == 0) {
      continue;
    }
    const auto touched = different.windows(layer);
    const auto* in = (clean ? golden.data() : work_.data()) + layout.input(layer.index).offset;
    const auto everywhere = PixelSet::all(layer.out_dim);
    different = replace(layout.output(layer.index), layer.out_dim, groups != 0 ? everywhere : touched,
                        golden, [&](std::uint64_t* out) {
                          if (groups != 0) {
                            everywhere.without(touched).list(layer.out_dim, list_);
                            net.compute(layer.index, in, out, list_, groups);
                          }
                          if (!clean) {
                            touched.list(layer.out_dim, list_);
                            net.compute(layer.index, in, out, list_, PackedNetwork::all_groups(layer));
                          }
                        });
    if (layer.pool && !different.empty()) {
      const auto* pool_in = work_.data() + layout.output(layer.index).offset;
      const auto suspects = different.pooled();
      different = replace(layout.input(layer.index + 1), layer.out_dim / 2, suspects, golden,
                          [&](std::uint64_t* out) {
                            suspects.list(layer.out_dim / 2, list_);
                            net.pool(layer.index, pool_in, out, list_);
                          });
    }
  }
  return net.scores(different.empty() ? golden : std::span<const std::uint64_t>(work_));
}

}  // namespace fluence
