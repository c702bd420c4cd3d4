#include "rates/failure_rates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/sites.hpp"

namespace fluence {
namespace {

Fit scaled(const OutcomeShare& share, double fit) {
  Fit scaled{share.share * fit, {}};
  if (share.interval) {
    scaled.interval = Interval{share.interval->low * fit, share.interval->high * fit};
  }
  return scaled;
}

// Of upsets of which a share are bursts.
OutcomeShare mixed(const OutcomeShare& single, const OutcomeShare& burst, double bursts) {
  OutcomeShare mixed{(1 - bursts) * single.share + bursts * burst.share, {}};
  if (single.interval && burst.interval) {
    mixed.interval =
        Interval{mixed.share - std::hypot((1 - bursts) * (single.share - single.interval->low),
                                          bursts * (burst.share - burst.interval->low)),
                 mixed.share + std::hypot((1 - bursts) * (single.interval->high - single.share),
                                          bursts * (burst.interval->high - burst.share))};
  }
  return mixed;
}

Derating with_bursts(Derating derating, const DeviceMemory& memory) {
  if (memory.burst_share == 0) {
    return derating;
  }
  if (!derating.burst) {
    throw InputError(
        "the memory " + memory.name + " has bursts, and what one does in " +
        std::string(to_string(derating.space)) +
        (derating.layer ? " of layer " + std::to_string(*derating.layer) : "") + " of " +
        derating.net->name +
        " is not known: give a campaign with a scenario of one burst there, or leave 'burst_share' out");
  }
  derating.tolerable = mixed(derating.tolerable, derating.burst->tolerable, memory.burst_share);
  derating.critical = mixed(derating.critical, derating.burst->critical, memory.burst_share);
  derating.hang = mixed(derating.hang, derating.burst->hang, memory.burst_share);
  return derating;
}

double images_an_hour(const Topology& net, double clock_mhz) {
  constexpr double kCyclesAnHour = 3600e6;  // of a megahertz
  const auto cycles = predict_cycles(dataflow(net), kPredictedImages).steady_state();
  return clock_mhz * kCyclesAnHour / cycles;
}

Fit sum_of(const std::vector<RateRow>& rows, Fit RateRow::*outcome) {
  Fit sum;
  double below = 0;
  double above = 0;
  bool sampled = false;
  bool known = true;
  for (const auto& row : rows) {
    const auto& fit = row.*outcome;
    sum.rate += fit.rate;
    if (fit.interval) {
      sampled = true;
      below += std::pow(fit.rate - fit.interval->low, 2);
      above += std::pow(fit.interval->high - fit.rate, 2);
    } else {
      known = known && row.derating.trials == 0;
    }
  }
  if (sampled && known) {
    sum.interval = Interval{sum.rate - std::sqrt(below), sum.rate + std::sqrt(above)};
  }
  return sum;
}

class Rates {
 public:
  Rates(const Device& device, const Environment& environment)
      : device_(device), environment_(environment) {}

  const DeviceMemory& memory_of(Space space) const {
    const auto* memory = device_.memory_of(space);
    if (memory == nullptr) {
      throw InputError("the device " + device_.name + " has no memory that holds " +
                       std::string(to_string(space)) + ": add the space to one of its memories");
    }
    return *memory;
  }
  /// Upsets of a bit a day.
  double of(const DeviceMemory& memory) {
    const auto [it, fresh] = known_.try_emplace(&memory, 0.0);
    if (fresh) {
      it->second = upsets_a_day(memory, environment_);
      if (!std::isfinite(it->second)) {
        throw InputError("the memory " + memory.name + " of the device " + device_.name +
                         " has more upsets a day than can be counted: correct its cross sections");
      }
    }
    return it->second;
  }

 private:
  const Device& device_;
  const Environment& environment_;
  std::map<const DeviceMemory*, double> known_;
};

}  // namespace

std::vector<MissionRow> missions(const std::vector<Accumulation>& accumulations, const Device& device,
                                 const Environment& environment) {
  Rates rates(device, environment);
  std::vector<MissionRow> all;
  for (const auto& state : accumulations) {
    const SiteMap sites(*state.net);
    double a_day = 0;
    for (const auto space : state.spaces) {
      for (const auto& layer : state.net->layers) {
        if (state.layers.empty() || std::ranges::count(state.layers, layer.index) > 0) {
          a_day += rates.of(rates.memory_of(space)) *
                   static_cast<double>(sites.bit_count(space, layer.index));
        }
      }
    }
    all.push_back({state, a_day > 0 ? state.upsets / a_day : std::numeric_limits<double>::infinity()});
  }
  return all;
}

ReportSection mission_section(const Device& device, const Environment& environment,
                              const std::string& folder) {
  return [=](const CampaignStatistics& campaign, nlohmann::ordered_json& data) {
    std::set<std::string> unverified;
    std::map<int, double> days;
    for (const auto& row : missions(accumulations(campaign, folder), device, environment)) {
      days[row.state.scenario] = row.days;
      for (const auto space : row.state.spaces) {
        if (const auto& memory = *device.memory_of(space); !memory.verified) {
          unverified.insert(memory.name);
        }
      }
    }
    for (auto& scenario : data["scenarios"]) {
      const auto it = days.find(scenario["id"].get<int>());
      scenario["mission_days"] = it != days.end() && std::isfinite(it->second)
                                     ? nlohmann::ordered_json(it->second)
                                     : nlohmann::ordered_json();
    }
    data["mission"] = {
        {"device", device.name}, {"environment", environment.name}, {"unverified", unverified}};
  };
}

FailureRates failure_rates(const std::vector<Derating>& deratings,
                           const std::vector<Accumulation>& accumulations, const Device& device,
                           const Environment& environment, std::optional<double> scrub_hours) {
  Rates rates(device, environment);
  FailureRates all{device.name, environment.name, {}, {}, {}, {}};
  for (const auto& derating : deratings) {
    const auto& memory = rates.memory_of(derating.space);
    RateRow row{derating, memory.name, memory.burst_share, rates.of(memory), 0, 0, {}, {}, {}};
    if (row.upsets_a_bit_day > kHoursADay * 3600) {
      throw InputError("a bit of the memory " + memory.name +
                       " would be upset more than once a second in " + environment.name +
                       ": correct cross section and flux");
    }
    row.upsets_a_day = row.upsets_a_bit_day * static_cast<double>(derating.bits);
    row.fit = row.upsets_a_day * kFitOfOneADay;
    const auto outcomes = with_bursts(derating, memory);
    row.tolerable = scaled(outcomes.tolerable, row.fit);
    row.critical = scaled(outcomes.critical, row.fit);
    row.hang = scaled(outcomes.hang, row.fit);
    all.rows.push_back(std::move(row));
    if (!memory.verified && std::ranges::count(all.unverified, memory.name) == 0) {
      all.unverified.push_back(memory.name);
    }
  }
  double configuration = 0;
  if (device.configuration) {
    const auto& c = *device.configuration;
    configuration = rates.of(c.memory) * c.bits * c.vulnerability * kFitOfOneADay;
    if (!c.memory.verified) {
      all.unverified.push_back(c.memory.name);
    }
  }
  std::vector<const Topology*> nets;
  for (const auto& row : all.rows) {
    if (std::ranges::count(nets, row.derating.net) == 0) {
      nets.push_back(row.derating.net);
    }
  }
  for (const auto* net : nets) {
    std::vector<RateRow> own;
    std::ranges::copy_if(all.rows, std::back_inserter(own),
                         [&](const RateRow& row) { return row.derating.net == net; });
    RateTotal total{net,
                    0,
                    0,
                    0,
                    sum_of(own, &RateRow::tolerable),
                    sum_of(own, &RateRow::critical),
                    sum_of(own, &RateRow::hang),
                    configuration,
                    images_an_hour(*net, device.clock_mhz)};
    for (const auto& row : own) {
      total.bits += row.derating.bits;
      total.upsets_a_day += row.upsets_a_day;
      total.fit += row.fit;
    }
    all.totals.push_back(total);
  }
  all.mission = missions(accumulations, device, environment);
  if (scrub_hours) {
    all.scrub_hours = scrub_hours;
    all.scrubbed = scrubbed(all.mission, *scrub_hours);
  }
  return all;
}

}  // namespace fluence
