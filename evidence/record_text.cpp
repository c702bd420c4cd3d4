#include <fmt/format.h>

#include <algorithm>

#include "base/escape.hpp"
#include "base/text.hpp"
#include "evidence/metrics.hpp"
#include "evidence/record.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json, const char* key) {
  return printable(json[key].get<std::string>());
}

std::string percent(const Json& share) { return fmt::format("{:.2f}", 100 * share.get<double>()); }

// The ends of an interval; those that hold for other images too, where they are known.
std::string between(const Json& metric) {
  const auto* prefix = metric["images_low"].is_null() ? "" : "images_";
  const auto& low = metric[std::string(prefix) + "low"];
  return low.is_null() ? "" : percent(low) + " to " + percent(metric[std::string(prefix) + "high"]);
}

std::string metrics_line(const Json& of) {
  std::string line;
  for (const auto kind : kMetrics) {
    const std::string name(to_string(kind));
    line += fmt::format("  {} {}", name, metric_text(of[name]));
  }
  return line + "\n";
}

std::string plain(const Json& value) {
  return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
}

// What rows of scenarios and of sums have in common.
std::string metric_cells(const Json& of) {
  std::string cells;
  for (const auto kind : kMetrics) {
    const auto& metric = of[std::string(to_string(kind))];
    for (const auto* key : {"value", "low", "high", "images_low", "images_high"}) {
      cells += "," + (metric.contains(key) ? plain(metric[key]) : std::string());
    }
  }
  return cells;
}

}  // namespace

std::string metric_text(const nlohmann::ordered_json& metric) {
  if (metric["value"].is_null()) {
    return "not assessed";
  }
  const auto interval = between(metric);
  return percent(metric["value"]) + " %" + (interval.empty() ? "" : " (" + interval + ")");
}

std::string evidence_text(const nlohmann::ordered_json& record) {
  std::string out;
  for (const auto& e : record["elements"]) {
    out += fmt::format("scenario {}: {} {} {} layers {} {}, {} trials of {} images\n",
                       e["scenario"].get<int>(), text_of(e, "network"), text_of(e, "mode"),
                       text_of(e, "space"), text_of(e, "layers"), text_of(e, "amount"),
                       e["trials"].get<int>(), e["images"].get<int>());
    out += e["reason"].is_null() ? metrics_line(e) : "  not assessed: " + text_of(e, "reason") + "\n";
  }
  for (const auto& s : record["sums"]) {
    out += fmt::format("{}: {} of {} bits, each upset alike often\n{}", text_of(s, "network"),
                       s["bits"].get<std::uint64_t>(), s["bits_of_network"].get<std::uint64_t>(),
                       metrics_line(s));
  }
  out += "not assessed:\n";
  for (const auto& exclusion : record["exclusions"]) {
    out += "  " + printable(exclusion.get<std::string>()) + "\n";
  }
  return out;
}

std::string evidence_csv(const nlohmann::ordered_json& record) {
  std::string out = "scenario,network,space,layers,mode,faults,time,bits,trials,images";
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    std::string name(to_string(static_cast<SafetyClass>(i)));
    std::ranges::replace_if(
        name, [](char c) { return c == ' ' || c == '-'; }, '_');
    out += "," + name;
  }
  for (const auto* metric : {"dc", "spfm", "lfm", "sff"}) {
    for (const auto* key : {"", "_low", "_high", "_images_low", "_images_high"}) {
      out += std::string(",") + metric + key;
    }
  }
  out += ",latency_unit,latency_median,latency_most,noticed,unnoticed,reason\n";
  for (const auto& e : record["elements"]) {
    std::string row;
    for (const auto* key : {"scenario", "network", "space", "layers", "mode", "faults", "time", "bits",
                            "trials", "images"}) {
      row += (row.empty() ? "" : ",") + csv_cell(plain(e[key]));
    }
    for (const auto& [name, count] : e["classes"].items()) {
      row += "," + plain(count);
    }
    row += metric_cells(e);
    for (const auto* key : {"unit", "median", "most", "noticed", "unnoticed"}) {
      row += "," + (e["latency"].is_null() ? std::string() : plain(e["latency"][key]));
    }
    out += row + "," + csv_cell(plain(e["reason"])) + "\n";
  }
  for (const auto& s : record["sums"]) {
    std::string spaces;
    for (const auto& space : s["spaces"]) {
      spaces += (spaces.empty() ? "" : "+") + space.get<std::string>();
    }
    out += "sum," + csv_cell(plain(s["network"])) + "," + csv_cell(spaces) + ",,seu,1,," +
           plain(s["bits"]) + ",,,,,,,," + metric_cells(s) + ",,,,,,\n";
  }
  return out;
}

}  // namespace fluence
