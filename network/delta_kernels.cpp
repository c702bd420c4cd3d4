// Compiled once per instruction set; FLUENCE_DELTA_KERNELS names the table that this compilation
// defines.
#include "network/delta_kernels.hpp"

#include "network/delta_channels.hpp"
#include "network/delta_first.hpp"
#include "network/delta_lanes.hpp"
#include "network/delta_margins.hpp"
#include "network/delta_neuron.hpp"
#include "network/delta_spread.hpp"

namespace fluence::delta {
namespace {

constexpr int kScoreBytes = kScores * 2;
// Neurons with other thresholds that are computed by themselves, if there are no more.
constexpr int kFewThresholds = 2;
constexpr int kFewThresholdsOfWindow = 8;

template <typename F>
bool map_layer(const Task& task, bool touched) {
  const auto& layer = task.layer;
  // Bytes are shifted at once.
  const bool shift = task.thresholds().size() > (touched && layer.by_channels ? 0 : kFewThresholds);
  bool any = false;
  if (touched || shift) {
    prepare(task, shift);
    const bool near = touched && task.singles().size() != 0;
    any = layer.by_channels ? spread_channels<F>(task, touched, near, shift)
                            : spread_of_any<F>(task, near, shift);
  }
  if (task.singles().size() != 0) {
    any |= look_up_singles<F>(task, touched || shift);
  }
  if (!shift) {
    for (const auto& neuron : task.thresholds()) {
      any |= compute_neuron<F>(task, neuron, touched);
    }
  }
  for (const auto& neuron : task.others()) {
    any |= compute_neuron<F>(task, neuron, touched);
  }
  return any;
}

/// A neuron with one flipped bit of a weight, in a window whose input is the fault-free one.
template <typename F>
bool look_up_in_window(const Task& task, const ChangedNeuron& neuron) {
  const auto& layer = task.layer;
  const int word = neuron.neuron / kWordBits;
  const Word bit = Word{1} << (neuron.neuron % kWordBits);
  bool any = false;
  for (int level = 0; level < F::kLevels; ++level) {
    const int list = (level * F::kWeightBits + neuron.bit) * 2;
    const Word* falls = task.image.margins + layer.near + list * layer.out_words;
    const Word* rises = falls + layer.out_words;
    if (((falls[word] | rises[word]) & bit) == 0) {
      continue;
    }
    const int direction = direction_of<F>(task, neuron, 0, 0);
    if (direction != 0 && ((direction < 0 ? falls : rises)[word] & bit) != 0) {
      task.out_difference(level)[word] |= bit;
      any = true;
    }
  }
  return any;
}

/// A neuron with other thresholds, likewise.
template <typename F>
bool shift_in_window(const Task& task, const ChangedNeuron& neuron) {
  const auto& layer = task.layer;
  const auto* margins = reinterpret_cast<const std::int16_t*>(task.image.margins + layer.numbers);
  bool any = false;
  for (int level = 0; level < F::kLevels; ++level) {
    const int margin = margins[level * layer.out_words * kWordBits + neuron.neuron];
    if ((margin < 0) != (margin < rise_of_threshold(task, neuron, level))) {
      task.out_difference(level)[neuron.neuron / kWordBits] |= Word{1} << (neuron.neuron % kWordBits);
      any = true;
    }
  }
  return any;
}

template <typename F>
bool window_layer(const Task& task, bool touched) {
  const bool shift = touched && task.thresholds().size() > kFewThresholdsOfWindow;
  bool any = false;
  if (touched) {
    prepare(task, shift);
    any = spread_of_any<F>(task, task.singles().size() != 0, shift);
  } else {
    for (const auto& neuron : task.singles()) {
      any |= look_up_in_window<F>(task, neuron);
    }
    for (const auto& neuron : task.thresholds()) {
      any |= shift_in_window<F>(task, neuron);
    }
  }
  if (touched && !shift) {
    for (const auto& neuron : task.thresholds()) {
      any |= compute_in_window<F>(task, neuron);
    }
  }
  for (const auto& neuron : task.others()) {
    any |= compute_in_window<F>(task, neuron);
  }
  return any;
}

/// The 2x2 pool behind a layer whose output differs; clears that difference. In thermometer code a
/// maximum is an OR of each level.
bool pool(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const int words = layer.out_words;
  const int row = layer.out_dim * words;
  const int dim = layer.out_dim / 2;
  bool any = false;
  for (int y = 0; y < dim; ++y) {
    const auto rows = s.out_rows[2 * y] | s.out_rows[2 * y + 1];
    if (rows == 0) {
      continue;
    }
    std::uint32_t different = 0;
    for (int level = 0; level < layer.levels; ++level) {
      const auto next = layer.next + static_cast<std::size_t>(level) * layer.next_level;
      const Word* all_right = task.out(level);
      const Word* all_changed = task.out_difference(level);
      for (auto pixels = (rows | rows >> 1) & 0x5555'5555; pixels != 0; pixels &= pixels - 1) {
        const int x = __builtin_ctz(pixels) / 2;
        const int at = 2 * y * row + 2 * x * words;
        const Word* right = all_right + at;
        const Word* changed = all_changed + at;
        Word all = 0;
        for (int w = 0; w < words; ++w) {
          const Word now = (right[w] ^ changed[w]) | (right[w + words] ^ changed[w + words]) |
                           (right[w + row] ^ changed[w + row]) |
                           (right[w + row + words] ^ changed[w + row + words]);
          const auto to = next + static_cast<std::size_t>((y * dim + x) * words + w);
          const Word difference = now ^ task.image.trace[to];
          s.differences[to] = difference;
          all |= difference;
        }
        different |= static_cast<std::uint32_t>(all != 0) << x;
      }
      __builtin_memset(task.out_difference(level) + 2 * y * row, 0,
                       static_cast<std::size_t>(2 * row) * sizeof(Word));
    }
    s.in_rows[layer.index + 1][y] = different;
    any |= different != 0;
    s.out_rows[2 * y] = s.out_rows[2 * y + 1] = 0;
  }
  return any;
}

/// Makes a layer's input difference zero again.
void clear_input(const Task& task) {
  const auto& layer = task.layer;
  const auto row = static_cast<std::size_t>(layer.in_dim * layer.in_words);
  const auto clear = [&](int y) {
    for (int level = 0; level < layer.levels; ++level) {
      const auto at =
          static_cast<std::size_t>(level) * layer.in_level + static_cast<std::size_t>(y) * row;
      __builtin_memset(task.scratch.differences + layer.in + at, 0, row * sizeof(Word));
    }
  };
  if (layer.in_dim == 1) {
    clear(0);
    return;
  }
  auto* rows = task.in_rows();
  for (int y = 0; y < layer.in_dim; ++y) {
    if (rows[y] != 0) {
      clear(y);
      rows[y] = 0;
    }
  }
}

template <typename F>
void score_layer(const Task& task, bool touched, std::int16_t* scores) {
  const auto& layer = task.layer;
  const int words = layer.columns / kWordBits;
  const auto* right = reinterpret_cast<const std::int16_t*>(task.out(0));
  std::int16_t sums[kScores];
  __builtin_memcpy(sums, right, sizeof sums);
  if (touched) {
    const EntryMaker maker(1);
    auto* entry = task.scratch.list;
    for (int level = 0; level < F::kLevels; ++level) {
      const Word* in = task.in(level);
      const Word* difference = task.in_difference(level);
      for (auto left = nonzero_mask(difference, words); left != 0; left &= left - 1) {
        const int k = __builtin_ctzll(left);
        entry = maker.add(entry, difference[k], in[k] ^ difference[k], k * kWordBits * 2);
      }
    }
    const int count = static_cast<int>(entry - task.scratch.list);
    static_assert(sizeof(Bytes) == kScores);
    for (int first = 0; first < count; first += layer.most_signs) {
      Bytes moves = {};
      const int end = first + layer.most_signs < count ? first + layer.most_signs : count;
      for (int i = first; i < end; ++i) {
        moves.add(layer.signs + task.scratch.list[i] * kScores);
      }
      std::int8_t bytes[kScores];
      __builtin_memcpy(bytes, &moves, sizeof bytes);
      for (int i = 0; i < kScores; ++i) {
        sums[i] = static_cast<std::int16_t>(sums[i] + bytes[i]);
      }
    }
  }
  for (const auto& neuron : task.all()) {
    sums[neuron.neuron] = static_cast<std::int16_t>(neuron.base - deficit_in_window<F>(task, neuron));
  }
  __builtin_memcpy(scores, sums, sizeof sums);
}

/// A layer with thresholds; whether some output differs.
bool evaluate(const Task& task, bool touched) {
  return in_format(task.layer, [&](auto format) {
    using F = decltype(format);
    return task.layer.index == 0   ? first_layer<F>(task)
           : task.layer.one_window ? window_layer<F>(task, touched)
                                   : map_layer<F>(task, touched);
  });
}

void scores(const Network& net, const Image& image, const Trial& trial, Scratch& scratch,
            std::int16_t* scores) {
  const int last = net.count - 1;
  bool touched = trial.touched != 0;
  for (int index = trial.touched; index < last;) {
    if (!touched) {
      const auto later = trial.layers >> index;
      if (later == 0) {
        __builtin_memcpy(scores, image.trace + net.layers[last].out, kScoreBytes);
        return;
      }
      index += __builtin_ctz(later);
      if (index >= last) {
        break;
      }
    }
    const Task task{net, net.layers[index], image, trial, scratch};
    const bool was = touched;
    touched = evaluate(task, was);
    if (was) {
      clear_input(task);
    }
    if (task.layer.pool && touched) {
      touched = pool(task);
    }
    ++index;
  }
  const Task task{net, net.layers[last], image, trial, scratch};
  in_format(task.layer, [&](auto format) {
    score_layer<decltype(format)>(task, touched, scores);
    return true;
  });
  if (touched) {
    clear_input(task);
  }
}

}  // namespace

const Kernels& FLUENCE_DELTA_KERNELS() {
  static constexpr Kernels kTable = {kWords, margins, scores};
  return kTable;
}

}  // namespace fluence::delta
