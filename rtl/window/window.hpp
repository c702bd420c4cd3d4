// The line buffer of a convolution of any kernel, stride and padding. `lines`: a step enters or leaves a
// word.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& window_unit();

}  // namespace fluence
