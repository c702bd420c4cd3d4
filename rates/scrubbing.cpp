// Accuracy where parameters are written anew after every so many hours.
#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "rates/failure_rates.hpp"

namespace fluence {
namespace {

struct Point {
  double upsets = 0;
  double value = 0;
};

double between(const Point& a, const Point& b, double upsets) {
  return b.upsets > a.upsets
             ? a.value + (b.value - a.value) * (upsets - a.upsets) / (b.upsets - a.upsets)
             : b.value;
}

// The mean until there of what the points are at their numbers of upsets, of which the last is beyond.
double mean_until(const std::vector<Point>& points, double upsets) {
  double area = 0;
  for (std::size_t i = 1; i < points.size() && points[i - 1].upsets < upsets; ++i) {
    const double end = std::min(points[i].upsets, upsets);
    area += (end - points[i - 1].upsets) *
            (points[i - 1].value + between(points[i - 1], points[i], end)) / 2;
  }
  return upsets > 0 ? area / upsets : points.front().value;
}

// The points' own value there.
double value_at(const std::vector<Point>& points, double upsets) {
  const auto next = std::ranges::lower_bound(points, upsets, {}, &Point::upsets);
  return next == points.begin() ? next->value : between(*std::prev(next), *next, upsets);
}

using Series = std::vector<const Accumulation*>;

// Trials have the accuracy of all images until so many upsets are there or, from the start, of those
// that meet as many.
double accuracy_of(const Series& series, double upsets,
                   const std::function<double(const Accumulation&)>& value) {
  std::vector<Point> points{{0, series.front()->fault_free}};
  for (const auto* state : series) {
    points.push_back({state->upsets, value(*state)});
  }
  return series.front()->from_start ? mean_until(points, upsets) : value_at(points, upsets);
}

bool are_alike(const Accumulation& a, const Accumulation& b) {
  return a.net == b.net && a.spaces == b.spaces && a.layers == b.layers && a.from_start == b.from_start;
}

ScrubbedRow row_of(const Series& series, double upsets) {
  ScrubbedRow row{*series.front(), upsets, {}, {}};
  if (upsets > series.back()->upsets) {
    return row;
  }
  row.accuracy = accuracy_of(series, upsets, [](const auto& state) { return state.accuracy; });
  if (std::ranges::all_of(series, [](const auto* state) { return state->interval.has_value(); })) {
    row.interval = {accuracy_of(series, upsets, [](const auto& state) { return state.interval->low; }),
                    accuracy_of(series, upsets, [](const auto& state) { return state.interval->high; })};
  }
  return row;
}

}  // namespace

std::vector<ScrubbedRow> scrubbed(const std::vector<MissionRow>& mission, double hours) {
  std::vector<Series> all;
  std::vector<double> upsets;
  for (const auto& [state, days] : mission) {
    if (!std::ranges::all_of(state.spaces, is_parameter)) {
      continue;
    }
    auto it = std::ranges::find_if(
        all, [&, &own = state](const Series& series) { return are_alike(*series.front(), own); });
    if (it == all.end()) {
      it = all.insert(all.end(), Series{});
      upsets.push_back(std::isfinite(days) ? state.upsets / days * hours / kHoursADay : 0);
    }
    it->push_back(&state);
  }
  std::vector<ScrubbedRow> rows;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::ranges::stable_sort(all[i], {}, &Accumulation::upsets);
    rows.push_back(row_of(all[i], upsets[i]));
  }
  return rows;
}

}  // namespace fluence
