// A part of a campaign's trials that one process runs, on any machine, into a folder of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fluence {

inline constexpr int kMostShards = 1000;

/// Trials are numbered through the campaign, scenario after scenario; number t belongs to shard
/// t mod count. So all shards have the same number of trials of each scenario, give or take one, and of
/// the whole campaign too.
struct Shard {
  int index = 0;  ///< from 0
  int count = 1;

  /// From "3/100". Throws InputError unless 0 <= 3 < 100 <= kMostShards.
  static Shard parse(std::string_view text);

  [[nodiscard]] bool has(std::int64_t number) const { return number % count == index; }
  /// How many of the trials `first` to `first + trials - 1` are in this shard.
  [[nodiscard]] std::int64_t share(std::int64_t first, std::int64_t trials) const {
    const auto below = [this](std::int64_t end) { return (end - index + count - 1) / count; };
    return below(first + trials) - below(first);
  }
  /// "3/100"
  [[nodiscard]] std::string text() const;
  /// "shard-3-of-100", the name of its folder.
  [[nodiscard]] std::string folder() const;
};

}  // namespace fluence
