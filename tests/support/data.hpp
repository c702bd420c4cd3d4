// Where tests find the outside reference data (parameters, images, golden scores).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace fluence::test {

/// $FLUENCE_DATA, or ../shared/data beside the project; empty if neither is there.
inline std::filesystem::path data_dir() {
  if (const char* env = std::getenv("FLUENCE_DATA")) {
    return env;
  }
  const auto beside = std::filesystem::path(FLUENCE_SOURCE_DIR) / "../shared/data";
  return std::filesystem::is_directory(beside) ? beside : std::filesystem::path();
}

}  // namespace fluence::test

/// First line of a test on outside data: skips it, saying why, where there is none.
#define FLUENCE_NEEDS_DATA()                                                                  \
  if (::fluence::test::data_dir().empty()) {                                                  \
    GTEST_SKIP() << "reference data not found: set FLUENCE_DATA or put it at ../shared/data"; \
  }                                                                                           \
  static_assert(true, "")
