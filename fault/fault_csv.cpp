#include "fault/fault_csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {
namespace {

constexpr std::string_view kTop = "fl_accel.";
constexpr double kNanosecondsMhz = 1000;  // of a cycle of 1 MHz
constexpr double kAtTheEdge = 1e-6;       // of a cycle
constexpr double kMostCycles = 9e15;

// Columns by the names that tools give them, ours first.
using Names = std::array<std::string_view, 6>;
constexpr std::array kColumns = {Names{"name", "rtl_name", "signal", "node", "path", "location"},
                                 Names{"bit"},
                                 Names{"copy"},
                                 Names{"cycle", "time_cycles"},
                                 Names{"time_ns"},
                                 Names{"before_image"},
                                 Names{"clock_mhz"},
                                 Names{"kind", "type", "model", "fault"},
                                 Names{"duration", "duration_cycles"},
                                 Names{"duration_ns"},
                                 Names{"word_size"},
                                 Names{"case", "id", "trial"},
                                 Names{"images"}};

// What other tools call our kinds.
const std::map<std::string, std::string, std::less<>> kKinds = {{"flip", "flip"},
                                                                {"bitflip", "flip"},
                                                                {"bit-flip", "flip"},
                                                                {"seu", "flip"},
                                                                {"stuck0", "stuck0"},
                                                                {"sa0", "stuck0"},
                                                                {"stuck-at-0", "stuck0"},
                                                                {"s-a-0", "stuck0"},
                                                                {"stuck1", "stuck1"},
                                                                {"sa1", "stuck1"},
                                                                {"stuck-at-1", "stuck1"},
                                                                {"s-a-1", "stuck1"},
                                                                {"intermittent", "intermittent"}};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  const auto last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// The cells of a line (RFC 4180, but that none goes on in the next line).
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (quoted) {
    throw InputError("a quote is not closed: close it in its line");
  }
  std::ranges::transform(cells, cells.begin(), trimmed);
  return cells;
}

std::string_view column_of(const std::string& heading) {
  const auto name = lower(heading);
  std::string known;
  for (const auto& names : kColumns) {
    if (!name.empty() && std::ranges::find(names, name) != names.end()) {
      return names.front();
    }
    known += (known.empty() ? "" : ", ") + std::string(names.front());
  }
  throw InputError("the column '" + heading + "' is unknown: take it out, or use one of " + known);
}

std::vector<std::string_view> columns_of(const std::string& line) {
  std::vector<std::string_view> columns;
  for (const auto& heading : cells_of(line)) {
    const auto column = column_of(heading);
    if (std::ranges::find(columns, column) != columns.end()) {
      throw InputError("the column '" + std::string(column) + "' is there twice: keep one");
    }
    columns.push_back(column);
  }
  if (std::ranges::find(columns, "name") == columns.end()) {
    throw InputError("there is no column 'name', of hierarchical names of the RTL: add it");
  }
  return columns;
}

// A row's cells that are not empty.
class Row {
 public:
  Row(const std::vector<std::string_view>& columns, const std::vector<std::string>& cells) {
    if (cells.size() != columns.size()) {
      throw InputError("the row has " + std::to_string(cells.size()) + " cells where there are " +
                       std::to_string(columns.size()) + " columns: give one a column");
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].empty()) {
        cells_[columns[i]] = cells[i];
      }
    }
  }

  [[nodiscard]] bool has(std::string_view column) const { return cells_.contains(column); }
  [[nodiscard]] const std::string& text(std::string_view column) const {
    const auto it = cells_.find(column);
    if (it == cells_.end()) {
      throw InputError("'" + std::string(column) + "' is empty: fill it in");
    }
    return it->second;
  }
  template <typename T>
  [[nodiscard]] T number(std::string_view column, const char* what) const {
    const auto& cell = text(column);
    T value{};
    const auto* end = cell.data() + cell.size();
    if (const auto [rest, error] = std::from_chars(cell.data(), end, value);
        error != std::errc() || rest != end) {
      throw InputError("'" + std::string(column) + "' '" + cell + "' is no " + what + ": correct it");
    }
    return value;
  }
  [[nodiscard]] std::int64_t whole(std::string_view column) const {
    return number<std::int64_t>(column, "whole number");
  }
  // Of nanoseconds, by the clock of the row.
  [[nodiscard]] double cycles(std::string_view column) const {
    const auto positive = [&](std::string_view of) {
      const auto value = number<double>(of, "number");
      if (!(value >= 0) || !std::isfinite(value)) {
        throw InputError("'" + std::string(of) + "' '" + text(of) + "' is below 0: correct it");
      }
      return value;
    };
    const double clock = has("clock_mhz") ? positive("clock_mhz") : kClockMhz;
    const double cycles = positive(column) * clock / kNanosecondsMhz;
    if (!(cycles < kMostCycles)) {
      throw InputError("'" + std::string(column) + "' '" + text(column) +
                       "' is later than any run: correct it, or the clock");
    }
    return cycles;
  }

 private:
  std::map<std::string_view, std::string> cells_;
};

// The one of some columns that a row fills in, if any.
std::optional<std::string_view> only_one(const Row& row,
                                         std::initializer_list<std::string_view> columns) {
  std::optional<std::string_view> found;
  for (const auto column : columns) {
    if (row.has(column)) {
      if (found) {
        throw InputError("'" + std::string(*found) + "' and '" + std::string(column) +
                         "' say the same: fill in one of them");
      }
      found = column;
    }
  }
  return found;
}

// As an object of a list of ours, so that it is checked as those are.
nlohmann::json fault_object(const Row& row, const SiteMap& sites) {
  const auto bit = row.has("bit") ? std::optional(static_cast<int>(std::clamp<std::int64_t>(
                                        row.whole("bit"), -1, std::numeric_limits<int>::max())))
                                  : std::nullopt;
  const auto site = site_of_rtl_name(row.text("name"), bit, sites);
  nlohmann::json object{{"target", to_string(site.space)}, {"layer", site.layer},
                        {"module", site.module},           {"index", site.index},
                        {"thresh", site.thresh},           {"bit", site.bit}};
  for (const auto* column : {"copy", "word_size", "before_image", "cycle", "duration"}) {
    if (row.has(column)) {
      object[column] = row.whole(column);
    }
  }
  const auto time = only_one(row, {"cycle", "time_ns", "before_image"});
  if (!time) {
    throw InputError("no time is filled in: give 'cycle', 'time_ns' or 'before_image'");
  }
  if (*time == "time_ns") {
    object["cycle"] = static_cast<std::int64_t>(row.cycles("time_ns") + kAtTheEdge);
  }
  if (only_one(row, {"duration", "duration_ns"}) == "duration_ns") {
    object["duration"] = std::max<std::int64_t>(1, std::llround(row.cycles("duration_ns")));
  }
  if (row.has("kind")) {
    const auto kind = kKinds.find(lower(row.text("kind")));
    if (kind == kKinds.end()) {
      throw InputError("'kind' '" + row.text("kind") +
                       "' is unknown: use flip (or seu), stuck0 (sa0), stuck1 (sa1) or intermittent");
    }
    object["kind"] = kind->second;
  }
  return object;
}

// Cases by number, in the order in which they begin.
class Cases {
 public:
  void add(const Row& row, const SiteMap& sites) {
    const auto id = row.has("case") ? row.whole("case") : next_;
    const auto images = row.has("images") ? row.whole("images") : 1;
    if (images < 1 || images > kMostImages) {
      throw InputError("'images' " + row.text("images") + " is none of 1 to " +
                       std::to_string(kMostImages) + ": correct it");
    }
    const auto fault = parse_listed_fault(fault_object(row, sites), static_cast<int>(images), sites);
    const auto [it, fresh] = known_.try_emplace(id, cases_.size());
    if (fresh) {
      cases_.push_back({{id, static_cast<int>(images), {}}, {}});
      next_ = std::max(next_, id == std::numeric_limits<std::int64_t>::max() ? id : id + 1);
    }
    auto& trial = cases_[it->second].trial;
    if (trial.images != images) {
      throw InputError("'images' of case " + std::to_string(id) + " was " +
                       std::to_string(trial.images) + " before: give all its rows the same");
    }
    trial.faults.push_back(fault);
    if (fault.cycle.has_value() != timed_by_cycle(trial)) {
      throw InputError("case " + std::to_string(id) +
                       " mixes 'before_image' and cycles: time all its faults the same way");
    }
  }
  std::vector<ListedCase> take() { return std::move(cases_); }

 private:
  static constexpr std::int64_t kMostImages = 1'000'000'000;
  std::vector<ListedCase> cases_;
  std::map<std::int64_t, std::size_t> known_;
  std::int64_t next_ = 0;  ///< number of a row that states none
};

// "[3][17]" as numbers.
std::vector<int> indices_of(std::string_view text, const std::string& name) {
  std::vector<int> indices;
  while (!text.empty()) {
    const auto close = text.find(']');
    int index = 0;
    const auto* end = text.data() + std::min(close, text.size());
    const auto [rest, error] = std::from_chars(text.data() + 1, end, index);
    if (text.front() != '[' || close == std::string_view::npos || error != std::errc() || rest != end) {
      throw InputError("'" + name +
                       "' has something else than [number] behind its name: correct it, "
                       "and give one bit a row");
    }
    indices.push_back(index);
    text.remove_prefix(close + 1);
  }
  return indices;
}

const StateArray& array_named(const std::string& name, const std::string& stated, const SiteMap& sites) {
  for (const auto& array : sites.arrays()) {
    const auto& own = array.rtl_name;
    const auto at = name.size() - std::min(name.size(), own.size());
    const auto above = std::string_view(name).substr(0, at);
    // A name without a dot could be that of another module's register.
    const bool ends_so = name.ends_with(own) && (above.empty() || above.ends_with('.'));
    if (ends_so && (above.empty() || own.find('.') != std::string::npos || above.ends_with(kTop))) {
      return array;
    }
  }
  throw InputError("'" + stated + "' is no stored bit of " + sites.net().name +
                   ": use the names that 'fluence sites --csv' prints");
}

}  // namespace

Site site_of_rtl_name(const std::string& name, std::optional<int> bit, const SiteMap& sites) {
  const auto bracket = std::min(name.find('['), name.size());
  auto stem = name.substr(0, bracket);
  std::ranges::replace(stem, '/', '.');
  const auto& array = array_named(stem, name, sites);
  auto indices = indices_of(std::string_view(name).substr(bracket), name);
  if (bit) {
    indices.push_back(*bit);
  }
  // From the last index on: dimensions that are left out have one element.
  const std::array sizes = {array.modules, array.words, array.threshes, array.bits};
  for (unsigned present = 0; present < 1U << sizes.size(); ++present) {
    std::array<int, 4> at{};
    std::size_t next = 0;
    bool good = true;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if ((present >> i & 1) == 0) {
        good = good && sizes[i] == 1;
      } else {
        good = good && next < indices.size() && indices[next] >= 0 && indices[next] < sizes[i];
        at[i] = good ? indices[next] : 0;
        ++next;
      }
    }
    if (good && next == indices.size()) {
      return {array.space, array.layer, array.first_module + at[0], at[1], at[2], at[3]};
    }
  }
  std::string shape;
  for (const int size : sizes) {
    shape += size > 1 ? "[" + std::to_string(size) + "]" : "";
  }
  throw InputError("'" + name + "'" + (bit ? " with 'bit' " + std::to_string(*bit) : std::string()) +
                   " is no bit of " + array.rtl_name + shape +
                   ": give an index for each of these dimensions, the bit last");
}

std::vector<ListedCase> read_fault_csv(std::istream& in, const std::string& name, const SiteMap& sites) {
  std::vector<std::string_view> columns;
  Cases cases;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (number == 1 && line.starts_with("\xef\xbb\xbf")) {
      line.erase(0, 3);
    }
    if (const auto text = trimmed(line); text.empty() || text.front() == '#') {
      continue;
    }
    try {
      if (columns.empty()) {
        columns = columns_of(line);
      } else {
        cases.add(Row(columns, cells_of(line)), sites);
      }
    } catch (const std::runtime_error& e) {
      throw InputError(name + ":" + std::to_string(number) + ": " + printable(e.what()));
    }
  }
  return cases.take();
}

}  // namespace fluence
