#include "campaign/outcome.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace fluence {

void add_scores(std::span<const Score> scores, Digest& digest) {
  for (const auto score : scores) {
    const auto bits = static_cast<std::uint16_t>(score);
    digest.add(std::array{static_cast<std::byte>(bits & 0xff), static_cast<std::byte>(bits >> 8)});
  }
}

Outcomes compare(const TrialResult& result, std::span<const Score> fault_free,
                 std::span<const std::uint8_t> labels, const Decider& decider, int scores_of_image,
                 ImageSets* sets, const OutcomeRule& rule) {
  const std::span<const Score> all(result.scores);
  const auto row = static_cast<std::size_t>(scores_of_image);
  const auto images = all.size() / row;
  const auto done = static_cast<std::size_t>(result.images_done);
  const auto classes = std::min(row, static_cast<std::size_t>(decider.classes()));
  assert(all.size() % row == 0 && done <= images);
  assert(fault_free.size() >= all.size() && labels.size() >= images);
  Outcomes outcomes;
  outcomes.hang = static_cast<int>(images - done);
  Digest digest;
  if (sets != nullptr) {
    const std::string none(set_size(static_cast<int>(images)), '\0');
    *sets = {none, none, rule.plausible ? none : ""};
  }
  for (std::size_t i = 0; i < done; ++i) {
    const auto scores = all.subspan(i * row, row);
    const auto expected = fault_free.subspan(i * row, row);
    const bool correct = classify(scores, decider) == labels[i];
    outcomes.correct += correct ? 1 : 0;
    if (sets != nullptr && correct) {
      insert(sets->correct, i);
    }
    if (rule.plausible && !rule.plausible->holds(scores.first(classes))) {
      ++outcomes.implausible;
      if (sets != nullptr) {
        insert(sets->implausible, i);
      }
    }
    if (std::ranges::equal(scores, expected)) {
      ++outcomes.masked;
      continue;
    }
    const bool critical = rule.critical(scores, expected, decider);
    ++(critical ? outcomes.critical : outcomes.tolerable);
    if (sets != nullptr && critical) {
      insert(sets->critical, i);
    }
    digest.add(static_cast<std::uint64_t>(i));
    add_scores(scores, digest);
  }
  outcomes.digest = digest.hex();
  return outcomes;
}

}  // namespace fluence
