// Every stored bit of the accelerator, by name and by number.
//
// A *site* is one stored bit. It is named by space, layer, module, index, thresh and bit, and numbered
// by its *flat state address*: arrays in the order of `SiteMap::arrays()`, and within one array copy,
// module, index, thresh, bit, the last running fastest. For weights and thresholds the order within a
// layer is that of the board software's flat bit numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "network/topology.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/site.hpp"

namespace fluence {

/// An array of words with unpacked dimensions {modules, words, threshes}: one RTL variable, in which
/// trailing and leading ones of a single module may be absent, or one of dimension {words} for each
/// memory cell.
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
  /// Of the pipeline, whose variable it is; neither: of what serves the whole pipeline.
  std::optional<std::size_t> stage{}, stream{};
  std::uint64_t address = 0;  ///< flat state address of its first bit
  int copies = 1;
  /// Not empty: its words are in memory cells, one for each copy, module and thresh, in the generate
  /// block `rtl_name`; which variable of a copy.
  std::string cell{};

  [[nodiscard]] std::uint64_t bit_count() const {
    return static_cast<std::uint64_t>(copies) * static_cast<std::uint64_t>(modules) *
           static_cast<std::uint64_t>(words) * static_cast<std::uint64_t>(threshes) *
           static_cast<std::uint64_t>(bits);
  }
  /// How many RTL variables hold its words, and their full names: one, or those of its cells.
  [[nodiscard]] std::size_t variable_count() const {
    return cell.empty() ? 1 : static_cast<std::size_t>(copies * modules * threshes);
  }
  [[nodiscard]] std::string variable(std::size_t number) const;
  /// Where a word is, `word` counting them by flat state address.
  struct Place {
    std::size_t variable = 0;
    std::size_t word = 0;  ///< of the variable
  };
  [[nodiscard]] Place place(std::uint64_t word) const;
};

/// The sites of one network. Derived from the chain alone; the RTL model checks that its variables
/// have exactly these names and sizes.
class SiteMap {
 public:
  explicit SiteMap(const Topology& net) : SiteMap(dataflow(net)) {}
  explicit SiteMap(const Dataflow& flow);

  [[nodiscard]] const Topology& net() const { return *net_; }
  /// Ordered by space, then layer, then position in the pipeline.
  [[nodiscard]] const std::vector<StateArray>& arrays() const { return arrays_; }
  /// All spaces, but `read` where no memory is read synchronously.
  [[nodiscard]] std::vector<Space> spaces() const;
  [[nodiscard]] std::uint64_t bit_count() const;
  [[nodiscard]] std::uint64_t bit_count(Space space) const;
  [[nodiscard]] std::uint64_t bit_count(Space space, int layer) const;

  /// The array that holds a site. Throws InputError naming the key (space, layer, module, index, thresh,
  /// bit or copy) that is out of range and its range.
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
