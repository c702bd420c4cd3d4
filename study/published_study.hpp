// A published study as data: what a campaign that names it is compared with. One JSON file a study in
// this folder; its keys are the members here.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/store.hpp"
#include "study/regression.hpp"

namespace fluence {

/// Scenarios: every combination, spaces and layers as results name them.
struct StudyGrid {
  std::set<std::string> networks, modes, spaces, layers;
  std::set<int> faults;

  [[nodiscard]] bool holds(const ScenarioTally& scenario) const;
  [[nodiscard]] std::size_t size() const {
    return networks.size() * modes.size() * spaces.size() * layers.size() * faults.size();
  }
};

/// How an experiment can be made as campaigns: the scenarios of all its grids, which have none in
/// common.
struct StudyDesign {
  std::string name;
  std::vector<StudyGrid> grids;

  [[nodiscard]] bool holds(const ScenarioTally& scenario) const;
  [[nodiscard]] std::size_t size() const;
};

struct PublishedTerm {
  double estimate = 0;
  double error = 0;  ///< printed with two decimals, as is the estimate
};

/// X1: bits of the weights; X2: seu or mbu; X3: see `third_factor`; X4: upsets a trial.
struct PublishedExperiment {
  std::string name;
  std::string table;  ///< "Table I"
  /// "space": weights or thresholds; "layer": its number.
  std::string third_factor;
  std::vector<StudyDesign> designs;  ///< what is published does not say which
  double adjusted_r2 = 0;
  std::array<PublishedTerm, kTerms> terms;  ///< in the order of `kTermNames`
};

struct PublishedStatement {
  std::string claim;    ///< as published
  std::string measure;  ///< what the number is
  /// "contrast": loss of scenarios whose `factor` (network, mode or space) is one of `more`,
  /// less that where it is one of `less`. "layers": critical images of each of the layers `more`, less
  /// the mean of the layers `less`. "gradual": loss rises with the upsets. "worst case": among
  /// scenarios with a mean loss below `negligible` there is a trial with a loss of `drastic`, in points.
  std::string test;
  std::string factor;
  std::set<std::string> more, less;
  double negligible = 0, drastic = 0;
};

struct PublishedStudy {
  std::string name;
  std::string source;
  std::map<std::string, std::string> models;  ///< network: digest of its parameters
  std::vector<PublishedExperiment> experiments;
  std::vector<PublishedStatement> statements;

  /// Throws std::logic_error if the text is no study.
  static PublishedStudy parse(std::string_view text);
};

/// The study of that name. Throws InputError naming the known ones.
const PublishedStudy& find_study(std::string_view name);

/// The content of this folder's JSON files.
const std::vector<std::string_view>& study_files();

}  // namespace fluence
