#include "analysis/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

using boost::math::students_t;

// The difference of two means, and how sure it is.
struct Difference {
  double change = 0;   ///< now - before
  double error = 0;    ///< standard error; 0 if no trial differs from another
  double freedom = 1;  ///< Welch and Satterthwaite's
};

Difference difference(const GateSample& before, const GateSample& now) {
  const double a = before.variance() / before.trials;
  const double b = now.variance() / now.trials;
  Difference d{now.loss() - before.loss(), std::sqrt(a + b)};
  if (d.error > 0) {
    d.freedom = (a + b) * (a + b) / (a * a / (before.trials - 1) + b * b / (now.trials - 1));
  }
  return d;
}

double p_value(const Difference& d, double margin) {
  const double beyond = std::abs(d.change) - margin;
  if (d.error == 0) {
    return beyond > 0 ? 0 : 1;
  }
  const students_t t(d.freedom);
  return std::min(1.0, 2 * boost::math::cdf(boost::math::complement(t, beyond / d.error)));
}

double half_width(const Difference& d, double level) {
  return d.error == 0
             ? 0
             : d.error *
                   boost::math::quantile(boost::math::complement(students_t(d.freedom), level / 2));
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
  return fmt::format("loss {:.3f} before, {:.3f} now, change {:+.3f} +- {:.3f} points, p {:.2g}",
                     c.before, c.now, c.now - c.before, c.half_width, c.adjusted);
}

}  // namespace

// Whole numbers, so nothing is lost.
double GateSample::loss() const {
  return 100.0 * static_cast<double>(std::int64_t{trials} * fault_free - correct) /
         (static_cast<double>(trials) * images);
}

// Counted from the whole number next below the mean, so that no sum leaves 64 bits and little is lost.
double GateSample::variance() const {
  const auto each = correct / trials;
  const auto rest = static_cast<double>(correct % trials);
  const auto squares = static_cast<double>(correct_squares - 2 * each * correct + each * each * trials);
  const double per_image = 100.0 / images;
  return (squares - rest * rest / trials) / (trials - 1) * per_image * per_image;
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
    const auto d = difference(old, sample);
    p.push_back(p_value(d, options.margin));
    result.push_back(
        {sample.scenario, old.loss(), sample.loss(), half_width(d, options.level), p.back()});
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
  auto text = fmt::format("{:<{}}  {:>6} {:>6}  {:>16}  {:>7}  {}\n", "scenario", width, "before", "now",
                          "change", "p", "verdict");
  for (const auto& c : comparisons) {
    text += fmt::format("{:<{}}  {:>6.2f} {:>6.2f}  {:>+7.2f} +- {:>5.2f}  {:>7.2g}  {}\n",
                        printable(c.scenario), width, c.before, c.now, c.now - c.before, c.half_width,
                        c.adjusted, to_string(c.verdict));
  }
  return text +
         fmt::format(
             "{} of {} scenarios regressed, {} improved; mean losses in points of accuracy, level "
             "{:g} over all scenarios, margin {:g} points\n",
             count[GateVerdict::regressed], comparisons.size(), count[GateVerdict::improved],
             options.level, options.margin);
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
