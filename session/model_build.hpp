// Makes the simulated accelerator of a hardware: its RTL, a plug-in of that, its schedule. All are kept
// in cache_folder() and found there by whatever needs them (rtl/model/model_files.hpp,
// `schedule_folder`).
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "network/topology.hpp"

namespace fluence {

struct ModelBuild {
  std::filesystem::path model, schedule;
  bool made_model = false, made_schedule = false;  ///< otherwise they were there
};

/// Told what a build does: a step begins ("compiling"), or has ended after so many seconds.
class BuildProgress {
 public:
  virtual ~BuildProgress() = default;
  virtual void begin(std::string_view step) = 0;
  virtual void end(double seconds) = 0;
};

/// What of a hardware's model and schedule is not there is made, on so many processors; of a model that
/// is there but not of the present RTL, both. A model that comes with the program is taken as it is. At
/// a time one process makes that of a hardware: others wait, then find it. What is there is whole,
/// whenever a process dies.
///
/// Throws InputError before any work: if the RTL does not build the network, naming layer, rule and
/// remedy; if a tool or the sources are not there, or the folder is no good. Throws std::runtime_error
/// naming a log if a tool fails.
ModelBuild build_model(const Topology& net, int jobs, BuildProgress& progress);

}  // namespace fluence
