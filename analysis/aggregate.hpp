// A scenario's trials in a few numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "campaign/store.hpp"

namespace fluence {

/// Accuracies are per cent of a trial's images, over trials; shares are per cent of all images.
struct Summary {
  /// What a part's scenarios share: "engine rtl, time cycle, physical, 20 images a trial", and the rule
  /// of outcomes and the maps that trials are drawn by, if these are not the default ones.
  std::string group;
  std::string network, mode, spaces, layers;
  std::string faults;  ///< upsets a trial: "10", or of a dose "~12.3" on average
  std::string dose;    ///< "1e-07 upsets/bit/image", or empty
  int trials = 0;      ///< finished; if 0, the numbers below are 0 too
  int failed = 0;      ///< could not be evaluated; in no other number but `asked`
  int asked = 0;
  int at_most = 0;  ///< trials that a scenario with a margin may take; 0: it has none
  double mean = 0;
  std::optional<double> deviation;  ///< of the sample (n - 1); none of a single trial
  double least = 0, most = 0;
  double masked = 0, tolerable = 0, critical = 0, hang = 0;
  double fault_free = 0;  ///< accuracy without faults
};

/// By sums over trials as they are drawn, which are not those of plain ones if it is by a map.
Summary summarize(const ScenarioTally& tally);

/// The summaries as tables, one a group with a line of headings, and a line that says how complete the
/// campaign is.
std::string summary_table(const std::vector<Summary>& summaries);

}  // namespace fluence
