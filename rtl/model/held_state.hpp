// The bits of a model that are held at values, and those that are to be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "rtl/model/rtl_model.hpp"
#include "rtl/model/state_access.hpp"

namespace fluence {

class HeldState {
 public:
  static constexpr auto kNever = Hold::kForever;

  explicit HeldState(StateAccess& state) : state_(&state) {}

  /// One that begins in a cycle of the run. Throws like StateAccess::bits.
  void schedule(const Hold& hold) {
    static_cast<void>(state_->bits(hold.address, hold.mask));
    pending_.insert(std::ranges::upper_bound(pending_, hold.from, std::greater{}, &Hold::from), hold);
  }
  /// One that begins now and ends in a cycle() of the model.
  void begin(const Hold& hold, std::uint64_t until) {
    held_.push_back({hold, until, state_->bits(hold.address, hold.mask)});
  }
  void release(std::uint64_t address, std::uint64_t mask) {
    const auto wanted = state_->bits(address, mask);
    std::erase_if(held_, [&](const Held& held) {
      return std::ranges::any_of(held.bits, [&](const auto& own) {
        return std::ranges::any_of(wanted, [&](const auto& other) {
          return own.byte == other.byte && (own.mask & other.mask) != std::byte{};
        });
      });
    });
  }
  void drop_pending() { pending_.clear(); }
  void clear() {
    pending_.clear();
    held_.clear();
  }

  [[nodiscard]] bool empty() const { return held_.empty(); }
  /// Ends those whose time is over at a cycle().
  void end_until(std::uint64_t cycle) {
    std::erase_if(held_, [cycle](const Held& held) { return held.until <= cycle; });
  }
  /// Begins those that are due at a cycle() of the run that began at `run_start`. Calls `begun(hold)`
  /// for each.
  template <typename Begun>
  void begin_due(std::uint64_t run_start, std::uint64_t cycle, Begun begun) {
    for (; !pending_.empty() && run_start + pending_.back().from <= cycle; pending_.pop_back()) {
      const auto& hold = pending_.back();
      const auto until = hold.until < kNever - run_start ? run_start + hold.until : kNever;
      if (hold.until > hold.from) {
        begin(hold, until);
        begun(hold);
      }
    }
  }
  /// Gives all bits their values. Returns whether one had another.
  bool enforce() {
    bool changed = false;
    for (const auto& held : held_) {
      const auto value = held.hold.value ? ~std::byte{} : std::byte{};
      for (const auto& [byte, mask] : held.bits) {
        const auto wrong = (*byte ^ value) & mask;
        *byte ^= wrong;
        changed = changed || wrong != std::byte{};
      }
    }
    return changed;
  }
  /// The next cycle() in which one begins or ends; kNever: there is none.
  [[nodiscard]] std::uint64_t next(std::uint64_t run_start) const {
    auto cycle = pending_.empty() ? kNever : run_start + pending_.back().from;
    for (const auto& held : held_) {
      cycle = std::min(cycle, held.until);
    }
    return cycle;
  }
  /// What is held, in cycles of the run.
  [[nodiscard]] std::vector<Hold> snapshot(std::uint64_t run_start) const {
    std::vector<Hold> holds;
    for (const auto& held : held_) {
      holds.push_back(held.hold);
      holds.back().until = held.until == kNever ? kNever : held.until - run_start;
    }
    return holds;
  }
  void restore(const std::vector<Hold>& holds, std::uint64_t run_start) {
    held_.clear();
    for (const auto& hold : holds) {
      begin(hold, hold.until == kNever ? kNever : run_start + hold.until);
    }
  }

 private:
  struct Held {
    Hold hold;
    std::uint64_t until = kNever;  ///< cycle()
    std::vector<StateAccess::Bits> bits;
  };

  StateAccess* state_;
  std::vector<Hold> pending_;  ///< latest first
  std::vector<Held> held_;
};

}  // namespace fluence
