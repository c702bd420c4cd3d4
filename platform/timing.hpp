// Cycle counts measured on the RTL inside the platform.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/platform.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

struct MeasuredTiming {
  double one_image = 0;             ///< cycles from leaving idle to the last score's acknowledgement
  double steady_state = 0;          ///< cycles an image, images back to back
  std::vector<StreamGauge> gauges;  ///< of the run of several images, in the order of dataflow().streams
  double run_cycles = 0;            ///< length of that run
};

/// Runs one image and then `images` (at least 4) back to back. All timing is independent of the data, so
/// the parameters are zero and the images black. Builds a platform: once a process.
MeasuredTiming measure_timing(const Topology& net, int images);

/// One run as its host sees it.
struct HostTiming {
  std::string host;               ///< native, arm
  std::string wait;               ///< interrupt, polling
  std::uint64_t accelerator = 0;  ///< cycles of the accelerator, from leaving idle to the end
  std::uint64_t host_cycles = 0;  ///< by the timer: from before the driver's start to after its wait
};

/// One black image by each host, woken by the interrupt and polling. Builds a platform: once a process.
/// Throws InputError if the firmware is no good.
std::vector<HostTiming> measure_hosts(const Topology& net, const std::filesystem::path& firmware,
                                      const PlatformOptions& options = {});

/// What it takes a host to write all parameters by the driver, as it does to load or reload them.
struct LoadTiming {
  std::string host;          ///< native, arm
  std::uint64_t words = 0;   ///< copies that the host writes one by one included
  std::uint64_t cycles = 0;  ///< by the timer
};

/// Of both hosts. Builds a platform: once a process. Throws InputError if the firmware is no good.
std::vector<LoadTiming> measure_loads(const Topology& net, const std::filesystem::path& firmware,
                                      const PlatformOptions& options = {});

}  // namespace fluence
