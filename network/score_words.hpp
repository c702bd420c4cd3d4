// Scores as the accelerator writes them: `Topology::score_bits()` each from the lowest bit of a 64-bit
// word up, each image in words of its own.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "network/images.hpp"
#include "network/topology.hpp"

namespace fluence {

/// Scores [images][scores] as words [images][score_words()].
std::vector<std::uint64_t> score_words(std::span<const Score> scores, const Topology& net);

/// And back: fills `scores` from as many words as they are.
void read_scores(std::span<const std::uint64_t> words, const Topology& net, std::span<Score> scores);

/// Words that so many scores are, whole images.
inline std::size_t score_word_count(std::size_t scores, const Topology& net) {
  return scores / static_cast<std::size_t>(net.scores()) * static_cast<std::size_t>(net.score_words());
}

}  // namespace fluence
