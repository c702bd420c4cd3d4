#include "analysis/report_commands.hpp"

#include <algorithm>

#include "base/escape.hpp"
#include "campaign/provenance.hpp"

namespace fluence {
namespace {

constexpr int kSample = 20;

}  // namespace

ReportCommands::ReportCommands(const std::filesystem::path& folder, const Manifest& manifest)
    : folder_(shell_path(folder)), inputs_(input_options(manifest)) {}

std::optional<std::string> ReportCommands::trial(int scenario, int trial) const {
  if (!inputs_) {
    return std::nullopt;
  }
  return "fluence trial " + folder_ + " --scenario " + std::to_string(scenario) + " --trial " +
         std::to_string(trial) + *inputs_;
}

std::optional<std::string> ReportCommands::verify(int finished) const {
  if (!inputs_ || finished == 0) {
    return std::nullopt;
  }
  return "fluence verify " + folder_ + " --sample " + std::to_string(std::min(finished, kSample)) +
         *inputs_;
}

}  // namespace fluence
