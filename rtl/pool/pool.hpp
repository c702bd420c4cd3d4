// A max pool of any window. `lines`: a pixel enters, or one of a row of maxima leaves.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& pool_unit();

}  // namespace fluence
