// Sizes of the published networks: what their tests expect.
#pragma once

namespace fluence {

inline constexpr int kScores = 64;
inline constexpr int kScoreWords = 16;
inline constexpr int kImageWords = 384;
inline constexpr int kImageBytes = 3072;

}  // namespace fluence
