#include "fault/protected_faults.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "fault/stored_group.hpp"

namespace fluence {
namespace {

// Of the access after one that met a register's flip: the word is as it is stored.
constexpr auto kNoFault = std::numeric_limits<std::size_t>::max();

struct Hit {
  FirstRead at;
  std::size_t fault = kNoFault;
  bool overlaps = false;
};

// A word by itself: what the other words of its group were given meanwhile does not matter to it.
class WordHistory {
 public:
  WordHistory(const Parameters& values, const Site& word)
      : values_(values),
        layer_(values.net->layer(word.layer)),
        group_(values, word),
        word_(word),
        at_(static_cast<std::size_t>(word.index - group_.site(0).index)) {}

  void follow(const FaultCase& trial, Semantics semantics, const std::vector<Hit>& hits,
              std::vector<Fate>& fates, ProtectedFaults& result) {
    auto& events = result.events[events_place(word_.layer, word_.space)];
    std::int64_t image = 0;      // of the last hit
    std::int64_t repaired = -1;  // number of the last access that stored the word anew
    for (std::size_t i = 0; i < hits.size();) {
      const auto at = hits[i].at;
      reload_before(at.image, trial.next_reload(image), events);
      image = at.image;
      const auto number = at.image * layer_.out_pixels() + at.pixel;
      count(number, events);
      std::vector<std::size_t> met, in_register;
      for (; i < hits.size() && hits[i].at == at; ++i) {
        const auto fault = hits[i].fault;
        if (fault == kNoFault) {
          continue;
        }
        if (hits[i].overlaps && repaired == number - 1) {
          fates[fault] = std::max(fates[fault], Fate::overwritten);
          continue;
        }
        met.push_back(fault);
        if (trial.faults[fault].site.space == Space::read) {
          in_register.push_back(fault);
          group_.invert(trial.faults[fault]);
        } else {
          group_.hit(trial.faults[fault], semantics);
        }
      }
      const auto before = group_.given(at_);
      const auto [status, fate] = group_.access();
      for (const auto fault : met) {
        fates[fault] = std::max(fates[fault], fate);
      }
      if (group_.given(at_) != before) {
        result.given.push_back({at, word_, group_.given(at_)});
      }
      status_ = status;
      if (group_.codec().repairs()) {
        count(number + 1, events);
        status_ = AccessStatus::clean;
      }
      if (group_.codec().repairs() && status == AccessStatus::corrected) {
        repaired = number;
      } else {
        for (const auto fault : in_register) {
          group_.invert(trial.faults[fault]);
        }
      }
    }
    reload_before(trial.images - 1, trial.next_reload(image), events);
    count(std::int64_t{trial.images} * layer_.out_pixels(), events);
  }

 private:
  // Stores anew what it was, if the host does so before an image or sooner.
  void reload_before(std::int64_t image, std::int64_t reload, AccessEvents& events) {
    if (reload <= image) {
      count(reload * layer_.out_pixels(), events);
      group_ = StoredGroup(values_, word_);
      status_ = AccessStatus::clean;
    }
  }

  // The accesses since those that were counted before.
  void count(std::int64_t access, AccessEvents& events) {
    const auto number = static_cast<std::uint64_t>(access - counted_);
    events.corrected += status_ == AccessStatus::corrected ? number : 0;
    events.detected += status_ == AccessStatus::detected ? number : 0;
    counted_ = access;
  }

  const Parameters& values_;
  const Layer& layer_;  // with an access for each window
  StoredGroup group_;
  Site word_;
  std::size_t at_;  // of the group's words
  AccessStatus status_ = AccessStatus::clean;
  std::int64_t counted_ = 0;
};

}  // namespace

std::vector<Meeting> meetings(const Parameters& values, const Site& site, std::size_t unit,
                              const StageCounts& before, const StageCounts& after) {
  const auto& layer = values.net->layer(site.layer);
  std::vector<Meeting> found;
  if (site.space == Space::read) {
    auto word = memory_of(layer, site);
    const auto now = next_access(layer, unit, word.space, before);
    if (now != next_access(layer, unit, word.space, after)) {
      word.index = now.word;
      word.copy = 0;
      found.push_back({word, now.at});
    }
    return found;
  }
  const StoredGroup group(values, site);
  for (std::size_t w = 0; w < group.words(); ++w) {
    const auto word = group.site(w);
    const auto at = first_read(layer, unit, word, before);
    if (!is_synchronous(layer, site.space)) {
      found.push_back({word, at});
      continue;
    }
    const auto later = first_read(layer, unit, word, after);
    found.push_back({word, later, later != at});
  }
  return found;
}

std::vector<Meeting> meetings(const Parameters& values, const Site& site, std::int64_t image) {
  std::vector<Meeting> found;
  if (site.space != Space::read) {
    const StoredGroup group(values, site);
    for (std::size_t w = 0; w < group.words(); ++w) {
      found.push_back({group.site(w), {image, 0}});
    }
  }
  return found;
}

ProtectedFaults follow_protected(const FaultCase& trial, Semantics semantics, const Parameters& values,
                                 const std::vector<std::vector<Meeting>>& meetings,
                                 std::vector<Fate>& fates) {
  const auto& net = *values.net;
  ProtectedFaults result;
  result.events.resize(2 * net.layers.size());
  std::map<Site, std::vector<Hit>> words;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& site = trial.faults[i].site;
    if (!in_cell(net, site)) {
      continue;
    }
    if (site.space == Space::read) {
      fates[i] = Fate::overwritten;  // if nothing reads it in its cycle
    }
    for (const auto& [word, at, overlaps] : meetings.at(i)) {
      if (at.image >= trial.images) {
        continue;
      }
      words[word].push_back({at, i, overlaps});
      if (site.space == Space::read) {
        const bool last = at.pixel + 1 == net.layer(site.layer).out_pixels();
        const FirstRead next{at.image + (last ? 1 : 0), last ? 0 : at.pixel + 1};
        if (next.image < trial.images) {
          words[word].push_back({next});
        }
      }
    }
  }
  for (auto& [word, hits] : words) {
    // Stable: accesses of the host to one word do not commute.
    std::ranges::stable_sort(hits, {}, [&](const Hit& hit) {
      return std::tuple(hit.at.image, hit.at.pixel,
                        hit.fault == kNoFault ? 0 : trial.faults[hit.fault].begin());
    });
    WordHistory(values, word).follow(trial, semantics, hits, fates, result);
  }
  return result;
}

}  // namespace fluence
