// What a fault does to the content of a parameter memory.
#pragma once

#include <cstdint>

#include "fault/fault.hpp"
#include "network/parameters.hpp"

namespace fluence {

// A word of more than 64 bits is given and taken by limbs of 64, as its host reads and writes it: the
// one that holds the site's bit. Faults are within one.

/// A word of the space weights or thresholds; thresholds sign-extended.
std::uint64_t parameter_word(const Parameters& parameters, const Site& site);

/// What the accelerator returns when its host reads a parameter word (register doInit = 2): weights
/// zero-extended, thresholds sign-extended. Of a layer-0 threshold it is the integer part, truncated
/// toward zero; the 8 fraction bits are lost.
std::uint64_t host_read(const Parameters& parameters, const Site& site);
/// The same of a stored word of a layer's weights or thresholds.
std::uint64_t host_read(std::uint64_t stored, const Layer& layer, Space space);

/// What a stored word of `word_bits` of a layer's weights or thresholds holds after a fault in it.
/// physical: its bits inverted. source, shipped: what the host's read, XOR and write-back leave, which
/// for a layer-0 threshold is not the same.
std::uint64_t faulted_word(std::uint64_t stored, const Fault& fault, const Layer& layer, int word_bits,
                           Semantics semantics);

/// Applies a flip in the space weights or thresholds whose site exists, in a memory that stores its
/// words as they are.
void apply_fault(Parameters& parameters, const Fault& fault, Semantics semantics);

/// Sets the bits of `mask` of the site's stored word to those of `bits`.
void set_bits(Parameters& parameters, const Site& site, std::uint64_t mask, std::uint64_t bits);

}  // namespace fluence
