// Windows with more changed columns than counting them pays for.
#pragma once

#include <cstdint>

#include "network/delta_neuron.hpp"

namespace fluence::delta {
namespace {

/// Windows to be computed anew: with the fault-free parameters, then changed neurons one by one.
inline bool compute_windows(const Task& task) {
  auto& s = task.scratch;
  const auto& layer = task.layer;
  const int in_words = layer.in_dim * layer.in_dim * layer.in_words;
  auto* in = s.input + layer.in;
  auto* out = s.output + layer.out;
  for (int k = 0; k < in_words; ++k) {
    in[k] = task.in()[k] ^ task.in_difference()[k];
  }
  task.net.recompute.compute(task.net.recompute.network, layer.index, in, out, s.windows,
                             s.window_count);
  bool any = false;
  for (int i = 0; i < s.window_count; ++i) {
    const int window = s.windows[i];
    const int y = window / layer.out_dim;
    const int x = window % layer.out_dim;
    auto* difference = task.out_difference() + window * layer.out_words;
    const Word* right = task.out() + window * layer.out_words;
    Word all = 0;
    const auto compute = [&](const ChangedNeuron& neuron) {
      int wrong = 0;
      const Word* weights = task.trial.rows + neuron.row;
      for (int ky = 0; ky < 3; ++ky) {
        const Word* row = in + ((y + ky) * layer.in_dim + x) * layer.in_words;
        for (int k = 0; k < 3 * layer.in_words; ++k) {
          wrong += __builtin_popcountll(row[k] ^ weights[ky * 3 * layer.in_words + k]);
        }
      }
      const int word = neuron.neuron / kWordBits;
      const Word bit = Word{1} << (neuron.neuron % kWordBits);
      const Word passes = wrong < layer.columns - neuron.threshold ? bit : 0;
      difference[word] = (difference[word] & ~bit) | ((right[word] & bit) ^ passes);
    };
    for (int w = 0; w < layer.out_words; ++w) {
      difference[w] = (out[window * layer.out_words + w] ^ right[w]) & s.keep[w];
    }
    for (const auto& neuron : task.singles()) {
      compute(neuron);
    }
    for (const auto& neuron : task.thresholds()) {
      compute(neuron);
    }
    for (int w = 0; w < layer.out_words; ++w) {
      all |= difference[w];
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
