#include "network/score_words.hpp"

#include <cassert>
#include <cstddef>

#include "base/bits.hpp"

namespace fluence {
namespace {

/// Calls visit(score, word, lowest bit) for each.
template <typename Visit>
void for_each_score(std::size_t count, const Topology& net, Visit visit) {
  const auto row = static_cast<std::size_t>(net.scores());
  const auto words = static_cast<std::size_t>(net.score_words());
  const auto bits = static_cast<std::size_t>(net.score_bits());
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = i % row * bits;
    visit(i, i / row * words + at / 64, at % 64);
  }
}

}  // namespace

std::vector<std::uint64_t> score_words(std::span<const Score> scores, const Topology& net) {
  const auto format = net.layers.back().out_format();
  std::vector<std::uint64_t> words(score_word_count(scores.size(), net));
  for_each_score(scores.size(), net, [&](std::size_t i, std::size_t word, std::size_t at) {
    words[word] |= std::uint64_t{format.code(scores[i])} << at;
  });
  return words;
}

void read_scores(std::span<const std::uint64_t> words, const Topology& net, std::span<Score> scores) {
  assert(words.size() == score_word_count(scores.size(), net));
  const auto format = net.layers.back().out_format();
  for_each_score(scores.size(), net, [&](std::size_t i, std::size_t word, std::size_t at) {
    scores[i] = static_cast<Score>(
        format.number(static_cast<std::uint32_t>(words[word] >> at & low_bits(format.bits))));
  });
}

}  // namespace fluence
