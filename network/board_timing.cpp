#include "network/board_timing.hpp"

#include "network/error.hpp"

namespace fluence {

BoardTiming board_timing(const Topology& net) {
  if (net.name == "cnvW1A1") return {158'200, 32'787};
  if (net.name == "cnvW1A2") return {162'750, 32'785};
  if (net.name == "cnvW2A2") return {486'500, 116'265};
  throw InputError("no board timing is on record for " + net.name +
                   ": add it to network/board_timing.cpp");
}

}  // namespace fluence
