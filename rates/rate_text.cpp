#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "rates/failure_rates.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

std::string layer_of(const Derating& derating) {
  return derating.layer ? std::to_string(*derating.layer) : "all";
}

std::string with_interval(const Fit& fit) {
  return fit.interval
             ? fmt::format("{:.4g} [{:.4g}, {:.4g}]", fit.rate, fit.interval->low, fit.interval->high)
             : fmt::format("{:.4g}", fit.rate);
}

std::string list_of(const Accumulation& state) {
  std::string spaces;
  for (const auto space : state.spaces) {
    spaces += (spaces.empty() ? "" : "+") + std::string(to_string(space));
  }
  std::string layers;
  for (const int layer : state.layers) {
    layers += (layers.empty() ? "" : ",") + std::to_string(layer);
  }
  return spaces + " " + (layers.empty() ? "all" : layers);
}

std::string every(double hours, double images_an_hour) {
  return std::isfinite(hours)
             ? fmt::format("every {:.4g} hours or {:.3g} images", hours, hours * images_an_hour)
             : "never";
}

// What an accumulation's accuracy is that of.
std::string when(const Accumulation& state) { return state.from_start ? "then" : "until then"; }

std::string range(const std::optional<Interval>& interval) {
  return interval ? fmt::format("{:.2f} to {:.2f}", interval->low, interval->high) : "";
}

Json json_of(const Fit& fit) {
  return {{"fit", fit.rate},
          {"low", fit.interval ? Json(fit.interval->low) : Json()},
          {"high", fit.interval ? Json(fit.interval->high) : Json()}};
}

Json finite_or_null(double number) { return std::isfinite(number) ? Json(number) : Json(); }

std::string mission_text(const FailureRates& rates) {
  if (rates.mission.empty()) {
    return "";
  }
  auto text = fmt::format(
      "\nwhen so many upsets have accumulated, without repair\n{:<10} {:<24} {:>7} {:>12} {:>10} {:>9}  "
      "{:<10}  {}\n",
      "network", "where", "upsets", "mean days", "no fault", "accuracy", "of images", "interval");
  for (const auto& row : rates.mission) {
    const auto& s = row.state;
    text += fmt::format("{:<10} {:<24} {:>7.5g} {:>12.5g} {:>10.2f} {:>9.2f}  {:<10}  {}\n", s.net->name,
                        list_of(s), s.upsets, row.days, s.fault_free, s.accuracy, when(s),
                        range(s.interval));
  }
  return text;
}

std::string scrubbed_text(const FailureRates& rates) {
  if (!rates.scrub_hours) {
    return "";
  }
  auto text = fmt::format(
      "\nof all images, with parameters written anew every {:g} hours\n{:<10} {:<24} {:>7} {:>10} {:>9} "
      " "
      "{}\n",
      *rates.scrub_hours, "network", "where", "upsets", "no fault", "accuracy", "interval");
  for (const auto& row : rates.scrubbed) {
    text += fmt::format("{:<10} {:<24} {:>7.3g} {:>10.2f} {:>9}  {}\n", row.state.net->name,
                        list_of(row.state), row.upsets, row.state.fault_free,
                        row.accuracy ? fmt::format("{:.2f}", *row.accuracy) : "unknown",
                        row.accuracy ? range(row.interval) : "more upsets than any scenario has");
  }
  return text;
}

}  // namespace

std::string rate_text(const FailureRates& rates) {
  auto text = fmt::format("{} in {}; FIT: events in 10^9 hours, each upset alone\n\n", rates.device,
                          rates.environment);
  text += fmt::format("{:<10} {:<12} {:>5} {:>10} {:>14} {:>12} {:>10}  {:<28} {}\n", "network", "space",
                      "layer", "bits", "upsets/bit/day", "upsets/day", "FIT", "critical FIT",
                      "tolerable FIT");
  for (const auto& row : rates.rows) {
    const auto& d = row.derating;
    text +=
        fmt::format("{:<10} {:<12} {:>5} {:>10} {:>14.5g} {:>12.5g} {:>10.4g}  {:<28} {}\n", d.net->name,
                    to_string(d.space), layer_of(d), d.bits, row.upsets_a_bit_day, row.upsets_a_day,
                    row.fit, with_interval(row.critical), with_interval(row.tolerable));
  }
  for (const auto& total : rates.totals) {
    text += fmt::format("{:<10} {:<12} {:>5} {:>10} {:>14} {:>12.5g} {:>10.4g}  {:<28} {}\n",
                        total.net->name, "sum", "", total.bits, "", total.upsets_a_day, total.fit,
                        with_interval(total.critical), with_interval(total.tolerable));
  }
  for (const auto& total : rates.totals) {
    text += fmt::format("\n{}: an upset {}; one after which an image is classified otherwise {}\n",
                        total.net->name, every(kHoursADay / total.upsets_a_day, total.images_an_hour),
                        every(1e9 / total.critical.rate, total.images_an_hour));
    if (total.hang.rate > 0) {
      text += fmt::format("{}: hangs {} FIT\n", total.net->name, with_interval(total.hang));
    }
    if (total.configuration_fit > 0) {
      text += fmt::format(
          "{}: the configuration memory, not simulated here, adds {:.4g} FIT of functional errors: "
          "the bits above are {:.1f} % of both\n",
          total.net->name, total.configuration_fit, 100 * total.own_share());
    }
  }
  std::set<std::string> bursts;
  for (const auto& row : rates.rows) {
    if (row.burst_share > 0) {
      bursts.insert(
          fmt::format("\n{:g} % of the upsets of the memory {} are bursts, as the campaign has "
                      "them\n",
                      100 * row.burst_share, row.memory));
    }
  }
  for (const auto& sentence : bursts) {
    text += sentence;
  }
  text += mission_text(rates) + scrubbed_text(rates);
  for (const auto& memory : rates.unverified) {
    text += fmt::format(
        "\nnobody has verified the cross sections of the memory {}: see 'source' in the device's file\n",
        memory);
  }
  return text;
}

std::string rate_csv(const FailureRates& rates) {
  std::string text =
      "network,space,layer,bits,upsets_per_bit_day,upsets_per_day,fit,tolerable_fit,critical_fit,"
      "critical_low,critical_high,hang_fit,trials\n";
  for (const auto& row : rates.rows) {
    const auto& d = row.derating;
    const auto end = [&](double Interval::*which) {
      return row.critical.interval ? fmt::format("{}", (*row.critical.interval).*which) : std::string();
    };
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", d.net->name, to_string(d.space),
                        layer_of(d), d.bits, row.upsets_a_bit_day, row.upsets_a_day, row.fit,
                        row.tolerable.rate, row.critical.rate, end(&Interval::low), end(&Interval::high),
                        row.hang.rate, d.trials);
  }
  return text;
}

Json rate_json(const FailureRates& rates) {
  Json json{{"device", rates.device}, {"environment", rates.environment}};
  json["rows"] = Json::array();
  for (const auto& row : rates.rows) {
    const auto& d = row.derating;
    json["rows"].push_back({{"network", d.net->name},
                            {"space", to_string(d.space)},
                            {"layer", d.layer ? Json(*d.layer) : Json()},
                            {"bits", d.bits},
                            {"trials", d.trials},
                            {"memory", row.memory},
                            {"burst_share", row.burst_share},
                            {"burst_scenario", d.burst ? Json(d.burst->scenario) : Json()},
                            {"upsets_per_bit_day", row.upsets_a_bit_day},
                            {"upsets_per_day", row.upsets_a_day},
                            {"fit", row.fit},
                            {"tolerable", json_of(row.tolerable)},
                            {"critical", json_of(row.critical)},
                            {"hang", json_of(row.hang)}});
  }
  json["totals"] = Json::array();
  for (const auto& total : rates.totals) {
    json["totals"].push_back(
        {{"network", total.net->name},
         {"bits", total.bits},
         {"upsets_per_day", total.upsets_a_day},
         {"fit", total.fit},
         {"tolerable", json_of(total.tolerable)},
         {"critical", json_of(total.critical)},
         {"hang", json_of(total.hang)},
         {"configuration_fit", total.configuration_fit},
         {"own_share", total.own_share()},
         {"images_per_hour", total.images_an_hour},
         {"hours_between_upsets", finite_or_null(24 / total.upsets_a_day)},
         {"hours_between_critical", finite_or_null(1e9 / total.critical.rate)},
         {"images_between_critical", finite_or_null(total.images_an_hour * 1e9 / total.critical.rate)}});
  }
  json["mission"] = Json::array();
  for (const auto& row : rates.mission) {
    json["mission"].push_back({{"network", row.state.net->name},
                               {"where", list_of(row.state)},
                               {"upsets", row.state.upsets},
                               {"mean_days", finite_or_null(row.days)},
                               {"accuracy", row.state.accuracy},
                               {"of_images", when(row.state)},
                               {"low", row.state.interval ? Json(row.state.interval->low) : Json()},
                               {"high", row.state.interval ? Json(row.state.interval->high) : Json()}});
  }
  if (rates.scrub_hours) {
    auto& scrubbed = json["scrubbed"] = {{"hours", *rates.scrub_hours}, {"rows", Json::array()}};
    for (const auto& row : rates.scrubbed) {
      const bool known = row.accuracy && row.interval;
      scrubbed["rows"].push_back({{"network", row.state.net->name},
                                  {"where", list_of(row.state)},
                                  {"upsets", row.upsets},
                                  {"accuracy", row.accuracy ? Json(*row.accuracy) : Json()},
                                  {"low", known ? Json(row.interval->low) : Json()},
                                  {"high", known ? Json(row.interval->high) : Json()}});
    }
  }
  json["unverified"] = rates.unverified;
  return json;
}

}  // namespace fluence
