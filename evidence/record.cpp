#include "evidence/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "analysis/agreement.hpp"
#include "analysis/report_commands.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "campaign/provenance.hpp"
#include "campaign/stored_networks.hpp"
#include "evidence/metrics.hpp"
#include "network/known_networks.hpp"
#include "rates/derating.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

// A scenario, and what could be told of it.
struct Element {
  ScenarioTally tally;
  const Topology* net = nullptr;
  std::uint64_t bits = 0;
  double times = 0;  // instants at which a fault can come; 0: unknown
  bool in_cycles = false;
  ClassedScenario classed{};
  std::string reason{};  // why it is not assessed
};

Json interval_end(const std::optional<Interval>& interval, double Interval::*end) {
  return interval ? Json((*interval).*end) : Json();
}

Json to_json(const std::optional<MetricValue>& of, const std::string& reason) {
  if (!of) {
    return {{"value", nullptr}, {"reason", reason}};
  }
  return {{"value", of->value},
          {"low", interval_end(of->faults, &Interval::low)},
          {"high", interval_end(of->faults, &Interval::high)},
          {"images_low", interval_end(of->images, &Interval::low)},
          {"images_high", interval_end(of->images, &Interval::high)}};
}

// Nothing of the kind that a ratio divides by.
std::string nothing_to(Metric of) {
  return of == Metric::coverage       ? "no image was dangerous"
         : of == Metric::safe_failure ? "no image had an effect"
                                      : "no image was run after a fault";
}

Json metrics_json(const std::vector<WeightedScenario>& of, const std::string& reason) {
  Json json;
  for (const auto kind : kMetrics) {
    json[std::string(to_string(kind))] =
        reason.empty() ? to_json(metric(kind, of), nothing_to(kind)) : to_json({}, reason);
  }
  return json;
}

std::vector<Space> spaces_of(const std::string& text) {
  std::vector<Space> spaces;
  for (std::size_t from = 0; from <= text.size();) {
    const auto to = std::min(text.find('+', from), text.size());
    spaces.push_back(space_from_string(text.substr(from, to - from)));
    from = to + 1;
  }
  return spaces;
}

std::uint64_t bits_of(const SiteMap& sites, const ScenarioTally& tally) {
  std::uint64_t bits = 0;
  for (const auto space : spaces_of(tally.spaces)) {
    if (tally.layers == "all") {
      bits += sites.bit_count(space);
      continue;
    }
    for (const auto& layer : sites.net().layers) {
      const auto name = "+" + std::to_string(layer.index) + "+";
      bits += ("+" + tally.layers + "+").find(name) != std::string::npos
                  ? sites.bit_count(space, layer.index)
                  : 0;
    }
  }
  return bits;
}

void classify_trials(Element& element, int id, Store& store, const EvidenceOptions& options,
                     const std::optional<RunClock>& clock) {
  const auto& tally = element.tally;
  const Detection detection(tally, *element.net, options.points, clock.value_or(RunClock{}));
  element.in_cycles = detection.in_cycles();
  std::map<int, std::vector<StoredUpset>> upsets;
  for (auto& upset : store.upsets(id)) {
    upsets[upset.trial].push_back(upset);
  }
  for (const auto& trial : store.trials(id)) {
    element.classed.add(detection(trial, upsets[trial.trial]));
  }
  if (element.classed.trials.empty()) {
    throw InputError("no trial of it has finished");
  }
}

std::vector<Element> read_elements(Store& store, const EvidenceOptions& options,
                                   std::map<std::string, std::string>& untimed) {
  std::vector<Element> elements;
  std::map<std::string, std::optional<RunClock>> clocks;
  std::map<std::string, SiteMap> sites;
  for (const auto& tally : store.tallies()) {
    if (!tally.draw.empty()) {
      throw InputError("trials of the campaign in " + options.folder +
                       " are drawn by a map, and a record counts plain ones: run it without 'draw'");
    }
    Element element{tally, &topology(tally.network)};
    const auto [clock, added] = clocks.try_emplace(tally.network);
    if (added) {
      try {
        clock->second = options.clock(*element.net, tally.rule);
      } catch (const InputError& e) {
        untimed[tally.network] = e.what();
      }
    }
    element.bits = bits_of(sites.try_emplace(tally.network, *element.net).first->second, tally);
    element.times = tally.time == "start"   ? 1
                    : tally.time == "image" ? tally.images
                    : clock->second ? static_cast<double>(clock->second->run_length(tally.images))
                                    : 0;
    try {
      classify_trials(element, static_cast<int>(elements.size()), store, options, clock->second);
    } catch (const InputError& e) {
      element.classed = {};
      element.reason = e.what();
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

// Half the width of the interval of a share of 1/2 that so many faults know, of those that there are
// (docs/statistics.md).
Json margin_of(const Element& element) {
  const double population = static_cast<double>(element.bits) * element.times;
  const double drawn = element.tally.done;
  if (population <= 1 || drawn < 1 || element.tally.faults != 1) {
    return nullptr;
  }
  return normal(kConfidence) *
         std::sqrt(0.25 / drawn * std::max(0.0, population - drawn) / (population - 1));
}

Json latency_json(const Element& element) {
  const auto& latencies = element.classed.latencies;
  if (latencies.empty()) {
    return nullptr;
  }
  return {{"unit", element.in_cycles ? "cycles" : "images"},
          {"median", latencies[(latencies.size() - 1) / 2]},
          {"most", latencies.back()},
          {"noticed", latencies.size()},
          {"unnoticed", element.classed.unnoticed}};
}

Json element_json(const Element& element, std::size_t id) {
  const auto& tally = element.tally;
  Json classes;
  const auto totals = element.classed.totals();
  for (std::size_t i = 0; i < kSafetyClasses; ++i) {
    classes[std::string(to_string(static_cast<SafetyClass>(i)))] =
        element.reason.empty() ? Json(totals[i]) : Json();
  }
  Json json{{"scenario", id},
            {"engine", tally.engine},
            {"network", tally.network},
            {"space", tally.spaces},
            {"layers", tally.layers},
            {"mode", tally.mode},
            {"faults", tally.dose.empty() ? Json(tally.faults) : Json(tally.expected)},
            {"amount", tally.amount()},
            {"time", tally.time},
            {"semantics", tally.semantics},
            {"images", tally.images},
            {"trials", tally.done},
            {"asked", tally.trials},
            {"failed", tally.failed},
            {"bits", element.bits},
            {"times", element.times > 0 ? Json(element.times) : Json()},
            {"margin", margin_of(element)},
            {"reason", element.reason.empty() ? Json() : Json(element.reason)},
            {"classes", classes},
            {"latency", latency_json(element)}};
  json.update(metrics_json({{&element.classed, 1}}, element.reason));
  return json;
}

// The whole of a network, as far as the campaign has single upsets in its parts, at an equal rate of
// each bit.
Json sum_json(const Topology& net, const std::vector<Element>& elements,
              const std::vector<Derating>& deratings, const std::string& why_none) {
  std::vector<WeightedScenario> parts;
  auto scenarios = Json::array();
  std::set<Space> spaces;
  std::uint64_t bits = 0;
  std::string reason;
  for (const auto& derating : deratings) {
    if (derating.net != &net) {
      continue;
    }
    const auto& element = elements.at(static_cast<std::size_t>(derating.scenario));
    reason = reason.empty() && !element.reason.empty()
                 ? fmt::format("scenario {} is not assessed: {}", derating.scenario, element.reason)
                 : reason;
    parts.push_back({&element.classed, static_cast<double>(derating.bits)});
    scenarios.push_back(derating.scenario);
    spaces.insert(derating.space);
    bits += derating.bits;
  }
  if (parts.empty()) {
    reason =
        why_none.empty() ? "no scenario of it is one of one single-bit upset in one space" : why_none;
  }
  const SiteMap sites(net);
  Json json{{"network", net.name},
            {"scenarios", scenarios},
            {"spaces", Json::array()},
            {"bits", bits},
            {"bits_of_network", sites.bit_count()}};
  for (const auto space : spaces) {
    json["spaces"].push_back(to_string(space));
  }
  json.update(metrics_json(parts, reason));
  return json;
}

Json points_json(const DetectionPoints& points, const std::vector<Element>& elements) {
  const auto any = [&](const auto& has) { return std::ranges::any_of(elements, has); };
  const bool plausible = any([](const Element& e) { return e.tally.rule.plausible.has_value(); });
  const bool coded = any([](const Element& e) { return e.net->is_protected(); });
  auto list = Json::array();
  const auto add = [&](const char* name, bool there, const std::string& rule) {
    list.push_back({{"name", name}, {"there", there}, {"rule", rule}});
  };
  add("watchdog", points.watchdog,
      "the host that waits for a run gives it up: the images that are missing then are noticed");
  add("plausibility of scores", points.scores && plausible,
      plausible ? "before the host uses an image, it compares the scores of its classes with the range "
                  "that the campaign states"
                : "the campaign states no range ('plausible')");
  add("parameters read back", points.read_back > 0,
      points.read_back > 0
          ? fmt::format("after every {} images the host reads all weights and thresholds and compares "
                        "them, or their CRC, with what it loaded; the time that this takes is not "
                        "counted, nor that a CRC-32 passes one pattern of several upsets in 2^32; of "
                        "protected memories nothing is claimed",
                        points.read_back)
          : "not there (--read-back)");
  add("decoders of protected memories", points.codec && coded,
      coded ? "an error that a decoder reports is noticed with the image that reads the word"
            : "no memory is protected");
  return list;
}

std::vector<std::string> exclusions(const std::vector<Element>& elements, const Json& sums,
                                    const std::map<std::string, std::string>& untimed) {
  std::vector<std::string> list = {
      "the configuration memory of an SRAM FPGA is not simulated: its upsets are in no number here",
      "faults are bits that the accelerator stores; transients in logic and on clocks, in supply, in "
      "external memory and in the host's processor are not simulated",
      "what the system does once a fault is noticed, and how long that takes, is not simulated: a "
      "noticed fault counts as controlled from then on"};
  for (const auto& sum : sums) {
    const auto& net = topology(sum["network"].get<std::string>());
    const SiteMap sites(net);
    for (const auto space : kSpaces) {
      const auto bits = sites.bit_count(space);
      const std::string name(to_string(space));
      if (bits > 0 && std::ranges::find(sum["spaces"], Json(name)) == sum["spaces"].end()) {
        list.push_back(
            fmt::format("{}: {} bits of {} are in no sum: no scenario is of one single-bit "
                        "upset there",
                        net.name, bits, name));
      }
    }
  }
  int failed = 0;
  int missing = 0;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const auto& tally = elements[i].tally;
    failed += tally.failed;
    missing += tally.trials - tally.done - tally.failed;
    if (!elements[i].reason.empty()) {
      list.push_back(fmt::format("scenario {} is not assessed: {}", i, elements[i].reason));
    }
  }
  if (failed > 0) {
    list.push_back(fmt::format("{} trials could not be evaluated and are in no number", failed));
  }
  if (missing > 0) {
    list.push_back(fmt::format("{} trials that the campaign asks for have not been run", missing));
  }
  for (const auto& [network, why] : untimed) {
    list.push_back("latencies of " + network + " are in images, for its cycles are not known: " + why);
  }
  return list;
}

Json networks_json(Store& store, const std::vector<Element>& elements) {
  auto list = Json::array();
  const auto manifest = store.manifest();
  std::set<std::string> seen;
  for (const auto& element : elements) {
    const auto& tally = element.tally;
    if (!seen.insert(tally.network).second) {
      continue;
    }
    const auto params = manifest.find("params " + tally.network);
    const auto& rule = tally.rule;
    list.push_back({{"name", tally.network},
                    {"layers", element.net->layers.size()},
                    {"bits", SiteMap(*element.net).bit_count()},
                    {"params", params == manifest.end() ? Json() : Json(params->second)},
                    {"critical", rule.critical.text()},
                    {"plausible", rule.plausible ? Json(rule.plausible->text()) : Json()},
                    {"watchdog", rule.watchdog > 0 ? Json(rule.watchdog) : Json()},
                    {"images", tally.images},
                    {"fault_free", tally.baseline_correct < 0 ? Json() : Json(tally.baseline_correct)}});
  }
  return list;
}

// As they run in a POSIX shell in the folder where the record was made. Only such as do.
Json commands_json(Store& store, const EvidenceOptions& options, const std::vector<Element>& elements,
                   const std::string& digest) {
  const auto manifest = store.manifest();
  auto list = Json::array();
  const auto add = [&](const std::string& what, const std::string& command) {
    list.push_back({{"what", what}, {"command", command}});
  };
  const auto folder = shell_path(options.folder);
  add("this record", options.command);
  add("that the results are as they were written", "fluence digest --check " + folder);
  int on_fast = 0;
  for (const auto& element : elements) {
    on_fast += element.tally.engine == "fast" ? element.tally.done : 0;
  }
  if (const auto verify = ReportCommands(options.folder, manifest).verify(on_fast)) {
    add("that both engines agree", *verify);
  }
  const auto inputs = input_options(manifest);
  const auto spec = manifest.find("spec");
  const auto seed = manifest.find("seed");
  const bool own = std::ranges::all_of(manifest, [](const auto& entry) {
    return !is_network_file(entry.first) && entry.first != "firmware" && entry.first != "shard";
  });
  if (inputs && own && spec != manifest.end() && seed != manifest.end()) {
    add("the campaign, again; its digest is to be " + digest,
        "printf %s " + shell_quoted(spec->second) + " > again.toml && fluence run again.toml --seed " +
            shell_quoted(seed->second) + *inputs + " --out again && fluence digest again");
  }
  return list;
}

}  // namespace

nlohmann::ordered_json evidence_record(Store& store, const EvidenceOptions& options) {
  std::map<std::string, std::string> untimed;
  const auto elements = read_elements(store, options, untimed);
  const auto manifest = store.manifest();
  const auto name = manifest.find("name");
  const auto digest = store.content_digest();
  const auto agreement = read_agreement(options.folder, manifest);
  std::vector<Derating> found;
  std::string why_none;
  try {
    found = deratings(store, options.folder);
  } catch (const InputError& e) {
    why_none = e.what();
  }
  Json record{{"campaign",
               {{"name", name == manifest.end() ? "unnamed" : name->second},
                {"digest", digest},
                {"confidence", kConfidence}}},
              {"goal", options.goal.empty() ? Json() : Json(options.goal)},
              {"networks", networks_json(store, elements)},
              {"points", points_json(options.points, elements)},
              {"limit", options.points.limit ? Json(*options.points.limit) : Json()},
              {"elements", Json::array()},
              {"sums", Json::array()}};
  for (std::size_t i = 0; i < elements.size(); ++i) {
    record["elements"].push_back(element_json(elements[i], i));
  }
  std::set<const Topology*> nets;
  for (const auto& element : elements) {
    if (nets.insert(element.net).second) {
      record["sums"].push_back(sum_json(*element.net, elements, found, why_none));
    }
  }
  record["exclusions"] = exclusions(elements, record["sums"], untimed);
  record["agreement"] = agreement ? *agreement : Json();
  record["commands"] = commands_json(store, options, elements, digest);
  record["manifest"] = manifest;
  return record;
}

}  // namespace fluence
