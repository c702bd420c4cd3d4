// What the platform makes of a failure of its own driver.
#pragma once

#include <stdexcept>
#include <string>

#include "sw/driver/accel_driver.h"

namespace fluence {

/// Throws std::logic_error: the failure is not the user's. The platform is wired wrongly or the driver
/// misused.
inline void check(fl_status status, const char* what) {
  if (status != FL_OK) {
    throw std::logic_error(std::string(what) + " failed with driver status " + std::to_string(status));
  }
}

}  // namespace fluence
