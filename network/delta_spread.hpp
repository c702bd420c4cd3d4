// A layer's changed inputs, spread to the outputs of all its neurons at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "network/delta_counter.hpp"
#include "network/delta_neuron.hpp"
#include "network/delta_windows.hpp"

namespace fluence::delta {
namespace {

constexpr int kListPadding = 16;  // entries that the counters may read behind the last one

/// Masks and shifts of a trial's changed neurons, in the order of a layer's vectors. `shift`: neurons
/// with other thresholds are shifted, not computed by themselves.
inline void prepare(const Task& task, bool shift) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  for (int w = 0; w < kMostOutWords; ++w) {
    s.keep[w] = ~Word{0};
    s.singles[0][w] = s.singles[1][w] = 0;
  }
  // A window's words, in all windows of a vector.
  const auto each = [&](int neuron, auto set) {
    const int step = layer.out_words;
    const int end = layer.chunks > 1 ? step : kWords;
    for (int w = neuron / kWordBits; w < end; w += step) {
      set(w, Word{1} << (neuron % kWordBits));
    }
  };
  for (const auto& neuron : task.others()) {
    each(neuron.neuron, [&](int w, Word bit) { s.keep[w] &= ~bit; });
  }
  for (const auto& neuron : task.singles()) {
    each(neuron.neuron, [&](int w, Word bit) { s.singles[neuron.bit][w] |= bit; });
    s.single_of[neuron.neuron] = static_cast<std::uint16_t>(&neuron - task.trial.neurons);
  }
  if (!shift) {
    for (const auto& neuron : task.thresholds()) {
      each(neuron.neuron, [&](int w, Word bit) { s.keep[w] &= ~bit; });
    }
    return;
  }
  if (layer.by_channels) {
    return;
  }
  for (int chunk = 0; chunk < layer.chunks; ++chunk) {
    for (int level = 0; level < layer.levels; ++level) {
      for (int bit = 0; bit < layer.margin_bits; ++bit) {
        store(Vector{}, s.shifts[chunk][level][bit]);
      }
    }
  }
  for (const auto& neuron : task.thresholds()) {
    for (int level = 0; level < layer.levels; ++level) {
      const auto fall = static_cast<unsigned>(-rise_of_threshold(task, neuron, level));
      if (fall == 0) {
        continue;
      }
      each(neuron.neuron, [&](int w, Word bit) {
        for (int b = 0; b < layer.margin_bits; ++b) {
          s.shifts[w / kWords][level][b][w % kWords] |= (fall >> b & 1) != 0 ? bit : 0;
        }
      });
    }
  }
}

/// Corrects the difference of neurons with one flipped bit of a weight where the flip decides. `words`:
/// of the windows' differences, as many a window as the layer has, at (y, x) and to its right.
template <typename F>
FLUENCE_INLINE void correct_singles(const Task& task, const Near& near, unsigned windows, int chunk,
                                    int y, int x, Vector& difference) {
  const auto& layer = task.layer;
  const auto singles = [&](int bit) { return load(task.scratch.singles[bit] + chunk * kWords); };
  Vector falling = {};
  Vector rising = {};
  FLUENCE_UNROLL
  for (int bit = 0; bit < F::kWeightBits; ++bit) {
    // A sum that moves down by 1 takes a margin of 0 below it, one that moves by 2 also a margin of 1.
    falling |= singles(bit) & (F::step(bit) == 1 ? near.zero_or_one & ~near.odd : near.zero_or_one);
    rising |=
        singles(bit) & (F::step(bit) == 1 ? near.minus_one_or_two & near.odd : near.minus_one_or_two);
  }
  auto words = nonzero_words(falling | rising);
  if (words == 0) {
    return;
  }
  alignas(64) Word falls[kWords], rises[kWords], result[kWords];
  store(falling, falls);
  store(rising, rises);
  store(difference, result);
  for (; words != 0; words &= words - 1) {
    const int at = __builtin_ctz(words);
    const int window = at / layer.out_words;
    if ((windows >> window & 1) == 0) {
      continue;
    }
    for (auto left = falls[at] | rises[at]; left != 0; left &= left - 1) {
      const Word bit = left & -left;
      const int neuron = (chunk * kWords + at % layer.out_words) * kWordBits + __builtin_ctzll(left);
      const auto& single = task.trial.neurons[task.scratch.single_of[neuron]];
      const int direction = direction_of<F>(task, single, y, x + window);
      if (direction != 0) {
        result[at] ^= (direction < 0 ? falls : rises)[at] & bit;
      }
    }
  }
  difference = load(result);
}

/// Where contributions of the changed columns of each input row lie, relative to the kernel's first row
/// and the row's first vector.
template <typename F>
void list_rows(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const EntryMaker maker(3 * layer.block);
  const int in_words = layer.in_words;
  const int out_words = layer.out_words;
  // Left of a block's columns lie the words that are 0 of the block before.
  const int base = kWords > out_words ? kWords : out_words;
  const int channel_step = kWordBits * 6 * layer.block;
  const Word* ins[F::kLevels];
  const Word* differences[F::kLevels];
  for (int level = 0; level < F::kLevels; ++level) {
    ins[level] = task.in(level);
    differences[level] = task.in_difference(level);
  }
  for (int y = 0; y < layer.in_dim; ++y) {
    RowStarts starts(s.start[y]);
    RowStarts bias_starts(s.bias_start[y]);
    auto* const first = s.entries + y * s.row_entries;
    auto* entry = first;
    int all_rising = 0;
    for (auto left = task.in_rows()[y]; left != 0; left &= left - 1) {
      const int x = __builtin_ctz(left);
      const int at = (y * layer.in_dim + x) * in_words;
      const auto* const before = entry;
      int rising = 0;
      FLUENCE_UNROLL
      for (int level = 0; level < F::kLevels; ++level) {
        const Word* in = ins[level] + at;
        const Word* difference = differences[level] + at;
        for (int w = 0; w < in_words; ++w) {
          const Word changed = difference[w];
          entry =
              maker.add(entry, changed, in[w] ^ changed, base + w * channel_step + (2 - x) * out_words);
          if constexpr (F::kWeightBits == 2) {
            rising += __builtin_popcountll(changed & ~in[w]);
          }
        }
      }
      const int count = static_cast<int>(entry - before);
      starts.add(x, count);
      if constexpr (F::kWeightBits == 2) {
        bias_starts.add(x, count + rising);
        all_rising += rising;
      }
    }
    const int count = static_cast<int>(entry - first);
    starts.finish(count);
    if constexpr (F::kWeightBits == 2) {
      bias_starts.finish(count + all_rising);
    }
  }
}

/// All neurons in the windows whose input differs, and with kShift in all windows.
template <typename F, int kBits, bool kNear, bool kShift>
bool spread(const Task& task) {
  auto& s = task.scratch;
  const Layer layer = task.layer;  // a copy, which no store can alias
  auto* const list = s.list;
  const auto* const entries = s.entries;
  const int row_entries = s.row_entries;
  const Word* const all_margins = task.image.margins + layer.margins;
  Word* const all_differences = task.out_difference(0);
  const std::uint32_t* const in_rows = task.in_rows();
  std::uint32_t* const out_rows = task.out_rows();
  const int words = layer.out_words;
  const auto all_windows = ~std::uint32_t{0} >> (32 - layer.out_dim);
  const auto group_windows = ~std::uint32_t{0} >> (32 - layer.group);
  const std::size_t vector_words = F::kLevels * planes_of(kBits) * kWords;
  list_rows<F>(task);
  bool any = false;
  for (int y = 0; y < layer.out_dim; ++y) {
    const std::uint32_t* rows = in_rows + y;
    const auto pixels = rows[0] | rows[1] | rows[2];
    const auto touched = (pixels | pixels >> 1 | pixels >> 2) & all_windows;
    s.touched[y] = touched;
    if (!kShift && touched == 0) {
      continue;
    }
    const std::uint16_t* const starts[3] = {s.start[y], s.start[y + 1], s.start[y + 2]};
    count_columns(starts, s.counts);
    if constexpr (F::kWeightBits == 2) {
      count_columns({s.bias_start[y], s.bias_start[y + 1], s.bias_start[y + 2]}, s.biases);
    }
    const auto* const biases = F::kWeightBits == 2 ? s.biases : s.counts;
    std::uint32_t different = 0;
    for (int group = 0; group < layer.groups; ++group) {
      const int x = group * layer.group;
      const auto here = touched >> x & group_windows;
      if (!kShift && here == 0) {
        continue;
      }
      const auto in_row = all_windows >> x & group_windows;
      const Word* margins =
          all_margins +
          static_cast<std::size_t>((y * layer.groups + group) * layer.chunks) * vector_words;
      auto* out = all_differences + (y * layer.out_dim + x) * words;
      int most = 0;
      int length = 0;
      if (!kShift || here != 0) {
        most = largest(s.counts + x, layer.group);
        if (most > layer.most_changed) {
          for (auto left = kShift ? in_row : here; left != 0; left &= left - 1) {
            s.windows[s.window_count++] =
                static_cast<std::uint16_t>(y * layer.out_dim + x + __builtin_ctz(left));
          }
          continue;
        }
        FLUENCE_UNROLL
        for (int ky = 0; ky < 3; ++ky) {
          const int first = starts[ky][x];
          const int count = starts[ky][x + layer.group + 2] - first;
          copy_moved(list + length, entries + (y + ky) * row_entries + first, count,
                     x * words + ky * layer.block);
          length += count;
        }
        __builtin_memset(list + length, 0, kListPadding * sizeof *list);
      }
      const Vector window_biases = spread_counts(biases + x, words);
      std::uint32_t group_different = 0;
      for (int chunk = 0; chunk < layer.chunks; ++chunk) {
        const Word* planes = margins + static_cast<std::size_t>(chunk) * vector_words;
        Vector turned[F::kLevels];
        Near near[F::kLevels];
        if (kShift && here == 0) {
          turn_by_shifts<kBits>(planes, s.shifts[chunk][0][0], turned);
        } else {
          const Columns columns = {
              list,         length, most, layer.contributions + chunk * kWords, layer.contribution_words,
              window_biases};
          turn<kBits, F::kWeightBits, F::kLevels, kNear, kShift>(
              columns, layer.few[kNear], layer.some[kNear], planes, s.shifts[chunk][0][0], turned, near);
        }
        Vector all = {};
        FLUENCE_UNROLL
        for (int level = 0; level < F::kLevels; ++level) {
          Vector difference = turned[level] & load(s.keep + chunk * kWords);
          if (kNear && here != 0) {
            correct_singles<F>(task, near[level], here, chunk, y, x, difference);
          }
          if (group + 1 == layer.groups) {
            difference &= load(layer.edge + chunk * kWords);
          }
          // Beyond a row's end this stores 0 to the next row, which comes later, or behind the tensor.
          store(difference, out + static_cast<std::size_t>(level) * layer.out_level + chunk * kWords);
          all |= difference;
        }
        group_different |= windows_with_bits(all, words);
      }
      different |= group_different << x;
    }
    out_rows[y] = different;
    any |= different != 0;
  }
  if (s.window_count != 0) {
    any |= compute_windows<F>(task);
  }
  return any;
}

/// The same for a layer of one window, whose input differs.
template <typename F, int kBits, bool kNear, bool kShift>
bool spread_one(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const EntryMaker maker(layer.out_words);
  const int base = kWords > layer.out_words ? kWords : layer.out_words;
  auto* entry = s.list;
  int rising = 0;
  for (int level = 0; level < F::kLevels; ++level) {
    const Word* in = task.in(level);
    const Word* difference = task.in_difference(level);
    for (auto left = nonzero_mask(difference, layer.columns / kWordBits); left != 0; left &= left - 1) {
      const int k = __builtin_ctzll(left);
      entry = maker.add(entry, difference[k], in[k] ^ difference[k],
                        base + k * kWordBits * 2 * layer.out_words);
      if constexpr (F::kWeightBits == 2) {
        rising += __builtin_popcountll(difference[k] & ~in[k]);
      }
    }
  }
  const int count = static_cast<int>(entry - s.list);
  __builtin_memset(entry, 0, kListPadding * sizeof *entry);
  const Vector biases = Vector{} + static_cast<Word>(count + rising);
  bool any = false;
  for (int chunk = 0; chunk < layer.chunks; ++chunk) {
    const Word* planes =
        task.image.margins + layer.margins + chunk * F::kLevels * planes_of(kBits) * kWords;
    const Columns columns = {
        s.list, count, count, layer.contributions + chunk * kWords, layer.contribution_words, biases};
    Vector turned[F::kLevels];
    Near near[F::kLevels];
    turn<kBits, F::kWeightBits, F::kLevels, kNear, kShift>(columns, layer.few[kNear], layer.some[kNear],
                                                           planes, s.shifts[chunk][0][0], turned, near);
    FLUENCE_UNROLL
    for (int level = 0; level < F::kLevels; ++level) {
      Vector difference = turned[level] & load(s.keep + chunk * kWords);
      if (kNear) {
        correct_singles<F>(task, near[level], 1, chunk, 0, 0, difference);
      }
      difference &= load(layer.edge + chunk * kWords);
      // As `spread`: 0 is stored behind the tensor.
      store(difference, task.out_difference(level) + chunk * kWords);
      any |= nonzero_words(difference) != 0;
    }
  }
  return any;
}

using Spread = bool (*)(const Task&);

template <typename F, int kBits>
Spread spread_map(bool near, bool shift) {
  static constexpr Spread kAll[2][2] = {{spread<F, kBits, false, false>, spread<F, kBits, false, true>},
                                        {spread<F, kBits, true, false>, spread<F, kBits, true, true>}};
  return kAll[near][shift];
}
template <typename F, int kBits>
Spread spread_window(bool near, bool shift) {
  static constexpr Spread kAll[2][2] = {
      {spread_one<F, kBits, false, false>, spread_one<F, kBits, false, true>},
      {spread_one<F, kBits, true, false>, spread_one<F, kBits, true, true>}};
  return kAll[near][shift];
}

template <typename F>
bool spread_of_any(const Task& task, bool near, bool shift) {
  constexpr int kLeast = least_margin_bits(F::kWeightBits, F::kLevels);
  const int more = task.layer.margin_bits - kLeast;
  if (task.layer.one_window) {
    switch (more) {
      case 0: return spread_window<F, kLeast>(near, shift)(task);
      case 1: return spread_window<F, kLeast + 1>(near, shift)(task);
      case 2: return spread_window<F, kLeast + 2>(near, shift)(task);
      case 3: return spread_window<F, kLeast + 3>(near, shift)(task);
      default: __builtin_trap();  // DeltaNetwork asks only for what is here
    }
  }
  switch (more) {  // nine pixels of 64 channels or more
    case 1: return spread_map<F, kLeast + 1>(near, shift)(task);
    case 2: return spread_map<F, kLeast + 2>(near, shift)(task);
    case 3: return spread_map<F, kLeast + 3>(near, shift)(task);
    default: __builtin_trap();
  }
}

}  // namespace
}  // namespace fluence::delta
