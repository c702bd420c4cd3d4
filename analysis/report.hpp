// A campaign's report: one JSON object that holds everything, and what is made of it: tables, CSV, a
// page.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "campaign/store.hpp"

namespace fluence {

/// Adds what it knows to a report's object; whoever wants a statistic in the report hands one over.
using ReportSection = std::function<void(const CampaignStatistics&, nlohmann::ordered_json& data)>;

struct ReportOptions {
  std::string folder;                        ///< of the campaign, for the commands that the report names
  double tolerance = 0;                      ///< points of accuracy, see `ScenarioStatistics::tolerant`
  std::vector<ReportSection> sections = {};  ///< beside what every report has
};

/// Everything that a report says. Keys: docs/results.md. Throws InputError if the results cannot be
/// read.
nlohmann::ordered_json report_data(Store& store, const ReportOptions& options);

/// Upsets of a scenario's trials: a whole number, or of a dose the mean.
nlohmann::ordered_json upsets_json(const ScenarioTally& tally);

/// The tables for a terminal.
std::string report_text(const nlohmann::ordered_json& data);
/// A row for each scenario with finished trials; nested keys are joined by '.'.
std::string report_csv(const nlohmann::ordered_json& data);

/// The page: one HTML file that needs no other.
std::string report_page(const nlohmann::ordered_json& data);
/// The page of what `fluence trace` found; its keys: docs/trace.md.
std::string trace_page(const nlohmann::ordered_json& trace);
/// The page of a complete map (map/summary.hpp, map_page_data).
std::string map_page(const nlohmann::ordered_json& map);
/// A page over several campaigns. `links`: references to each one's page, from the index; empty: it has
/// none.
std::string index_page(const std::vector<nlohmann::ordered_json>& campaigns,
                       const std::vector<std::string>& links);

}  // namespace fluence
