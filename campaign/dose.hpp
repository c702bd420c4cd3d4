// Doses: how many upsets a trial has on average, where a specification states no number of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/toml_table.hpp"
#include "rtl/site.hpp"

namespace fluence {

/// In what a dose is stated.
enum class DoseUnit {
  image,   ///< upsets a bit and image
  second,  ///< upsets a bit and second
  fluence  ///< particles a square centimetre, in a trial
};
/// "upsets/bit/image", "upsets/bit/second" or "particles/cm2".
std::string_view to_string(DoseUnit unit);

/// The number of a trial's upsets is Poisson's of the dose's mean.
struct Dose {
  DoseUnit unit{};
  double value = 0;
  double clock_mhz = 0;                     ///< by which a run's cycles are seconds; of unit second
  std::map<Space, double> cross_section{};  ///< cm2 a bit; of unit fluence

  /// "1e-07 upsets/bit/image".
  [[nodiscard]] std::string text() const;
  /// With what its mean depends on in some spaces: "1e+10 particles/cm2 at 6.32e-15 cm2".
  [[nodiscard]] std::string text(const std::vector<Space>& spaces) const;
  /// Upsets of a bit in a trial of so many images on average, of each space. `run_length` gives the
  /// cycles of so many images and is asked if they matter. Throws InputError if a space has no cross
  /// section.
  [[nodiscard]] std::vector<double> upsets_a_bit(const std::vector<Space>& spaces, int images,
                                                 const std::function<double(int)>& run_length) const;
};

/// How many upsets a scenario's trials have.
struct Amount {
  int faults = 0;  ///< without a dose
  std::optional<Dose> dose{};
};

/// What a part states: 'faults', or 'rate' or 'fluence' with what belongs to it. Throws InputError
/// naming file, line, key and remedy.
std::vector<Amount> read_amounts(TomlTable& part);

}  // namespace fluence
