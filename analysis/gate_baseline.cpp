#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "analysis/gate.hpp"
#include "base/error.hpp"
#include "base/json_number.hpp"
#include "base/json_text.hpp"

namespace fluence {
namespace {

constexpr int kFormat = 1;

std::string scenario_text(const ScenarioTally& t) {
  return fmt::format("{} {} {} {} layers {} faults {} time {} semantics {} images {}", t.engine,
                     t.network, t.mode, t.spaces, t.layers, t.faults, t.time, t.semantics, t.images);
}

// Sums that trials can have, or a sentence in an InputError. With at most so many trials of so many
// images all products are within 64 bits.
GateSample sample_of(const nlohmann::json& json) {
  constexpr std::int64_t kMost = 1'000'000;
  GateSample s{json.at("scenario")};
  const auto number = [&](const char* key, std::int64_t least, std::int64_t most) {
    const auto value = whole_number(json.at(key), least, most);
    if (!value) {
      throw InputError(
          fmt::format("'{}' of '{}' is no whole number from {} to {}", key, s.scenario, least, most));
    }
    return *value;
  };
  const auto images = number("images", 1, kMost);
  const auto trials = number("trials", 2, kMost);
  s.images = static_cast<int>(images);
  s.trials = static_cast<int>(trials);
  s.fault_free = static_cast<int>(number("fault_free", 0, images));
  s.correct = number("correct", 0, trials * images);
  // Least where all trials have the same but for one image, most where as many as can have all or none.
  const auto each = s.correct / trials;
  const auto more = s.correct % trials;
  const auto rest = s.correct % images;
  s.correct_squares = number("correct_squares", trials * each * each + more * (2 * each + 1),
                             s.correct / images * images * images + rest * rest);
  return s;
}

}  // namespace

GateBaseline GateBaseline::of(Store& store, const std::filesystem::path& folder) {
  auto manifest = store.manifest();
  GateBaseline result{manifest["name"], manifest["images"], {}};
  for (const auto& t : store.tallies()) {
    const GateSample sample{scenario_text(t),   t.images,  t.done,
                            t.baseline_correct, t.correct, t.correct_squares};
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
    if (!whole_number(root.at("format"), kFormat, kFormat)) {
      throw InputError("its format is not " + std::to_string(kFormat));
    }
    GateBaseline result{root.at("name"), root.at("images"), {}};
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
