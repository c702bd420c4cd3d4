#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "analysis/agreement.hpp"
#include "analysis/report.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostFailed = 12;  // trials that are named
constexpr std::array kOutcomes = {"masked", "tolerable", "critical", "hang"};

double number(const Json& json, const char* key) { return json[key].get<double>(); }
std::string text(const Json& json, const char* key) { return printable(json[key].get<std::string>()); }

// "-0.42 to 1.76" of these images ("low", "high") or of images like these ("images_low", ..).
std::string interval_text(const Json& json, const std::string& prefix = "") {
  const auto& low = json[prefix + "low"];
  return low.is_null() ? "-"
                       : fmt::format("{:.2f} to {:.2f}", low.get<double>(),
                                     number(json, (prefix + "high").c_str()));
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
      "{}\n{}; fit on {} single trials, factors coded {} (whose standard errors are most like the "
      "table's)\n{:<6} {:>10} {:>9} {:>9} {:>8} {:>8} {:>2}  {:>9} {:>6} {:>9}\n",
      title, text(e, "design"), fit["observations"].get<int>(), text(fit, "coding"), "term", "estimate",
      "error", "robust", "t", "p", "", "published", "error", "deviation");
  for (const auto& t : fit["terms"]) {
    out += fmt::format(
        "{:<6} {:>10.4f} {:>9.4f} {:>9.4f} {:>8.2f} {:>8.4f} {:<2}  {:>9.2f} {:>6.2f} {:>9.2f}\n",
        text(t, "name"), number(t, "estimate"), number(t, "error"), number(t, "robust_error"),
        number(t, "t"), number(t, "p"), text(t, "stars"), number(t, "published"),
        number(t, "published_error"), number(t, "deviation"));
  }
  out += fmt::format(
      "fitted accuracies: {:.2f} points from the published fit's (root mean square, at most {:.2f}), of "
      "which rounding gives {:.2f}; published standard errors are {:.2f} times ours; all terms at once: "
      "chi squared {:.1f} on 16, p {:.2g} (robust {:.1f}, p {:.2g})\n",
      number(fit, "fitted_difference"), std::abs(number(fit, "largest_difference")),
      number(fit, "rounding"), number(fit, "error_ratio"), number(fit, "joint"), number(fit, "joint_p"),
      number(fit, "joint_robust"), number(fit, "joint_robust_p"));
  for (const auto& f : e["fits"]) {
    out += fmt::format(
        "on {:<6} coded {}: n {}, R2 {:.3f}, adjusted R2 {:.3f} (published {:.2f}), standard errors' "
        "misfit {:.2f}, {:.2f} published standard errors from the table (root mean square)\n",
        text(f, "response"), text(f, "coding"), f["observations"].get<int>(), number(f, "r2"),
        number(f, "adjusted_r2"), number(e, "published_adjusted_r2"), number(f, "error_misfit"),
        number(f, "distance"));
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
    const auto interval = s["low"].is_null()          ? ""
                          : s["images_low"].is_null() ? " (these images: " + interval_text(s) + ")"
                                                      : " (" + interval_text(s, "images_") +
                                                            "; these images: " + interval_text(s) + ")";
    out += fmt::format("{:<9}  {}: {:.2f}{}, {}; {}\n", text(s, "verdict"), text(s, "claim"),
                       number(s, "value"), interval, text(s, "measure"), text(s, "note"));
    for (const auto& e : s["exposures"]) {
      out += fmt::format("{:<9}  at an equal rate of upsets a bit: {}, critical images {:.2f} to 1{}\n",
                         "", text(e, "what"), number(e, "ratio"),
                         e["low"].is_null() ? "" : " (" + interval_text(e) + ")");
    }
  }
  for (const auto& e : data["experiments"]) {
    out += experiment_text(e);
  }
  return out;
}

// Whether a complete map of single bits lies beside the campaign, which knows what samples guess.
bool has_map(const Json& data, const Json& of) {
  return data.contains("complete_map") && data["complete_map"]["network"] == of["network"] &&
         data["complete_map"]["mode"] == "seu";
}

// "-0.42 to 1.76" of a rank's number, of these images or of images like these.
std::string ranked_text(const Json& rank, const std::string& number, const std::string& prefix) {
  Json interval;
  interval["low"] = rank[number + prefix + "_low"];
  interval["high"] = rank[number + prefix + "_high"];
  return interval_text(interval);
}

bool is_of(const Json& rank, const Json& of) {
  return rank["network"] == of["network"] && rank["space"] == of["space"] &&
         (of["group"] == "" || rank["group"] == of["group"]);
}

std::string rows_text(const Json& ranks, const Json& of, const char* place, bool with_images) {
  auto out = fmt::format("{:<8} {:<22} {:>5} {:>7}  {:>8}  {:<16}{}  {:>6}  {:<16}{}{}\n", "network",
                         "space", place, "trials", "critical", "these images",
                         with_images ? "  images like these" : "", "loss", "these images",
                         with_images ? "  images like these" : "", with_images ? "  burst" : "");
  for (const auto& r : ranks) {
    if (is_of(r, of)) {
      const auto images = [&](const char* of_number) {
        return with_images ? fmt::format("  {:<17}", ranked_text(r, of_number, "_images")) : "";
      };
      out +=
          fmt::format("{:<8} {:<22} {:>5} {:>7}  {:>8.2f}  {:<16}{}  {:>6.2f}  {:<16}{}{}\n",
                      text(r, "network"), text(r, "space"), r["place"].get<int>(),
                      r["trials"].get<int>(), number(r, "critical"), ranked_text(r, "critical", ""),
                      images("critical"), number(r, "loss"), ranked_text(r, "loss", ""), images("loss"),
                      with_images ? fmt::format("  {:>5.1f}", number(r, "burst_bits")) : "");
    }
  }
  return out;
}

std::string layers_text(const Json& data) {
  std::string out;
  for (const auto& of : data["ranked_layers"]) {
    out += out.empty() ? "\nlayers by images that change their class, per cent, and loss of accuracy; "
                         "burst: bits that a burst of 8 flips there on average\n"
                       : "";
    const auto who = text(of, "network") + " " + text(of, "space") + ", " + text(of, "group");
    const int left_out = of["left_out"].get<int>();
    const auto rows = rows_text(data["layer_ranking"], of, "layer", true);
    if (rows.find('\n') + 1 == rows.size()) {
      out += who + ": not ranked, its layers have no scenarios in common\n";
      continue;
    }
    out += left_out > 0
               ? fmt::format("{}: without {} scenarios that not all layers have\n", who, left_out)
               : "";
    out += rows;
  }
  return out;
}

std::string bits_text(const Json& data) {
  std::string out;
  for (const auto& of : data["ranked_bits"]) {
    out += out.empty() ? "\nbit positions by images that change their class, per cent, and loss of "
                         "accuracy, single upsets; intervals hold for all positions at once\n"
                       : "";
    const auto who = text(of, "network") + " " + text(of, "space");
    if (has_map(data, of)) {
      out += who + ": the complete map says it of every bit\n";
    } else if (of["told_apart"].get<bool>() || of["places"] == 1) {
      out += rows_text(data["bit_ranking"], of, "bit", false);
    } else {
      out += fmt::format("{}: {} positions not told apart (Kruskal-Wallis p {:.2g})\n", who,
                         of["places"].get<int>(), number(of, "p"));
    }
  }
  return out;
}

// Per cent of images, with the interval of other faults on these images.
std::string dose_number(const Json& value, const Json& low, const Json& high, double unit) {
  return fmt::format("{:>7.3f}  {:<18}", unit * value.get<double>(),
                     low.is_null() ? "-"
                                   : fmt::format("{:.3f} to {:.3f}", unit * low.get<double>(),
                                                 unit * high.get<double>()));
}

// Accuracy and outcomes against dose, and the mission time where rates are known.
std::string doses_text(const Json& data) {
  std::string out;
  const bool mission = data.contains("mission");
  for (const auto& s : data["scenarios"]) {
    if (s["dose"].is_null()) {
      continue;
    }
    if (out.empty()) {
      out = fmt::format(
          "\naccuracy and outcomes against dose, per cent of images, with intervals of other faults on "
          "these images\n{:<24} {:<4} {:<18} {:<6} {:>28} {:>9}{} {:>9}  {:<18}",
          "network", "mode", "space", "layers", "dose", "upsets", mission ? " mission days" : "",
          "accuracy", "interval");
      for (const auto* outcome : kOutcomes) {
        out += fmt::format("{:>9}  {:<18}", outcome, "interval");
      }
      out += "\n";
    }
    out += fmt::format(
        "{:<24} {:<4} {:<18} {:<6} {:>28} {:>9.4g}{}   {}", text(s, "network"), text(s, "mode"),
        text(s, "space"), text(s, "layers"),
        fmt::format("{:g} {}", number(s, "dose_value"), text(s, "dose")), number(s, "faults"),
        !mission                      ? ""
        : s["mission_days"].is_null() ? fmt::format(" {:>12}", "-")
                                      : fmt::format(" {:>12.5g}", number(s, "mission_days")),
        dose_number(s["mean"], s["mean_low"], s["mean_high"], 1));
    for (const auto* outcome : kOutcomes) {
      const auto& share = s[outcome];
      out += "  " + dose_number(share["share"], share["low"], share["high"], 100);
    }
    out += "\n";
  }
  if (mission && !out.empty()) {
    out += fmt::format(
        "mission days: when so many upsets have come together on average in {}, on {}, without repair\n",
        text(data["mission"], "environment"), text(data["mission"], "device"));
    for (const auto& memory : data["mission"]["unverified"]) {
      out += fmt::format("nobody has verified the cross sections of the memory {}\n",
                         printable(memory.get<std::string>()));
    }
  }
  return out;
}

// Pairs of hardwares at the same doses.
std::string differences_text(const Json& data) {
  const auto& differences = data["hardware_differences"];
  std::vector<std::string> measures = {"critical", "accuracy"};
  if (std::ranges::any_of(differences, [](const Json& d) { return d["hang"] != 0; })) {
    measures.emplace_back("hang");
  }
  std::string out;
  for (const auto& d : differences) {
    if (out.empty()) {
      out = fmt::format(
          "\nhardwares at the same dose, the first one named less the second, in per cent of images; "
          "trials of common draws in pairs\n{:<44} {:<4} {:<18} {:<6} {:>28} {:<6} {:>9}",
          "hardwares", "mode", "space", "layers", "dose", "draws", "trials");
      for (const auto& measure : measures) {
        out += fmt::format("  {:>8}  {:<18}  {:<18}", measure, "these images", "images like these");
      }
      out += "\n";
    }
    const auto& trials = d["trials"];
    out += fmt::format(
        "{:<44} {:<4} {:<18} {:<6} {:>28} {:<6} {:>9}", text(d, "second") + " less " + text(d, "first"),
        text(d, "mode"), text(d, "space"), text(d, "layers"),
        fmt::format("{:g} {}", number(d, "dose_value"), text(d, "dose")), text(d, "draw"),
        trials[0] == trials[1] ? trials[0].dump() : trials[0].dump() + ", " + trials[1].dump());
    for (const auto& measure : measures) {
      out += fmt::format("  {:>+8.3f}", number(d, measure.c_str()));
      for (const auto* of : {"", "_images"}) {
        const auto& low = d[measure + of + "_low"];
        out += fmt::format("  {:<18}", low.is_null()
                                           ? "-"
                                           : fmt::format("{:+.3f} to {:+.3f}", low.get<double>(),
                                                         d[measure + of + "_high"].get<double>()));
      }
    }
    out += "\n";
  }
  return out;
}

// What it bought that trials were drawn by a map.
std::string draws_text(const Json& data) {
  std::string out;
  const auto worth = [](const Json& value) {
    return value.is_null() ? "-" : fmt::format("{:.3g}", value.get<double>());
  };
  for (const auto& s : data["scenarios"]) {
    if (s["draw"].is_null()) {
      continue;
    }
    if (out.empty()) {
      out = fmt::format(
          "\ndrawn by a map: as many plain trials as one of these tells as much as, of critical images "
          "and of the loss\n{:<8} {:<6} {:<18} {:<6} {:>6} {:>9} {:>9}\n",
          "network", "mode", "space", "layers", "faults", "critical", "loss");
    }
    out += fmt::format("{:<8} {:<6} {:<18} {:<6} {:>6.4g} {:>9} {:>9}\n", text(s, "network"),
                       text(s, "mode"), text(s, "space"), text(s, "layers"), number(s, "faults"),
                       worth(s["worth_critical"]), worth(s["worth_loss"]));
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
  out += doses_text(data);
  out += differences_text(data);
  out += draws_text(data);
  out += study_text(data);
  out += layers_text(data);
  out += bits_text(data);
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
