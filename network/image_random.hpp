// Random numbers of one drawn image.
#pragma once

#include <Random123/philox.h>

#include <cstddef>
#include <cstdint>

namespace fluence::synthetic {

/// Random numbers of one image: Philox4x64-10 (Salmon et al., SC'11), a stream a (seed, image).
class ImageRandom {
 public:
  ImageRandom(std::uint64_t seed, std::uint64_t image) : key_{{seed, 0}}, counter_{{image, 0, 0, 0}} {}

  std::uint64_t next() {
    if (used_ == block_.size()) {
      block_ = r123::Philox4x64()(counter_, key_);
      ++counter_[1];
      used_ = 0;
    }
    return block_[used_++];
  }
  /// low .. high, both included.
  int between(int low, int high) {
    const auto span = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<int>(((next() >> 32) * span) >> 32);
  }

 private:
  r123::Philox4x64::key_type key_;
  r123::Philox4x64::ctr_type counter_;
  r123::Philox4x64::ctr_type block_{};
  std::size_t used_ = r123::Philox4x64::ctr_type::static_size;
};

}  // namespace fluence::synthetic
