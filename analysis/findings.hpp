// Rankings, and the published statements checked against a campaign. Losses are points of accuracy below
// the fault-free one. Docs: docs/statistics.md.
#pragma once

#include <string>
#include <vector>

#include "analysis/study.hpp"

namespace fluence {

/// Mean loss of trials that hit one place.
struct Rank {
  std::string network, space;
  int place = 0;  ///< layer, or bit position
  int trials = 0;
  double loss = 0;
  Interval interval;
};

/// Layers by the mean loss of their scenarios, which weigh alike; the most vulnerable of each network
/// and space first. From scenarios within one layer only: elsewhere a trial's loss belongs to no layer.
std::vector<Rank> rank_layers(const Study& study);

/// Bit positions likewise, from trials with a single one-bit upset only: losses of several upsets do not
/// add up, so those of other trials cannot be shared out. Position within a weight (not within the word
/// of many weights), or within a threshold; layer 0's wider thresholds are a space of their own.
std::vector<Rank> rank_bits(const Study& study, Store& store);

enum class Verdict { holds, fails, undecided, no_data };
std::string_view to_string(Verdict verdict);

struct Statement {
  std::string claim;    ///< as published
  std::string measure;  ///< what the number is
  double value = 0;
  Interval interval;  ///< 95 %; of one point where the value is an extreme of the sample
  Verdict verdict = Verdict::no_data;
  std::string note;
};

/// The six statements of the published study.
std::vector<Statement> check_statements(const Study& study);

}  // namespace fluence
