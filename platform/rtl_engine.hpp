// The `rtl` engine: trials on the Verilated accelerator inside the SystemC platform.
#pragma once

#include <memory>

#include "fault/engine.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// Builds the platform for the network of the parameters and loads them; keeps copies of both arguments.
/// All faults are evaluated: `physical` at cycles and between images in every space, `source` and
/// `shipped` between images in weights and thresholds. Faults at cycles leave all images in one run;
/// faults between images split it there. Throws std::logic_error on the second call in a process:
/// SystemC elaborates once.
std::unique_ptr<Engine> make_rtl_engine(const Parameters& parameters, const ImageSet& images);

}  // namespace fluence
