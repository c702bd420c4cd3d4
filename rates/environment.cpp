#include "rates/environment.hpp"

#include <cmath>

#include "base/input_file.hpp"
#include "campaign/toml_numbers.hpp"

namespace fluence {
namespace {

constexpr double kAttenuation = 131.3;  // g/cm2
constexpr NumberRange kAltitudes{-500, 5000};

// Grams of air above a cm2, JESD89A equation A.4; its heights are in thousands of feet.
double depth_of_air(double metres) {
  const double h = metres / 0.3048 / 1000;
  return 1033 * std::exp(-0.03813 * h - 0.00014 * h * h + 6.4e-7 * h * h * h);
}

[[noreturn]] void fail(const DeviceMemory& memory, const Environment& environment, const char* what,
                       const char* key) {
  throw InputError(
      fmt::format("the environment {} has {}, for which the memory {} of the device has no cross "
                  "section: add '{}' to it",
                  environment.name, what, memory.name, key));
}

}  // namespace

double altitude_factor(double metres) {
  return std::exp((depth_of_air(0) - depth_of_air(metres)) / kAttenuation);
}

Environment parse_environment(std::string_view content, const std::filesystem::path& file) {
  const auto parsed = parse_toml(content, file.string());
  TomlTable table(parsed, file.string());
  require_format(table, "fluence environment 1");
  Environment environment;
  environment.name = text(table, "name");
  environment.source = text(table, "source");
  if (table.has("neutrons")) {
    auto neutrons = table_within(table, "neutrons", file.string());
    const double flux = number(neutrons, "per_cm2_hour");
    const double metres = number_if(neutrons, "altitude_m", kAltitudes).value_or(0);
    const double latitude = number_if(neutrons, "latitude_factor").value_or(1);
    neutrons.reject_unknown();
    environment.neutrons = flux * altitude_factor(metres) * latitude;
  }
  if (table.has("protons")) {
    table.value("protons", [&](const toml::node& node) {
      const auto spectrum = file.parent_path() / as_text(node);
      if (spectrum_kind(spectrum) != SpectrumKind::energies) {
        throw InputError("protons are given by energy: name a CREME96 file .TFX or .FLX");
      }
      environment.protons = read_spectrum(spectrum, SpectrumKind::energies);
    });
  }
  if (table.has("ions")) {
    table.value("ions", [&](const toml::node& node) {
      const auto spectrum = file.parent_path() / as_text(node);
      const auto kind = spectrum_kind(spectrum);
      if (kind == SpectrumKind::energies) {
        throw InputError("ions are given by LET: name a CREME96 file .DLT or .LET");
      }
      const auto read = read_spectrum(spectrum, kind);
      environment.ions = kind == SpectrumKind::let ? read : differential(read);
    });
  }
  environment.given = number_if(table, "upsets_a_bit_day").value_or(0);
  table.reject_unknown();
  return environment;
}

Environment read_environment(const std::filesystem::path& file) {
  return parse_environment(read_text(file, "the environment", kMebibyte), file);
}

double upsets_a_day(const DeviceMemory& memory, const Environment& environment) {
  double rate = environment.given;
  if (environment.neutrons) {
    if (!memory.neutrons) {
      fail(memory, environment, "neutrons", "neutrons_cm2");
    }
    rate += *memory.neutrons * *environment.neutrons * kHoursADay;
  }
  if (environment.protons) {
    if (!memory.protons) {
      fail(memory, environment, "protons", "protons");
    }
    rate += proton_rate(*environment.protons, *memory.protons) * kSecondsADay;
  }
  if (environment.ions) {
    if (!memory.ions) {
      fail(memory, environment, "ions", "ions");
    }
    rate += ion_rate(*environment.ions, memory.ions->target, memory.ions->cross_section) * kSecondsADay;
  }
  return rate;
}

}  // namespace fluence
