// A layer of any window, numbers, channels and thresholds, as its kernel wants it
// (network/packed_general.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/packed_kernels.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// As large as the widest vector, so that no load straddles two cache lines.
struct alignas(64) PackedBlock {
  std::array<std::uint64_t, packed::kGroup> lanes{};
};

class GeneralLayer {
 public:
  /// The layer must outlive it; later changes of `parameters` have no effect.
  GeneralLayer(const Layer& layer, const Parameters& parameters);

  void set_weight(int pe, int word, std::span<const std::uint64_t> value);
  void set_threshold(int pe, int word, int thresh, std::int32_t value);
  /// Computes some output pixels, ascending, for the groups whose bit is set and maybe for others.
  /// `in`, `out`: the layer's tensors; `group_size`: neurons of a group, a multiple of 8.
  void compute(const packed::Kernels& kernels, const std::uint64_t* in, std::uint64_t* out,
               std::span<const std::uint16_t> windows, std::uint64_t groups, int group_size) const;

 private:
  /// What blocks of weights are made of.
  struct alignas(64) NumberBlock {
    std::array<std::int16_t, 2 * packed::kBlock> lanes{};
  };
  struct alignas(64) IntBlock {
    std::array<std::int32_t, packed::kBlock> lanes{};
  };
  void make_shape();
  void set_bits(int row, int column, int count, std::span<const std::uint64_t> value);
  void set_numbers(int row, int column, std::span<const std::uint64_t> value);
  void refresh_thresholds(int row);

  const Layer* layer_;
  packed::GeneralShape shape_{};
  bool by_numbers_ = false;
  std::int32_t code_factor_ = 0;  ///< what a neuron's offset has of each weight's code
  std::size_t room_ = 0;          ///< of GeneralWork, 64-bit words
  std::vector<PackedBlock> weights_;
  std::vector<NumberBlock> numbers_;
  std::vector<std::int32_t> pairs_;
  std::vector<IntBlock> offsets_;
  std::vector<IntBlock> thresholds_;
  std::vector<std::int32_t> sorted_;
  std::vector<std::int32_t> raw_;  ///< thresholds as stored, [row][thresh]
};

/// The window of a layer or of a pool on a map.
packed::Region region_of(const Window& window, int map_height, int map_width);

}  // namespace fluence
