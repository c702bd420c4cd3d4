// Draws the upsets of a trial.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "fault/burst.hpp"
#include "fault/fault.hpp"
#include "fault/importance.hpp"
#include "rtl/sites.hpp"

namespace fluence {

class TrialRandom;

/// What one trial's upsets are drawn from.
struct DrawPlan {
  std::vector<Space> spaces;                  ///< at least one
  std::vector<int> layers;                    ///< empty: all layers
  int faults = 1;                             ///< upsets a trial, unless `upsets_a_bit` says it
  int word_size = 1;                          ///< 1: seu, 8: mbu, kWholeWord: an extent
  Semantics semantics = Semantics::physical;  ///< see `Drawer`
  bool by_cycle = false;                      ///< time: a clock cycle, else an image
  int images = 0;                             ///< images a trial
  std::uint64_t run_length = 0;               ///< clock cycles of a run; needed to draw by cycle
  FaultKind kind = FaultKind::flip;           ///< of all of them; but for flips, of physical semantics
  std::optional<std::uint64_t> duration{};    ///< see Fault
  bool from_start = false;                    ///< none is drawn: time is that of the run's start
  /// [of `spaces`] upsets of a bit in a trial on average, whose number is Poisson's then. Empty: there
  /// are `faults`.
  std::vector<double> upsets_a_bit{};
  /// Of which each upset, a flip, has one, drawn by its probability; its bits are faults of their own.
  /// Empty: upsets of `word_size`.
  std::vector<BurstShape> bursts{};
  Extent extent = Extent::bit;  ///< of each; its words are faults of their own
  /// With `upsets_a_bit`: what hits a bit that another hardware has, too, hits it there, too. Then all
  /// that is drawn depends on the hardware's own bits alone (see `Drawer`).
  bool common = false;
  /// By which trials are drawn, but for a share of them, `plain`, above 0 to 1; none: all are plain.
  std::shared_ptr<const Importance> importance{};
  double plain = 1;
  int reload = 0;  ///< see FaultCase; upsets do not depend on it

  [[nodiscard]] bool single_bits() const { return word_size == 1 && bursts.empty(); }
};

/// Draws by one plan on one network.
///
/// physical, source: the drawn bit is uniform over the bits of the chosen spaces and layers, or in
/// proportion to their upsets a bit, and no bit is hit twice within a trial. Of a burst it is that from
/// which its shape is counted; the shape is drawn first. Time is uniform over the
/// images, or over the clock cycles of the run. shipped: as the library of October 2019. The image of
/// each of the faults is drawn, and where several fall before one image only one is done, so a trial may
/// hold fewer; weights or thresholds are drawn by the bits of the last listed layer alone, and then the
/// layer by its bits of these, of all listed layers; drawn bits are distinct, the unaligned bursts
/// upward from them may overlap.
///
/// common: the bits of one number in all words of a copy of a storage, which are as many on all
/// hardwares that only store them otherwise, have random numbers of their own. How many of them are hit
/// is Poisson's of their own mean, so that all together are what they are without; which ones, and when,
/// is the same on each hardware.
///
/// With an importance one upset of a trial, any of them, is drawn by it and the others as ever, but in a
/// plain trial all are. What a trial then stands for is its `weight`.
class Drawer {
 public:
  /// Throws InputError if there are no such bits, if `faults` exceeds what the plan can place at
  /// distinct bits or a Poisson number may, or if semantics, spaces, time and importance do not go
  /// together. The map must outlive the drawer.
  Drawer(const SiteMap& sites, DrawPlan draw_plan);

  /// The upsets of one trial in order of time; by cycle, the plan must give the run's length.
  /// Depends on the arguments and the plan alone.
  [[nodiscard]] FaultCase draw(std::uint64_t seed, std::uint64_t scenario, std::uint64_t trial) const;

  /// How much more likely a trial of this plan is by a plain draw than by this one: 1 without an
  /// importance, at most 1 / `plain`. On average over drawn trials it is 1, and means of what trials do,
  /// times their weights, are those of plain draws. The same on every machine.
  [[nodiscard]] double weight(const FaultCase& drawn) const;

  /// Bits that a draw can hit.
  [[nodiscard]] std::uint64_t bit_count() const { return bits_; }

  /// Upsets of a trial on average: `faults`, or by `upsets_a_bit`.
  [[nodiscard]] double expected() const { return expected_; }

 private:
  struct Segment {
    Space space{};
    int layer = 0;
    std::uint64_t bits = 0;
    std::uint64_t weight = bits;   ///< it is drawn in proportion to
    std::uint64_t bit_weight = 1;  ///< of which each bit has so much
  };
  struct Shape {
    std::size_t number = 0;  ///< of the plan's
    std::uint64_t weight = 0;
  };
  void add_segments();
  void weigh_segments();
  void check_room();
  void check_dose() const;
  void weigh_shapes();
  void weigh_importance();
  [[nodiscard]] int burst_size() const;
  [[nodiscard]] std::string units() const;
  [[nodiscard]] std::uint64_t room(std::optional<Space> space = {}) const;
  [[nodiscard]] std::uint64_t shipped_share(Space space) const;
  [[nodiscard]] std::uint64_t unit(const Site& site) const;
  [[nodiscard]] Fault fault_at(std::uint64_t time) const;
  using Place = std::function<Site(TrialRandom&)>;
  [[nodiscard]] std::vector<Fault> draw_fault(Fault fault, TrialRandom& random,
                                              std::unordered_set<std::uint64_t>& taken,
                                              const Place& draw_place) const;
  [[nodiscard]] FaultCase draw_common(std::uint64_t seed, std::uint64_t scenario,
                                      std::uint64_t trial) const;
  [[nodiscard]] std::uint64_t time_span() const;
  [[nodiscard]] double upsets_a_word(const StateArray& array) const;
  [[nodiscard]] std::vector<std::uint64_t> draw_times(TrialRandom& random) const;
  [[nodiscard]] Site draw_site(TrialRandom& random) const;
  [[nodiscard]] Site draw_shipped_site(TrialRandom& random) const;
  [[nodiscard]] Site draw_important_site(TrialRandom& random) const;

  const SiteMap* sites_;
  DrawPlan plan_;
  std::vector<Segment> segments_;
  std::vector<Shape> shapes_;
  std::vector<Segment> important_;  ///< by importance; empty: all trials are plain
  static constexpr std::uint64_t kParts = 1'000'000;
  std::uint64_t plain_parts_ = kParts;  ///< of so many trials are plain
  std::uint64_t bits_ = 0;
  double expected_ = 0;
  std::size_t most_bits_ = 0;  ///< of a shape
  std::uint64_t room_ = 0;     ///< upsets that can be at distinct bits
};

}  // namespace fluence
