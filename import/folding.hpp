// How many rows and columns of each layer are computed a cycle: of FINN's folding file, of the graph's
// nodes, or chosen here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "import/integer_network.hpp"

namespace fluence::importing {

/// The cycles an image that are aimed at where nothing says a folding.
inline constexpr long kUsualCycles = 50'000;

struct FoldingFiles {
  std::filesystem::path folding;     ///< empty: none
  std::filesystem::path specialize;  ///< empty: none
  long cycles = kUsualCycles;
};

/// Sets PE, SIMD and FIFO depths of a network's units, and remarks what of the files is not used and
/// what the hardware's file cannot say. Throws InputError naming file, key, layer, rule and the nearest
/// possible value.
void fold(IntegerNetwork& network, const FoldingFiles& files);
/// The same of texts.
struct FoldingTexts {
  std::optional<std::string> folding, specialize;
  std::string folding_file = "the folding", specialize_file = "the specialization";
  long cycles = kUsualCycles;
};
void fold(IntegerNetwork& network, const FoldingTexts& texts);

}  // namespace fluence::importing
