// The statements of a published study, checked against a campaign. Losses are points of accuracy below
// the fault-free one. Docs: docs/statistics.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/campaign_statistics.hpp"
#include "study/exposure.hpp"
#include "study/published_study.hpp"

namespace fluence {

enum class Verdict { holds, mixed, fails, undecided, no_data };
std::string_view to_string(Verdict verdict);

/// Of the comparisons that a statement is made of, how many are significantly for it and against it, on
/// other images like these, at 5 % over all of them (Bonferroni).
struct Votes {
  std::string what;  ///< "pair": scenarios that differ in this alone; "step"; "layer"
  int in_favour = 0, against = 0, undecided = 0;
};

struct Statement {
  const PublishedStatement* published = nullptr;
  double value = 0;
  std::optional<Interval> interval;  ///< 95 %, other faults on these images; none of an extreme, or of
                                     ///< too few trials
  std::optional<Interval> images;    ///< the same on other images like these, which decides; none of
                                     ///< results that do not say what happened to each image
  Verdict verdict = Verdict::no_data;
  std::optional<Votes> votes;  ///< none of an extreme
  std::vector<Exposure> exposures;
  std::string note;
};

std::vector<Statement> check_statements(const CampaignStatistics& campaign, const PublishedStudy& study);

}  // namespace fluence
