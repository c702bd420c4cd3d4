#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "analysis/gate.hpp"
#include "base/error.hpp"
#include "base/json_number.hpp"
#include "base/json_text.hpp"

namespace fluence {
namespace {

constexpr int kFormat = 2;  // 1 had sums, of which no pairs can be made
constexpr double kMostWeight = 100;

// One fluence may be there with several cross sections, of which the mean tells.
std::string scenario_text(const ScenarioTally& t) {
  const auto amount =
      t.amount() + (t.dose.empty() ? std::string() : fmt::format(" ({:g} upsets)", t.expected));
  return fmt::format("{} {} {} {} layers {} {} time {} semantics {} images {}", t.engine, t.network,
                     t.mode, t.spaces, t.layers, amount, t.time, t.semantics, t.images) +
         (t.reload > 0 ? fmt::format(" reload {}", t.reload) : "") +
         (t.draw.empty() ? "" : " draw " + t.draw);
}

// Of trials that are drawn by a map; those of the gate's text are as exact as the stored ones.
std::vector<double> weights_of(const nlohmann::json& json, const GateSample& sample) {
  if (!json.contains("weight")) {
    return {};
  }
  const auto& list = json["weight"];
  if (!list.is_array() || list.size() != sample.correct.size()) {
    throw InputError(
        fmt::format("'weight' of '{}' is no list of {} trials", sample.scenario, sample.correct.size()));
  }
  std::vector<double> weights;
  for (const auto& one : list) {
    weights.push_back(one.is_number() ? one.get<double>() : 0);
    if (!(weights.back() > 0 && weights.back() <= kMostWeight)) {
      throw InputError(fmt::format("a trial in 'weight' of '{}' is no number above 0 up to {}",
                                   sample.scenario, kMostWeight));
    }
  }
  return weights;
}

// Throws InputError with a sentence's part if trials cannot be so.
GateSample sample_of(const nlohmann::json& json) {
  constexpr std::int64_t kMost = 1'000'000;
  GateSample s{json.at("scenario")};
  const auto number = [&](const nlohmann::json& value, const char* what, std::int64_t most,
                          std::int64_t least = 0) {
    const auto whole = whole_number(value, least, most);
    if (!whole) {
      throw InputError(
          fmt::format("{} of '{}' is no whole number from {} to {}", what, s.scenario, least, most));
    }
    return static_cast<int>(*whole);
  };
  s.images = number(json.at("images"), "'images'", kMost, 1);
  s.fault_free = number(json.at("fault_free"), "'fault_free'", s.images);
  const auto& trials = json.at("correct");
  if (!trials.is_array() || std::ssize(trials) < kLeastGateTrials || std::ssize(trials) > kMost) {
    throw InputError(fmt::format("'correct' of '{}' is no list of {} to {} trials", s.scenario,
                                 kLeastGateTrials, kMost));
  }
  for (const auto& trial : trials) {
    s.correct.push_back(number(trial, "a trial in 'correct'", s.images));
  }
  s.weight = weights_of(json, s);
  return s;
}

// One digest, or that of each network.
std::string images_of(const Manifest& manifest) {
  std::string text;
  for (const auto& [key, digest] : manifest) {
    if (key == "images" || key.starts_with("images ")) {
      text += (text.empty() ? "" : ", ") + (key == "images" ? "" : key + " ") + digest;
    }
  }
  return text;
}

}  // namespace

GateBaseline GateBaseline::of(Store& store, const std::filesystem::path& folder) {
  auto manifest = store.manifest();
  GateBaseline result{manifest["name"], images_of(manifest), manifest["seed"], {}};
  int id = 0;
  for (const auto& t : store.tallies()) {
    GateSample sample{scenario_text(t), t.images, t.baseline_correct};
    if (t.failed > 0) {
      throw InputError("the campaign in " + folder.string() + " has " + std::to_string(t.failed) +
                       " trials of '" + sample.scenario +
                       "' that could not be evaluated, which may be the worst: run it with "
                       "--retry-failed, or a campaign without them");
    }
    if (t.done != t.trials) {
      throw InputError("the campaign in " + folder.string() + " is unfinished (" +
                       std::to_string(t.done) + " of " + std::to_string(t.trials) + " trials of '" +
                       sample.scenario + "'): run the same command to resume it, or merge its shards");
    }
    if (t.done < kLeastGateTrials) {
      throw InputError(fmt::format(
          "the campaign in {} has {} trial{} of '{}', too few to show their spread: run it with {} or "
          "more",
          folder.string(), t.done, t.done == 1 ? "" : "s", sample.scenario, kLeastGateTrials));
    }
    for (const auto& trial : store.trials(id++)) {  // 0, 1, ...
      sample.correct.push_back(trial.outcomes.correct);
      if (!t.draw.empty()) {
        sample.weight.push_back(trial.weight);
      }
    }
    result.samples.push_back(std::move(sample));
  }
  return result;
}

std::string GateBaseline::text() const {
  nlohmann::ordered_json root{{"format", kFormat}, {"name", name}, {"images", images}, {"seed", seed}};
  auto& list = root["scenarios"] = nlohmann::ordered_json::array();
  for (const auto& s : samples) {
    list.push_back({{"scenario", s.scenario},
                    {"images", s.images},
                    {"fault_free", s.fault_free},
                    {"correct", s.correct}});
    if (!s.weight.empty()) {
      list.back()["weight"] = s.weight;
    }
  }
  return json_text(root, 1) + "\n";
}

GateBaseline GateBaseline::parse(std::string_view text, const std::filesystem::path& file) {
  const auto bad = [&](const std::string& why) {
    return InputError(file.string() + " is no baseline of this version (" + why +
                      "): write one with 'fluence gate DIR --write-baseline FILE'");
  };
  try {
    const auto root = parse_json<nlohmann::json>(text);
    if (!whole_number(root.at("format"), kFormat, kFormat)) {
      throw InputError("its format is not " + std::to_string(kFormat));
    }
    GateBaseline result{root.at("name"), root.at("images"), root.at("seed"), {}};
    std::set<std::string> names;
    for (const auto& s : root.at("scenarios")) {
      const auto& sample = result.samples.emplace_back(sample_of(s));
      if (!names.insert(sample.scenario).second) {
        throw InputError("'" + sample.scenario + "' is there twice");
      }
    }
    return result;
  } catch (const InputError& e) {
    throw bad(e.what());
  } catch (const nlohmann::json::exception& e) {
    throw bad(e.what());
  } catch (const std::length_error& e) {
    throw bad(e.what());
  }
}

}  // namespace fluence
