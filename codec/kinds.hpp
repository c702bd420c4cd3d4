// The kinds of codecs of this folder.
#pragma once

#include <algorithm>
#include <span>

#include "base/bits.hpp"
#include "codec/codec.hpp"

namespace fluence {

/// The value of a stored word that has check bits above it.
inline void take_value(std::span<const std::uint64_t> stored, int bits, std::span<std::uint64_t> value) {
  std::ranges::copy(stored.first(value.size()), value.begin());
  if (bits % kWordBits != 0) {
    value.back() &= low_bits(bits % kWordBits);
  }
}

/// Numbers beyond two ends are replaced by the nearest of these.
CodecKind clamp();
/// Two copies, which are compared.
CodecKind duplicate();
/// An even check bit for each so many bits.
CodecKind parity();
/// Single errors are corrected, double ones detected, whichever bits of a stored word they hit.
CodecKind secded();
/// Three copies and a vote on each bit. `writes_back`: at every access, also when they agree.
CodecKind triplicate(bool writes_back);
/// Bit j of word i of k is bit k * j + i of one long word, whose highest part is stored in the first
/// place.
CodecKind interleave();
/// Two words in the pattern of the published resilient networks: high bits of one among low bits of the
/// other.
CodecKind resilient_interleave();

}  // namespace fluence
