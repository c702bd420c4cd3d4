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
  std::string memory;      ///< of the device
  double burst_share = 0;  ///< of the upsets, those whose outcomes are those of the derating's bursts
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
  /// Of functional errors by the configuration memory, if the device has one.
  double configuration_fit = 0;
  double images_an_hour = 0;  ///< that the accelerator computes without a pause

  /// Of both, the critical part that is the network's own bits.
  [[nodiscard]] double own_share() const {
    return critical.rate > 0 ? critical.rate / (critical.rate + configuration_fit) : 0;
  }
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

/// What a campaign knows of one accumulation at several numbers of upsets, followed from none on, where
/// parameters are written anew after every so many hours.
struct ScrubbedRow {
  Accumulation state;  ///< of the lowest number: network, spaces, layers
  double upsets = 0;   ///< that come together between two scrubbings, on average
  /// Per cent of images, of all that are computed. None: the campaign has no state of so many upsets.
  std::optional<double> accuracy;
  std::optional<Interval> interval;
};

/// Of parameters alone, since others do not stay wrong. Between two numbers of upsets accuracy is taken
/// to change linearly.
std::vector<ScrubbedRow> scrubbed(const std::vector<MissionRow>& mission, double hours);

struct FailureRates {
  std::string device, environment;
  std::vector<RateRow> rows;
  std::vector<RateTotal> totals;
  std::vector<MissionRow> mission;
  std::vector<std::string> unverified;  ///< memories whose numbers nobody has verified
  std::optional<double> scrub_hours{};  ///< between two scrubbings, if there are any
  std::vector<ScrubbedRow> scrubbed{};
};

/// Throws InputError if the device has no memory for a space, no cross section for the environment, or
/// bursts of which a derating knows nothing.
FailureRates failure_rates(const std::vector<Derating>& deratings,
                           const std::vector<Accumulation>& accumulations, const Device& device,
                           const Environment& environment,
                           std::optional<double> scrub_hours = std::nullopt);

/// As tables, as CSV of the rows, and as JSON.
std::string rate_text(const FailureRates& rates);
std::string rate_csv(const FailureRates& rates);
nlohmann::ordered_json rate_json(const FailureRates& rates);

}  // namespace fluence
