#include "study/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "analysis/by_layer.hpp"
#include "analysis/crossed_mean.hpp"

namespace fluence {
namespace {

using Parts = std::vector<Part>;

Votes count_votes(std::string what, const std::vector<Parts>& comparisons) {
  Votes votes{std::move(what), 0, 0, 0};
  const double level = (1 - kConfidence) / static_cast<double>(comparisons.size());
  for (const auto& parts : comparisons) {
    const auto e = estimate(parts);
    const bool significant = e.images && p_value(e.value, *e.images) < level;
    ++(!significant ? votes.undecided : e.value > 0 ? votes.in_favour : votes.against);
  }
  return votes;
}

// By other images like these too, since the statement is about networks, not about images. The mean may
// hide that comparisons disagree.
void decide(Statement& s, const Estimate& e, Votes votes) {
  s.value = e.value;
  s.interval = e.faults_interval();
  s.images = e.images_interval();
  const bool above = s.images && s.images->low > 0;
  const bool below = s.images && s.images->high < 0;
  s.verdict = (above || votes.in_favour > 0) && (below || votes.against > 0) ? Verdict::mixed
              : above                                                        ? Verdict::holds
              : below                                                        ? Verdict::fails
                                                                             : Verdict::undecided;
  const int all = votes.in_favour + votes.against + votes.undecided;
  s.note = fmt::format("{} {}{}: {} for, {} against, {} undecided", all, votes.what, all == 1 ? "" : "s",
                       votes.in_favour, votes.against, votes.undecided);
  s.votes = std::move(votes);
  if (!s.interval) {
    s.note += fmt::format("; some scenario has fewer than {} trials", kLeastTrials);
  } else if (!s.images) {
    s.note += "; these results do not say what happened to each image, which a new run keeps";
  }
}

// All comparisons alike.
Parts mean_of(const std::vector<Parts>& comparisons) {
  std::map<const CrossedMean*, double> weights;
  for (const auto& parts : comparisons) {
    for (const auto& [mean, weight] : parts) {
      weights[mean] += weight / static_cast<double>(comparisons.size());
    }
  }
  Parts all;
  for (const auto& [mean, weight] : weights) {
    all.push_back({mean, weight});
  }
  return all;
}

// A scenario's setting of each factor.
std::map<std::string, std::string> settings(const ScenarioStatistics& s) {
  const auto& t = s.tally;
  return {{"network", t.network}, {"mode", t.mode}, {"space", t.spaces}, {"layers", t.layers}};
}

// Loss with the settings that are said to cost more, less that with the others, each mean over the
// scenarios that have a partner: the same but for the factor.
Statement check_contrast(const CampaignStatistics& campaign, Statement s) {
  const auto& published = *s.published;
  std::map<std::string, std::array<std::vector<const ScenarioStatistics*>, 2>> pairs;
  for (const auto& scenario : campaign.scenarios) {
    auto others = settings(scenario);
    const auto own = others.at(published.factor);
    const bool more = published.more.contains(own);
    if (more || published.less.contains(own)) {
      others.erase(published.factor);
      auto key = scenario.group + "|" + scenario.tally.amount();
      for (const auto& [factor, setting] : others) {
        key += "|" + setting;
      }
      pairs[key][more ? 0 : 1].push_back(&scenario);
    }
  }
  std::erase_if(pairs, [](const auto& p) { return p.second[0].empty() || p.second[1].empty(); });
  if (pairs.empty()) {
    s.note = "the campaign has no two scenarios that differ in this alone";
    return s;
  }
  std::vector<Parts> comparisons;
  for (const auto& [name, sides] : pairs) {
    auto& parts = comparisons.emplace_back();
    for (const std::size_t side : {0U, 1U}) {
      for (const auto* scenario : sides[side]) {
        const auto weight = 1.0 / static_cast<double>(sides[side].size());
        parts.push_back({&scenario->loss_mean, side == 0 ? weight : -weight});
      }
    }
  }
  decide(s, estimate(mean_of(comparisons)), count_votes("pair", comparisons));
  s.exposures = exposures(campaign, published);
  return s;
}

// Each of the layers that are said to matter more beside the mean of the others, by critical images: the
// loss of one layer may carry a mean, and right and wrong images that change cancel in it.
Statement check_layers(const CampaignStatistics& campaign, Statement s) {
  std::map<int, Parts> by_layer;
  for (const auto& table : layer_tables(campaign)) {
    std::vector<std::size_t> more, less;
    for (std::size_t i = 0; i < table.layers.size(); ++i) {
      const auto layer = std::to_string(table.layers[i]);
      if (s.published->more.contains(layer)) {
        more.push_back(i);
      } else if (s.published->less.contains(layer)) {
        less.push_back(i);
      }
    }
    for (const auto i : less.empty() ? std::vector<std::size_t>{} : more) {
      auto& parts = by_layer[table.layers[i]];
      const auto add = [&](std::size_t layer, double weight) {
        for (const auto& row : table.rows) {
          parts.push_back({&row[layer]->critical_mean, weight});
        }
      };
      add(i, 1);
      for (const auto other : less) {
        add(other, -1.0 / static_cast<double>(less.size()));
      }
    }
  }
  std::erase_if(by_layer, [](const auto& entry) { return entry.second.empty(); });
  if (by_layer.empty()) {
    s.note = "the campaign has no scenarios that differ in the layer alone and are there of all layers";
    return s;
  }
  std::vector<Parts> comparisons;
  for (auto& [layer, parts] : by_layer) {
    const auto rows = std::ranges::count_if(parts, [](const Part& part) { return part.weight > 0; });
    for (auto& part : parts) {
      part.weight /= static_cast<double>(rows);
    }
    comparisons.push_back(parts);
  }
  decide(s, estimate(mean_of(comparisons)), count_votes("layer", comparisons));
  if (s.verdict == Verdict::holds && s.votes->undecided > 0) {
    s.verdict = Verdict::undecided;
  }
  return s;
}

// Scenarios that differ in the number of upsets alone, in its order.
using Series = std::vector<const ScenarioStatistics*>;

std::vector<Series> series_of(const CampaignStatistics& campaign) {
  std::map<std::string, Series> found;
  for (const auto& s : campaign.scenarios) {
    const auto& t = s.tally;
    found[s.group + "|" + t.network + "|" + t.mode + "|" + t.spaces + "|" + t.layers].push_back(&s);
  }
  std::vector<Series> result;
  for (auto& [name, series] : found) {
    std::ranges::sort(series, {}, [](const auto* s) { return s->tally.upsets(); });
    if (series.size() > 1) {
      result.push_back(std::move(series));
    }
  }
  return result;
}

Statement check_gradual(const CampaignStatistics& campaign, Statement s) {
  const auto all = series_of(campaign);
  if (all.empty()) {
    s.note = "the campaign has no two scenarios that differ in the number of upsets alone";
    return s;
  }
  std::vector<Parts> ends;
  std::vector<Parts> steps;  // by how much the mean accuracy falls
  for (const auto& series : all) {
    ends.push_back({{&series.back()->loss_mean, 1}, {&series.front()->loss_mean, -1}});
    for (std::size_t i = 1; i < series.size(); ++i) {
      steps.push_back({{&series[i]->loss_mean, 1}, {&series[i - 1]->loss_mean, -1}});
    }
  }
  decide(s, estimate(mean_of(ends)), count_votes("step", steps));
  return s;
}

Statement check_worst_case(const CampaignStatistics& campaign, Statement s) {
  const ScenarioStatistics* worst = nullptr;
  for (const auto& scenario : campaign.scenarios) {
    if (scenario.loss() < s.published->negligible &&
        (worst == nullptr || scenario.worst_loss() > worst->worst_loss())) {
      worst = &scenario;
    }
  }
  if (worst == nullptr) {
    s.note = fmt::format("no scenario has a mean loss below {:g} points", s.published->negligible);
    return s;
  }
  s.value = worst->worst_loss();
  s.verdict = s.value >= s.published->drastic ? Verdict::holds : Verdict::undecided;
  const auto& t = worst->tally;
  s.note = fmt::format(
      "{} {} {} layers {} {}, mean loss {:.2f}, the worst of {} trials; more can only find worse",
      t.network, t.mode, t.spaces, t.layers, t.dose.empty() ? fmt::format("x{}", t.faults) : t.amount(),
      worst->loss(), worst->accuracy.count);
  return s;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  constexpr std::array<std::string_view, 5> kNames = {"holds", "mixed", "fails", "undecided", "no data"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::vector<Statement> check_statements(const CampaignStatistics& campaign,
                                        const PublishedStudy& study) {
  std::vector<Statement> all;
  for (const auto& published : study.statements) {
    Statement statement;
    statement.published = &published;
    if (published.test == "contrast") {
      all.push_back(check_contrast(campaign, statement));
    } else if (published.test == "layers") {
      all.push_back(check_layers(campaign, statement));
    } else if (published.test == "gradual") {
      all.push_back(check_gradual(campaign, statement));
    } else {
      all.push_back(check_worst_case(campaign, statement));
    }
  }
  return all;
}

}  // namespace fluence
