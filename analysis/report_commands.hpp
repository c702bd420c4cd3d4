// The commands that a report names, as they run in a POSIX shell in the folder where it was made.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "campaign/store.hpp"

namespace fluence {

/// None is named where the campaign's parameters and images are not known to be there.
class ReportCommands {
 public:
  ReportCommands(const std::filesystem::path& folder, const Manifest& manifest);

  [[nodiscard]] std::optional<std::string> trial(int scenario, int trial) const;
  /// `finished`: trials of the fast engine; the command takes no more.
  [[nodiscard]] std::optional<std::string> verify(int finished) const;

 private:
  std::string folder_;                 ///< quoted
  std::optional<std::string> inputs_;  ///< options
};

}  // namespace fluence
