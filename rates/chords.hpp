// Chords of a box, the paths of particles that come from all directions alike.
#pragma once

#include <array>
#include <vector>

namespace fluence {

/// A sensitive volume: edges in micrometres, all above 0.
struct Box {
  std::array<double, 3> edges{};
  [[nodiscard]] double volume() const { return edges[0] * edges[1] * edges[2]; }
  [[nodiscard]] double surface() const {
    return 2 * (edges[0] * edges[1] + edges[1] * edges[2] + edges[2] * edges[0]);
  }
  [[nodiscard]] double diagonal() const;
  /// Cauchy's 4 V / S.
  [[nodiscard]] double mean_chord() const { return 4 * volume() / surface(); }
};

/// The share of a box's chords, of an isotropic flux, that are at least so long (micrometres): 1 at 0,
/// and 0 from the diagonal on. Exact but for the integral over the polar angle, which is within 1e-9.
double chords_at_least(const Box& box, double length);

/// The same from a table, within 1e-6.
class ChordTable {
 public:
  explicit ChordTable(const Box& box);
  [[nodiscard]] double at_least(double length) const;

 private:
  std::vector<double> lengths_, shares_;
};

}  // namespace fluence
