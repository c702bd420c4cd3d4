#include "study/published_study.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "base/error.hpp"

namespace fluence {
namespace {

// "thresholds+weights" is "weights+thresholds".
std::set<std::string> parts_of(const std::string& text) {
  std::istringstream stream(text);
  std::set<std::string> parts;
  for (std::string part; std::getline(stream, part, '+');) {
    parts.insert(part);
  }
  return parts;
}

PublishedExperiment experiment_from(const nlohmann::json& json) {
  PublishedExperiment e;
  e.name = json.at("name");
  e.table = json.at("table");
  e.third_factor = json.at("third_factor");
  for (const auto& design : json.at("designs")) {
    auto& d = e.designs.emplace_back();
    d.name = design.at("name");
    for (const auto& grid : design.at("grids")) {
      d.grids.push_back({grid.at("networks"), grid.at("modes"), grid.at("spaces"), grid.at("layers"),
                         grid.at("faults")});
    }
  }
  e.adjusted_r2 = json.at("adjusted_r2");
  if ((e.third_factor != "space" && e.third_factor != "layer") || json.at("terms").size() != kTerms) {
    throw std::logic_error("an experiment of a study has another third factor or number of terms");
  }
  for (std::size_t i = 0; i < kTerms; ++i) {
    e.terms[i] = {json["terms"][i].at(0), json["terms"][i].at(1)};
  }
  return e;
}

PublishedStatement statement_from(const nlohmann::json& json) {
  const std::string none;
  PublishedStatement s;
  s.claim = json.at("claim");
  s.measure = json.at("measure");
  s.test = json.at("test");
  if (s.test == "contrast") {
    s.factor = json.at("factor");
    if (s.factor != "network" && s.factor != "mode" && s.factor != "space") {
      throw std::logic_error("a statement of a study has the unknown factor " + s.factor);
    }
    s.more = json.at("more");
    s.less = json.at("less");
  } else if (s.test == "layers") {
    s.more = json.at("more");
    s.less = json.at("less");
  } else if (s.test == "worst case") {
    s.negligible = json.at("negligible");
    s.drastic = json.at("drastic");
  } else if (s.test != "gradual") {
    throw std::logic_error("a statement of a study has the unknown test " + s.test);
  }
  return s;
}

}  // namespace

bool StudyGrid::holds(const ScenarioTally& s) const {
  return s.draw.empty() && networks.contains(s.network) && modes.contains(s.mode) &&
         layers.contains(s.layers) && faults.contains(s.faults) &&
         std::ranges::any_of(spaces,
                             [&](const auto& space) { return parts_of(space) == parts_of(s.spaces); });
}

bool StudyDesign::holds(const ScenarioTally& s) const {
  return std::ranges::any_of(grids, [&](const auto& grid) { return grid.holds(s); });
}

std::size_t StudyDesign::size() const {
  std::size_t sum = 0;
  for (const auto& grid : grids) {
    sum += grid.size();
  }
  return sum;
}

PublishedStudy PublishedStudy::parse(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    PublishedStudy study;
    study.name = json.at("name");
    study.source = json.at("source");
    study.models = json.at("models");
    for (const auto& experiment : json.at("experiments")) {
      study.experiments.push_back(experiment_from(experiment));
    }
    for (const auto& experiment : study.experiments) {
      for (const auto& design : experiment.designs) {
        for (const auto& grid : design.grids) {
          for (const auto& network : grid.networks) {
            if (!study.models.contains(network)) {
              throw std::logic_error("a study has no model of " + network + ", which is in a grid");
            }
          }
        }
      }
    }
    for (const auto& statement : json.at("statements")) {
      study.statements.push_back(statement_from(statement));
    }
    return study;
  } catch (const nlohmann::json::exception& e) {
    throw std::logic_error("a study's file is no good: " + std::string(e.what()));
  }
}

const PublishedStudy& find_study(std::string_view name) {
  static const auto studies = [] {
    std::vector<PublishedStudy> all;
    for (const auto text : study_files()) {
      all.push_back(PublishedStudy::parse(text));
    }
    return all;
  }();
  const auto study = std::ranges::find(studies, name, &PublishedStudy::name);
  if (study == studies.end()) {
    std::string known;
    for (const auto& s : studies) {
      known += (known.empty() ? "" : ", ") + s.name;
    }
    throw InputError("unknown study '" + std::string(name) + "': use one of " + known);
  }
  return *study;
}

}  // namespace fluence
