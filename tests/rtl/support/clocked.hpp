// A Verilated block with its clock, reset and assertions.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <memory>

#include "tests/rtl/support/word.hpp"

namespace fluence::test {

/// When one side of a handshake pauses: in `percent` of the cycles in which it could go on, for 1 to
/// `longest` cycles.
struct Pause {
  unsigned percent = 0;
  unsigned longest = 1;
};

/// The pauses of one side, drawn cycle by cycle.
class Pauses {
 public:
  Pauses(Pause pause, std::uint64_t seed) : pause_(pause), rng_(seed) {}

  bool operator()() {
    if (left_ == 0 && rng_() % 100 < pause_.percent) {
      left_ = 1 + rng_() % pause_.longest;
    }
    return left_ > 0 && left_-- > 0;
  }

 private:
  Pause pause_;
  Rng rng_;
  std::uint64_t left_ = 0;
};

/// Names a typed test's instance after its parameter set.
struct CaseName {
  template <class Case>
  static const char* GetName(int) {
    return Case::kName;
  }
};

/// One block. Registers that reset leaves alone and memories start with random content. A failing
/// assertion of the RTL is recorded in `asserted()` instead of ending the program.
template <class Dut>
class Clocked {
 public:
  Clocked() {
    context_.randReset(2);
    context_.randSeed(1);
    context_.fatalOnError(false);
    dut_ = std::make_unique<Dut>(&context_);
  }
  Clocked(const Clocked&) = delete;
  Clocked& operator=(const Clocked&) = delete;
  ~Clocked() {
    // Verilator 5.006 erases a model's scopes from the context that this thread used last.
    Verilated::threadContextp(&context_);
    dut_->final();
    dut_.reset();
  }

  Dut* operator->() { return dut_.get(); }
  Dut& pins() { return *dut_; }

  /// Settles the logic behind the pins.
  void settle() { dut_->eval(); }
  /// One rising edge. The pins must have been settled.
  void edge() {
    dut_->clk_i = 1;
    dut_->eval();
    dut_->clk_i = 0;
    dut_->eval();
  }
  void cycle() {
    settle();
    edge();
  }
  void reset() {
    dut_->clk_i = 0;
    dut_->rst_ni = 0;
    cycle();
    cycle();
    dut_->rst_ni = 1;
  }
  [[nodiscard]] bool asserted() const { return context_.gotError(); }

 private:
  VerilatedContext context_;
  std::unique_ptr<Dut> dut_;
};

}  // namespace fluence::test
