#include "campaign/outcome_rule.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <sstream>
#include <system_error>

#include "base/error.hpp"

namespace fluence {
namespace {

constexpr std::size_t kMostNamed = 50;  // classes that a sentence lists

// A whole number that is all of a text.
std::optional<int> whole(std::string_view text) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

std::string class_text(int number) {
  return number == CriticalRule::kAny ? "*" : std::to_string(number);
}

std::string listed(const std::vector<std::string>& classes) {
  std::string list;
  for (std::size_t i = 0; i < std::min(classes.size(), kMostNamed); ++i) {
    list +=
        (i == 0 ? "" : ", ") + std::to_string(i) + (classes[i].empty() ? "" : " ('" + classes[i] + "')");
  }
  return list + (classes.size() > kMostNamed ? ", .. to " + std::to_string(classes.size() - 1) : "");
}

int number_of(const NamedClass& stated, const std::vector<std::string>& classes) {
  if (stated.name == "*") {
    return CriticalRule::kAny;
  }
  if (stated.name.empty()) {
    if (stated.number < std::ssize(classes)) {
      return stated.number;
    }
  } else if (const auto it = std::ranges::find(classes, stated.name); it != classes.end()) {
    return static_cast<int>(it - classes.begin());
  }
  throw InputError("there is no class " +
                   (stated.name.empty() ? std::to_string(stated.number) : "'" + stated.name + "'") +
                   ": use " + listed(classes));
}

// How far a class is above the highest other one.
double lead(std::span<const double> values, int of) {
  double other = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (static_cast<int>(i) != of) {
      other = std::max(other, values[i]);
    }
  }
  return values[static_cast<std::size_t>(of)] - other;
}

// Classes that come before one: of equal ones the first does.
int classes_before(std::span<const double> values, int of) {
  const auto at = static_cast<std::size_t>(of);
  int before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    before += values[i] > values[at] || (values[i] == values[at] && i < at) ? 1 : 0;
  }
  return before;
}

}  // namespace

std::string CriticalRule::text() const {
  switch (kind) {
    case Kind::other_class: break;
    case Kind::top: return "top " + std::to_string(number);
    case Kind::margin: return "margin " + std::to_string(number);
    case Kind::pairs: {
      std::string text = "pairs";
      for (const auto& [from, to] : pairs) {
        text += " " + class_text(from) + ">" + class_text(to);
      }
      return text;
    }
  }
  return "class";
}

CriticalRule CriticalRule::parse(const std::string& text) {
  CriticalRule rule;
  std::istringstream words(text);
  std::string word;
  words >> word;
  bool known = word == "class";
  if (word == "top" || word == "margin") {
    rule.kind = word == "top" ? Kind::top : Kind::margin;
    const auto limit = words >> word ? whole(word) : std::nullopt;
    known = limit && *limit >= 1;
    rule.number = limit.value_or(0);
  } else if (word == "pairs") {
    rule.kind = Kind::pairs;
    const auto side = [&](std::string_view name) {
      const auto of = name == "*" ? std::optional(kAny) : whole(name);
      known = known && of && (*of >= 0 || name == "*");
      return of.value_or(0);
    };
    known = true;
    while (words >> word) {
      const auto arrow = std::min(word.find('>'), word.size());
      const std::string_view whole_word = word;
      const int from = side(whole_word.substr(0, arrow));
      rule.pairs.emplace_back(from, side(whole_word.substr(std::min(arrow + 1, word.size()))));
    }
    known = known && !rule.pairs.empty();
  }
  if (!known || rule.text() != text) {
    throw InputError("'" + text +
                     "' says of no image whether it is critical: use results that "
                     "'fluence run' wrote");
  }
  return rule;
}

void CriticalRule::resolve(const std::vector<std::string>& classes, const Decider& decider) {
  for (const auto& [from, to] : named) {
    pairs.emplace_back(number_of(from, classes), number_of(to, classes));
  }
  named.clear();
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  if ((kind == Kind::top || kind == Kind::margin) && !decider.ranks()) {
    throw InputError(
        "the network does not take the class of the highest score, so that classes have no order: use "
        "pairs");
  }
  if (kind == Kind::top && number >= std::ssize(classes)) {
    throw InputError("of " + std::to_string(classes.size()) +
                     " classes, each is always among so many: use a smaller number");
  }
}

bool CriticalRule::operator()(std::span<const Score> scores, std::span<const Score> fault_free,
                              const Decider& decider) const {
  const int before = decider(fault_free);
  switch (kind) {
    case Kind::other_class: break;
    case Kind::top: return classes_before(decider.values(scores), before) >= number;
    case Kind::margin: {
      const bool leads = lead(decider.values(scores), before) >= number;
      return decider(scores) != before || (!leads && lead(decider.values(fault_free), before) >= number);
    }
    case Kind::pairs: {
      const int now = decider(scores);
      return now != before && std::ranges::any_of(pairs, [&](const Pair& pair) {
               return (pair.first == before || pair.first == kAny) &&
                      (pair.second == now || pair.second == kAny);
             });
    }
  }
  return decider(scores) != before;
}

std::string ScoreRange::text() const { return std::to_string(least) + " to " + std::to_string(most); }

ScoreRange ScoreRange::parse(const std::string& text) {
  const auto to = text.find(" to ");
  const auto least = whole(std::string_view(text).substr(0, to));
  const auto most =
      to == std::string::npos ? std::nullopt : whole(std::string_view(text).substr(to + 4));
  if (!least || !most || *least > *most) {
    throw InputError("'" + text + "' is no range of scores: use results that 'fluence run' wrote");
  }
  return {*least, *most};
}

bool ScoreRange::holds(std::span<const Score> scores) const {
  return std::ranges::all_of(scores, [this](Score score) { return score >= least && score <= most; });
}

}  // namespace fluence
