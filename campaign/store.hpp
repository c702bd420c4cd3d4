// A campaign's results on disk: one SQLite file in a folder of its own. docs/results.md says what is in
// it; nothing of that depends on when, where or by how many workers a trial was run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "campaign/image_counts.hpp"
#include "campaign/manifest.hpp"
#include "campaign/outcome.hpp"
#include "campaign/scenario.hpp"
#include "campaign/scenario_tally.hpp"

namespace fluence {

/// The fault-free run of the images of a trial.
struct Baseline {
  int correct = 0;
  std::string digest;       ///< of all scores, 16 hex digits
  std::string correct_set;  ///< which images, as in ImageSets; empty: unknown
};

/// One finished trial.
struct TrialRecord {
  int scenario = 0;
  int trial = 0;
  Outcomes outcomes;
  std::string hang_stream;
  std::uint64_t cycles = 0;
  Baseline baseline;
  std::vector<Fault> upsets;
  std::vector<Fate> fates;  ///< [upset]; empty: unknown
  ImageSets sets;           ///< empty: unknown
  double weight = 1;        ///< see Drawer
};

/// A trial that could not be evaluated. It has no outcomes and is in no statistic.
struct FailedTrial {
  int scenario = 0;
  int trial = 0;
  std::string reason;  ///< "its worker was killed by signal 11, Segmentation fault"
  std::vector<Fault> upsets;
};

/// A finished trial as stored, without its upsets.
struct StoredTrial {
  int trial = 0;
  Outcomes outcomes;
  std::string critical_set{}, implausible_set{};  ///< as in ImageSets; empty: unknown, or no rule
  std::string correct_set{};                      ///< likewise
  double weight = 1;                              ///< of what it did, in means
};

struct StoredUpset {
  int trial = 0;
  Fault fault;
  Fate fate = Fate::unknown;
};

class Store {
 public:
  /// Opens the results in `folder`, making folder and file if they are not there and bringing those of
  /// an older version to the present form, and locks the folder against a second campaign. Throws
  /// InputError if it cannot be written, or holds damaged results or those of another campaign: one
  /// whose manifest differs.
  static Store open(const std::filesystem::path& folder, const Manifest& manifest,
                    const std::vector<Scenario>& scenarios);
  /// Opens existing results for reading. Throws InputError if there are none, or damaged ones.
  static Store open_existing(const std::filesystem::path& folder);

  Store(Store&&) noexcept;
  ~Store();

  /// As of `content_digest` of the folder.
  [[nodiscard]] std::string content_digest();

  /// (scenario, trial) of all trials that need not be run: finished and failed ones.
  [[nodiscard]] std::set<std::pair<int, int>> finished();
  /// Adds trials in one transaction. Throws InputError if that cannot be written, or if a trial's
  /// baseline is not the one that earlier trials were compared with.
  void add(std::span<const TrialRecord> trials);

  /// Keeps that a trial could not be evaluated. Throws likewise.
  void add_failed(const FailedTrial& trial);
  /// In the order of the keys.
  [[nodiscard]] std::vector<FailedTrial> failed();
  /// Removes them, to be run again.
  void forget_failed();

  /// How many trials, failed ones included, a new reader of the folder finds now. Throws InputError if
  /// these are not this store's: somebody has removed or replaced its file.
  [[nodiscard]] std::size_t trials_on_disk();

  /// Removes a scenario's trials from number `from` on.
  void forget_from(int scenario, int from);

  /// A scenario needs no more than so many trials: from now on these are what it asks for.
  void end_scenario(int scenario, int trials);

  /// The specification in the one form, however it is stored.
  [[nodiscard]] Manifest manifest();
  [[nodiscard]] std::vector<ScenarioTally> tallies();
  /// Finished trials of a scenario, in order, or one of them.
  [[nodiscard]] std::vector<StoredTrial> trials(int scenario, std::optional<int> trial = {});
  /// As `image_counts` of its database.
  [[nodiscard]] std::optional<ImageCounts> image_counts(int scenario);
  /// Upsets of a scenario's trials, or of one trial, in order. Throws InputError for a name that is
  /// unknown and for a layer that the network does not have.
  [[nodiscard]] std::vector<StoredUpset> upsets(int scenario, std::optional<int> trial = {});

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fluence
