// The statements of a published study, checked against a campaign. Losses are points of accuracy below
// the fault-free one. Docs: docs/statistics.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "study/published_study.hpp"

namespace fluence {

enum class Verdict { holds, fails, undecided, no_data };
std::string_view to_string(Verdict verdict);

struct Statement {
  const PublishedStatement* published = nullptr;
  double value = 0;
  std::optional<Interval> interval;  ///< 95 %; none of an extreme, or of too few trials
  Verdict verdict = Verdict::no_data;
  std::string note;
};

std::vector<Statement> check_statements(const CampaignStatistics& campaign, const PublishedStudy& study);

}  // namespace fluence
