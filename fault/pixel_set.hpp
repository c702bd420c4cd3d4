// A set of pixels of one layer's tensor, a bit each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

class PixelSet {
 public:
  /// All pixels of a dim x dim tensor.
  static PixelSet all(int dim) {
    PixelSet set;
    std::fill_n(set.rows_.begin(), dim, low_bits(dim));
    return set;
  }

  [[nodiscard]] bool empty() const {
    return std::ranges::all_of(rows_, [](auto row) { return row == 0; });
  }
  void insert(std::size_t y, std::size_t x) { rows_[y] |= std::uint32_t{1} << x; }
  /// Pixel y * dim + x.
  void insert(int dim, int pixel) {
    insert(static_cast<std::size_t>(pixel / dim), static_cast<std::size_t>(pixel % dim));
  }
  void insert(const PixelSet& other) {
    for (std::size_t y = 0; y < rows_.size(); ++y) {
      rows_[y] |= other.rows_[y];
    }
  }
  [[nodiscard]] bool contains(int dim, int pixel) const {
    return (rows_[static_cast<std::size_t>(pixel / dim)] >> (pixel % dim) & 1) != 0;
  }
  [[nodiscard]] PixelSet without(const PixelSet& other) const {
    PixelSet result;
    for (std::size_t y = 0; y < rows_.size(); ++y) {
      result.rows_[y] = rows_[y] & ~other.rows_[y];
    }
    return result;
  }

  /// The output pixels of a layer whose windows touch these input pixels.
  [[nodiscard]] PixelSet windows(const Layer& layer) const {
    if (layer.kernel() == 1) {
      return *this;
    }
    PixelSet result;
    for (std::size_t y = 0; y < static_cast<std::size_t>(layer.out_dim); ++y) {
      const auto row = rows_[y] | rows_[y + 1] | rows_[y + 2];
      result.rows_[y] = (row | row >> 1 | row >> 2) & low_bits(layer.out_dim);
    }
    return result;
  }

  /// The pixels of a 2x2 pool that these pixels, its input, reach.
  [[nodiscard]] PixelSet pooled() const {
    PixelSet result;
    for_each([&](std::size_t y, std::size_t x) { result.insert(y / 2, x / 2); });
    return result;
  }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t y = 0; y < rows_.size(); ++y) {
      for (auto left = rows_[y]; left != 0; left &= left - 1) {
        visit(y, static_cast<std::size_t>(std::countr_zero(left)));
      }
    }
  }

  /// Replaces `indices` by y * dim + x of each pixel, ascending.
  void list(int dim, std::vector<std::uint16_t>& indices) const {
    indices.clear();
    for_each([&](std::size_t y, std::size_t x) {
      indices.push_back(static_cast<std::uint16_t>(y * static_cast<std::size_t>(dim) + x));
    });
  }

 private:
  static std::uint32_t low_bits(int count) { return ~std::uint32_t{0} >> (32 - count); }

  std::array<std::uint32_t, kMostSide> rows_{};
};

}  // namespace fluence
