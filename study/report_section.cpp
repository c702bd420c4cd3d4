#include "study/report_section.hpp"

#include <algorithm>

#include "study/experiment.hpp"
#include "study/statements.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Fit& fit, const PublishedExperiment& published) {
  const auto& r = fit.regression;
  const auto& c = fit.comparison;
  Json json{{"coding", fit.coding},
            {"response", fit.response},
            {"observations", r.observations},
            {"freedom", r.freedom},
            {"r2", r.r2},
            {"adjusted_r2", r.adjusted_r2},
            {"sigma", r.sigma},
            {"distance", c.distance},
            {"error_ratio", c.error_ratio},
            {"error_misfit", c.error_misfit},
            {"fitted_difference", c.fitted_difference},
            {"largest_difference", c.largest_difference},
            {"largest_difference_cell", c.largest_cell},
            {"rounding", c.rounding},
            {"joint", c.joint},
            {"joint_p", c.joint_p},
            {"joint_robust", c.joint_robust},
            {"joint_robust_p", c.joint_robust_p},
            {"terms", Json::array()},
            {"diagnostics", nullptr},
            {"lack_of_fit", nullptr}};
  for (std::size_t i = 0; i < kTerms; ++i) {
    const auto& t = r.terms[i];
    json["terms"].push_back({{"name", t.name},
                             {"estimate", t.estimate},
                             {"error", t.error},
                             {"robust_error", t.robust_error},
                             {"t", t.t},
                             {"p", t.p},
                             {"stars", t.stars},
                             {"published", published.terms[i].estimate},
                             {"published_error", published.terms[i].error},
                             {"deviation", c.deviations[i]}});
  }
  if (fit.response == "means") {
    const auto& d = r.diagnostics;
    json["diagnostics"] = {{"largest_residual", d.largest_residual},
                           {"largest_residual_cell", d.largest_residual_cell},
                           {"largest_cook", d.largest_cook},
                           {"largest_cook_cell", d.largest_cook_cell},
                           {"normality", d.normality},
                           {"normality_p", d.normality_p},
                           {"spread", d.spread},
                           {"spread_p", d.spread_p}};
  } else {
    json["lack_of_fit"] = {{"f", r.lack_of_fit}, {"p", r.lack_of_fit_p}};
  }
  return json;
}

Json to_json(const Experiment& e) {
  auto fits = Json::array();
  for (const auto& fit : e.fits) {
    fits.push_back(to_json(fit, *e.published));
  }
  return Json{{"experiment", e.published->name},
              {"published", e.published->table},
              {"published_adjusted_r2", e.published->adjusted_r2},
              {"group", e.group},
              {"design", e.design},
              {"reason", e.reason},
              {"scenarios", e.scenarios},
              {"closest", e.closest},
              {"fits", std::move(fits)}};
}

Json to_json(const Statement& s) {
  auto exposures = Json::array();
  for (const auto& e : s.exposures) {
    exposures.push_back({{"what", e.what},
                         {"ratio", e.ratio},
                         {"low", e.interval ? Json(e.interval->low) : Json()},
                         {"high", e.interval ? Json(e.interval->high) : Json()}});
  }
  return Json{{"claim", s.published->claim},
              {"measure", s.published->measure},
              {"value", s.value},
              {"low", s.interval ? Json(s.interval->low) : Json()},
              {"high", s.interval ? Json(s.interval->high) : Json()},
              {"images_low", s.images ? Json(s.images->low) : Json()},
              {"images_high", s.images ? Json(s.images->high) : Json()},
              {"verdict", to_string(s.verdict)},
              {"in_favour", s.votes ? Json(s.votes->in_favour) : Json()},
              {"against", s.votes ? Json(s.votes->against) : Json()},
              {"undecided", s.votes ? Json(s.votes->undecided) : Json()},
              {"exposures", std::move(exposures)},
              {"note", s.note}};
}

void predict(const Experiment& e, Json& scenarios) {
  for (std::size_t i = 0; i < e.scenarios.size() && !e.fits.empty(); ++i) {
    const auto row =
        std::ranges::find_if(scenarios, [&](const Json& r) { return r["id"] == e.scenarios[i]; });
    (*row)["predicted"] = e.fits.front().regression.fitted[i];
  }
}

}  // namespace

ReportSection study_section(const PublishedStudy& study) {
  return [&study](const CampaignStatistics& campaign, Json& data) {
    data["study"] = {{"name", study.name}, {"source", study.source}};
    data["experiments"] = Json::array();
    for (const auto& e : find_experiments(campaign, study)) {
      data["experiments"].push_back(to_json(e));
      predict(e, data["scenarios"]);
    }
    data["statements"] = Json::array();
    for (const auto& s : check_statements(campaign, study)) {
      data["statements"].push_back(to_json(s));
    }
  };
}

}  // namespace fluence
