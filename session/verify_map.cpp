#include "session/verify_map.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <utility>

#include "base/error.hpp"
#include "map/consequence.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/engine_pair.hpp"

namespace fluence {
namespace {

Trial trial_of(const MapResults& map, std::size_t number) {
  Fault fault;
  fault.before_image = 0;
  fault.site = map.layout().site(number);
  fault.word_size = map.layout().fault_bits();
  const auto mode = map.layout().mode();
  fault.kind = mode == MapMode::stuck0   ? FaultKind::stuck0
               : mode == MapMode::stuck1 ? FaultKind::stuck1
                                         : FaultKind::flip;
  return {{0, map.request().images, {fault}}, Semantics::physical};
}

std::string name(const MapResults& map, std::size_t number) {
  const auto site = map.layout().site(number);
  return fmt::format("{} {}, module {}, index {}, thresh {}, bit {}", to_string(site.space), site.layer,
                     site.module, site.index, site.thresh, site.bit);
}

// What a map counts, from the scores of its images.
class Counter {
 public:
  Counter(const MapResults& map, const Session& session, const std::vector<std::int16_t>& fault_free,
          const Decider& decider)
      : map_(map), row_(static_cast<std::size_t>(map.layout().net().scores())) {
    for (int image = 0; image < map.request().images; ++image) {
      judges_.emplace_back(scores_of(fault_free, image), session.images(map.layout().net())[image].label,
                           decider);
    }
  }

  [[nodiscard]] MapCounts operator()(const std::vector<std::int16_t>& scores) const {
    MapCounts counts;
    for (int image = 0; image < map_.request().images; ++image) {
      if (map_.is_done(image)) {
        counts.add(one_of(judges_[static_cast<std::size_t>(image)](scores_of(scores, image))));
      }
    }
    return counts;
  }

 private:
  [[nodiscard]] Scores scores_of(const std::vector<std::int16_t>& all, int image) const {
    const auto own = std::span(all).subspan(static_cast<std::size_t>(image) * row_, row_);
    return {own.begin(), own.end()};
  }

  const MapResults& map_;
  std::size_t row_;
  std::vector<Judge> judges_;  ///< [image]
};

// Lives in a worker.
class MapOnBothEngines final : public TaskRunner {
 public:
  MapOnBothEngines(const MapResults& map, const std::vector<std::size_t>& faults, const Session& session)
      : map_(map),
        faults_(faults),
        engines_(map.layout().net(), session),
        counter_(map, session,
                 engines_.fast().run({0, map.request().images, {}}, Semantics::physical).scores,
                 engines_.fast().decider()) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    std::vector<Trial> trials;
    for (const int index : batch) {
      trials.push_back(trial_of(map_, faults_[static_cast<std::size_t>(index)]));
    }
    engines_.run(
        trials,
        [&](std::size_t i, const TrialResult& fast, const TrialResult& rtl) {
          Compared compared{0, difference_of(fast, rtl, engines_.fast().scores())};
          if (compared.difference.empty() &&
              counter_(rtl.scores) != map_.counts()[faults_[static_cast<std::size_t>(batch[i])]]) {
            compared.difference = "gives other counts than the map's";
          }
          deliver(batch[i], text(compared));
        },
        cancel);
  }

 private:
  const MapResults& map_;
  const std::vector<std::size_t>& faults_;
  EnginePair engines_;
  Counter counter_;
};

}  // namespace

Session open_map_inputs(const MapResults& map, const std::string& folder, const std::string& params,
                        const std::string& images) {
  if (!map.images_left().empty()) {
    throw InputError(
        fmt::format("the map in {} lacks {} of its images: finish it by the 'fluence map' that began it",
                    folder, map.images_left().size()));
  }
  const auto& net = map.layout().net();
  Session session(params, {&net}, images);
  session.keep_images(map.request().images, folder);
  require_inputs(map.manifest(), session, net, "the map in " + folder);
  return session;
}

std::vector<std::size_t> draw_faults(const MapResults& map, int count, std::uint64_t seed,
                                     const std::string& folder) {
  const auto size = map.layout().size();
  if (static_cast<std::size_t>(count) > size) {
    throw InputError(
        fmt::format("--sample {} is more than the {} faults of the map in {}: ask for {} or fewer",
                    count, size, folder, size));
  }
  std::vector<std::size_t> all(size);
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::size_t> drawn;
  std::mt19937_64 random(seed);
  std::ranges::sample(all, std::back_inserter(drawn), count, random);
  return drawn;
}

std::vector<std::string> asked(const MapResults& map, const std::vector<std::size_t>& faults) {
  std::vector<std::string> texts;
  for (const auto number : faults) {
    texts.push_back(
        fmt::format("{} {}", name(map, number), fmt::join(map.counts()[number].images, " ")));
  }
  return texts;
}

Comparisons run_both(const MapResults& map, const std::vector<std::size_t>& faults,
                     const Session& session, const VerifyPlan& plan) {
  std::vector<Task> tasks;
  for (int i = 0; i < static_cast<int>(faults.size()); ++i) {
    tasks.push_back({0, i});
  }
  return compare_in_pool(
      tasks, faults.size(), plan,
      [&](int) { return std::make_unique<MapOnBothEngines>(map, faults, session); },
      [&](int index) { return name(map, faults[static_cast<std::size_t>(index)]); });
}

VerifiedMap add_up(const MapResults& map, const std::vector<std::size_t>& faults,
                   const Comparisons& compared, std::uint64_t seed) {
  const auto& net = map.layout().net();
  const auto& regions = map.layout().regions();
  VerifiedMap verified;
  verified.regions.resize(regions.size());
  auto& agreement = verified.agreement;
  agreement.seed = seed;
  agreement.rtl = net.name + " " + std::string(RtlModel::digest(net));
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!compared.of[i]) {
      continue;
    }
    const auto region = std::ranges::upper_bound(regions, faults[i], {}, &MapRegion::first) - 1;
    auto& row = verified.regions[static_cast<std::size_t>(region - regions.begin())];
    const auto& difference = compared.of[i]->difference;
    ++row.faults;
    row.equal += difference.empty() ? 1 : 0;
    if (!difference.empty()) {
      agreement.differences.push_back(name(map, faults[i]) + " " + difference);
    }
    ++agreement.trials;
    ++agreement.upsets;
    agreement.images += map.request().images;
    agreement.scores += std::int64_t{map.request().images} * net.scores();
  }
  return verified;
}

}  // namespace fluence
