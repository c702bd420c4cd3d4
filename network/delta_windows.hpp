// Windows with more changed columns than counting them pays for.
#pragma once

#include <cstdint>

#include "network/delta_neuron.hpp"

namespace fluence::delta {
namespace {

/// The input of a layer as a TraceLayout has it.
template <typename F>
inline void write_input(const Task& task, Word* to) {
  const auto& layer = task.layer;
  const int words = layer.in_dim * layer.in_dim * layer.in_words;
  const auto now = [&](int level, int k) { return task.in(level)[k] ^ task.in_difference(level)[k]; };
  for (int k = 0; k < words; ++k) {
    if constexpr (F::kLevels == 1) {
      to[k] = now(0, k);
    } else {
      to[2 * k] = ~(now(0, k) ^ now(1, k));
      to[2 * k + 1] = ~now(0, k);
    }
  }
}

/// A word of an output's level, as a TraceLayout has it.
template <typename F>
inline Word output_level(const Word* out, int word, int level) {
  if constexpr (F::kLevels == 1) {
    return out[word];
  } else {
    return ~out[2 * word + 1] & (level == 0 ? ~Word{0} : out[2 * word]);
  }
}

/// Windows to be computed anew: with the fault-free parameters, then changed neurons one by one.
template <typename F>
inline bool compute_windows(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  write_input<F>(task, s.input);
  task.net.recompute.compute(task.net.recompute.network, layer.index, s.input, s.output, s.windows,
                             s.window_count);
  bool any = false;
  for (int i = 0; i < s.window_count; ++i) {
    const int window = s.windows[i];
    const int y = window / layer.out_dim;
    const int x = window % layer.out_dim;
    const int at = window * layer.out_words;
    for (int level = 0; level < F::kLevels; ++level) {
      for (int w = 0; w < layer.out_words; ++w) {
        task.out_difference(level)[at + w] =
            (output_level<F>(s.output, at + w, level) ^ task.out(level)[at + w]) & s.keep[w];
      }
    }
    const auto compute = [&](const ChangedNeuron& neuron) {
      const Word* weights = task.trial.rows + neuron.row;
      int sum = 0;
      for (int level = 0; level < F::kLevels; ++level) {
        for (int ky = 0; ky < 3; ++ky) {
          const int row = ((y + ky) * layer.in_dim + x) * layer.in_words;
          for (int k = 0; k < 3 * layer.in_words; ++k) {
            sum += deficit<F>(task.in(level)[row + k] ^ task.in_difference(level)[row + k],
                              weights + ky * 3 * layer.in_words + k, 9 * layer.in_words);
          }
        }
      }
      const int word = at + neuron.neuron / kWordBits;
      const Word bit = Word{1} << (neuron.neuron % kWordBits);
      for (int level = 0; level < F::kLevels; ++level) {
        const Word passes = sum < neuron.base - neuron.thresholds[level] ? bit : 0;
        auto& difference = task.out_difference(level)[word];
        difference = (difference & ~bit) | ((task.out(level)[word] & bit) ^ passes);
      }
    };
    for (const auto& neuron : task.singles()) {
      compute(neuron);
    }
    for (const auto& neuron : task.thresholds()) {
      compute(neuron);
    }
    Word all = 0;
    for (int level = 0; level < F::kLevels; ++level) {
      for (int w = 0; w < layer.out_words; ++w) {
        all |= task.out_difference(level)[at + w];
      }
    }
    if (all != 0) {
      task.out_rows()[y] |= std::uint32_t{1} << x;
      any = true;
    }
  }
  s.window_count = 0;
  return any;
}

}  // namespace
}  // namespace fluence::delta
