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
constexpr int kFewThresholds = 2;  // as many changed ones are computed by themselves

bool map_layer(const Task& task, bool touched) {
  const auto& layer = task.layer;
  const bool shift = task.thresholds().size() > (touched ? 0 : kFewThresholds);
  bool any = false;
  if (touched || shift) {
    prepare(task);
    const bool near = touched && task.singles().size() != 0;
    any = layer.by_channels ? spread_channels(task, touched, near, shift)
                            : spread_of_any(task, near, shift);
  }
  if (task.singles().size() != 0) {
    any |= look_up_singles(task, touched || shift);
  }
  if (!shift) {
    for (const auto& neuron : task.thresholds()) {
      any |= compute_neuron(task, neuron, touched);
    }
  }
  for (const auto& neuron : task.others()) {
    any |= compute_neuron(task, neuron, touched);
  }
  return any;
}

bool window_layer(const Task& task, bool touched) {
  const auto& layer = task.layer;
  bool any = false;
  if (touched) {
    prepare(task);
    any = spread_of_any(task, task.singles().size() != 0, task.thresholds().size() != 0);
  } else {
    const Word* zero = task.image.margins + layer.near;
    const Word* minus_one = zero + layer.out_words;
    for (const auto& neuron : task.singles()) {
      const int word = neuron.neuron / kWordBits;
      const Word bit = Word{1} << (neuron.neuron % kWordBits);
      if (((zero[word] | minus_one[word]) & bit) != 0) {
        const bool match = input_at(task, neuron.column, 0, 0) == neuron.old_weight;
        if (((match ? zero : minus_one)[word] & bit) != 0) {
          task.out_difference()[word] |= bit;
          any = true;
        }
      }
    }
    for (const auto& neuron : task.thresholds()) {
      any |= compute_in_window(task, neuron);
    }
  }
  for (const auto& neuron : task.others()) {
    any |= compute_in_window(task, neuron);
  }
  return any;
}

/// The 2x2 pool behind a layer whose output differs; clears that difference.
bool pool(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const int words = layer.out_words;
  const int row = layer.out_dim * words;
  const int dim = layer.out_dim / 2;
  bool any = false;
  for (int y = 0; y < dim; ++y) {
    auto pixels = s.out_rows[2 * y] | s.out_rows[2 * y + 1];
    if (pixels == 0) {
      continue;
    }
    pixels = (pixels | pixels >> 1) & 0x5555'5555;
    std::uint32_t different = 0;
    for (; pixels != 0; pixels &= pixels - 1) {
      const int x = __builtin_ctz(pixels) / 2;
      const int at = 2 * y * row + 2 * x * words;
      const Word* right = task.out() + at;
      Word* changed = task.out_difference() + at;
      Word all = 0;
      for (int w = 0; w < words; ++w) {
        const Word now = (right[w] ^ changed[w]) | (right[w + words] ^ changed[w + words]) |
                         (right[w + row] ^ changed[w + row]) |
                         (right[w + row + words] ^ changed[w + row + words]);
        const auto to = layer.next + static_cast<std::size_t>((y * dim + x) * words + w);
        const Word difference = now ^ task.image.trace[to];
        s.differences[to] = difference;
        all |= difference;
      }
      different |= static_cast<std::uint32_t>(all != 0) << x;
    }
    s.in_rows[layer.index + 1][y] = different;
    any |= different != 0;
    __builtin_memset(task.out_difference() + 2 * y * row, 0,
                     static_cast<std::size_t>(2 * row) * sizeof(Word));
    s.out_rows[2 * y] = s.out_rows[2 * y + 1] = 0;
  }
  return any;
}

/// Makes a layer's input difference zero again.
void clear_input(const Task& task) {
  const auto& layer = task.layer;
  const auto row = static_cast<std::size_t>(layer.in_dim * layer.in_words);
  auto* difference = task.scratch.differences + layer.in;
  if (layer.in_dim == 1) {
    __builtin_memset(difference, 0, row * sizeof(Word));
    return;
  }
  auto* rows = task.in_rows();
  for (int y = 0; y < layer.in_dim; ++y) {
    if (rows[y] != 0) {
      __builtin_memset(difference + static_cast<std::size_t>(y) * row, 0, row * sizeof(Word));
      rows[y] = 0;
    }
  }
}

void score_layer(const Task& task, bool touched, std::int16_t* scores) {
  const auto& layer = task.layer;
  constexpr int kMostBytes = 127;  // contributions that a byte can add up
  const int words = layer.columns / kWordBits;
  const auto* right = reinterpret_cast<const std::int16_t*>(task.out());
  std::int16_t sums[kScores];
  __builtin_memcpy(sums, right, sizeof sums);
  if (touched) {
    const EntryMaker maker(1);
    auto* entry = task.scratch.list;
    for (auto left = nonzero_mask(task.in_difference(), words); left != 0; left &= left - 1) {
      const int k = __builtin_ctzll(left);
      const Word changed = task.in_difference()[k];
      entry = maker.add(entry, changed, task.in()[k] ^ changed, k * kWordBits * 2);
    }
    const int count = static_cast<int>(entry - task.scratch.list);
    static_assert(sizeof(Bytes) == kScores);
    for (int first = 0; first < count; first += kMostBytes) {
      Bytes moves = {};
      const int end = first + kMostBytes < count ? first + kMostBytes : count;
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
    sums[neuron.neuron] =
        static_cast<std::int16_t>(layer.columns - mismatches(task.in(), task.in_difference(),
                                                             task.trial.rows + neuron.row, words));
  }
  __builtin_memcpy(scores, sums, sizeof sums);
}

void scores(const Network& net, const Image& image, const Trial& trial, Scratch& scratch,
            std::int16_t* scores) {
  const int last = net.count - 1;
  bool touched = false;
  for (int index = 0; index < last;) {
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
    touched = index == 0              ? first_layer(task)
              : task.layer.one_window ? window_layer(task, was)
                                      : map_layer(task, was);
    if (was) {
      clear_input(task);
    }
    if (task.layer.pool && touched) {
      touched = pool(task);
    }
    ++index;
  }
  const Task task{net, net.layers[last], image, trial, scratch};
  score_layer(task, touched, scores);
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
