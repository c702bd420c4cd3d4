#include <fmt/format.h>

#include <algorithm>

#include "analysis/agreement.hpp"
#include "analysis/report.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostFailed = 12;  // trials that are named

double number(const Json& json, const char* key) { return json[key].get<double>(); }
std::string text(const Json& json, const char* key) { return printable(json[key].get<std::string>()); }

std::string interval_text(const Json& json) {
  return fmt::format("{:.2f} to {:.2f}", number(json, "low"), number(json, "high"));
}

// The command that runs a trial again, or which one it is where no command is promised.
std::string trial_text(const Json& trial) {
  return trial["command"].is_null() ? fmt::format("scenario {}, trial {}", trial["scenario"].get<int>(),
                                                  trial["trial"].get<int>())
                                    : text(trial, "command");
}

std::string experiment_text(const Json& e) {
  const auto title =
      fmt::format("\n{} experiment against {}", text(e, "experiment"), text(e, "published"));
  if (e["fits"].empty()) {
    return title + ": not fitted: " + text(e, "reason") + "\n";
  }
  const auto closest = e["closest"].get<std::size_t>();
  const auto& fit = e["fits"][closest];
  auto out = fmt::format(
      "{}\nfit on {} scenario means, factors coded {} (closest to the table of the "
      "two codings)\n{:<6} {:>10} {:>9} {:>8} {:>8} {:>2}  {:>9} {:>6} {:>9}\n",
      title, fit["observations"].get<int>(), text(fit, "coding"), "term", "estimate", "error", "t", "p",
      "", "published", "error", "deviation");
  for (const auto& t : fit["terms"]) {
    out += fmt::format("{:<6} {:>10.4f} {:>9.4f} {:>8.2f} {:>8.4f} {:<2}  {:>9.2f} {:>6.2f} {:>9.2f}\n",
                       text(t, "name"), number(t, "estimate"), number(t, "error"), number(t, "t"),
                       number(t, "p"), text(t, "stars"), number(t, "published"),
                       number(t, "published_error"), number(t, "deviation"));
  }
  for (const auto& f : e["fits"]) {
    out += fmt::format(
        "on {:<6} coded {}: n {}, R2 {:.3f}, adjusted R2 {:.3f} (published {:.2f}), {:.2f} "
        "standard errors from the table (root mean square)\n",
        text(f, "response"), text(f, "coding"), f["observations"].get<int>(), number(f, "r2"),
        number(f, "adjusted_r2"), number(e, "published_adjusted_r2"), number(f, "distance"));
  }
  return out;
}

// What a published study's section says, if there is one.
std::string study_text(const Json& data) {
  if (!data.contains("study")) {
    return "";
  }
  auto out = "\npublished statements (" + text(data["study"], "source") + ")\n";
  for (const auto& s : data["statements"]) {
    if (s["verdict"] == "no data") {
      out += fmt::format("{:<9}  {}: {}\n", "no data", text(s, "claim"), text(s, "note"));
      continue;
    }
    const auto interval = s["low"].is_null() ? "" : " (" + interval_text(s) + ")";
    out += fmt::format("{:<9}  {}: {:.2f}{}, {}; {}\n", text(s, "verdict"), text(s, "claim"),
                       number(s, "value"), interval, text(s, "measure"), text(s, "note"));
  }
  for (const auto& e : data["experiments"]) {
    out += experiment_text(e);
  }
  return out;
}

std::string ranking_text(const Json& ranks, const char* title, const char* place) {
  if (ranks.empty()) {
    return "";
  }
  auto out = fmt::format("\n{}\n{:<8} {:<22} {:>5} {:>7}  {:>6}  {}\n", title, "network", "space", place,
                         "trials", "loss", "95 % interval");
  for (const auto& r : ranks) {
    out += fmt::format("{:<8} {:<22} {:>5} {:>7}  {:>6.2f}  {}\n", text(r, "network"), text(r, "space"),
                       r["place"].get<int>(), r["trials"].get<int>(), number(r, "loss"),
                       r["low"].is_null() ? "-" : interval_text(r));
  }
  return out;
}

std::string engines_text(const Json& data) {
  const auto& a = data["agreement"];
  if (a.is_null()) {
    return "\nthe engines: none of these trials has been compared with the RTL" +
           (data["verify"].is_null() ? "" : ": " + text(data, "verify")) + "\n";
  }
  return "\n" + agreement_text(a, "trials");
}

void flatten(const Json& object, const std::string& prefix,
             std::vector<std::pair<std::string, Json>>& out) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      flatten(value, prefix + key + ".", out);
    } else if (!value.is_array()) {
      out.emplace_back(prefix + key, value);
    }
  }
}

std::string field(const Json& value) {
  if (value.is_null()) {
    return "";
  }
  if (!value.is_string()) {
    return value.dump();
  }
  return csv_cell(value.get<std::string>());
}

}  // namespace

std::string report_text(const Json& data) {
  auto out = data["summary"].get<std::string>();
  const auto& failed = data["failed_trials"];
  for (std::size_t i = 0; i < std::min(failed.size(), kMostFailed); ++i) {
    out += fmt::format("{}: {}\n", trial_text(failed[i]), text(failed[i], "reason"));
  }
  if (data["scenarios"].empty()) {
    return out;
  }
  for (const auto& s : data["scenarios"]) {
    for (const auto& r : s["recorded"]) {
      out += fmt::format(
          "recorded {:.2f}: {}, {:.1f} % of our trials are at or below it\n", number(r, "accuracy"),
          r["inside"].get<bool>() ? "within our distribution" : "outside our distribution",
          100 * number(r, "quantile"));
    }
  }
  out += study_text(data);
  out += ranking_text(data["layer_ranking"], "layers by mean loss of accuracy", "layer");
  out +=
      ranking_text(data["bit_ranking"], "bit positions by mean loss of accuracy, single upsets", "bit");
  out += engines_text(data);
  if (!data["worst_trials"].empty()) {
    out += "\nworst trials\n";
  }
  for (const auto& w : data["worst_trials"]) {
    out += fmt::format("{:>6.2f} points lost: {}\n", number(w, "loss"), trial_text(w));
  }
  return out;
}

std::string report_csv(const Json& data) {
  std::string out;
  for (const auto& scenario : data["scenarios"]) {
    std::vector<std::pair<std::string, Json>> fields;
    flatten(scenario, "", fields);
    std::string heading, row;
    for (const auto& [key, value] : fields) {
      heading += (heading.empty() ? "" : ",") + key;
      row += (row.empty() ? "" : ",") + field(value);
    }
    if (out.empty()) {
      out = heading + "\n";
    }
    out += row + "\n";
  }
  return out;
}

}  // namespace fluence
