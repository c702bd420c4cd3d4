// Rates of upsets and of what they do, on a device in an environment.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/report.hpp"
#include "rates/derating.hpp"
#include "rates/environment.hpp"

namespace fluence {

/// Failures in 10^9 hours.
struct Fit {
  double rate = 0;
  std::optional<Interval> interval;  ///< of the sampled derating, not of cross section and flux
};

struct RateRow {
  Derating derating;
  std::string memory;  ///< of the device
  double upsets_a_bit_day = 0;
  double upsets_a_day = 0;  ///< of all its bits
  double fit = 0;           ///< of upsets
  Fit tolerable, critical, hang;
};

/// Sums over the rows of a network. An interval is there if all rows have one or are exact: by the
/// method of variance estimates recovery (Zou & Donner 2008), the rows being independent.
struct RateTotal {
  const Topology* net = nullptr;
  std::uint64_t bits = 0;
  double upsets_a_day = 0;
  double fit = 0;
  Fit tolerable, critical, hang;
  double configuration_fit =
      0;  ///< of functional errors by the configuration memory, if the device has one
};

/// When, on average, so many upsets have accumulated where a scenario draws them.
struct MissionRow {
  Accumulation state;
  double days = 0;  ///< infinity where the rate is 0
};

/// Throws InputError if the device has no memory for a space, or no cross section for the environment.
std::vector<MissionRow> missions(const std::vector<Accumulation>& accumulations, const Device& device,
                                 const Environment& environment);

/// Adds to a report's scenarios of single-bit upsets `mission_days`, of the others null, and what they
/// rest on as `mission`. `folder` is what errors call the results.
ReportSection mission_section(const Device& device, const Environment& environment,
                              const std::string& folder);

struct FailureRates {
  std::string device, environment;
  std::vector<RateRow> rows;
  std::vector<RateTotal> totals;
  std::vector<MissionRow> mission;
  std::vector<std::string> unverified;  ///< memories whose numbers nobody has verified
};

/// Throws InputError if the device has no memory for a space, or no cross section for the environment.
FailureRates failure_rates(const std::vector<Derating>& deratings,
                           const std::vector<Accumulation>& accumulations, const Device& device,
                           const Environment& environment);

/// As tables, as CSV of the rows, and as JSON.
std::string rate_text(const FailureRates& rates);
std::string rate_csv(const FailureRates& rates);
nlohmann::ordered_json rate_json(const FailureRates& rates);

}  // namespace fluence
