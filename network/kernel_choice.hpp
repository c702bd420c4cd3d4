// Which of the kernels that are compiled once per instruction set (fluence_kernels in
// cmake/Fluence.cmake) a caller gets.
#pragma once

#include <algorithm>
#include <cassert>

#include "network/isa.hpp"

// A table of kernels that this build may not have.
#ifdef FLUENCE_SCALAR_KERNELS
#define FLUENCE_SCALAR_TABLE(table) table
#else
#define FLUENCE_SCALAR_TABLE(table) nullptr
#endif
#ifdef FLUENCE_AVX2_KERNELS
#define FLUENCE_AVX2_TABLE(table) table
#else
#define FLUENCE_AVX2_TABLE(table) nullptr
#endif
#ifdef FLUENCE_AVX512_KERNELS
#define FLUENCE_AVX512_TABLE(table) table
#else
#define FLUENCE_AVX512_TABLE(table) nullptr
#endif

namespace fluence {

/// That of an instruction set, which must be one of `available_isas()`.
template <typename Kernels>
const Kernels& kernels_of(Isa isa, const Kernels& (*scalar)(), const Kernels& (*avx2)(),
                          const Kernels& (*avx512)()) {
  assert(std::ranges::count(available_isas(), isa) == 1);
  return isa == Isa::avx512 ? avx512() : isa == Isa::avx2 ? avx2() : scalar();
}

}  // namespace fluence
