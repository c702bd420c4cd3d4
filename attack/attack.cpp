#include "attack/attack.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"
#include "campaign/stop_signals.hpp"
#include "fault/draw.hpp"
#include "fault/parameter_fault.hpp"
#include "map/runner.hpp"

namespace fluence {
namespace {

constexpr int kRounds = 4;            // of variation, a step
constexpr std::size_t kParents = 32;  // whose variations are tried
constexpr int kLeastShare = 64;       // evaluations a step
// Streams of random numbers.
constexpr std::uint64_t kSearchKey = 0;
constexpr std::uint64_t kTrialsKey = 1;

// What random trials are drawn from. Making a Drawer of it checks spaces, layers and room.
DrawPlan draw_plan_of(const AttackPlan& plan, int images) {
  for (const auto space : plan.spaces) {
    if (space != Space::weights && space != Space::thresholds) {
      throw InputError("an attack flips stored parameters, not " + std::string(to_string(space)) +
                       ": use the spaces weights and thresholds");
    }
  }
  DrawPlan draw_plan;
  draw_plan.spaces = plan.spaces;
  draw_plan.layers = plan.layers;
  draw_plan.faults = plan.bits;
  draw_plan.images = images;
  return draw_plan;
}

Fault fault_at(const Site& site) {
  Fault fault;
  fault.before_image = 0;
  fault.site = site;
  return fault;
}

class Search {
 public:
  Search(const Parameters& parameters, const ImageSet& images, const AttackPlan& plan,
         const AttackHooks& hooks)
      : parameters_(parameters), images_(images), plan_(plan), hooks_(hooks), sites_(*parameters.net) {
    static_cast<void>(Drawer(sites_, draw_plan_of(plan, images.size())));
    if (plan.exhaustive && parameters.net->is_protected()) {
      throw InputError("hardware " + parameters.net->name +
                       " stores parameters by codecs, of which several upsets may meet in one code "
                       "word, and a map knows one: leave --exhaustive out");
    }
    if (!plan.exhaustive && plan.evaluations / plan.bits < kLeastShare) {
      throw InputError(std::to_string(plan.evaluations) + " evaluations are too few to find " +
                       std::to_string(plan.bits) + " bits: allow " + std::to_string(kLeastShare) +
                       " or more a bit");
    }
    for (const auto& layer : parameters.net->layers) {
      const bool chosen = plan.layers.empty() || std::ranges::count(plan.layers, layer.index) > 0;
      for (const auto space : plan.spaces) {
        if (const auto bits = sites_.bit_count(space, layer.index); chosen && bits > 0) {
          strata_.push_back({space, layer.index, bits});
          bits_ += bits;
        }
      }
    }
  }

  Attack run() {
    const StopSignals stop_signals;
    int left = plan_.bits;
    while (
        left > 0 &&
        step(plan_.exhaustive ? 0 : static_cast<int>(plan_.evaluations - result_.evaluations) / left)) {
      --left;
    }
    return std::move(result_);
  }

 private:
  struct Stratum {
    Space space{};
    int layer = 0;
    std::uint64_t bits = 0;
  };
  struct Candidate {
    Margins margins;
    std::uint64_t address = 0;  // decides between equals
    auto operator<=>(const Candidate&) const = default;
  };

  // Adds the bit that does most harm. False: there is none, or the search was interrupted.
  bool step(int share) {
    FastEngine engine(parameters_, images_);
    if (result_.sites.empty()) {
      const auto fault_free = engine.run({0, images_.size(), {}}, Semantics::physical);
      margins_ = result_.fault_free =
          margins_of(fault_free.scores, images_, engine.decider(), engine.scores());
    }
    engine_ = &engine;
    random_ = TrialRandom(plan_.seed, kSearchKey, result_.sites.size());
    seen_.clear();
    tried_.clear();
    const bool all = bits_ - result_.sites.size() <= static_cast<std::uint64_t>(share);
    if (!(plan_.exhaustive ? map_all() : all ? try_all() : try_some(share)) || tried_.empty()) {
      return false;
    }
    std::ranges::sort(tried_);
    const auto& best = tried_.front();
    if (best.margins >= margins_) {
      return false;
    }
    margins_ = best.margins;
    const auto site = sites_.site(best.address);
    if (!parameters_.net->is_protected()) {
      apply_fault(parameters_, fault_at(site), Semantics::physical);
    }
    result_.sites.push_back(site);
    result_.margins.push_back(margins_);
    hooks_.found(result_.sites, margins_);
    elite_ = std::move(tried_);
    return true;
  }

  // Tries the best of all bits alone.
  bool map_all() {
    const MapLayout layout(*parameters_.net, MapMode::seu, plan_.spaces, plan_.layers);
    require_memory(layout, plan_.jobs);
    std::vector<BlockCounts> growth(layout.size());
    std::vector<int> all(static_cast<std::size_t>(images_.size()));
    std::iota(all.begin(), all.end(), 0);
    const auto done = result_.evaluations;
    const auto bits = static_cast<std::int64_t>(layout.size());
    std::int64_t images = 0;
    BlockHooks hooks;
    hooks.done = [&](std::span<const int> block, std::span<const BlockCounts> counts) {
      std::ranges::transform(growth, counts, growth.begin(), std::plus<>());
      images += std::ssize(block);
    };
    hooks.tick = [&] { hooks_.tick(done + bits * images / images_.size()); };
    result_.interrupted = map_blocks(parameters_, layout, Counted::margins, images_, all, plan_.jobs,
                                     hooks) == PoolEnd::interrupted;
    if (result_.interrupted) {
      return false;
    }
    result_.evaluations += bits;
    std::optional<Candidate> best;
    for (std::size_t number = 0; number < growth.size(); ++number) {
      auto margins = margins_;
      margins += margins_in(growth[number]);
      if (best && margins > best->margins) {
        continue;
      }
      const auto site = layout.site(number);
      const Candidate candidate{margins, sites_.address(site)};
      if (std::ranges::find(result_.sites, site) == result_.sites.end() &&
          (!best || candidate < *best)) {
        best = candidate;
      }
    }
    tried_.assign(best ? 1 : 0, best.value_or(Candidate{}));
    return true;
  }

  bool try_all() {
    for (const auto& stratum : strata_) {
      for (std::uint64_t n = 0; n < stratum.bits; ++n) {
        propose(sites_.nth(stratum.space, stratum.layer, n));
      }
    }
    return evaluate_proposed();
  }

  bool try_some(int share) {
    const auto kept = std::min(elite_.size(), static_cast<std::size_t>(share / 4));
    for (std::size_t i = 0; i < kept; ++i) {
      propose(sites_.site(elite_[i].address));
    }
    draw(elite_.empty() ? share / 2 : share / 4, [&](std::size_t i) {
      const auto& stratum = strata_[i % strata_.size()];
      return sites_.nth(stratum.space, stratum.layer, random_.below(stratum.bits));
    });
    bool going = evaluate_proposed();
    const int left = share - static_cast<int>(tried_.size());
    for (int round = 0; round < kRounds && going; ++round) {
      const auto parents = std::min(kParents, tried_.size());
      std::ranges::partial_sort(tried_, tried_.begin() + static_cast<std::ptrdiff_t>(parents));
      draw(left / kRounds, [&](std::size_t i) { return varied(tried_[i % parents]); });
      going = evaluate_proposed();
    }
    return going;
  }

  // Proposes `count` new bits that `make(i)` gives, fewer if it gives hardly any new ones.
  template <typename Make>
  void draw(int count, Make make) {
    const auto wanted = proposed_.size() + static_cast<std::size_t>(count);
    for (std::size_t i = 0; proposed_.size() < wanted && i < 20 * static_cast<std::size_t>(count); ++i) {
      propose(make(i));
    }
  }

  // The site with a module, word, threshold or bit of its array drawn anew.
  Site varied(const Candidate& candidate) {
    auto site = sites_.site(candidate.address);
    const auto& array = sites_.array_of(site);
    const std::array<std::pair<int*, int>, 4> coordinates = {{{&site.module, array.modules},
                                                              {&site.index, array.words},
                                                              {&site.thresh, array.threshes},
                                                              {&site.bit, array.bits}}};
    const auto& [value, count] = coordinates[random_.below(coordinates.size())];
    *value = static_cast<int>(random_.below(static_cast<std::uint64_t>(count)));
    return site;
  }

  void propose(const Site& site) {
    const auto address = sites_.address(site);
    if (std::ranges::find(result_.sites, site) == result_.sites.end() && seen_.insert(address).second) {
      proposed_.push_back(site);
    }
  }

  bool evaluate_proposed() {
    const auto done = result_.evaluations;
    const auto given = parameters_.net->is_protected() ? result_.sites : std::vector<Site>{};
    const Evaluation evaluation{engine_, &images_, plan_.jobs,
                                [&](std::int64_t n) { hooks_.tick(done + n); }};
    const auto margins = evaluate(evaluation, static_cast<int>(proposed_.size()), [&](int i) {
      auto sites = given;
      sites.push_back(proposed_[static_cast<std::size_t>(i)]);
      return attack_case(sites, images_.size());
    });
    result_.interrupted = !margins;
    for (std::size_t i = 0; margins && i < proposed_.size(); ++i) {
      tried_.push_back({(*margins)[i], sites_.address(proposed_[i])});
    }
    result_.evaluations += margins ? std::ssize(proposed_) : 0;
    proposed_.clear();
    return margins.has_value();
  }

  // With the bits found so far, so that a candidate costs what it changes. What is stored by codecs
  // cannot hold them: there each candidate comes with them.
  Parameters parameters_;
  const ImageSet& images_;
  const AttackPlan& plan_;
  const AttackHooks& hooks_;
  SiteMap sites_;
  std::vector<Stratum> strata_;
  std::uint64_t bits_ = 0;
  Attack result_;
  Margins margins_;  // with the bits found so far
  // Of a step:
  FastEngine* engine_ = nullptr;
  TrialRandom random_{0, 0, 0};
  std::unordered_set<std::uint64_t> seen_;
  std::vector<Site> proposed_;
  std::vector<Candidate> tried_;
  std::vector<Candidate> elite_;  // the candidates of the step before, best first
};

}  // namespace

FaultCase attack_case(const std::vector<Site>& sites, int images) {
  FaultCase trial{0, images, {}};
  for (const auto& site : sites) {
    trial.faults.push_back(fault_at(site));
  }
  return trial;
}

Attack attack(const Parameters& parameters, const ImageSet& images, const AttackPlan& plan,
              const AttackHooks& hooks) {
  return Search(parameters, images, plan, hooks).run();
}

WorstRandom worst_random(const Parameters& parameters, const ImageSet& images, const AttackPlan& plan,
                         int trials, const AttackHooks& hooks) {
  const SiteMap sites(*parameters.net);
  const Drawer drawer(sites, draw_plan_of(plan, images.size()));
  const auto draw = [&](int trial) {
    auto drawn = drawer.draw(plan.seed, kTrialsKey, static_cast<std::uint64_t>(trial));
    for (auto& fault : drawn.faults) {
      fault.before_image = 0;
    }
    return drawn;
  };
  FastEngine engine(parameters, images);
  const auto margins = evaluate({&engine, &images, plan.jobs, hooks.tick}, trials, draw);
  if (!margins) {
    return {{}, {}, true};
  }
  const auto worst = std::ranges::min_element(*margins);
  return {draw(static_cast<int>(worst - margins->begin())), *worst, false};
}

}  // namespace fluence
