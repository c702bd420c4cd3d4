// A converter between streams of two widths, of which one divides the other. `line`: narrow words of a
// wide one.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& width_converter();

}  // namespace fluence
