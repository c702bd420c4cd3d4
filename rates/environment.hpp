// Where a device is: fluxes of particles, a TOML file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "rates/device.hpp"
#include "rates/spectrum.hpp"

namespace fluence {

/// Times the flux of atmospheric neutrons at sea level, by the height of the ground above it in metres:
/// the attenuation of 131.3 g/cm2 and the depth of the air as in JEDEC JESD89A, annex A.
double altitude_factor(double metres);

struct Environment {
  std::string name, source;
  std::optional<double> neutrons;   ///< above 10 MeV, a cm2 and hour, altitude and latitude included
  std::optional<Spectrum> protons;  ///< of energies
  std::optional<Spectrum> ions;     ///< differential in LET
  double given = 0;                 ///< upsets a bit and day, of every memory
};

/// Throws InputError naming file, line, key and remedy. Spectra are files beside it.
Environment parse_environment(std::string_view text, const std::filesystem::path& file);
Environment read_environment(const std::filesystem::path& file);

/// Upsets of a bit a day. Throws InputError if the environment has particles for which the memory has no
/// cross section.
double upsets_a_day(const DeviceMemory& memory, const Environment& environment);

}  // namespace fluence
