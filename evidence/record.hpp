// The record of a campaign for a safety case: what was asked, what was done, what came out, what is not
// assessed, and how to do it again. Docs: docs/evidence.md.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "campaign/store.hpp"
#include "evidence/detection.hpp"

namespace fluence {

struct EvidenceOptions {
  std::string folder;  ///< of the results
  std::string goal{};  ///< the safety goal in the user's words; may be empty
  DetectionPoints points{};
  /// Of runs of a network with a rule's watchdog; throws InputError where it is not known.
  std::function<RunClock(const Topology& net, const OutcomeRule& rule)> clock{};
  std::string command{};  ///< that makes this record, as it runs in a shell
};

/// The record as data; docs/evidence.md has its keys. Throws InputError if there are no results.
nlohmann::ordered_json evidence_record(Store& store, const EvidenceOptions& options);

/// As a page that needs no other, and prints.
std::string evidence_page(const nlohmann::ordered_json& record);
/// The figures of the failure analysis, a row for each scenario and each sum.
std::string evidence_csv(const nlohmann::ordered_json& record);
/// In short.
std::string evidence_text(const nlohmann::ordered_json& record);

/// "98.25 % (97.10 to 98.94)", or why there is none. Of a metric of the record.
std::string metric_text(const nlohmann::ordered_json& metric);

}  // namespace fluence
