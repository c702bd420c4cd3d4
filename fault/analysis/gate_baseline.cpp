#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "fault/analysis/gate.hpp"
#include "fault/json_text.hpp"
#include "network/error.hpp"

namespace fluence {
namespace {

constexpr int kFormat = 1;

std::string scenario_text(const ScenarioTally& t) {
  return fmt::format("{} {} {} {} layers {} faults {} time {} semantics {} images {}", t.engine,
                     t.network, t.mode, t.spaces, t.layers, t.faults, t.time, t.semantics, t.images);
}

// Whether trials can have these sums.
bool is_possible(const GateSample& s) {
  constexpr int kMost = 1'000'000;  // keeps all products within 64 bits
  return s.images >= 1 && s.images <= kMost && s.trials >= 2 && s.trials <= kMost && s.fault_free >= 0 &&
         s.fault_free <= s.images && s.correct >= 0 && s.correct <= std::int64_t{s.trials} * s.images &&
         s.correct_squares >= 0 && s.correct_squares <= s.correct * s.images && s.variance() >= 0;
}

}  // namespace

GateBaseline GateBaseline::of(Store& store, const std::filesystem::path& folder) {
  auto manifest = store.manifest();
  GateBaseline result{manifest["name"], manifest["images"], {}};
  for (const auto& t : store.tallies()) {
    const GateSample sample{scenario_text(t),   t.images,  t.done,
                            t.baseline_correct, t.correct, t.correct_squares};
    if (t.done != t.trials) {
      throw InputError("the campaign in " + folder.string() + " is unfinished (" +
                       std::to_string(t.done) + " of " + std::to_string(t.trials) + " trials of '" +
                       sample.scenario + "'): run the same command to resume it, or merge its shards");
    }
    if (t.done < 2) {
      throw InputError("the campaign in " + folder.string() + " has one trial of '" + sample.scenario +
                       "', which shows no spread: run it with 2 trials or more");
    }
    result.samples.push_back(sample);
  }
  return result;
}

std::string GateBaseline::text() const {
  nlohmann::ordered_json root{{"format", kFormat}, {"name", name}, {"images", images}};
  auto& list = root["scenarios"] = nlohmann::ordered_json::array();
  for (const auto& s : samples) {
    list.push_back({{"scenario", s.scenario},
                    {"images", s.images},
                    {"trials", s.trials},
                    {"fault_free", s.fault_free},
                    {"correct", s.correct},
                    {"correct_squares", s.correct_squares}});
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
    if (root.at("format") != kFormat) {
      throw bad("its format is not " + std::to_string(kFormat));
    }
    GateBaseline result{root.at("name"), root.at("images"), {}};
    std::set<std::string> names;
    for (const auto& s : root.at("scenarios")) {
      result.samples.push_back({s.at("scenario"), s.at("images"), s.at("trials"), s.at("fault_free"),
                                s.at("correct"), s.at("correct_squares")});
      const auto& sample = result.samples.back();
      if (!is_possible(sample) || !names.insert(sample.scenario).second) {
        throw bad("the numbers of '" + sample.scenario + "' are impossible, or it occurs twice");
      }
    }
    return result;
  } catch (const nlohmann::json::exception& e) {
    throw bad(e.what());
  } catch (const std::length_error& e) {
    throw bad(e.what());
  }
}

}  // namespace fluence
