// The memory writer: takes words of scores into its register and stores them in bursts.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& mem_writer();

}  // namespace fluence
