#include "fault/incremental.hpp"

#include <algorithm>
#include <cstddef>

namespace fluence {
namespace {

using Windows = std::span<const std::uint16_t>;

// Removes the windows before `pixel` from the front of a list and returns them.
Windows take_before(int pixel, Windows& windows) {
  const auto end = std::ranges::lower_bound(windows, pixel);
  const auto taken = windows.first(static_cast<std::size_t>(end - windows.begin()));
  windows = windows.subspan(taken.size());
  return taken;
}

void compute(const PackedNetwork& net, int layer, const std::uint64_t* in, std::uint64_t* out,
             Windows windows, std::uint64_t groups) {
  if (!windows.empty() && groups != 0) {
    net.compute(layer, in, out, windows, groups);
  }
}

}  // namespace

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
                                 std::span<const std::uint64_t> changed, std::span<const Onset> onsets,
                                 const std::function<void(std::size_t fault)>& apply) {
  const auto& layout = net.layout();
  PixelSet different;  // of the current layer's input
  for (const auto& layer : net.net().layers) {
    const auto& groups = changed[static_cast<std::size_t>(layer.index)];
    const auto later =
        std::ranges::find_if(onsets, [&](const Onset& o) { return o.layer > layer.index; });
    const auto own = onsets.first(static_cast<std::size_t>(later - onsets.begin()));
    onsets = onsets.subspan(own.size());
    const bool clean = different.empty();
    const bool changes = groups != 0 || !own.empty();
    if (clean && !changes) {
      continue;
    }
    const auto touched = different.windows(layer);
    const auto* in = (clean ? golden.data() : work_.data()) + layout.input(layer.index).offset;
    const auto everywhere = PixelSet::all(layer.out_dim);
    different = replace(layout.output(layer.index), layer.out_dim, changes ? everywhere : touched,
                        golden, [&](std::uint64_t* out) {
                          touched_.clear();
                          untouched_.clear();
                          if (changes) {
                            everywhere.without(touched).list(layer.out_dim, untouched_);
                          }
                          if (!clean) {
                            touched.list(layer.out_dim, touched_);
                          }
                          Windows others(untouched_);
                          Windows all(touched_);
                          const auto compute_before = [&](int pixel) {
                            compute(net, layer.index, in, out, take_before(pixel, others), groups);
                            compute(net, layer.index, in, out, take_before(pixel, all),
                                    PackedNetwork::all_groups(layer));
                          };
                          for (const auto& onset : own) {
                            compute_before(onset.pixel);
                            apply(onset.fault);
                          }
                          compute_before(layer.out_pixels());
                        });
    if (layer.pool && !different.empty()) {
      const auto* pool_in = work_.data() + layout.output(layer.index).offset;
      const auto suspects = different.pooled();
      different = replace(layout.input(layer.index + 1), layer.out_dim / 2, suspects, golden,
                          [&](std::uint64_t* out) {
                            suspects.list(layer.out_dim / 2, touched_);
                            net.pool(layer.index, pool_in, out, touched_);
                          });
    }
  }
  return net.scores(different.empty() ? golden : std::span<const std::uint64_t>(work_));
}

}  // namespace fluence
