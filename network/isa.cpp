#include "network/isa.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/error.hpp"

namespace fluence {
namespace {

std::vector<Isa> detect() {
  std::vector<Isa> isas;
#ifdef FLUENCE_SCALAR_KERNELS
  isas.push_back(Isa::scalar);
#endif
#ifdef FLUENCE_AVX2_KERNELS
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt")) {
    isas.push_back(Isa::avx2);
  }
#endif
#ifdef FLUENCE_AVX512_KERNELS
  if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vbmi2")) {
    isas.push_back(Isa::avx512);
  }
#endif
  if (isas.empty()) {
    throw InputError(
        "the fast engine was built for the processor of another machine: build it on this one, or "
        "with -DFLUENCE_ISAS=all");
  }
  return isas;
}

}  // namespace

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::scalar: return "scalar";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
  }
  return "";
}

const std::vector<Isa>& available_isas() {
  static const std::vector<Isa> isas = detect();
  return isas;
}

Isa default_isa() {
  const auto& isas = available_isas();
  const char* wanted = std::getenv("FLUENCE_ISA");
  if (wanted == nullptr) {
    return isas.back();
  }
  const auto it = std::ranges::find(isas, std::string_view(wanted), [](Isa i) { return to_string(i); });
  if (it == isas.end()) {
    std::string known;
    for (const auto isa : isas) {
      known += (known.empty() ? "" : ", ") + std::string(to_string(isa));
    }
    throw InputError("environment variable FLUENCE_ISA is '" + std::string(wanted) +
                     "': this build and machine can run " + known);
  }
  return *it;
}

}  // namespace fluence
