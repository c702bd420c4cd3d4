// The `rtl` engine with firmware on the ARM processor as the host.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "fault/engine.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "platform/platform.hpp"

namespace fluence {

struct ArmEngineOptions {
  std::filesystem::path firmware;       ///< an ELF file that does jobs as sw/include/fluence/job.h says
  bool load_through_registers = false;  ///< the firmware loads the parameters of every trial
  PlatformOptions platform = {};
  std::function<void(std::string_view)> print = {};  ///< gets what each run says on the UART, if set
};

Capabilities arm_capabilities(const Topology& net);

/// As make_rtl_engine(), of which or this one a process can have one. The firmware runs once a trial,
/// from reset. Faults at cycles are `physical`; faults between images are the firmware's own, so
/// `source` or `shipped`. A hang is reported as that engine does; so is the end of firmware that upsets
/// at cycles have led astray. Throws InputError if the firmware is no good, also from Engine::run().
std::unique_ptr<Engine> make_arm_engine(const Parameters& parameters, const ImageSet& images,
                                        const ArmEngineOptions& options);

}  // namespace fluence
