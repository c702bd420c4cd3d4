#include "fault/incremental.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

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

// Those of a pixel, from a list in the order of pixels.
std::span<const Transient> of_pixel(std::span<const Transient> flips, int pixel) {
  const auto first = std::ranges::lower_bound(flips, pixel, {}, &Transient::pixel);
  const auto last = std::ranges::upper_bound(flips, pixel, {}, &Transient::pixel);
  return flips.subspan(static_cast<std::size_t>(first - flips.begin()),
                       static_cast<std::size_t>(last - first));
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

IncrementalInference::Flips IncrementalInference::take_flips(int layer,
                                                             std::span<const Transient>& transients) {
  const auto take = [&](Transient::Point point) {
    const auto end = std::ranges::find_if(
        transients, [&](const Transient& t) { return t.layer != layer || t.point != point; });
    const auto taken = transients.first(static_cast<std::size_t>(end - transients.begin()));
    transients = transients.subspan(taken.size());
    return taken;
  };
  using Point = Transient::Point;
  Flips flips;
  flips.input = take(Point::input);
  flips.operands = take(Point::operand);
  flips.sums = take(Point::sum);
  flips.output = take(Point::output);
  flips.maxima = take(Point::maximum);
  return flips;
}

void IncrementalInference::flip_input(const Layer& layer, std::span<const Transient> flips,
                                      std::span<const std::uint64_t> golden, PixelSet& different) {
  if (flips.empty()) {
    return;
  }
  const auto& tensor = net_->layout().input(layer.index);
  auto* mine = work_.data() + tensor.offset;
  if (different.empty()) {
    std::copy_n(golden.data() + tensor.offset, tensor.words(), mine);
  }
  for (const auto& flip : flips) {
    if (stepwise_.flip(flip, mine)) {
      different.insert(layer.in_dim, flip.pixel);
    }
  }
}

PixelSet IncrementalInference::pixels_with_code_10(const TraceTensor& tensor, int dim, int bits,
                                                   const PixelSet& different) const {
  PixelSet found;
  if (bits == 2) {
    different.for_each([&](std::size_t y, std::size_t x) {
      const auto pixel = y * static_cast<std::size_t>(dim) + x;
      if (Stepwise::has_code_10(work_.data() + tensor.offset + pixel * tensor.pixel_words,
                                tensor.pixel_words)) {
        found.insert(y, x);
      }
    });
  }
  return found;
}

// The output pixels that are computed step by step, ascending.
void IncrementalInference::list_special(const Layer& layer, const Flips& flips,
                                        const PixelSet& different) {
  const auto with_code_10 =
      pixels_with_code_10(net_->layout().input(layer.index), layer.in_dim, layer.in_bits, different)
          .windows(layer);
  auto pixels = with_code_10;
  for (const auto& points : {flips.operands, flips.sums}) {
    for (const auto& flip : points) {
      pixels.insert(layer.out_dim, flip.pixel);
    }
  }
  pixels.for_each([&](std::size_t y, std::size_t x) {
    const auto pixel = static_cast<int>(y) * layer.out_dim + static_cast<int>(x);
    special_.push_back({pixel, with_code_10.contains(layer.out_dim, pixel)});
  });
}

void IncrementalInference::compute_special(const Layer& layer, const Special& special,
                                           const Flips& flips, const std::uint64_t* in,
                                           std::uint64_t* out) {
  pixel_flips_.clear();
  for (const auto& points : {flips.operands, flips.sums}) {
    const auto own = of_pixel(points, special.pixel);
    pixel_flips_.insert(pixel_flips_.end(), own.begin(), own.end());
  }
  stepwise_.compute(layer.index, in, out, special.pixel, pixel_flips_, special.all);
}

PixelSet IncrementalInference::pool(const Layer& layer, const Task& task,
                                    std::span<const Transient> flips, const PixelSet& different) {
  const auto& from = net_->layout().output(layer.index);
  const int dim = layer.out_dim / 2;
  const auto* in = (different.empty() ? task.golden.data() : work_.data()) + from.offset;
  auto suspects = different.pooled();
  PixelSet special;
  if (task.transient) {
    special = pixels_with_code_10(from, layer.out_dim, layer.out_bits, different).pooled();
    for (const auto& flip : flips) {
      special.insert(dim, flip.pixel);
    }
    suspects.insert(special);
  }
  return replace(net_->layout().input(layer.index + 1), dim, suspects, task.golden,
                 [&](std::uint64_t* out) {
                   suspects.list(dim, touched_);
                   net_->pool(layer.index, in, out, touched_);
                   if (!task.transient) {
                     return;
                   }
                   special.list(dim, touched_);
                   for (const auto pixel : touched_) {
                     stepwise_.pool(layer.index, in, out, pixel, of_pixel(flips, pixel));
                   }
                 });
}

PixelSet IncrementalInference::compute_layer(const Layer& layer, const Task& task,
                                             const std::uint64_t& groups, std::span<const Onset> onsets,
                                             const Flips& flips, const PixelSet& different) {
  const auto& layout = net_->layout();
  const bool clean = different.empty();
  const bool changes = groups != 0 || !onsets.empty();
  const auto touched = different.windows(layer);
  const auto everywhere = PixelSet::all(layer.out_dim);
  const auto& recomputed = changes ? everywhere : touched;
  PixelSet with_flips;
  special_.clear();
  if (task.transient) {
    list_special(layer, flips, different);
    with_flips = recomputed;
    for (const auto& special : special_) {
      with_flips.insert(layer.out_dim, special.pixel);
    }
    for (const auto& flip : flips.output) {
      with_flips.insert(layer.out_dim, flip.pixel);
    }
  }
  touched_.clear();
  untouched_.clear();
  if (changes) {
    everywhere.without(touched).list(layer.out_dim, untouched_);
  }
  if (!clean) {
    touched.list(layer.out_dim, touched_);
  }
  const auto* in = (clean ? task.golden.data() : work_.data()) + layout.input(layer.index).offset;
  const auto& suspects = task.transient ? with_flips : recomputed;
  return replace(
      layout.output(layer.index), layer.out_dim, suspects, task.golden, [&](std::uint64_t* out) {
        Windows others(untouched_);
        Windows all(touched_);
        std::span<const Special> specials(special_);
        const auto compute_before = [&](int pixel) {
          compute(*net_, layer.index, in, out, take_before(pixel, others), groups);
          compute(*net_, layer.index, in, out, take_before(pixel, all),
                  PackedNetwork::all_groups(layer));
          for (; !specials.empty() && specials.front().pixel < pixel; specials = specials.subspan(1)) {
            compute_special(layer, specials.front(), flips, in, out);
          }
        };
        for (const auto& onset : onsets) {
          compute_before(onset.pixel);
          task.apply(onset.fault);
        }
        compute_before(layer.out_pixels());
        for (const auto& flip : flips.output) {
          stepwise_.flip(flip, out);
        }
      });
}

void IncrementalInference::compute_whole(const Layer& layer, const Task& task,
                                         std::span<const Onset> onsets, const Flips& flips) {
  const auto& from = net_->layout().input(layer.index);
  const auto* in = work_.data() + from.offset;
  auto* out = work_.data() + net_->layout().output(layer.index).offset;
  untouched_.resize(static_cast<std::size_t>(layer.out_pixels()));
  std::iota(untouched_.begin(), untouched_.end(), std::uint16_t{0});
  Windows left(untouched_);
  const bool by_steps = task.transient && PackedNetwork::has_own_kernel(layer) && layer.in_bits == 2 &&
                        Stepwise::has_code_10(in, from.words());
  const auto compute_before = [&](int pixel) {
    const auto windows = take_before(pixel, left);
    if (by_steps) {
      for (const auto window : windows) {
        stepwise_.compute(layer.index, in, out, window, {}, true);
      }
    } else {
      compute(*net_, layer.index, in, out, windows, PackedNetwork::all_groups(layer));
    }
  };
  // The pixels with flips once more, by their steps; their parameters are those of the moment.
  std::vector<int> special;
  for (const auto& points : {flips.operands, flips.sums}) {
    for (const auto& flip : points) {
      special.push_back(flip.pixel);
    }
  }
  std::ranges::sort(special);
  auto next = special.begin();
  const auto all_before = [&](int pixel) {
    compute_before(pixel);
    for (; next != special.end() && *next < pixel; ++next) {
      compute_special(layer, {*next, true}, flips, in, out);
    }
  };
  for (const auto& onset : onsets) {
    all_before(onset.pixel);
    task.apply(onset.fault);
  }
  all_before(layer.out_pixels());
  for (const auto& flip : flips.output) {
    stepwise_.flip(flip, out);
  }
}

void IncrementalInference::pool_whole(const Layer& layer, const Task& task,
                                      std::span<const Transient> flips) {
  const auto* in = work_.data() + net_->layout().output(layer.index).offset;
  const auto& to = net_->layout().input(layer.index + 1);
  auto* out = work_.data() + to.offset;
  if (!task.transient) {
    touched_.resize(static_cast<std::size_t>(layer.next_pixels()));
    std::iota(touched_.begin(), touched_.end(), std::uint16_t{0});
    net_->pool(layer.index, in, out, touched_);
    return;
  }
  for (int pixel = 0; pixel < layer.next_pixels(); ++pixel) {
    stepwise_.pool(layer.index, in, out, pixel, of_pixel(flips, pixel));
  }
}

void IncrementalInference::run_whole(const Task& task, std::span<const std::uint64_t> changed,
                                     Scores& scores, std::span<const Onset> onsets,
                                     std::span<const Transient> transients) {
  std::ranges::copy(task.golden, work_.begin());
  const auto differs = [&](const TraceTensor& tensor) {
    const auto* mine = work_.data() + tensor.offset;
    return !std::equal(mine, mine + tensor.words(), task.golden.data() + tensor.offset);
  };
  for (const auto& layer : net_->net().layers) {
    const auto later =
        std::ranges::find_if(onsets, [&](const Onset& o) { return o.layer > layer.index; });
    const auto own = onsets.first(static_cast<std::size_t>(later - onsets.begin()));
    onsets = onsets.subspan(own.size());
    const auto flips = take_flips(layer.index, transients);
    const auto& input = net_->layout().input(layer.index);
    for (const auto& flip : flips.input) {
      stepwise_.flip(flip, work_.data() + input.offset);
    }
    if (changed[static_cast<std::size_t>(layer.index)] != 0 || !own.empty() || flips.in_layer() ||
        differs(input)) {
      compute_whole(layer, task, own, flips);
    }
    if (layer.pool && (!flips.maxima.empty() || differs(net_->layout().output(layer.index)))) {
      pool_whole(layer, task, flips.maxima);
    }
  }
  net_->append_scores(work_, scores);
}

void IncrementalInference::run(std::span<const std::uint64_t> golden,
                               std::span<const std::uint64_t> changed, Scores& scores,
                               std::span<const Onset> onsets,
                               const std::function<void(std::size_t fault)>& apply,
                               std::span<const Transient> transients) {
  const Task task{golden, apply, !transients.empty()};
  if (!follows_pixels_) {
    run_whole(task, changed, scores, onsets, transients);
    return;
  }
  Flips flips;
  PixelSet different;  // of the current layer's input
  for (const auto& layer : net_->net().layers) {
    const auto& groups = changed[static_cast<std::size_t>(layer.index)];
    const auto later =
        std::ranges::find_if(onsets, [&](const Onset& o) { return o.layer > layer.index; });
    const auto own = onsets.first(static_cast<std::size_t>(later - onsets.begin()));
    onsets = onsets.subspan(own.size());
    if (task.transient) {
      flips = take_flips(layer.index, transients);
      flip_input(layer, flips.input, golden, different);
    }
    if (!different.empty() || groups != 0 || !own.empty() || flips.in_layer()) {
      different = compute_layer(layer, task, groups, own, flips, different);
    }
    if (layer.pool && (!different.empty() || !flips.maxima.empty())) {
      different = pool(layer, task, flips.maxima, different);
    }
  }
  net_->append_scores(different.empty() ? golden : std::span<const std::uint64_t>(work_), scores);
}

}  // namespace fluence
