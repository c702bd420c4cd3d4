// Which vector instructions the bit-packed inference uses. All give the same bits.
#pragma once

#include <string_view>
#include <vector>

namespace fluence {

enum class Isa {
  scalar,  ///< plain 64-bit C++, any processor
  avx2,    ///< x86-64 with AVX2
  avx512,  ///< x86-64 with AVX-512 F, BW, VL, VPOPCNTDQ and VBMI2
};

std::string_view to_string(Isa isa);

/// Those that this build has and this processor can run, slowest first. Throws InputError if there are
/// none: with FLUENCE_ISAS=native a build has those of one machine alone.
const std::vector<Isa>& available_isas();

/// What $FLUENCE_ISA names, or else the fastest available. Throws InputError if it names none that is
/// available.
Isa default_isa();

}  // namespace fluence
