#include <fmt/format.h>

#include <algorithm>

#include "analysis/agreement.hpp"
#include "base/escape.hpp"
#include "evidence/metrics.hpp"
#include "evidence/record.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto kStyle = R"css(
body { font: 15px/1.5 system-ui, "Segoe UI", Arial, sans-serif; color: #1c2126; background: #fff; margin: 0 auto;
  max-width: 1100px; padding: 32px 24px; overflow-wrap: break-word; }
h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 32px 0 6px; }
p { max-width: 80ch; margin: 6px 0; } ul { margin: 6px 0; padding-left: 22px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-bottom: 1px solid #dfe3e7; }
th { font-weight: 600; } pre { background: #f6f7f9; padding: 10px 12px; white-space: pre-wrap; font-size: 12px; }
@media print {
  @page { size: A4 landscape; margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; } tr, pre { break-inside: avoid; }
  .wide { overflow: visible; } table { font-size: 8pt; }
}
)css";

std::string shown(const Json& value) {
  return markup(value.is_null() ? "-" : value.is_string() ? value.get<std::string>() : value.dump());
}

// Lines as they are.
std::string block(const std::string& text) {
  std::string lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = std::min(text.find('\n', from), text.size());
    lines += markup(text.substr(from, to - from)) + "\n";
    from = to + 1;
  }
  return "<pre>" + lines + "</pre>\n";
}

std::string paragraph(const std::string& text) { return "<p>" + markup(text) + "</p>\n"; }

std::string heading(const std::string& text) { return "<h2>" + markup(text) + "</h2>\n"; }

// Cells are markup.
std::string row_of(const std::vector<std::string>& cells, const char* kind = "td") {
  std::string row = "<tr>";
  for (const auto& cell : cells) {
    row += fmt::format("<{0}>{1}</{0}>", kind, cell);
  }
  return row + "</tr>\n";
}

std::string table_of(const std::vector<std::string>& head, const std::string& rows) {
  return "<div class=\"wide\"><table><thead>" + row_of(head, "th") + "</thead><tbody>\n" + rows +
         "</tbody></table></div>\n";
}

std::string list_of(const Json& items) {
  std::string list = "<ul>\n";
  for (const auto& item : items) {
    list += "<li>" + shown(item) + "</li>\n";
  }
  return list + "</ul>\n";
}

std::string workload(const Json& record) {
  std::string rows;
  for (const auto& n : record["networks"]) {
    rows += row_of({shown(n["name"]), shown(n["layers"]), shown(n["bits"]), shown(n["images"]),
                    shown(n["fault_free"]), shown(n["params"])});
  }
  return heading("Element and workload") +
         paragraph(
             "The element is the accelerator of each network; every trial runs the same images, "
             "from its start.") +
         table_of({"network", "layers", "stored bits", "images a trial", "of them right without faults",
                   "digest of the parameters"},
                  rows);
}

std::string failures(const Json& record) {
  std::string rows;
  for (const auto& n : record["networks"]) {
    rows +=
        row_of({shown(n["name"]), shown(n["critical"]), shown(n["plausible"]), shown(n["watchdog"])});
  }
  return heading("Dangerous failures") +
         paragraph(
             "An image is dangerous if the accelerator hangs before it is finished, or if its "
             "scores differ from the fault-free ones and it is critical by the rule here. 'class': "
             "it has another class. 'top K': its fault-free class is no longer among the K "
             "highest. 'margin M': it has another class, or that class now leads by less than M. "
             "'pairs A>B': its class was A and is B, by number; * is any other.") +
         table_of({"network", "critical", "plausible scores", "watchdog, cycles"}, rows);
}

std::string faults(const Json& record) {
  std::string rows;
  for (const auto& e : record["elements"]) {
    const auto margin =
        e["margin"].is_null() ? "-" : fmt::format("{:.2f} points", 100 * e["margin"].get<double>());
    rows += row_of({shown(e["scenario"]), shown(e["network"]), shown(e["space"]), shown(e["layers"]),
                    shown(e["bits"]), shown(e["mode"]), shown(e["faults"]), shown(e["time"]),
                    shown(e["semantics"]), shown(e["engine"]),
                    shown(e["trials"]) + " of " + shown(e["asked"]), shown(e["times"]), margin});
  }
  return heading("Faults and sampling") +
         paragraph(
             "Sites and times of each trial's faults are drawn uniformly from the stored bits of "
             "the element and the instants of the run, without repetition within a trial. 'seu' "
             "inverts one bit, 'mbu' up to eight neighbours of a word, 'burst:N' so many bits side by "
             "side, 'burst:NAME' a shape of the specification's table, '@module' and '@storage' all "
             "bits of these; stuck bits are held. The "
             "margin is half the width of the 95 % interval of a share of one half, of single "
             "faults drawn from bits times instants.") +
         table_of(
             {"scenario", "network", "space", "layers", "bits", "mode", "faults a trial, on average",
              "time", "semantics", "engine", "trials", "instants", "margin"},
             rows);
}

std::string points(const Json& record) {
  std::string rows;
  for (const auto& p : record["points"]) {
    rows += row_of({shown(p["name"]), p["there"].get<bool>() ? "there" : "not there", shown(p["rule"])});
  }
  const auto limit =
      record["limit"].is_null()
          ? std::string(
                "No limit is stated for the time from a fault to its detection: a dangerous image "
                "counts as detected if something was noticed no later than with this image.")
          : fmt::format(
                "A dangerous image counts as detected if something was noticed no later than "
                "with this image, or within {} cycles of the trial's first fault.",
                record["limit"].get<std::uint64_t>());
  return heading("Detection points") + paragraph(limit) +
         table_of({"point", "in this assessment", "rule"}, rows);
}

std::string classes(const Json& record) {
  std::vector<std::string> head = {"scenario"};
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    head.emplace_back(to_string(static_cast<SafetyClass>(i)));
  }
  head.insert(head.end(), {"latency, median", "latency, most", "noticed", "not noticed"});
  std::string rows;
  for (const auto& e : record["elements"]) {
    std::vector<std::string> cells = {shown(e["scenario"])};
    for (const auto& [name, count] : e["classes"].items()) {
      cells.push_back(shown(count));
    }
    const auto& latency = e["latency"];
    for (const auto* key : {"median", "most"}) {
      cells.push_back(latency.is_null() ? "-" : shown(latency[key]) + " " + shown(latency["unit"]));
    }
    for (const auto* key : {"noticed", "unnoticed"}) {
      cells.push_back(latency.is_null() ? "-" : shown(latency[key]));
    }
    rows += row_of(cells);
  }
  return heading("What became of the images") +
         paragraph(
             "Images of all trials. Latency: of trials with dangerous images, from the first "
             "fault to when something is first noticed.") +
         table_of(head, rows);
}

std::string metrics(const Json& record) {
  std::string rows;
  const auto add = [&](const std::string& what, const Json& of) {
    std::vector<std::string> cells = {what};
    for (const auto kind : kMetrics) {
      const auto& metric = of[std::string(to_string(kind))];
      cells.push_back(markup(metric_text(metric)) +
                      (metric.contains("reason") ? ": " + shown(metric["reason"]) : ""));
    }
    rows += row_of(cells);
  };
  for (const auto& e : record["elements"]) {
    add("scenario " + shown(e["scenario"]) + ": " + shown(e["network"]) + " " + shown(e["mode"]) + " " +
            shown(e["space"]) + " layers " + shown(e["layers"]) + " " + shown(e["amount"]),
        e);
  }
  for (const auto& s : record["sums"]) {
    std::string of;
    for (const auto& scenario : s["scenarios"]) {
      of += (of.empty() ? "" : ", ") + shown(scenario);
    }
    add(shown(s["network"]) + ": scenarios " + (of.empty() ? "-" : of) + ", " + shown(s["bits"]) +
            " of " + shown(s["bits_of_network"]) + " bits",
        s);
  }
  return heading("Metrics") +
         paragraph(
             "DC: dangerous detected of all dangerous. SPFM: all but dangerous undetected. LFM: of "
             "those, all but latent. SFF: of images with an effect, all but dangerous "
             "undetected. All are of images from the first fault of their trial on. Intervals are "
             "of 95 %, a trial being one draw, for other faults and other images like these where "
             "what became of each image is known, else for other faults on these images; none of "
             "fewer than five trials that say something. A network's line weighs scenarios of one "
             "single-bit upset by their bits, as if each bit were upset alike often; where memories "
             "differ in that, 'fluence rate' has the rates.") +
         table_of({"of", "DC", "SPFM", "LFM", "SFF"}, rows);
}

std::string agreement(const Json& record) {
  return heading("Agreement of the engines") +
         (record["agreement"].is_null()
              ? paragraph("Not compared: 'fluence verify' was not run on these results.")
              : block(agreement_text(record["agreement"], "trials")));
}

std::string provenance(const Json& record) {
  std::string rows = row_of({"digest of the results", shown(record["campaign"]["digest"])});
  for (const auto& [key, value] : record["manifest"].items()) {
    if (key != "spec" && !key.starts_with("network file ") && !key.starts_with("hardware file ")) {
      rows += row_of({markup(key), shown(value)});
    }
  }
  std::string out = heading("Tool, inputs and seeds") + table_of({"what", "value"}, rows);
  if (record["manifest"].contains("spec")) {
    out +=
        "<p>The campaign's specification:</p>\n" + block(record["manifest"]["spec"].get<std::string>());
  }
  return out;
}

std::string commands(const Json& record) {
  std::string out = heading("How to do it again") +
                    paragraph("In a POSIX shell, in the folder where this record was made.");
  for (const auto& c : record["commands"]) {
    out += "<p>" + shown(c["what"]) + ":</p>\n<pre>" + shown(c["command"]) + "</pre>\n";
  }
  return out;
}

}  // namespace

std::string evidence_page(const nlohmann::ordered_json& record) {
  const auto name = shown(record["campaign"]["name"]);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
         "name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<title>Evidence: " +
         name + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>Evidence: " + name +
         "</h1>\n" + heading("Goal") +
         paragraph(record["goal"].is_null() ? "No safety goal is stated (--goal)."
                                            : record["goal"].get<std::string>()) +
         workload(record) + failures(record) + faults(record) + points(record) + classes(record) +
         metrics(record) + heading("What is not assessed") + list_of(record["exclusions"]) +
         agreement(record) + provenance(record) + commands(record) + "</body>\n</html>\n";
}

}  // namespace fluence
