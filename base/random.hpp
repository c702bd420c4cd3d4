// Counter-based random numbers: a stream is its key, nothing else.
#pragma once

#include <Random123/philox.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fluence {

/// Numbers of one trial, or of one of its streams: Philox4x64-10 (Salmon et al., SC'11) with key (seed,
/// scenario) and counter (trial, block, stream). Equal keys give equal numbers on every machine;
/// different keys, independent ones.
class TrialRandom {
 public:
  TrialRandom(std::uint64_t seed, std::uint64_t scenario, std::uint64_t trial, std::uint64_t stream = 0)
      : key_{{seed, scenario}}, counter_{{trial, 0, stream, 0}} {}

  std::uint64_t next() {
    if (used_ == block_.size()) {
      block_ = r123::Philox4x64()(counter_, key_);
      ++counter_[1];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Uniform in 0 .. n-1; n > 0. Rejects the few values that would favour small results.
  std::uint64_t below(std::uint64_t n) {
    const std::uint64_t excess = (0 - n) % n;  // 2^64 mod n
    for (;;) {
      const auto x = next();
      if (x >= excess) {
        return x % n;
      }
    }
  }

 private:
  r123::Philox4x64::key_type key_;
  r123::Philox4x64::ctr_type counter_;
  r123::Philox4x64::ctr_type block_{};
  std::size_t used_ = r123::Philox4x64::ctr_type::static_size;
};

}  // namespace fluence
