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

FaultKind kind_of(MapMode mode) {
  return mode == MapMode::stuck0   ? FaultKind::stuck0
         : mode == MapMode::stuck1 ? FaultKind::stuck1
                                   : FaultKind::flip;
}

std::string name(const DrawnFault& drawn) {
  const auto& site = drawn.fault.site;
  return fmt::format("{} {}, module {}, index {}, thresh {}, bit {}", to_string(site.space), site.layer,
                     site.module, site.index, site.thresh, site.bit) +
         (drawn.fault.cycle ? fmt::format(", cycle {}", *drawn.fault.cycle) : "");
}

// Compares what a map says with the scores of its images.
class Counter {
 public:
  Counter(const MapSample& sample, const Session& session, const Scores& fault_free,
          const Decider& decider)
      : row_(static_cast<std::size_t>(sample.net->scores())) {
    for (const int image : sample.judged) {
      judges_.emplace_back(
          image, Judge(scores_of(fault_free, image), session.images(*sample.net)[image].label, decider));
    }
  }

  [[nodiscard]] bool agrees(const DrawnFault& drawn, const Scores& scores) const {
    MapCounts counts;
    bool right_image = true;
    for (const auto& [image, judge] : judges_) {
      const auto consequence = judge(scores_of(scores, image));
      counts.add(one_of(consequence));
      right_image =
          right_image && (consequence == Consequence::masked || !drawn.image || *drawn.image == image);
    }
    return right_image && counts == drawn.counts;
  }

 private:
  [[nodiscard]] Scores scores_of(const Scores& all, int image) const {
    const auto own = std::span(all).subspan(static_cast<std::size_t>(image) * row_, row_);
    return {own.begin(), own.end()};
  }

  std::size_t row_;
  std::vector<std::pair<int, Judge>> judges_;  ///< by image
};

// Lives in a worker.
class MapOnBothEngines final : public TaskRunner {
 public:
  MapOnBothEngines(const MapSample& sample, const Session& session)
      : sample_(sample),
        engines_(*sample.net, session),
        counter_(sample, session,
                 engines_.fast().run({0, sample.images, sample.given}, Semantics::physical).scores,
                 engines_.fast().decider()) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    std::vector<Trial> trials;
    for (const int index : batch) {
      trials.push_back({{0, sample_.images, sample_.given}, Semantics::physical});
      trials.back().fault_case.faults.push_back(drawn(index).fault);
    }
    engines_.run(
        trials,
        [&](std::size_t i, const TrialResult& fast, const TrialResult& rtl) {
          Compared compared{0, difference_of(fast, rtl, engines_.fast().scores())};
          if (compared.difference.empty() && !counter_.agrees(drawn(batch[i]), rtl.scores)) {
            compared.difference = "gives other counts than the map's";
          }
          deliver(batch[i], text(compared));
        },
        cancel);
  }

 private:
  [[nodiscard]] const DrawnFault& drawn(int index) const {
    return sample_.faults[static_cast<std::size_t>(index)];
  }

  const MapSample& sample_;
  EnginePair engines_;
  Counter counter_;
};

void require_enough(int count, std::uint64_t size, const char* what, const std::string& folder) {
  if (static_cast<std::uint64_t>(count) > size) {
    throw InputError(
        fmt::format("--sample {} is more than the {} {} of the map in {}: ask for {} or fewer", count,
                    size, what, folder, size));
  }
}

// So many of the numbers below `size`, ascending.
std::vector<std::size_t> choose(std::size_t size, std::size_t count, std::mt19937_64& random) {
  std::vector<std::size_t> all(size);
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::size_t> chosen;
  std::ranges::sample(all, std::back_inserter(chosen), static_cast<std::ptrdiff_t>(count), random);
  return chosen;
}

// Of each region, how many bits to draw: in turn, one that has no more is left out.
std::vector<std::size_t> share_out(const std::vector<BufferRegion>& regions, int count,
                                   std::mt19937_64& random) {
  std::vector<std::size_t> order(regions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::shuffle(order, random);
  std::vector<std::size_t> shares(regions.size());
  for (std::size_t turn = 0; count > 0; ++turn) {
    const auto region = order[turn % order.size()];
    if (shares[region] < regions[region].bits) {
      ++shares[region];
      --count;
    }
  }
  return shares;
}

}  // namespace

Session open_map_inputs(const MapScope& scope, const Manifest& manifest, std::size_t images_left,
                        const std::string& folder, const std::string& params,
                        const std::string& images) {
  if (images_left > 0) {
    throw InputError(
        fmt::format("the map in {} lacks {} of its images: finish it by the 'fluence map' that began it",
                    folder, images_left));
  }
  const auto& net = *scope.net;
  Session session(params, {&net}, images);
  session.keep_images(scope.images, folder);
  require_inputs(manifest, session, net, "the map in " + folder);
  if (const auto schedule = manifest.find("schedule");
      schedule != manifest.end() && schedule->second != load_schedule(net).digest()) {
    throw InputError("the map in " + folder +
                     " rests on another schedule than the one at hand: use the fluence that made it, or "
                     "make it again");
  }
  return session;
}

MapSample draw_faults(const MapResults& map, int count, std::uint64_t seed, const std::string& folder) {
  const auto& layout = map.layout();
  require_enough(count, layout.size(), "faults", folder);
  MapSample sample{&layout.net(), map.request().images, {}, {}, map.request().given_faults(), {}};
  for (int image = 0; image < map.request().images; ++image) {
    if (map.is_done(image)) {
      sample.judged.push_back(image);
    }
  }
  for (const auto& region : layout.regions()) {
    sample.regions.emplace_back(region.space, region.layer);
  }
  std::mt19937_64 random(seed);
  for (const auto number : choose(layout.size(), static_cast<std::size_t>(count), random)) {
    Fault fault;
    fault.before_image = 0;
    fault.site = layout.site(number);
    fault.word_size = layout.fault_bits();
    fault.kind = kind_of(layout.mode());
    const auto region = std::ranges::upper_bound(layout.regions(), number, {}, &MapRegion::first) - 1;
    sample.faults.push_back(
        {fault, static_cast<std::size_t>(region - layout.regions().begin()), map.counts()[number]});
  }
  return sample;
}

MapSample draw_faults(const BufferMap& map, int count, std::uint64_t seed, const std::string& folder) {
  const auto& regions = map.layout()->regions();
  require_enough(count, map.layout()->bits(), "bits", folder);
  MapSample sample{map.request().net, map.request().images, map.done(), {}, {}, {}};
  std::mt19937_64 random(seed);
  const auto shares = share_out(regions, count, random);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    sample.regions.emplace_back(regions[i].space, regions[i].layer);
    BufferBits bits(map, folder, i);
    std::size_t next = 0;
    for (const auto number : choose(regions[i].bits, shares[i], random)) {
      for (; next <= number; ++next) {
        bits.next();
      }
      const auto time = whole_time(bits.entries(), map.request().cycles);
      const auto& [span, consequence, image] = time[random() % time.size()];
      DrawnFault drawn;
      drawn.fault.cycle = span.from + random() % span.cycles();
      drawn.fault.site = bits.site();
      drawn.region = i;
      drawn.counts.add(one_of(consequence));
      drawn.image = consequence == Consequence::masked ? std::nullopt : std::optional(image);
      sample.faults.push_back(drawn);
    }
  }
  return sample;
}

std::vector<std::string> asked(const MapSample& sample) {
  std::vector<std::string> texts;
  for (const auto& drawn : sample.faults) {
    texts.push_back(fmt::format("{} {} {}", name(drawn), fmt::join(drawn.counts.images, " "),
                                drawn.image.value_or(-1)));
  }
  return texts;
}

Comparisons run_both(const MapSample& sample, const Session& session, const VerifyPlan& plan) {
  std::vector<Task> tasks;
  for (int i = 0; i < static_cast<int>(sample.faults.size()); ++i) {
    tasks.push_back({0, i});
  }
  return compare_in_pool(
      tasks, sample.faults.size(), plan,
      [&](int) { return std::make_unique<MapOnBothEngines>(sample, session); },
      [&](int index) { return name(sample.faults[static_cast<std::size_t>(index)]); });
}

VerifiedMap add_up(const MapSample& sample, const Comparisons& compared, std::uint64_t seed) {
  VerifiedMap verified;
  verified.regions.resize(sample.regions.size());
  auto& agreement = verified.agreement;
  agreement.seed = seed;
  agreement.rtl = sample.net->name + " " + std::string(RtlModel::digest(*sample.net));
  for (std::size_t i = 0; i < sample.faults.size(); ++i) {
    if (!compared.of[i]) {
      continue;
    }
    auto& row = verified.regions[sample.faults[i].region];
    const auto& difference = compared.of[i]->difference;
    ++row.faults;
    row.equal += difference.empty() ? 1 : 0;
    if (!difference.empty()) {
      agreement.differences.push_back(name(sample.faults[i]) + " " + difference);
    }
    ++agreement.trials;
    ++agreement.upsets;
    agreement.images += sample.images;
    agreement.scores += std::int64_t{sample.images} * sample.net->scores();
  }
  return verified;
}

}  // namespace fluence
