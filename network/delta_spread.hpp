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

/// Masks and shifts of a trial's changed neurons, in the order of a layer's vectors.
void prepare(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  for (int w = 0; w < kMostOutWords; ++w) {
    s.keep[w] = ~Word{0};
    s.singles[w] = 0;
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
    each(neuron.neuron, [&](int w, Word bit) { s.singles[w] |= bit; });
    s.single_of[neuron.neuron] = static_cast<std::uint16_t>(&neuron - task.trial.neurons);
  }
  const auto thresholds = task.thresholds();
  if (thresholds.size() == 0 || layer.by_channels) {
    return;
  }
  for (int chunk = 0; chunk < layer.chunks; ++chunk) {
    for (int bit = 0; bit < layer.margin_bits; ++bit) {
      store(Vector{}, s.shifts[chunk][bit]);
    }
  }
  for (const auto& neuron : thresholds) {
    const auto fault_free = layer.columns - 1 - static_cast<int>(layer.limits[neuron.neuron]);
    const auto shift = static_cast<unsigned>(fault_free - neuron.threshold);
    each(neuron.neuron, [&](int w, Word bit) {
      for (int b = 0; b < layer.margin_bits; ++b) {
        s.shifts[w / kWords][b][w % kWords] |= (shift >> b & 1) != 0 ? bit : 0;
      }
    });
  }
}

/// Corrects the difference of neurons with one flipped weight where the flip decides. `words`: of the
/// windows' differences, as many a window as the layer has, at (y, x) and to its right.
void correct_singles(const Task& task, const Near& near, unsigned windows, int chunk, int y, int x,
                     Vector& difference) {
  const auto& layer = task.layer;
  alignas(64) Word zero[kWords], minus_one[kWords], result[kWords];
  store(near.zero, zero);
  store(near.minus_one, minus_one);
  store(difference, result);
  for (auto words = nonzero_words(near.zero | near.minus_one); words != 0; words &= words - 1) {
    const int at = __builtin_ctz(words);
    const int window = at / layer.out_words;
    if ((windows >> window & 1) == 0) {
      continue;
    }
    for (auto left = zero[at] | minus_one[at]; left != 0; left &= left - 1) {
      const Word bit = left & -left;
      const int neuron = (chunk * kWords + at % layer.out_words) * kWordBits + __builtin_ctzll(left);
      const auto& single = task.trial.neurons[task.scratch.single_of[neuron]];
      const bool match = input_at(task, single.column, y, x + window) == single.old_weight;
      result[at] ^= (match ? zero : minus_one)[at] & bit;
    }
  }
  difference = load(result);
}

/// Where contributions of the changed columns of each input row lie, relative to the kernel's first row
/// and the row's first vector.
void list_rows(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const EntryMaker maker(3 * layer.block);
  // Left of a block's columns lie the words that are 0 of the block before.
  const int base = kWords > layer.out_words ? kWords : layer.out_words;
  const int channel_step = kWordBits * 6 * layer.block;
  const Word* in = task.in();
  const Word* difference = task.in_difference();
  for (int y = 0; y < layer.in_dim; ++y) {
    auto* start = s.start[y];
    RowStarts starts(start);
    auto* const first = s.entries + y * s.row_entries;
    auto* entry = first;
    for (auto left = task.in_rows()[y]; left != 0; left &= left - 1) {
      const int x = __builtin_ctz(left);
      const int at = (y * layer.in_dim + x) * layer.in_words;
      const auto* const before = entry;
      for (int w = 0; w < layer.in_words; ++w) {
        const Word changed = difference[at + w];
        entry = maker.add(entry, changed, in[at + w] ^ changed,
                          base + w * channel_step + (2 - x) * layer.out_words);
      }
      starts.add(x, static_cast<int>(entry - before));
    }
    starts.finish(static_cast<int>(entry - first));
  }
}

/// All neurons in the windows whose input differs, and with kShift in all windows.
template <int kBits, bool kNear, bool kShift>
bool spread(const Task& task) {
  auto& s = task.scratch;
  const Layer layer = task.layer;  // a copy, which no store can alias
  auto* const list = s.list;
  const auto* const entries = s.entries;
  const int row_entries = s.row_entries;
  const Word* const all_margins = task.image.margins + layer.margins;
  Word* const all_differences = task.out_difference();
  const std::uint32_t* const in_rows = task.in_rows();
  std::uint32_t* const out_rows = task.out_rows();
  const int words = layer.out_words;
  const auto all_windows = ~std::uint32_t{0} >> (32 - layer.out_dim);
  const auto group_windows = ~std::uint32_t{0} >> (32 - layer.group);
  const std::size_t vector_words = planes_of(kBits) * kWords;
  list_rows(task);
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
      const Vector counts = spread_counts(s.counts + x, words);
      std::uint32_t group_different = 0;
      for (int chunk = 0; chunk < layer.chunks; ++chunk) {
        const Word* planes = margins + static_cast<std::size_t>(chunk) * vector_words;
        Vector difference;
        Near near;
        if (kShift && here == 0) {
          difference = turned_by_shifts<kBits>(planes, s.shifts[chunk][0]);
        } else {
          const Columns columns = {list, length, most, layer.contributions + chunk * kWords};
          difference = turned<kBits, kNear, kShift>(columns, counts, planes, s.shifts[chunk][0], near);
        }
        difference &= load(s.keep + chunk * kWords);
        if (kNear && here != 0) {
          const Vector singles = load(s.singles + chunk * kWords);
          near.zero &= singles;
          near.minus_one &= singles;
          if (nonzero_words(near.zero | near.minus_one) != 0) {
            correct_singles(task, near, here, chunk, y, x, difference);
          }
        }
        if (group + 1 == layer.groups) {
          difference &= load(layer.edge + chunk * kWords);
        }
        // Beyond a row's end this stores 0 to the next row, which comes later, or behind the tensor.
        store(difference, out + chunk * kWords);
        group_different |= windows_with_bits(difference, words);
      }
      different |= group_different << x;
    }
    out_rows[y] = different;
    any |= different != 0;
  }
  if (s.window_count != 0) {
    any |= compute_windows(task);
  }
  return any;
}

/// A layer of one window, whose input differs (or thresholds, with kShift).
template <int kBits, bool kNear, bool kShift>
bool spread_one(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const EntryMaker maker(layer.out_words);
  const int base = kWords > layer.out_words ? kWords : layer.out_words;
  auto* entry = s.list;
  const Word* in = task.in();
  const Word* difference = task.in_difference();
  for (auto left = nonzero_mask(difference, layer.columns / kWordBits); left != 0; left &= left - 1) {
    const int k = __builtin_ctzll(left);
    entry = maker.add(entry, difference[k], in[k] ^ difference[k],
                      base + k * kWordBits * 2 * layer.out_words);
  }
  const int count = static_cast<int>(entry - s.list);
  __builtin_memset(entry, 0, kListPadding * sizeof *entry);
  const Vector counts = Vector{} + static_cast<Word>(count);
  bool any = false;
  for (int chunk = 0; chunk < layer.chunks; ++chunk) {
    const Word* planes = task.image.margins + layer.margins + chunk * planes_of(kBits) * kWords;
    const Columns columns = {s.list, count, count, layer.contributions + chunk * kWords};
    Near near;
    Vector turns = turned<kBits, kNear, kShift>(columns, counts, planes, s.shifts[chunk][0], near);
    turns &= load(s.keep + chunk * kWords);
    if (kNear) {
      const Vector singles = load(s.singles + chunk * kWords);
      near.zero &= singles;
      near.minus_one &= singles;
      if (nonzero_words(near.zero | near.minus_one) != 0) {
        correct_singles(task, near, 1, chunk, 0, 0, turns);
      }
    }
    turns &= load(layer.edge + chunk * kWords);
    // As `spread`: 0 is stored behind the tensor.
    store(turns, task.out_difference() + chunk * kWords);
    any |= nonzero_words(turns) != 0;
  }
  return any;
}

using Spread = bool (*)(const Task&);
template <int kBits>
Spread spread_of(bool one, bool near, bool shift) {
  static constexpr Spread kAll[2][2][2] = {
      {{spread<kBits, false, false>, spread<kBits, false, true>},
       {spread<kBits, true, false>, spread<kBits, true, true>}},
      {{spread_one<kBits, false, false>, spread_one<kBits, false, true>},
       {spread_one<kBits, true, false>, spread_one<kBits, true, true>}}};
  return kAll[one][near][shift];
}

bool spread_of_any(const Task& task, bool near, bool shift) {
  switch (task.layer.margin_bits) {
    case 10: return spread_of<10>(task.layer.one_window, near, shift)(task);
    case 11: return spread_of<11>(task.layer.one_window, near, shift)(task);
    case 12: return spread_of<12>(task.layer.one_window, near, shift)(task);
    case 13: return spread_of<13>(task.layer.one_window, near, shift)(task);
    default: __builtin_trap();  // DeltaNetwork asks only for what is here
  }
}

}  // namespace
}  // namespace fluence::delta
