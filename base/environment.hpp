// Switches that the environment sets.
#pragma once

namespace fluence {

/// Whether an environment variable is 1; not if it is 0, empty or not set. Throws InputError naming it
/// if it is something else.
bool environment_switch(const char* variable);

}  // namespace fluence
