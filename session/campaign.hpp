// A campaign from its file to its results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "campaign/progress.hpp"
#include "session/session.hpp"

namespace fluence {

struct CampaignOrder {
  std::string spec;                   ///< its file, or a name (campaign_file())
  std::optional<std::string> text{};  ///< what that says, where there is none: `spec` is its name
  std::string out;                    ///< folder of the results; empty: results/<name>
  std::string params, images;         ///< empty: what the file says
  std::string shard;                  ///< "i/n"; empty: all of it
  std::optional<std::uint64_t> seed{};
  HostOptions host{};
  int jobs = 1;
  bool retry_failed = false;
  /// Gets a sentence that is no error.
  std::function<void(const std::string&)> warn{};
  ProgressSink progress{};
};

/// The file of a campaign: `stated` itself if there is such a file or it is a path; else what comes with
/// the program by that name (data_file(), FLUENCE_CAMPAIGNS), whose ".toml" may be left out. Throws
/// InputError if nothing does.
std::filesystem::path campaign_file(const std::string& stated);

/// Names of the campaigns that come with the program.
std::set<std::string> shipped_campaigns();

struct CampaignEnd {
  std::string what;        ///< its name, or "NAME, shard i/n,"
  std::string folder;      ///< of the results
  std::size_t trials = 0;  ///< that are there
  int failed = 0;          ///< of them, could not be evaluated
  bool interrupted = false;
};

/// Runs a campaign or resumes it; shows its progress, on stderr if nobody else is told. Throws
/// InputError, before anything is written, if the file, its inputs, the engines or what is in the folder
/// do not allow it; std::runtime_error as `fluence::run_campaign` does.
CampaignEnd run_campaign(const CampaignOrder& order);

}  // namespace fluence
