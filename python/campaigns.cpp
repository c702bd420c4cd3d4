#include <algorithm>
#include <optional>

#include "analysis/report.hpp"
#include "base/error.hpp"
#include "base/json_text.hpp"
#include "campaign/store.hpp"
#include "python/long_call.hpp"
#include "session/campaign.hpp"
#include "study/report_section.hpp"

namespace fluence::python {
namespace {

// Upsets a trial: whole numbers, or where there is a dose their means.
py::object upsets_of(const std::vector<ScenarioTally>& tallies) {
  if (std::ranges::all_of(tallies, [](const auto& tally) { return tally.dose.empty(); })) {
    return array_of(column(tallies, &ScenarioTally::faults));
  }
  std::vector<double> upsets(tallies.size());
  std::ranges::transform(tallies, upsets.begin(), &ScenarioTally::upsets);
  return array_of(std::move(upsets));
}

// A campaign's results, read.
class CampaignResults {
 public:
  explicit CampaignResults(std::string folder)
      : folder_(std::move(folder)), store_(Store::open_existing(folder_)) {}

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] Manifest manifest() { return store_.manifest(); }
  [[nodiscard]] std::string digest() { return store_.content_digest(); }

  [[nodiscard]] py::dict scenarios() {
    const auto tallies = store_.tallies();
    py::dict table;
    table["engine"] = py::cast(column(tallies, &ScenarioTally::engine));
    table["network"] = py::cast(column(tallies, &ScenarioTally::network));
    table["mode"] = py::cast(column(tallies, &ScenarioTally::mode));
    table["spaces"] = py::cast(column(tallies, &ScenarioTally::spaces));
    table["layers"] = py::cast(column(tallies, &ScenarioTally::layers));
    table["faults"] = upsets_of(tallies);
    table["dose"] = py::cast(column(tallies, &ScenarioTally::dose));
    table["dose_value"] = array_of(column(tallies, &ScenarioTally::dose_value));
    table["time"] = py::cast(column(tallies, &ScenarioTally::time));
    table["semantics"] = py::cast(column(tallies, &ScenarioTally::semantics));
    table["draw"] = py::cast(column(tallies, &ScenarioTally::draw));
    table["images"] = array_of(column(tallies, &ScenarioTally::images));
    table["trials"] = array_of(column(tallies, &ScenarioTally::trials));
    table["done"] = array_of(column(tallies, &ScenarioTally::done));
    table["failed"] = array_of(column(tallies, &ScenarioTally::failed));
    return table;
  }

  [[nodiscard]] py::dict trials(const std::optional<int>& scenario) {
    std::vector<std::int32_t> scenarios, trials;
    std::vector<Outcomes> outcomes;
    std::vector<double> weights;
    for (const int one : chosen(scenario)) {
      for (const auto& stored : store_.trials(one)) {
        scenarios.push_back(one);
        trials.push_back(stored.trial);
        outcomes.push_back(stored.outcomes);
        weights.push_back(stored.weight);
      }
    }
    py::dict table;
    table["scenario"] = array_of(std::move(scenarios));
    table["trial"] = array_of(std::move(trials));
    table["correct"] = array_of(column(outcomes, &Outcomes::correct));
    table["masked"] = array_of(column(outcomes, &Outcomes::masked));
    table["tolerable"] = array_of(column(outcomes, &Outcomes::tolerable));
    table["critical"] = array_of(column(outcomes, &Outcomes::critical));
    table["hang"] = array_of(column(outcomes, &Outcomes::hang));
    table["weight"] = array_of(std::move(weights));
    table["digest"] = py::cast(column(outcomes, &Outcomes::digest));
    return table;
  }

  [[nodiscard]] py::dict upsets(const std::optional<int>& scenario, const std::optional<int>& trial) {
    std::vector<std::int32_t> scenarios, trials;
    FaultColumns faults;
    std::vector<std::int8_t> fates;
    for (const int one : chosen(scenario)) {
      for (const auto& upset : store_.upsets(one, trial)) {
        scenarios.push_back(one);
        trials.push_back(upset.trial);
        faults.add(upset.fault);
        fates.push_back(static_cast<std::int8_t>(upset.fate));
      }
    }
    py::dict table;
    table["scenario"] = array_of(std::move(scenarios));
    table["trial"] = array_of(std::move(trials));
    faults.move_to(table);
    table["fate"] = array_of(std::move(fates));
    return table;
  }

  [[nodiscard]] py::dict failed() {
    const auto failed = store_.failed();
    py::dict table;
    table["scenario"] = array_of(column(failed, &FailedTrial::scenario));
    table["trial"] = array_of(column(failed, &FailedTrial::trial));
    table["reason"] = py::cast(column(failed, &FailedTrial::reason));
    return table;
  }

  /// Everything that a report says, as JSON.
  [[nodiscard]] std::string report(double tolerance, const std::string& study) {
    return json_text(data(tolerance, study), -1);
  }
  /// A row for each scenario, with its statistics.
  [[nodiscard]] std::string csv(double tolerance) { return report_csv(data(tolerance, "")); }
  [[nodiscard]] std::string text(double tolerance) { return report_text(data(tolerance, "")); }
  [[nodiscard]] std::string page(double tolerance, const std::string& study) {
    return report_page(data(tolerance, study));
  }

 private:
  nlohmann::ordered_json data(double tolerance, const std::string& study) {
    ReportOptions options{folder_, tolerance};
    if (!study.empty()) {
      options.sections.push_back(study_section(find_study(study)));
    }
    return report_data(store_, options);
  }

  // The scenario that is asked for, or all.
  [[nodiscard]] std::vector<int> chosen(const std::optional<int>& scenario) {
    const auto count = static_cast<int>(store_.tallies().size());
    if (scenario && (*scenario < 0 || *scenario >= count)) {
      throw InputError("scenario " + std::to_string(*scenario) + " does not exist in " + folder_ +
                       ": use 0 to " + std::to_string(count - 1));
    }
    std::vector<int> scenarios;
    for (int i = scenario.value_or(0); i < (scenario ? *scenario + 1 : count); ++i) {
      scenarios.push_back(i);
    }
    return scenarios;
  }

  std::string folder_;
  Store store_;
};

// Gives the folder of the results and sentences that are no errors.
py::tuple run(CampaignOrder order, const py::object& progress) {
  std::vector<std::string> sentences;
  order.warn = [&](const std::string& sentence) { sentences.push_back(sentence); };
  Told told(progress);
  order.progress = told.sink();
  const auto end = long_call([&] { return run_campaign(order); });
  const auto done = std::to_string(end.trials) + " trials in " + end.folder;
  if (end.interrupted) {
    raise_interrupt("interrupted with " + done + ": run the same again to resume");
  }
  if (end.failed > 0) {
    sentences.push_back(end.what + " is complete, " + done + ", but " + std::to_string(end.failed) +
                        " of them could not be evaluated: run it again with retry_failed=True");
  }
  return py::make_tuple(end.folder, sentences);
}

}  // namespace

void add_campaigns(py::module_& module) {
  using InTurn = py::call_guard<Turn>;
  py::class_<CampaignResults>(module, "Results")
      .def(py::init<std::string>(), py::arg("folder"), InTurn())
      .def_property_readonly("folder", &CampaignResults::folder)
      .def("manifest", &CampaignResults::manifest, InTurn())
      .def("digest", &CampaignResults::digest, InTurn())
      .def("scenarios", &CampaignResults::scenarios, InTurn())
      .def("trials", &CampaignResults::trials, py::arg("scenario"), InTurn())
      .def("upsets", &CampaignResults::upsets, py::arg("scenario"), py::arg("trial"), InTurn())
      .def("failed", &CampaignResults::failed, InTurn())
      .def("report", &CampaignResults::report, py::arg("tolerance"), py::arg("study"), InTurn())
      .def("csv", &CampaignResults::csv, py::arg("tolerance"), InTurn())
      .def("text", &CampaignResults::text, py::arg("tolerance"), InTurn())
      .def("page", &CampaignResults::page, py::arg("tolerance"), py::arg("study"), InTurn());
  module.def(
      "run_campaign",
      [](const std::string& spec, const std::optional<std::string>& text, const std::string& out,
         const std::string& params, const std::string& images, const std::string& shard,
         const std::optional<std::uint64_t>& seed, const std::string& host, const std::string& load,
         const std::string& firmware, int jobs, bool retry_failed, const py::object& progress) {
        CampaignOrder order;
        order.spec = spec;
        order.text = text;
        order.out = out;
        order.params = params;
        order.images = images;
        order.shard = shard;
        order.seed = seed;
        order.host.host = host;
        order.host.load = load;
        order.host.firmware = firmware;
        order.jobs = jobs;
        order.retry_failed = retry_failed;
        return run(std::move(order), progress);
      },
      py::arg("spec"), py::arg("text"), py::arg("out"), py::arg("params"), py::arg("images"),
      py::arg("shard"), py::arg("seed"), py::arg("host"), py::arg("load"), py::arg("firmware"),
      py::arg("jobs"), py::arg("retry_failed"), py::arg("progress"), InTurn());
}

}  // namespace fluence::python
