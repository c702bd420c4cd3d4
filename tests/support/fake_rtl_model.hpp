// A behavioural stand-in for the Verilated accelerator: clock, registers, memory traffic and stored
// words, but no pipeline, so no snapshots and nothing to look at but the status of streams. For tests of
// what is around the RTL.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"

namespace fluence::test {

class FakeRtlModel : public RtlModel {
 public:
  static constexpr std::uint64_t kAccessCycles = 3;    ///< of a register access
  static constexpr std::uint64_t kResponseCycles = 1;  ///< the last of them, after a write took effect
  static constexpr std::uint64_t kCommandCycles = 2;   ///< of a parameter command
  static constexpr std::uint64_t kImageCycles = 1000;
  static constexpr std::uint64_t kResetCycles = 8;

  std::uint32_t hang_after = ~0U;  ///< runs hang after so many images
  std::vector<StreamStatus> stream_status;
  std::vector<Hold> holds;                                        ///< that were asked for: at cycles,
  std::vector<Hold> holds_now;                                    ///< and at once
  std::vector<std::pair<std::uint64_t, std::uint64_t>> releases;  ///< addresses and masks
  AxiMemory::Reply last_read;
  AxiMemory::Reply last_write;

  FakeRtlModel(const Topology& net, AxiMemory& memory);

  /// Score j of an image: the low 16 bits of the XOR of its words and of the weight word (0, 0, 0) at
  /// the image's end, plus j.
  static std::int16_t score(const std::vector<std::uint64_t>& image, std::uint64_t weight, int j);

  void reset() override;
  [[nodiscard]] std::uint64_t cycle() const override { return cycle_; }
  [[nodiscard]] bool busy() const override { return busy_; }
  [[nodiscard]] std::uint64_t run_start() const override { return run_start_; }
  [[nodiscard]] std::uint64_t run_length() const override { return run_length_; }
  [[nodiscard]] bool interrupt() const override;
  std::uint64_t step(std::uint64_t cycles) override;
  std::uint32_t read_register(std::uint32_t offset, bool& ok) override;
  void write_register(std::uint32_t offset, std::uint32_t value, bool& ok) override;
  void flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask) override;
  void flip_now(std::uint64_t address, std::uint64_t mask) override;
  void hold_at(const Hold& hold) override { holds.push_back(hold); }
  void hold_now(std::uint64_t address, std::uint64_t mask, bool value) override {
    holds_now.push_back({address, mask, value});
  }
  void release_now(std::uint64_t address, std::uint64_t mask) override {
    releases.emplace_back(address, mask);
  }
  [[nodiscard]] std::vector<std::uint64_t> read_word(std::uint64_t address) const override;
  void write_word(std::uint64_t address, std::span<const std::uint64_t> limbs) override;
  [[nodiscard]] std::vector<StreamStatus> streams() const override { return stream_status; }

 private:
  struct Flip {
    std::uint64_t address;
    std::uint64_t mask;
  };
  void tick();
  void clock(std::uint64_t cycles);
  void start();
  void apply_due_flips();
  void finish_image();
  void finish_command();
  [[nodiscard]] std::uint64_t word_key(std::uint64_t address) const;
  [[nodiscard]] std::uint32_t& reg(std::uint32_t offset) { return registers_[offset / 4]; }
  [[nodiscard]] std::uint64_t reg64(std::uint32_t offset) const;

  SiteMap sites_;
  AxiMemory* memory_;
  std::array<std::uint32_t, 32> registers_{};
  bool done_ = false;
  bool busy_ = false;
  bool computing_ = false;
  std::uint64_t cycle_ = 0;
  std::uint64_t run_start_ = 0;
  std::uint64_t run_length_ = 0;
  std::uint64_t due_ = 0;  ///< cycle at which the image or command is finished
  std::uint32_t images_done_ = 0;
  std::multimap<std::uint64_t, Flip> pending_;                    ///< by run cycle
  std::map<std::uint64_t, std::vector<std::uint64_t>> contents_;  ///< by address of a word's bit 0
};

}  // namespace fluence::test
