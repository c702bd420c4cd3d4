#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/json_number.hpp"
#include "base/json_text.hpp"
#include "fault/schedule.hpp"

namespace fluence {
namespace {

constexpr int kFormat = 2;
constexpr auto kRenew = ": run 'fluence calibrate' to record it anew";

nlohmann::json to_json(const std::string& name, const StageSchedule& stage) {
  auto patterns = nlohmann::json::array();
  for (const auto& pattern : stage.patterns) {
    auto runs = nlohmann::json::array();
    for (const auto& run : pattern.runs) {
      runs.push_back({run.step, run.cycle});
      if (run.period != 1) {
        runs.back().push_back(run.burst);
        runs.back().push_back(run.period);
      }
    }
    auto late = nlohmann::json::array();
    for (const auto& result : pattern.late) {
      late.push_back({result.result, result.cycles});
    }
    patterns.push_back({{"runs", std::move(runs)}, {"late", std::move(late)}});
  }
  auto spans = nlohmann::json::array();
  for (const auto& span : stage.spans) {
    spans.push_back({span.images, span.pattern, span.start, span.period});
  }
  nlohmann::json json{{"name", name}, {"patterns", std::move(patterns)}, {"spans", std::move(spans)}};
  if (stage.round.images > 0) {
    json["round"] = {stage.round.images, stage.round.cycles};
  }
  return json;
}

// All numbers of a schedule are counts and cycles. Up to here no product or sum of them leaves 64 bits.
constexpr std::int64_t kMost = 1'000'000'000;

std::int64_t count(const nlohmann::json& json) {
  const auto number = whole_number(json, 0, kMost);
  if (!number) {
    throw std::logic_error("a number is not whole or not from 0 to " + std::to_string(kMost));
  }
  return *number;
}

std::uint64_t cycles(const nlohmann::json& json) { return static_cast<std::uint64_t>(count(json)); }

// Throws nlohmann::json::exception or std::logic_error if it is something else.
StageSchedule stage_from_json(const nlohmann::json& json) {
  StageSchedule stage;
  for (const auto& pattern : json.at("patterns")) {
    auto& added = stage.patterns.emplace_back();
    for (const auto& run : pattern.at("runs")) {
      added.runs.push_back({count(run.at(0)), count(run.at(1))});
      if (run.size() > 2) {
        added.runs.back().burst = count(run.at(2));
        added.runs.back().period = count(run.at(3));
      }
    }
    for (const auto& late : pattern.at("late")) {
      added.late.push_back({count(late.at(0)), count(late.at(1))});
    }
  }
  for (const auto& span : json.at("spans")) {
    stage.spans.push_back(
        {count(span.at(0)), cycles(span.at(1)), cycles(span.at(2)), cycles(span.at(3))});
  }
  if (json.contains("round")) {
    const auto& round = json.at("round");
    stage.round = {count(round.at(0)), cycles(round.at(1))};
    if (stage.round.images == 0 || stage.round.cycles == 0) {
      throw std::logic_error("a round is empty");
    }
  }
  return stage;
}

}  // namespace

std::string Schedule::text() const {
  std::string text = "{\"format\": " + std::to_string(kFormat) + ", \"network\": \"" + net_->name +
                     "\", \"rtl\": \"" + rtl_ + "\", \"tail\": " + std::to_string(tail_) +
                     ", \"stages\": [\n";
  for (std::size_t k = 0; k < stages_.size(); ++k) {
    text += to_json(names_[k], stages_[k]).dump() + (k + 1 == stages_.size() ? "\n" : ",\n");
  }
  return text + "]}\n";
}

std::string Schedule::digest() const {
  Digest digest;
  digest.add(text());
  return digest.hex();
}

Schedule Schedule::parse(std::string_view text, const std::string& name, const Topology& net) {
  try {
    const auto json = parse_json<nlohmann::json>(text);
    if (json.at("format") != kFormat) {
      throw InputError("the schedule " + name + " has format " + json.at("format").dump() + " where " +
                       std::to_string(kFormat) + " is known" + kRenew);
    }
    if (json.at("network") != net.name) {
      throw InputError("the schedule " + name + " is one of the network " + json.at("network").dump() +
                       ", not of " + net.name + kRenew);
    }
    std::vector<StageSchedule> stages;
    for (const auto& stage : json.at("stages")) {
      stages.push_back(stage_from_json(stage));
    }
    return Schedule(net, json.at("rtl"), cycles(json.at("tail")), std::move(stages));
  } catch (const nlohmann::json::exception&) {
    throw InputError("the schedule " + name + " is damaged or cut short" + kRenew);
  } catch (const std::logic_error& e) {
    throw InputError("the schedule " + name + " is damaged (" + e.what() + ")" + kRenew);
  }
}

std::filesystem::path Schedule::file_in(const std::filesystem::path& folder, const Topology& net) {
  return folder / (net.name + ".json");
}

Schedule Schedule::read(const std::filesystem::path& folder, const Topology& net) {
  const auto file = file_in(folder, net);
  // Without the colon, which read_file writes itself.
  const auto text = read_file(file, "the schedule", std::string_view(kRenew).substr(2));
  return parse(text, file.string(), net);
}

Schedule Schedule::load(const std::filesystem::path& folder, const Topology& net, std::string_view rtl) {
  auto schedule = read(folder, net);
  if (schedule.rtl() != rtl) {
    throw InputError("the schedule " + file_in(folder, net).string() +
                     " was recorded on another RTL (digest " + schedule.rtl() + ", this build has " +
                     std::string(rtl) + ")" + kRenew);
  }
  return schedule;
}

}  // namespace fluence
