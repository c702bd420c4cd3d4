#include "fault/protected_faults.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "fault/stored_group.hpp"

namespace fluence {
namespace {

struct Hit {
  FirstRead at;
  std::size_t fault = 0;
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
    std::int64_t image = 0;  // of the last hit
    for (std::size_t i = 0; i < hits.size();) {
      const auto at = hits[i].at;
      reload_before(at.image, trial.next_reload(image), events);
      image = at.image;
      const auto number = at.image * layer_.out_pixels() + at.pixel;
      count(number, events);
      const auto first = i;
      for (; i < hits.size() && hits[i].at == at; ++i) {
        group_.hit(trial.faults[hits[i].fault], semantics);
      }
      const auto before = group_.given(at_);
      const auto [status, fate] = group_.access();
      for (auto hit = first; hit < i; ++hit) {
        auto& known = fates[hits[hit].fault];
        known = std::max(known, fate);
      }
      if (group_.given(at_) != before) {
        result.given.push_back({at, word_, group_.given(at_)});
      }
      status_ = status;
      if (group_.codec().repairs()) {
        count(number + 1, events);
        status_ = AccessStatus::clean;
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

bool is_protected(const Topology& net, const Fault& fault) {
  return is_parameter(fault.site.space) && !is_plain(codec_of(net, fault.site));
}

ProtectedFaults follow_protected(const FaultCase& trial, Semantics semantics, const Parameters& values,
                                 const MeetingAccess& meeting, std::vector<Fate>& fates) {
  const auto& net = *values.net;
  ProtectedFaults result;
  result.events.resize(2 * net.layers.size());
  std::map<Site, std::vector<Hit>> words;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    if (!is_protected(net, trial.faults[i])) {
      continue;
    }
    const StoredGroup group(values, trial.faults[i].site);
    for (std::size_t w = 0; w < group.words(); ++w) {
      if (const auto at = meeting(i, group.site(w)); at.image < trial.images) {
        words[group.site(w)].push_back({at, i});
      }
    }
  }
  for (auto& [word, hits] : words) {
    // Stable: accesses of the host to one word do not commute.
    std::ranges::stable_sort(hits, {}, [&](const Hit& hit) {
      return std::tuple(hit.at.image, hit.at.pixel, trial.faults[hit.fault].begin());
    });
    WordHistory(values, word).follow(trial, semantics, hits, fates, result);
  }
  return result;
}

}  // namespace fluence
