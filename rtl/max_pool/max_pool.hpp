// A 2 x 2 max pool. `line`: pixels of a line of its input; `row`: steps of a line of its output.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& max_pool();

}  // namespace fluence
