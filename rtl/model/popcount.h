// Included ahead of every Verilated source: $countones as the processor's own instruction instead of Verilator's
// portable arithmetic, in which the matrix-vector units otherwise spend most of their time.
#pragma once

#include "verilated.h"

#define VL_COUNTONES_I(value) static_cast<IData>(__builtin_popcount(value))
#define VL_COUNTONES_Q(value) static_cast<IData>(__builtin_popcountll(value))
