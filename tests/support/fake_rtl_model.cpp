#include "tests/support/fake_rtl_model.hpp"

#include <algorithm>

#include "fluence/accel_regs.h"
#include "network/topology.hpp"
#include "tests/support/published.hpp"

namespace fluence::test {

FakeRtlModel::FakeRtlModel(const Topology& net, AxiMemory& memory) : sites_(net), memory_(&memory) {}

std::int16_t FakeRtlModel::score(const std::vector<std::uint64_t>& image, std::uint64_t weight, int j) {
  for (const auto word : image) {
    weight ^= word;
  }
  return static_cast<std::int16_t>(weight + static_cast<std::uint64_t>(j));
}

void FakeRtlModel::reset() {
  registers_.fill(0);
  done_ = busy_ = computing_ = false;
  pending_.clear();
  cycle_ += kResetCycles;
}

bool FakeRtlModel::interrupt() const {
  return (registers_[FL_ACCEL_GLOBAL_IRQ / 4] & 1U) != 0 && registers_[FL_ACCEL_IRQ_STATUS / 4] != 0;
}

std::uint64_t FakeRtlModel::step(std::uint64_t cycles) {
  for (std::uint64_t n = 1; n <= cycles; ++n) {
    const bool was_busy = busy_;
    const bool was_up = interrupt();
    tick();
    if (busy_ != was_busy || interrupt() != was_up) {
      return n;
    }
  }
  return cycles;
}

void FakeRtlModel::tick() {
  ++cycle_;
  if (!busy_) {
    return;
  }
  if (computing_) {
    apply_due_flips();
  }
  if (cycle_ < due_ || (computing_ && images_done_ >= hang_after)) {
    return;
  }
  if (computing_) {
    finish_image();
  } else {
    finish_command();
  }
  if (!computing_ || images_done_ == reg(FL_ACCEL_NUM_REPS)) {
    run_length_ = computing_ ? cycle_ - run_start_ : run_length_;
    busy_ = computing_ = false;
    done_ = true;
    reg(FL_ACCEL_IRQ_STATUS) |= reg(FL_ACCEL_IRQ_ENABLE) & FL_ACCEL_IRQ_DONE;
  } else {
    due_ = cycle_ + kImageCycles;
  }
}

void FakeRtlModel::finish_image() {
  std::vector<std::uint64_t> words(kImageWords);
  last_read = memory_->read(reg64(FL_ACCEL_INPUT_LOW) + images_done_ * words.size() * 8ULL, words);
  const auto weight = read_word(sites_.address({Space::weights, 0}))[0];
  std::vector<std::uint64_t> out(kScoreWords);
  for (int j = 0; j < kScores; ++j) {
    out[static_cast<std::size_t>(j / 4)] |=
        static_cast<std::uint64_t>(static_cast<std::uint16_t>(score(words, weight, j))) << j % 4 * 16;
  }
  last_write = memory_->write(reg64(FL_ACCEL_OUTPUT_LOW) + images_done_ * out.size() * 8ULL, out);
  ++images_done_;
}

void FakeRtlModel::finish_command() {
  const bool threshold = reg(FL_ACCEL_TARGET_LAYER) % 2 == 1;
  Site site{threshold ? Space::thresholds : Space::weights,
            static_cast<int>(reg(FL_ACCEL_TARGET_LAYER) / 2), static_cast<int>(reg(FL_ACCEL_TARGET_MEM)),
            static_cast<int>(reg(FL_ACCEL_TARGET_IND))};
  (threshold ? site.thresh : site.bit) =
      static_cast<int>(reg(FL_ACCEL_TARGET_THRESH)) * (threshold ? 1 : kWordBits);
  if (sites_.array_of(site).copies > 1) {
    site.copy = static_cast<int>(reg(FL_ACCEL_TARGET_MODULE));
  }
  const auto address = sites_.address(site);
  const auto slice = index(site.bit / kWordBits);
  const int bits = std::min(sites_.array_of(site).bits - site.bit, kWordBits);
  auto limbs = read_word(address);
  if (reg(FL_ACCEL_DO_INIT) == FL_ACCEL_DO_INIT_WRITE) {
    limbs[slice] = reg64(FL_ACCEL_VAL_LOW) & low_bits(bits);
    write_word(address, limbs);
    return;
  }
  std::uint64_t value = limbs[slice];
  if (threshold) {
    auto number = static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
    number = site.layer == 0 ? number / 256 : number;
    value = static_cast<std::uint64_t>(number);
  }
  memory_->write(reg64(FL_ACCEL_OUTPUT_LOW), std::span(&value, 1));
}

std::uint32_t FakeRtlModel::read_register(std::uint32_t offset, bool& ok) {
  ok = true;
  clock(kAccessCycles);
  if (offset != FL_ACCEL_CONTROL) {
    return reg(offset);
  }
  const std::uint32_t value = (busy_ ? FL_ACCEL_CONTROL_START : FL_ACCEL_CONTROL_IDLE) |
                              (done_ ? FL_ACCEL_CONTROL_DONE | FL_ACCEL_CONTROL_READY : 0U);
  done_ = false;
  return value;
}

void FakeRtlModel::clock(std::uint64_t cycles) {
  for (std::uint64_t n = 0; n < cycles; ++n) {
    tick();
  }
}

void FakeRtlModel::write_register(std::uint32_t offset, std::uint32_t value, bool& ok) {
  ok = true;
  clock(kAccessCycles - kResponseCycles);
  if (offset == FL_ACCEL_IRQ_STATUS) {
    reg(offset) ^= value;
  } else if (offset != FL_ACCEL_CONTROL) {
    reg(offset) = value;
  } else if ((value & FL_ACCEL_CONTROL_START) != 0 && !busy_) {
    start();
  }
  clock(kResponseCycles);
}

void FakeRtlModel::start() {
  busy_ = true;
  computing_ = reg(FL_ACCEL_DO_INIT) == FL_ACCEL_DO_INIT_COMPUTE;
  due_ = cycle_ + (computing_ ? kImageCycles : kCommandCycles);
  if (computing_) {
    run_start_ = cycle_;
    images_done_ = 0;
    apply_due_flips();
  }
}

void FakeRtlModel::apply_due_flips() {
  const auto last = pending_.upper_bound(cycle_ - run_start_);
  for (auto it = pending_.begin(); it != last; ++it) {
    flip_now(it->second.address, it->second.mask);
  }
  pending_.erase(pending_.begin(), last);
}

void FakeRtlModel::flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask) {
  pending_.insert({run_cycle, {address, mask}});
  if (computing_) {
    apply_due_flips();
  }
}

void FakeRtlModel::flip_now(std::uint64_t address, std::uint64_t mask) {
  auto limbs = read_word(address);
  const auto first = address - word_key(address);
  for (std::uint64_t k = 0; k < 64; ++k) {
    if ((mask >> k & 1U) != 0) {
      limbs.at((first + k) / 64) ^= 1ULL << (first + k) % 64;
    }
  }
  write_word(address, limbs);
}

std::uint64_t FakeRtlModel::word_key(std::uint64_t address) const {
  const auto& array = *sites_.find(address);
  return address - (address - array.address) % static_cast<std::uint64_t>(array.bits);
}

std::vector<std::uint64_t> FakeRtlModel::read_word(std::uint64_t address) const {
  const auto it = contents_.find(word_key(address));
  const auto bits = static_cast<std::size_t>(sites_.find(address)->bits);
  return it == contents_.end() ? std::vector<std::uint64_t>((bits + 63) / 64) : it->second;
}

void FakeRtlModel::write_word(std::uint64_t address, std::span<const std::uint64_t> limbs) {
  contents_[word_key(address)].assign(limbs.begin(), limbs.end());
}

std::uint64_t FakeRtlModel::reg64(std::uint32_t offset) const {
  return static_cast<std::uint64_t>(registers_[offset / 4 + 1]) << 32 | registers_[offset / 4];
}

}  // namespace fluence::test
