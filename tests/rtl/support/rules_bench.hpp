// A module of assertions on pins that a test drives.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/rtl/support/clocked.hpp"

namespace fluence::test {

/// The block of rules; its user sets all pins and resets it.
template <class Dut>
class RulesBench : public Clocked<Dut> {
 public:
  void cycles(int count) {
    for (int i = 0; i < count; ++i) {
      cycle();
    }
  }
  void cycle() {
    testing::internal::CaptureStdout();
    Clocked<Dut>::cycle();
    const auto printed = testing::internal::GetCapturedStdout();
    // "[time] %Error: file:line: Assertion failed in scope: text", and a line more
    const auto at = printed.find("Assertion failed in ");
    if (at != std::string::npos && broken_.empty()) {
      const auto text = printed.find(": ", at) + 2;
      broken_ = printed.substr(text, printed.find('\n', text) - text);
    }
  }
  /// The first rule that was broken; empty if none.
  [[nodiscard]] const std::string& broken() const { return broken_; }

 private:
  std::string broken_;
};

}  // namespace fluence::test
