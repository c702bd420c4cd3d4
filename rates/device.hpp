// What a device's memories are, and how likely particles upset their bits: a TOML file.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rates/upset_rate.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/site.hpp"

namespace fluence {

/// Ions on one kind of memory.
struct IonSensitivity {
  Weibull cross_section;  ///< by MeV cm2/mg, plateau in um2
  IonTarget target;
};

/// A kind of memory: cross sections of a bit. What is not known is not there.
struct DeviceMemory {
  std::string name;
  std::vector<Space> spaces;       ///< that are stored in it
  std::string source;              ///< of its numbers
  bool verified = false;           ///< whether whoever wrote the file has seen them there
  std::optional<double> neutrons;  ///< cm2, above 10 MeV
  std::optional<Weibull> protons;  ///< by MeV, plateau in cm2
  std::optional<IonSensitivity> ions;
  double burst_share = 0;  ///< of its upsets, those that are bursts
};

/// What configures an FPGA, which is not simulated: bits, and the share of their upsets that changes
/// what the design does.
struct ConfigurationMemory {
  double bits = 0;
  double vulnerability = 0;
  DeviceMemory memory;
};

struct Device {
  std::string name;
  std::vector<DeviceMemory> memories;
  std::optional<ConfigurationMemory> configuration;
  double clock_mhz = kClockMhz;  ///< of the accelerator

  /// The kind that holds a space, or nothing.
  [[nodiscard]] const DeviceMemory* memory_of(Space space) const;
};

/// Throws InputError naming file, line, key and remedy.
Device parse_device(std::string_view text, const std::string& file);
Device read_device(const std::filesystem::path& file);

/// Of a device's file, cm2 a bit for neutrons above 10 MeV of each space whose memory has one. Throws
/// likewise.
std::map<Space, double> neutron_cross_sections(const std::filesystem::path& file);

}  // namespace fluence
