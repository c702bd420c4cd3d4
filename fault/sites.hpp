// Every stored bit of the accelerator, by name and by number.
//
// A *site* is one stored bit. It is named by space, layer, module, index, thresh and bit, and numbered
// by its *flat state address*: arrays in the order of `SiteMap::arrays()`, and within one array module,
// index, thresh, bit, the last running fastest. For weights and thresholds the order within a layer is
// that of the board software's flat bit numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

/// A class of storage.
enum class Space { weights, thresholds, window, vector, accumulator, pool, fifo, stream, control };

inline constexpr std::array kSpaces = {Space::weights, Space::thresholds,  Space::window,
                                       Space::vector,  Space::accumulator, Space::pool,
                                       Space::fifo,    Space::stream,      Space::control};

std::string_view to_string(Space space);
/// Throws InputError naming the known spaces.
Space space_from_string(std::string_view name);

/// One stored word, and the bit within it that is meant.
struct Site {
  Space space{};
  int layer = 0;
  int module = 0;  ///< PE, line block, or the running number of the variable within space and layer
  int index = 0;   ///< word
  int thresh = 0;  ///< which threshold of the word (thresholds only)
  int bit = 0;
  auto operator<=>(const Site&) const = default;
};

/// One RTL variable: an array of words with unpacked dimensions {modules, words, threshes}, of which
/// trailing and leading ones of a single-module variable may be absent in the RTL.
struct StateArray {
  Space space{};
  int layer = 0;
  int first_module = 0;  ///< number of its first module within (space, layer)
  int modules = 1;
  int words = 1;
  int threshes = 1;
  int bits = 1;  ///< of a word
  std::string
      rtl_name;  ///< hierarchical name below the top module, e.g. "u_pipeline.u_l3_mvau.weights_q"
  std::uint64_t address = 0;  ///< flat state address of its first bit

  [[nodiscard]] std::uint64_t bit_count() const {
    return static_cast<std::uint64_t>(modules) * static_cast<std::uint64_t>(words) *
           static_cast<std::uint64_t>(threshes) * static_cast<std::uint64_t>(bits);
  }
};

/// The sites of one network. Derived from `dataflow()` alone; the RTL model checks that its variables
/// have exactly these names and sizes.
class SiteMap {
 public:
  explicit SiteMap(const Topology& net);

  [[nodiscard]] const Topology& net() const { return *net_; }
  /// Ordered by space, then layer, then position in the pipeline.
  [[nodiscard]] const std::vector<StateArray>& arrays() const { return arrays_; }
  [[nodiscard]] std::uint64_t bit_count() const;
  [[nodiscard]] std::uint64_t bit_count(Space space) const;
  [[nodiscard]] std::uint64_t bit_count(Space space, int layer) const;

  /// The array that holds a site. Throws InputError naming the key (space, layer, module, index, thresh
  /// or bit) that is out of range and its range.
  [[nodiscard]] const StateArray& array_of(const Site& site) const;
  /// Flat state address. Throws like `array_of`.
  [[nodiscard]] std::uint64_t address(const Site& site) const;
  /// The site at a flat state address. Throws InputError if there is none.
  [[nodiscard]] Site site(std::uint64_t address) const;
  /// The array that holds a flat state address, or nullptr.
  [[nodiscard]] const StateArray* find(std::uint64_t address) const;
  /// Flat bit `n` of (space, layer), 0 <= n < bit_count(space, layer).
  [[nodiscard]] Site nth(Space space, int layer, std::uint64_t n) const;

 private:
  const Topology* net_;
  std::vector<StateArray> arrays_;
};

}  // namespace fluence
