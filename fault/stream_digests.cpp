#include "fault/stream_digests.hpp"

#include <cstddef>
#include <vector>

#include "base/bits.hpp"
#include "base/digest.hpp"

namespace fluence {
namespace {

constexpr std::size_t kByteBits = 8;

/// The codes of a tensor of bit planes in the order of the stream: pixel by pixel, the channels' codes
/// side by side from the lowest bit up.
std::vector<std::byte> stream_bytes(const TraceTensor& tensor, std::span<const std::uint64_t> trace) {
  const auto values = tensor.pixels * tensor.channels;
  std::vector<std::byte> bytes((values * tensor.planes + kByteBits - 1) / kByteBits);
  std::size_t at = 0;
  for (std::size_t i = 0; i < values; ++i) {
    const auto* planes = trace.data() + tensor.offset + tensor.word_of(i);
    for (std::size_t plane = 0; plane < tensor.planes; ++plane, ++at) {
      const auto bit = planes[plane] >> (i % std::size_t{kWordBits}) & 1;
      bytes[at / kByteBits] |= static_cast<std::byte>(bit << (at % kByteBits));
    }
  }
  return bytes;
}

}  // namespace

std::map<std::string, std::uint64_t> stream_digests(const Dataflow& flow, const TraceLayout& layout,
                                                    std::span<const std::uint64_t> trace) {
  std::map<std::string, std::uint64_t> digests;
  for (const auto& [name, index, pooled] : named_outputs(flow)) {
    const auto& layer = flow.net->layer(index);
    const auto& tensor = pooled ? layout.input(index + 1) : layout.output(index);
    Digest digest;
    if (layer.thresholds > 0) {
      digest.add(stream_bytes(tensor, trace));
    } else {
      digest.add(std::as_bytes(trace.subspan(tensor.offset, tensor.words())));
    }
    digests[name] = digest.value();
  }
  return digests;
}

}  // namespace fluence
