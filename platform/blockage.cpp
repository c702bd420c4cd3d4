#include "platform/blockage.hpp"

#include <cassert>

namespace fluence {

std::string describe_blockage(const Dataflow& flow, std::span<const StreamStatus> status) {
  assert(status.size() == flow.streams.size());
  std::string text;
  std::size_t first = 0;  // stream from which on to look for starvation
  for (std::size_t k = status.size(); k-- > 0;) {
    const auto& stream = flow.streams[k];
    if (status[k].valid_in && !status[k].ready_out && status[k].fill >= stream.depth) {
      text = stream.name + ": producer stalled, FIFO full (" + std::to_string(status[k].fill) + " of " +
             std::to_string(stream.depth) + "), consumer not ready";
      first = k + 1;
      break;
    }
  }
  for (std::size_t k = first; k < status.size(); ++k) {
    if (!status[k].valid_in && status[k].ready_out && status[k].fill == 0) {
      return text + (text.empty() ? "" : "; ") + flow.streams[k].name +
             ": FIFO empty, producer silent, consumer waiting";
    }
  }
  return text.empty() ? "no stream is blocked or starved" : text;
}

}  // namespace fluence
