// From a complete map and a budget or a target to a hardware with protected memories.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protect/choice.hpp"
#include "protect/storages.hpp"
#include "protect/synthesis.hpp"

namespace fluence {

/// What a protection's cost is counted in: stored bits, or, by synthesis, LUTs or block RAMs of 18
/// Kibit.
enum class CostUnit { bits, luts, block_rams };

/// A number, or so many per cent of a whole.
struct GoalNumber {
  double number = 0;
  bool percent = false;

  [[nodiscard]] double of(double whole) const { return percent ? number * whole / 100 : number; }
  bool operator==(const GoalNumber&) const = default;
};

/// What is asked for: one of both.
struct ProtectionGoal {
  CostUnit unit = CostUnit::bits;
  std::optional<GoalNumber> budget{};  ///< in the unit; per cent of the bits that the map holds
  /// Critical (fault, image) pairs that may stay, as a share of all of the map; per cent of those that
  /// are critical without protection.
  std::optional<GoalNumber> target{};

  /// "bits=2%", "bits=40000", "luts=500", "bram=4". Throws InputError naming what is possible.
  static ProtectionGoal of_budget(std::string_view text);
  /// "critical=10%" (of what is critical without protection), "critical=0.001" (of all pairs).
  static ProtectionGoal of_target(std::string_view text);
};

struct ProtectionPlan {
  std::vector<ProtectedStorage> storages;
  /// [storage], what its protection takes more; empty if nothing was synthesized.
  std::vector<LogicCost> logic;
  std::vector<bool> chosen;              ///< [storage]
  long bits = 0;                         ///< of all storages, unprotected
  std::uint64_t pairs = 0;               ///< (fault, image) pairs of the map
  std::uint64_t critical = 0, left = 0;  ///< of them, without and with protection
  BestChoices choices;                   ///< in the unit of the goal

  [[nodiscard]] long extra_bits() const;
  [[nodiscard]] LogicCost extra_logic() const;
  /// The storages that are protected.
  [[nodiscard]] std::vector<ProtectedStorage> chosen_storages() const;
};

/// Throws InputError if the map is not what `protected_storages` takes, nothing fits the budget, or no
/// choice reaches the target. `synthesize`: also if the unit does not ask for it; how far that is, is
/// shown on stderr.
ProtectionPlan plan_protection(const MapResults& map, const std::vector<std::string>& codecs,
                               const ProtectionGoal& goal, bool synthesize);

/// What `fluence protect --out` makes, by file name: the hardware `name`, its network and, of a map of
/// flips, check.toml: a campaign of the plain hardware and this one at the same doses.
std::map<std::string, std::string> protection_files(const MapResults& map, const ProtectionPlan& plan,
                                                    const std::string& name);

}  // namespace fluence
