// The line buffer of a convolution. `line`: words of a line of the map; `row`: steps of a row of
// windows.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& sliding_window();

}  // namespace fluence
