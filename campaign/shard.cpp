#include "campaign/shard.hpp"

#include <charconv>

#include "base/error.hpp"

namespace fluence {

Shard Shard::parse(std::string_view text) {
  Shard shard;
  const auto* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, shard.index);
  bool good = error == std::errc() && at != end && *at == '/';
  if (good) {
    const auto rest = std::from_chars(at + 1, end, shard.count);
    good = rest.ec == std::errc() && rest.ptr == end;
  }
  if (!good || shard.index < 0 || shard.index >= shard.count || shard.count > kMostShards) {
    throw InputError("'" + std::string(text) + "' is no shard: write i/n, with n up to " +
                     std::to_string(kMostShards) + " shards numbered from 0, for example 0/4 to 3/4");
  }
  return shard;
}

std::string Shard::text() const { return std::to_string(index) + "/" + std::to_string(count); }

std::string Shard::folder() const {
  return "shard-" + std::to_string(index) + "-of-" + std::to_string(count);
}

}  // namespace fluence
