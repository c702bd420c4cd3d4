// The memory reader: fetches images in bursts, a word at a time into its register.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& mem_reader();

}  // namespace fluence
