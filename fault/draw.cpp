#include "fault/draw.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/error.hpp"
#include "base/poisson.hpp"
#include "base/random.hpp"

namespace fluence {
namespace {

// Of the space with most upsets a bit, where spaces differ, and of the most probable shape. Whole
// numbers, so that what is drawn depends on no rounding.
constexpr double kMostWeight = 1 << 20;

// Of common draws, for an upset that finds its bits hit already: of so many, one that still does is left
// out, for there may be no room at all among the bits of one number.
constexpr int kMostTries = 64;

template <typename T>
bool has_duplicates(std::vector<T> values) {
  std::ranges::sort(values);
  return std::ranges::adjacent_find(values) != values.end();
}

void check_rules(const DrawPlan& draw_plan) {
  assert(!draw_plan.spaces.empty() && draw_plan.faults >= 0 && draw_plan.images > 0);
  assert(is_word_size(draw_plan.word_size));
  assert((draw_plan.extent != Extent::bit) == (draw_plan.word_size == kWholeWord));
  assert(!draw_plan.common || !draw_plan.upsets_a_bit.empty());
  assert(draw_plan.bursts.empty() || (draw_plan.word_size == 1 && draw_plan.kind == FaultKind::flip));
  if (has_duplicates(draw_plan.spaces) || has_duplicates(draw_plan.layers)) {
    throw InputError("a space or layer is named twice: name each once");
  }
  if (draw_plan.reload > 0 && draw_plan.by_cycle) {
    throw InputError(
        "the host reloads parameters between images, where a run ends, and time cycle counts from the "
        "start of one run: use time image, or leave 'reload' out");
  }
  if (draw_plan.reload > 0 && draw_plan.kind != FaultKind::flip) {
    throw InputError("what a reload of parameters does to faults of kind " +
                     std::string(to_string(draw_plan.kind)) +
                     " is not known: use flips, or leave 'reload' out");
  }
  if (draw_plan.semantics == Semantics::physical) {
    return;
  }
  if (draw_plan.kind != FaultKind::flip) {
    throw InputError("faults of kind " + std::string(to_string(draw_plan.kind)) +
                     " are in the stored bits, which no access of the host holds: use semantics "
                     "physical");
  }
  const std::string semantics(to_string(draw_plan.semantics));
  if (draw_plan.semantics == Semantics::shipped && !draw_plan.upsets_a_bit.empty()) {
    throw InputError(
        "semantics shipped draws the images of a number of faults and knows no dose: use semantics "
        "source, or 'faults'");
  }
  if (draw_plan.semantics == Semantics::shipped &&
      (!draw_plan.bursts.empty() || draw_plan.extent != Extent::bit)) {
    throw InputError(
        "semantics shipped knows modes seu and mbu only, as the library of October 2019 does: use one "
        "of them, or semantics source");
  }
  if (draw_plan.by_cycle) {
    throw InputError("semantics " + semantics +
                     " is a host access between two images and has no cycle: use time image, or "
                     "semantics physical");
  }
  for (const auto space : draw_plan.spaces) {
    if (space != Space::weights && space != Space::thresholds) {
      throw InputError("semantics " + semantics + " reaches weights and thresholds only, not " +
                       std::string(to_string(space)) + ": use semantics physical");
    }
  }
}

// One of them, with a probability in proportion to its weight.
template <typename T>
const T& pick(const std::vector<T>& all, TrialRandom& random) {
  std::uint64_t weights = 0;
  for (const auto& one : all) {
    weights += one.weight;
  }
  auto n = random.below(weights);
  auto it = all.begin();
  for (; n >= it->weight; ++it) {
    n -= it->weight;
  }
  return *it;
}

bool is_even(const std::vector<double>& values) {
  return std::ranges::adjacent_find(values, std::ranges::not_equal_to()) == values.end();
}

std::string describe(const DrawPlan& draw_plan, const Topology& net) {
  std::string text;
  for (const auto space : draw_plan.spaces) {
    text += (text.empty() ? "" : " and ") + std::string(to_string(space));
  }
  if (!draw_plan.layers.empty()) {
    text += draw_plan.layers.size() == 1 ? " of layer" : " of layers";
    for (const int layer : draw_plan.layers) {
      text += " " + std::to_string(layer);
    }
  }
  return text + " of " + net.name;
}

}  // namespace

Drawer::Drawer(const SiteMap& sites, DrawPlan draw_plan) : sites_(&sites), plan_(std::move(draw_plan)) {
  check_rules(plan_);
  add_segments();
  weigh_segments();
  weigh_shapes();
  check_room();
  if (plan_.importance) {
    weigh_importance();
  }
}

void Drawer::add_segments() {
  const auto& net = sites_->net();
  const int layers = static_cast<int>(net.layers.size());
  if (plan_.layers.empty()) {
    for (int l = 0; l < layers; ++l) {
      for (const auto space : plan_.spaces) {
        segments_.push_back({space, l, sites_->bit_count(space, l)});
      }
    }
  }
  for (const int l : plan_.layers) {
    if (l < 0 || l >= layers) {
      throw InputError("layer " + std::to_string(l) + " does not exist in " + net.name + ": use 0 to " +
                       std::to_string(layers - 1));
    }
    std::uint64_t bits = 0;
    for (const auto space : plan_.spaces) {
      segments_.push_back({space, l, sites_->bit_count(space, l)});
      bits += segments_.back().bits;
    }
    if (bits == 0) {
      auto alone = plan_;
      alone.layers = {l};
      throw InputError("there are no " + describe(alone, net) + ": leave that combination out");
    }
  }
  for (const auto& segment : segments_) {
    bits_ += segment.bits;
    const Site site{segment.space, segment.layer};
    if (plan_.kind != FaultKind::flip && segment.bits > 0 && in_cell(net, site)) {
      throw InputError("held bits of " + stored_by(net, site) +
                       " are evaluated by no engine yet: use flips, or a memory without codec that is "
                       "read asynchronously");
    }
    if (plan_.semantics != Semantics::physical && segment.bits > 0 &&
        !codec_of(net, site).host_sees_stored()) {
      throw InputError("semantics " + std::string(to_string(plan_.semantics)) +
                       " reaches no stored bits of " + stored_by(net, site) +
                       ": use semantics physical");
    }
  }
}

// The shipped library draws the space by the last listed layer: what that lacks is hit in no layer.
std::uint64_t Drawer::shipped_share(Space space) const {
  return plan_.spaces.size() == 1 ? 1 : sites_->bit_count(space, segments_.back().layer);
}

void Drawer::weigh_segments() {
  const auto& mean = plan_.upsets_a_bit;
  if (mean.empty()) {
    expected_ = plan_.faults;
    return;
  }
  const double most = *std::ranges::max_element(mean);
  const bool even = is_even(mean);
  for (auto& segment : segments_) {
    const auto space = std::ranges::find(plan_.spaces, segment.space) - plan_.spaces.begin();
    const double one = mean[static_cast<std::size_t>(space)];
    // Not left to the compiler, which may round once or twice.
    expected_ = std::fma(one, static_cast<double>(segment.bits), expected_);
    segment.bit_weight = even ? 1 : static_cast<std::uint64_t>(std::llround(one / most * kMostWeight));
    segment.weight *= segment.bit_weight;
  }
}

void Drawer::weigh_shapes() {
  double most = 0;
  for (const auto& shape : plan_.bursts) {
    most = std::max(most, shape.probability);
    most_bits_ = std::max(most_bits_, shape.bits.size());
  }
  for (std::size_t i = 0; i < plan_.bursts.size(); ++i) {
    const auto weight = std::llround(plan_.bursts[i].probability / most * kMostWeight);
    shapes_.push_back({i, static_cast<std::uint64_t>(std::max(weight, 1LL))});
  }
}

void Drawer::weigh_importance() {
  const auto& by = *plan_.importance;
  const auto& net = sites_->net();
  if (!plan_.bursts.empty() || plan_.extent != Extent::bit || plan_.semantics == Semantics::shipped ||
      plan_.word_size != by.word_size() || plan_.kind != by.kind() || by.net().name != net.name) {
    throw InputError(
        "the map to draw by is of other faults than these, or of another network: name one "
        "of " +
        net.name + " and this mode, or leave 'draw' out");
  }
  plain_parts_ = static_cast<std::uint64_t>(std::llround(plan_.plain * static_cast<double>(kParts)));
  std::uint64_t all = 0;
  for (const auto& segment : segments_) {
    if (segment.weight == 0) {
      continue;
    }
    if (!by.holds(segment.space, segment.layer)) {
      throw InputError("the map to draw by lacks " + std::string(to_string(segment.space)) +
                       " of layer " + std::to_string(segment.layer) + " of " + net.name +
                       ": name a map of all that is drawn from");
    }
    important_.push_back(segment);
    important_.back().weight = by.sum(segment.space, segment.layer) * segment.bit_weight;
    all += important_.back().weight;
  }
  if (all == 0) {
    throw InputError("by the map to draw by no fault in " + describe(plan_, net) +
                     " is critical: leave 'draw' out");
  }
}

// Upsets that can be at distinct bits of a space, or of all. A burst keeps no more drawn bits from
// another one than each bit of one by each of the other.
std::uint64_t Drawer::room(std::optional<Space> space) const {
  const bool shipped = plan_.semantics == Semantics::shipped;
  const auto burst = static_cast<std::uint64_t>(burst_size());
  std::uint64_t room = 0;
  for (const auto& array : sites_->arrays()) {
    const bool chosen = std::ranges::any_of(segments_, [&](const Segment& s) {
      return s.space == array.space && s.layer == array.layer && s.weight > 0 &&
             (!space || s.space == *space) && (!shipped || shipped_share(s.space) > 0);
    });
    const auto bits = static_cast<std::uint64_t>(array.bits);
    const auto groups = chosen ? array.bit_count() / bits * ((bits + burst - 1) / burst) : 0;
    room += plan_.extent == Extent::bit ? groups : groups / group_count(array, plan_.extent);
  }
  return shapes_.empty() ? room : (room + most_bits_ * most_bits_ - 1) / (most_bits_ * most_bits_);
}

// What is hit once a trial: bits, or groups of them.
int Drawer::burst_size() const { return plan_.semantics == Semantics::shipped ? 1 : plan_.word_size; }

std::string Drawer::units() const {
  if (plan_.extent != Extent::bit) {
    return " " + std::string(to_string(plan_.extent)) + "s of ";
  }
  if (!shapes_.empty()) {
    return " bursts of up to " + std::to_string(most_bits_) + " bits that surely find room in ";
  }
  return burst_size() == 1 ? " bits of " : " groups of 8 bits of ";
}

void Drawer::check_room() {
  for (const auto& array : sites_->arrays()) {
    const bool chosen = std::ranges::any_of(
        segments_, [&](const Segment& s) { return s.space == array.space && s.layer == array.layer; });
    if (const auto groups = group_count(array, plan_.extent);
        chosen && plan_.extent != Extent::bit && groups > kMostGroups) {
      throw InputError("a " + std::string(to_string(plan_.extent)) + " of " +
                       std::string(to_string(array.space)) + " of layer " + std::to_string(array.layer) +
                       " of " + sites_->net().name + " has " + std::to_string(groups) +
                       " words, and a fault at most " + std::to_string(kMostGroups) +
                       ": choose other layers, or a smaller part");
    }
  }
  room_ = room();
  if (!plan_.upsets_a_bit.empty()) {
    check_dose();
    return;
  }
  const bool shipped = plan_.semantics == Semantics::shipped;
  const auto upsets = shipped ? std::min(plan_.faults, plan_.images) : plan_.faults;
  if (static_cast<std::uint64_t>(upsets) > room_) {
    throw InputError(std::to_string(upsets) + " upsets at distinct bits do not fit into the " +
                     std::to_string(room_) + units() + describe(plan_, sites_->net()) +
                     ": use fewer faults");
  }
}

void Drawer::check_dose() const {
  const auto& mean = plan_.upsets_a_bit;
  if (bits_ == 0) {
    throw InputError("there are no " + describe(plan_, sites_->net()) + ": leave that combination out");
  }
  const auto check = [&](const DrawPlan& plan, double expected, std::uint64_t most) {
    if (!poisson_is_within(expected, static_cast<double>(most))) {
      std::ostringstream average;
      average << expected;
      throw InputError(
          "a dose of " + average.str() + " upsets a trial on average may give more than fit into the " +
          std::to_string(most) + units() + describe(plan, sites_->net()) + ": use a lower dose");
    }
  };
  check(plan_, expected_, room_);
  // Spaces with upsets of their own a bit fill up each by itself.
  for (std::size_t i = 0; i < mean.size() && !is_even(mean); ++i) {
    auto part = plan_;
    part.spaces = {plan_.spaces[i]};
    double bits = 0;
    for (const auto& segment : segments_) {
      bits += segment.space == plan_.spaces[i] ? static_cast<double>(segment.bits) : 0;
    }
    check(part, mean[i] * bits, room(plan_.spaces[i]));
  }
}

FaultCase Drawer::draw(std::uint64_t seed, std::uint64_t scenario, std::uint64_t trial) const {
  if (plan_.common) {
    return draw_common(seed, scenario, trial);
  }
  TrialRandom random(seed, scenario, trial);
  FaultCase drawn{static_cast<std::int64_t>(trial), plan_.images, {}, plan_.reload};
  std::unordered_set<std::uint64_t> taken;
  const auto draw_place = [this](TrialRandom& numbers) {
    return plan_.semantics == Semantics::shipped ? draw_shipped_site(numbers) : draw_site(numbers);
  };
  const auto times = draw_times(random);
  std::optional<std::size_t> important;  // which of them, drawn before the others
  Site site;
  if (!important_.empty() && !times.empty() && random.below(kParts) >= plain_parts_) {
    important = random.below(times.size());
    site = draw_important_site(random);
    taken.insert(unit(site));
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto fault = fault_at(times[i]);
    if (i == important) {
      fault.site = site;
      drawn.faults.push_back(fault);
    } else {
      std::ranges::copy(draw_fault(fault, random, taken, draw_place), std::back_inserter(drawn.faults));
    }
  }
  return drawn;
}

Fault Drawer::fault_at(std::uint64_t time) const {
  Fault fault;
  fault.word_size = plan_.word_size;
  fault.kind = plan_.kind;
  fault.duration = plan_.duration;
  if (plan_.by_cycle) {
    fault.cycle = time;
  } else {
    fault.before_image = static_cast<std::int64_t>(time);
  }
  return fault;
}

// What one upset or defect is, whose bits are `taken` then; nothing if a common one finds no room.
std::vector<Fault> Drawer::draw_fault(Fault fault, TrialRandom& random,
                                      std::unordered_set<std::uint64_t>& taken,
                                      const Place& draw_place) const {
  const auto* shape = shapes_.empty() ? nullptr : &plan_.bursts[pick(shapes_, random).number];
  std::vector<Fault> faults;
  const auto is_taken = [&](const Fault& one) { return taken.contains(unit(one.site)); };
  int tries = 0;
  do {
    if (plan_.common && tries++ == kMostTries) {
      return {};
    }
    fault.site = draw_place(random);
    faults.clear();
    if (shape != nullptr) {
      for (const auto& site : burst_sites(shape->bits, fault.site, *sites_)) {
        faults.push_back(fault);
        faults.back().site = site;
      }
    } else if (plan_.extent == Extent::bit) {
      faults.push_back(fault);
    } else {
      faults = whole_faults(fault, plan_.extent, *sites_);
    }
  } while (std::ranges::any_of(faults, is_taken));
  for (const auto& one : faults) {
    taken.insert(unit(one.site));
  }
  return faults;
}

std::uint64_t Drawer::time_span() const {
  assert(!plan_.by_cycle || plan_.run_length > 0);
  return plan_.by_cycle ? plan_.run_length : static_cast<std::uint64_t>(plan_.images);
}

// In ascending order. Sites are drawn independently of times, so sorting the times alone is fair.
std::vector<std::uint64_t> Drawer::draw_times(TrialRandom& random) const {
  const auto count = plan_.upsets_a_bit.empty() ? static_cast<std::uint64_t>(plan_.faults)
                                                : std::min(poisson(expected_, random), room_);
  std::vector<std::uint64_t> times(count);
  if (plan_.from_start) {
    return times;
  }
  std::ranges::generate(times, [&] { return random.below(time_span()); });
  std::ranges::sort(times);
  if (plan_.semantics == Semantics::shipped) {
    times.erase(std::unique(times.begin(), times.end()), times.end());
  }
  return times;
}

Site Drawer::draw_site(TrialRandom& random) const {
  const auto& drawn = pick(segments_, random);
  return sites_->nth(drawn.space, drawn.layer, random.below(drawn.bits));
}

Site Drawer::draw_important_site(TrialRandom& random) const {
  const auto& drawn = pick(important_, random);
  const auto sum = plan_.importance->sum(drawn.space, drawn.layer);
  return plan_.importance->at(drawn.space, drawn.layer, random.below(sum));
}

Site Drawer::draw_shipped_site(TrialRandom& random) const {
  std::vector<Segment> shares;
  for (const auto space : plan_.spaces) {
    shares.push_back({space, 0, shipped_share(space)});
  }
  const auto space = pick(shares, random).space;
  std::vector<Segment> layers;
  std::ranges::copy_if(segments_, std::back_inserter(layers),
                       [&](const Segment& segment) { return segment.space == space; });
  const auto& drawn = pick(layers, random);
  return sites_->nth(space, drawn.layer, random.below(drawn.bits));
}

// What may be hit once a trial: the aligned group of a burst, else the drawn bit itself.
std::uint64_t Drawer::unit(const Site& site) const {
  auto first = site;
  if (plan_.semantics != Semantics::shipped) {
    first.bit -= first.bit % plan_.word_size;
  }
  return sites_->address(first);
}

}  // namespace fluence
