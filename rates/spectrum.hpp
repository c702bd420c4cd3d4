// Fluxes of particles by energy, or by linear energy transfer (LET).
#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

namespace fluence {

/// An isotropic flux. `at`: MeV per nucleon, or MeV cm2/g, ascending; `flux`: per m2 s sr and unit of
/// `at`, or if it is integral, per m2 s sr of all above.
struct Spectrum {
  std::vector<double> at;
  std::vector<double> flux;
};

enum class SpectrumKind {
  energies,      ///< CREME96 .TFX or .FLX: differential in energy, a block for each element
  let,           ///< CREME96 .DLT: differential in LET
  integral_let,  ///< CREME96 .LET: integral
};

/// Of a CREME96 file by the end of its name. Throws InputError naming it if it has another one.
SpectrumKind spectrum_kind(const std::filesystem::path& file);

/// Reads a CREME96 file: of energies, the block of protons. Throws InputError naming file, line and
/// remedy if it is none, or a number is below 0 or none.
Spectrum read_spectrum(const std::filesystem::path& file, SpectrumKind kind);
/// `name` is what errors call it.
Spectrum read_spectrum(std::istream& in, const std::string& name, SpectrumKind kind);

}  // namespace fluence
