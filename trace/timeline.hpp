// Counts over a time of unknown length, in few bins.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fluence {

/// [row][bin]. Bins are one cycle wide until there are too many; then pairs are joined.
class Timeline {
 public:
  static constexpr std::size_t kMostBins = 512;
  /// What becomes of two bins that are joined.
  enum class Join { sum, maximum };

  Timeline(std::size_t rows, Join join)
      : join_(join), rows_(rows, std::vector<std::uint32_t>(kMostBins)) {}

  /// Counts one more, or an amount, at a time from the first bin's beginning.
  void count(std::size_t row, std::uint64_t time, std::uint32_t amount = 1) {
    reach(time);
    auto& bin = rows_[row][static_cast<std::size_t>(time / width_)];
    bin = join(bin, amount);
  }
  /// Makes the bins wide enough for this time; then they are as wide as any timeline's that goes so far.
  void reach(std::uint64_t time) {
    for (; time >= width_ * kMostBins; width_ *= 2) {
      for (auto& row : rows_) {
        for (std::size_t i = 0; i < kMostBins; ++i) {
          row[i] = i < kMostBins / 2 ? join(row[2 * i], row[2 * i + 1]) : 0;
        }
      }
    }
  }

  /// Cycles of a bin.
  [[nodiscard]] std::uint64_t width() const { return width_; }
  /// The bins up to this time, the last of which something was counted or later.
  [[nodiscard]] std::vector<std::uint32_t> row(std::size_t row, std::uint64_t end) {
    reach(end);
    const auto bins = std::min<std::uint64_t>(end / width_ + 1, kMostBins);
    return {rows_[row].begin(), rows_[row].begin() + static_cast<std::ptrdiff_t>(bins)};
  }

 private:
  [[nodiscard]] std::uint32_t join(std::uint32_t a, std::uint32_t b) const {
    return join_ == Join::sum ? a + b : std::max(a, b);
  }

  Join join_;
  std::uint64_t width_ = 1;
  std::vector<std::vector<std::uint32_t>> rows_;
};

}  // namespace fluence
