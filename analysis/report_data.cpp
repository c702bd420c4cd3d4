#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "analysis/agreement.hpp"
#include "analysis/hardware_differences.hpp"
#include "analysis/rankings.hpp"
#include "analysis/report.hpp"
#include "analysis/report_commands.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWorstTrials = 12;
constexpr std::size_t kMostUpsets = 200;  // listed of a trial

template <typename Items, typename Make>
Json list(const Items& items, Make make) {
  auto json = Json::array();
  for (const auto& item : items) {
    json.push_back(make(item));
  }
  return json;
}

// The ends of an interval, null where there is none.
Json low(const std::optional<Interval>& interval) { return interval ? Json(interval->low) : Json(); }
Json high(const std::optional<Interval>& interval) { return interval ? Json(interval->high) : Json(); }

Json to_json(const Share& s) {
  return {{"share", s.share},
          {"low", low(s.interval)},
          {"high", high(s.interval)},
          {"design_effect", s.design_effect},
          {"effective", s.effective}};
}

Json critical_json(const ScenarioStatistics& s) {
  auto json = to_json(s.critical);
  json["images_low"] = low(s.critical_images);
  json["images_high"] = high(s.critical_images);
  return json;
}

Json to_json(const ScenarioStatistics& s, double tolerance) {
  const auto& t = s.tally;
  const auto& a = s.accuracy;
  const auto accuracy = estimate(std::array{Part{&s.accuracy_mean}}).images_interval();
  const auto loss = estimate(std::array{Part{&s.loss_mean}});
  Json json{{"id", s.id},
            {"group", s.group},
            {"engine", t.engine},
            {"network", t.network},
            {"mode", t.mode},
            {"space", t.spaces},
            {"layers", t.layers},
            {"layer", s.layer ? Json(*s.layer) : Json()},
            {"faults", upsets_json(t)},
            {"dose", t.dose.empty() ? Json() : Json(t.dose)},
            {"dose_value", t.dose.empty() ? Json() : Json(t.dose_value)},
            {"time", t.time},
            {"semantics", t.semantics},
            {"draw", t.draw.empty() ? Json() : Json(t.draw)},
            {"images", t.images},
            {"trials", a.count},
            {"failed", t.failed},
            {"asked", t.trials},
            {"at_most", s.at_most > 0 ? Json(s.at_most) : Json()},
            {"margin", s.target ? Json(s.target->margin) : Json()},
            {"fault_free", s.fault_free},
            {"mean", a.mean},
            {"deviation", a.deviation ? Json(*a.deviation) : Json()},
            {"mean_low", low(a.interval)},
            {"mean_high", high(a.interval)},
            {"mean_images_low", low(accuracy)},
            {"mean_images_high", high(accuracy)},
            {"loss", loss.value},
            {"loss_low", low(loss.faults_interval())},
            {"loss_high", high(loss.faults_interval())},
            {"loss_images_low", low(loss.images_interval())},
            {"loss_images_high", high(loss.images_interval())},
            {"least", a.least},
            {"q05", a.q05},
            {"q25", a.q25},
            {"median", a.median},
            {"q75", a.q75},
            {"q95", a.q95},
            {"most", a.most},
            {"worst_trial", s.worst_trial},
            {"masked", to_json(s.masked)},
            {"tolerable", to_json(s.tolerable)},
            {"critical", critical_json(s)},
            {"hang", to_json(s.hang)},
            {"tolerant", Json{{"tolerance", tolerance},
                              {"share", s.tolerant},
                              {"low", low(s.tolerant_interval)},
                              {"high", high(s.tolerant_interval)},
                              {"entropy", entropy(s.tolerant)}}},
            {"worth_critical", s.worth_critical ? Json(*s.worth_critical) : Json()},
            {"worth_loss", s.worth_loss ? Json(*s.worth_loss) : Json()},
            {"predicted", nullptr},
            {"recorded", Json::array()}};
  for (std::size_t i = 0; i < s.recorded.size(); ++i) {
    json["recorded"].push_back({{"accuracy", s.recorded[i]},
                                {"quantile", s.recorded_quantile[i]},
                                {"inside", s.recorded[i] >= a.least && s.recorded[i] <= a.most}});
  }
  return json;
}

Json to_json(const Rank& r) {
  Json json{{"network", r.network}, {"space", r.space}, {"place", r.place}, {"trials", r.trials}};
  for (const auto& [name, ranked] : {std::pair{"critical", r.critical}, {"loss", r.loss}}) {
    const std::string key = name;
    json[key] = ranked.value;
    json[key + "_low"] = low(ranked.faults);
    json[key + "_high"] = high(ranked.faults);
    json[key + "_images_low"] = low(ranked.images);
    json[key + "_images_high"] = high(ranked.images);
  }
  return json;
}

Json layer_json(const Rank& r) {
  auto json = to_json(r);
  json["group"] = r.group;
  json["burst_bits"] = r.burst_bits;
  return json;
}

Json to_json(const RankedPlaces& of) {
  return {{"network", of.network}, {"space", of.space}, {"group", of.group}, {"places", of.places}};
}

Json difference_json(const HardwareDifference& d) {
  const auto& first = *d.first;
  const auto& second = *d.second;
  Json json{
      {"first", first.tally.network},
      {"second", second.tally.network},
      {"scenarios", {first.id, second.id}},
      {"group", first.group},
      {"mode", first.tally.mode},
      {"space", first.tally.spaces},
      {"layers", first.tally.layers},
      {"dose", first.tally.dose},
      {"dose_value", first.tally.dose_value},
      {"draw", d.common ? "common" : "own"},
      {"trials", d.common ? Json{d.pairs, d.pairs} : Json{first.accuracy.count, second.accuracy.count}}};
  for (const auto& [name, difference] :
       {std::pair{"critical", d.critical}, {"accuracy", d.accuracy}, {"hang", d.hang}}) {
    const std::string key = name;
    const auto faults = interval_of(difference.faults, difference.value);
    const auto images = interval_of(difference.images, difference.value);
    json[key] = difference.value;
    json[key + "_low"] = low(faults);
    json[key + "_high"] = high(faults);
    json[key + "_images_low"] = low(images);
    json[key + "_images_high"] = high(images);
  }
  return json;
}

Json upset_json(const StoredUpset& u) {
  const auto& f = u.fault;
  Json json{{"cycle", f.cycle ? Json(*f.cycle) : Json()},
            {"before_image", f.before_image ? Json(*f.before_image) : Json()},
            {"space", to_string(f.site.space)},
            {"layer", f.site.layer},
            {"module", f.site.module},
            {"index", f.site.index},
            {"thresh", f.site.thresh},
            {"bit", f.site.bit},
            {"copy", f.site.copy},
            {"word_size", f.word_size},
            {"fate", to_string(u.fate)}};
  if (f.kind != FaultKind::flip) {
    json["kind"] = to_string(f.kind);
    json["duration"] = f.duration ? Json(*f.duration) : Json();
  }
  return json;
}

Json or_null(const std::optional<std::string>& command) { return command ? Json(*command) : Json(); }

// The worst trial of the scenarios that lost most.
Json worst_trials(const CampaignStatistics& campaign, Store& store, const ReportCommands& commands) {
  std::vector<const ScenarioStatistics*> order;
  for (const auto& s : campaign.scenarios) {
    if (s.worst_loss() > 0) {
      order.push_back(&s);
    }
  }
  std::ranges::stable_sort(order, std::ranges::greater(), &ScenarioStatistics::worst_loss);
  order.resize(std::min(order.size(), kWorstTrials));
  return list(order, [&](const ScenarioStatistics* s) {
    const auto upsets = store.upsets(s->id, s->worst_trial);
    return Json{
        {"scenario", s->id},
        {"trial", s->worst_trial},
        {"accuracy", s->accuracy.least},
        {"loss", s->worst_loss()},
        {"command", or_null(commands.trial(s->id, s->worst_trial))},
        {"upset_count", upsets.size()},
        {"upsets", list(std::span(upsets).first(std::min(upsets.size(), kMostUpsets)), upset_json)}};
  });
}

// Those that could not be evaluated.
Json failed_trials(Store& store, const ReportCommands& commands) {
  return list(store.failed(), [&](const FailedTrial& f) {
    return Json{{"scenario", f.scenario},
                {"trial", f.trial},
                {"reason", f.reason},
                {"command", or_null(commands.trial(f.scenario, f.trial))},
                {"upset_count", f.upsets.size()}};
  });
}

int finished_on_fast(const CampaignStatistics& campaign) {
  int trials = 0;
  for (const auto& s : campaign.scenarios) {
    trials += s.tally.engine == "fast" ? s.tally.done : 0;
  }
  return trials;
}

Json campaign_json(const CampaignStatistics& campaign) {
  int trials = 0;
  int failed = 0;
  int asked = 0;
  for (const auto& s : campaign.summaries) {
    trials += s.trials;
    failed += s.failed;
    asked += s.asked;
  }
  const auto name = campaign.manifest.find("name");
  return {{"name", name == campaign.manifest.end() ? "unnamed" : name->second},
          {"trials", trials},
          {"failed", failed},
          {"asked", asked},
          {"scenarios", campaign.summaries.size()},
          {"confidence", kConfidence}};
}

}  // namespace

Json upsets_json(const ScenarioTally& tally) {
  return tally.dose.empty() ? Json(tally.faults) : Json(tally.expected);
}

Json report_data(Store& store, const ReportOptions& options) {
  const auto campaign = read_campaign(store, options.tolerance);
  const ReportCommands commands(options.folder, campaign.manifest);
  const auto agreement = read_agreement(options.folder, campaign.manifest);
  Json data{{"campaign", campaign_json(campaign)},
            {"summary", summary_table(campaign.summaries)},
            {"scenarios", list(campaign.scenarios, [&](const ScenarioStatistics& s) {
               return to_json(s, options.tolerance);
             })}};
  data["hardware_differences"] = list(hardware_differences(campaign, store), difference_json);
  const auto layers = rank_layers(campaign);
  data["layer_ranking"] = list(layers.ranks, layer_json);
  data["ranked_layers"] = list(layers.of, [](const RankedPlaces& of) {
    auto json = to_json(of);
    json["left_out"] = of.left_out;
    return json;
  });
  const auto bits = rank_bits(campaign, store);
  data["bit_ranking"] = list(bits.ranks, [](const Rank& r) { return to_json(r); });
  data["ranked_bits"] = list(bits.of, [](const RankedPlaces& of) {
    auto json = to_json(of);
    json["p"] = of.p;
    json["told_apart"] = of.told_apart;
    return json;
  });
  data["worst_trials"] = worst_trials(campaign, store, commands);
  data["failed_trials"] = failed_trials(store, commands);
  data["agreement"] = agreement ? *agreement : Json();
  data["verify"] = or_null(commands.verify(finished_on_fast(campaign)));
  data["manifest"] = campaign.manifest;
  for (const auto& add : options.sections) {
    add(campaign, data);
  }
  return data;
}

}  // namespace fluence
