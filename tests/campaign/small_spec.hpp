// A small specification, for tests that change something of it.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "campaign/spec.hpp"

namespace fluence::test {

inline const std::string kGood = R"(name = "small"
seed = 7
params = "../params"
images = "/data/images.bin"
count = 20
trials = 3

[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", ["weights", "thresholds"]]
layers = ["all", 2, [0, 1]]
faults = [1, 10]
time = "image"

[[part]]
engine = "rtl"
networks = "cnvW1A2"
modes = "seu"
spaces = "fifo"
faults = 5
time = "cycle"
count = 4
trials = 2
)";

inline Spec parse(const std::string& text) { return Spec::parse(text, "campaigns/small.toml"); }

inline std::string error_of(const std::string& text) {
  try {
    parse(text);
    return "no error";
  } catch (const InputError& e) {
    return e.what();
  }
}

/// `kGood` with one piece of text replaced.
inline std::string changed(const std::string& from, const std::string& to) {
  auto text = kGood;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

}  // namespace fluence::test
