#include "network/board_timing.hpp"

namespace fluence {

std::optional<BoardTiming> board_timing(const Topology& net) {
  if (net.name == "cnvW1A1") return BoardTiming{158'200, 32'787};
  if (net.name == "cnvW1A2") return BoardTiming{162'750, 32'785};
  if (net.name == "cnvW2A2") return BoardTiming{486'500, 116'265};
  return std::nullopt;
}

}  // namespace fluence
