// What a network takes of what its graph takes: whole numbers, and how they stand for the graph's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "import/chain.hpp"
#include "network/image_numbers.hpp"

namespace fluence::importing {

/// What `--input` says: "int8", "int8:4" (of which 4 bits are fraction), "uint8/255" (divided by 255).
struct GivenInput {
  NumberFormat format;
  double divisor = 1;
};
/// Throws InputError if the text is none.
GivenInput given_input(const std::string& text);

/// The network's image and what layer 0 gets of it.
struct TakenInput {
  ImageNumbers numbers;
  int least = 0;  ///< of what layer 0 takes, from `least` to `most`
  int most = 0;
  NumberFormat format;  ///< of that
  double scale = 1;     ///< a number q of it stands for scale * q + offset
  double offset = 0;
  /// [row][threshold] of input thresholds, a row for all channels or for each: what is reached counts.
  std::vector<std::vector<std::int64_t>> thresholds;
  std::string remark{};  ///< what was decided, if anything was
};

/// `chain`: the nodes before the first product. `places`: where in the image each number of the graph's
/// input is, [pixel][channel]; of `channels` channels. Throws InputError naming file, and node or
/// option.
TakenInput taken_input(const Graph& graph, const Constants& constants, const Chain& chain,
                       const Values& places, int channels, const std::optional<GivenInput>& given);

}  // namespace fluence::importing
