#include "analysis/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <span>

#include "analysis/weighted.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/probability.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

// The difference of two means, and how sure it is.
struct Difference {
  double change = 0;   ///< now - before
  double error = 0;    ///< standard error, never 0
  double freedom = 1;  ///< degrees; of unpaired trials Welch and Satterthwaite's
};

// Images that each trial loses.
std::vector<double> lost(const GateSample& sample) {
  std::vector<double> images;
  for (const int correct : sample.correct) {
    images.push_back(sample.fault_free - correct);
  }
  return images;
}

// Over trials, and the variance of a trial.
struct Spread {
  double mean = 0, variance = 0;
};

Spread spread(const std::vector<double>& values, std::vector<double> weights) {
  weights.resize(values.size(), 1);
  const auto mean = weighted_mean(values, weights);
  return {mean.mean, mean.variance * static_cast<double>(values.size())};
}

Spread spread(const GateSample& sample) { return spread(lost(sample), sample.weight); }

// That all trials are alike is what chance may do, too: no less than if one had one image more.
double at_least_one_image(double variance, std::size_t trials) {
  return std::max(variance, 1 / static_cast<double>(trials));
}

Difference difference(const GateSample& before, const GateSample& now, bool paired) {
  const double per_image = 100.0 / now.images;
  const auto n = static_cast<double>(now.correct.size());
  if (paired) {
    auto differences = lost(now);
    std::ranges::transform(differences, lost(before), differences.begin(), std::minus());
    const auto of = spread(differences, now.weight);
    return {per_image * of.mean,
            per_image * std::sqrt(at_least_one_image(of.variance, differences.size()) / n), n - 1};
  }
  const auto m = static_cast<double>(before.correct.size());
  const double a = at_least_one_image(spread(before).variance, before.correct.size()) / m;
  const double b = at_least_one_image(spread(now).variance, now.correct.size()) / n;
  return {now.loss() - before.loss(), per_image * std::sqrt(a + b),
          (a + b) * (a + b) / (a * a / (m - 1) + b * b / (n - 1))};
}

double p_value(const Difference& d, double margin) {
  const double beyond = std::abs(d.change) - margin;
  return std::min(1.0, 2 * student_tail(beyond / d.error, d.freedom));
}

double half_width(const Difference& d, double level) {
  return d.error * -student_quantile(level / 2, d.freedom);
}

void check_same(const GateBaseline& before, const GateBaseline& now,
                const std::map<std::string, const GateSample*>& by_name) {
  const auto remedy = ": compare like with like, or write a new baseline with --write-baseline";
  if (before.images != now.images) {
    throw InputError("the baseline of " + before.name + " was made with other images than " + now.name +
                     remedy);
  }
  for (const auto& sample : now.samples) {
    if (!by_name.contains(sample.scenario)) {
      throw InputError("the baseline of " + before.name + " lacks the scenario '" + sample.scenario +
                       "'" + remedy);
    }
  }
  if (before.samples.size() != now.samples.size()) {
    throw InputError("the baseline of " + before.name + " has " + std::to_string(before.samples.size()) +
                     " scenarios where " + now.name + " has " + std::to_string(now.samples.size()) +
                     remedy);
  }
}

std::string numbers(const Comparison& c) {
  return fmt::format(
      "loss {:.3f} before, {:.3f} now, change {:+.3f} +- {:.3f} points, p {:.2g}; accuracy under faults "
      "{:.2f} before, {:.2f} now, without {:.2f} before, {:.2f} now",
      c.before, c.now, c.now - c.before, c.half_width, c.adjusted, c.accuracy_before, c.accuracy_now,
      c.fault_free_before, c.fault_free_now);
}

}  // namespace

double GateSample::fault_free_accuracy() const { return 100.0 * fault_free / images; }
double GateSample::accuracy() const { return fault_free_accuracy() - loss(); }

double GateSample::loss() const { return 100 * spread(*this).mean / images; }

double GateSample::variance() const {
  return spread(*this).variance * (100.0 / images) * (100.0 / images);
}

std::string_view to_string(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::improved: return "improved";
    case GateVerdict::regressed: return "resilience regressed";
    case GateVerdict::no_difference: break;
  }
  return "no difference at this sample size";
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> result(p.size());
  double most = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    most = std::max(most, std::min(1.0, static_cast<double>(p.size() - i) * p[order[i]]));
    result[order[i]] = most;
  }
  return result;
}

std::vector<Comparison> compare(const GateBaseline& before, const GateBaseline& now,
                                const GateOptions& options) {
  std::map<std::string, const GateSample*> by_name;
  for (const auto& sample : before.samples) {
    by_name[sample.scenario] = &sample;
  }
  check_same(before, now, by_name);
  std::vector<Comparison> result;
  std::vector<double> p;
  for (const auto& sample : now.samples) {
    const auto& old = *by_name.at(sample.scenario);
    const bool paired = before.seed == now.seed && old.correct.size() == sample.correct.size() &&
                        old.weight == sample.weight;
    const auto d = difference(old, sample, paired);
    p.push_back(p_value(d, options.margin));
    result.push_back({sample.scenario, old.fault_free_accuracy(), sample.fault_free_accuracy(),
                      old.accuracy(), sample.accuracy(), old.loss(), sample.loss(), paired,
                      half_width(d, options.level), p.back()});
  }
  const auto adjusted = holm(p);
  for (std::size_t i = 0; i < result.size(); ++i) {
    auto& c = result[i];
    c.adjusted = adjusted[i];
    if (c.adjusted <= options.level) {
      c.verdict = c.now > c.before ? GateVerdict::regressed : GateVerdict::improved;
    }
  }
  return result;
}

std::string gate_table(const std::vector<Comparison>& comparisons, const GateOptions& options) {
  std::size_t width = 8;
  std::map<GateVerdict, int> count;
  for (const auto& c : comparisons) {
    width = std::max(width, c.scenario.size());
    ++count[c.verdict];
  }
  auto text = fmt::format(
      "{:<{}}  {:^15}  {:^15}  {:^13}\n{:<{}}  {:>7} {:>7}  {:>7} {:>7}  {:>6} {:>6}  {:>16}  {:>7}  "
      "{}\n",
      "", width, "without faults", "under faults", "loss", "scenario", width, "before", "now", "before",
      "now", "before", "now", "change", "p", "verdict");
  int paired = 0;
  for (const auto& c : comparisons) {
    paired += c.paired ? 1 : 0;
    text += fmt::format(
        "{:<{}}  {:>7.2f} {:>7.2f}  {:>7.2f} {:>7.2f}  {:>6.2f} {:>6.2f}  {:>+7.2f} +- {:>5.2f}  "
        "{:>7.2g}  {}\n",
        printable(c.scenario), width, c.fault_free_before, c.fault_free_now, c.accuracy_before,
        c.accuracy_now, c.before, c.now, c.now - c.before, c.half_width, c.adjusted,
        to_string(c.verdict));
  }
  return text +
         fmt::format(
             "{} of {} scenarios regressed, {} improved, on these images; mean accuracies and losses in "
             "points, level {:g} over all scenarios, margin {:g} points, {} scenarios paired\n",
             count[GateVerdict::regressed], comparisons.size(), count[GateVerdict::improved],
             options.level, options.margin, paired);
}

std::string gate_junit(const std::vector<Comparison>& comparisons, const std::string& name) {
  const auto failures = std::ranges::count(comparisons, GateVerdict::regressed, &Comparison::verdict);
  auto text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n",
      markup(name), comparisons.size(), failures);
  for (const auto& c : comparisons) {
    const auto what = fmt::format("{}: {}", to_string(c.verdict), numbers(c));
    text += fmt::format("<testcase classname=\"{}\" name=\"{}\">", markup(name), markup(c.scenario));
    text += c.verdict == GateVerdict::regressed
                ? fmt::format("<failure message=\"{}\"/>", markup(what))
                : fmt::format("<system-out>{}</system-out>", markup(what));
    text += "</testcase>\n";
  }
  return text + "</testsuite>\n</testsuites>\n";
}

}  // namespace fluence
