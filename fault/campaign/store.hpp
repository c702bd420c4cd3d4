// A campaign's results on disk: one SQLite file in a folder of its own.
//
// Schema (user_version 1):
//   manifest  key, value: name, spec, seed, version, images and rtl digest, "params <network>" and
//             "schedule <network>" digests, shard ("3/100") if it holds one
//   scenario  id, engine, network, mode, spaces, layers, faults, time, semantics, images, trials (as
//             asked for; fewer once a target has been met)
//   baseline  engine, network, images; correct, digest: the fault-free run that trials are compared with
//   trial     scenario, trial; correct, masked, tolerable, critical, hang: numbers of images;
//   hang_stream;
//             cycles (rtl, else 0); scores_digest (see Outcomes)
//   upset     scenario, trial, number; before_image or cycle; space, layer, module, word, thresh, bit,
//             word_size, fate
// Nothing in it depends on when, where or by how many workers a trial was run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fault/campaign/outcome.hpp"
#include "fault/campaign/scenario.hpp"

namespace fluence {

using Manifest = std::map<std::string, std::string>;

/// The first key in which two manifests differ, empty if in none. The version does not count: it is
/// said, not required, for results depend on the inputs, and the baselines are compared.
std::string first_difference(Manifest a, Manifest b);

/// The fault-free run of the images of a trial.
struct Baseline {
  int correct = 0;
  std::string digest;  ///< of all scores, 16 hex digits
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
};

/// A scenario as stored, with sums over its finished trials.
struct ScenarioTally {
  std::string engine, network, mode, spaces, layers, time, semantics;
  int faults = 0;
  int images = 0;
  int trials = 0;  ///< asked for
  int done = 0;
  std::int64_t correct = 0, correct_squares = 0;  ///< sums over trials of images and images squared
  std::int64_t least_correct = 0, most_correct = 0;
  std::int64_t masked = 0, tolerable = 0, critical = 0, hang = 0;  ///< images of all trials
  int baseline_correct = -1;                                       ///< -1: no trial has finished
};

/// A finished trial as stored, without its upsets.
struct StoredTrial {
  int trial = 0;
  Outcomes outcomes;
};

struct StoredUpset {
  int trial = 0;
  Fault fault;
  Fate fate = Fate::unknown;
};

class Store {
 public:
  /// Opens the results in `folder`, making folder and file if they are not there, and locks the folder
  /// against a second campaign. Throws InputError if it cannot be written, or holds the results of
  /// another campaign: one whose manifest differs.
  static Store open(const std::filesystem::path& folder, const Manifest& manifest,
                    const std::vector<Scenario>& scenarios);
  /// Opens existing results for reading. Throws InputError if there are none.
  static Store open_existing(const std::filesystem::path& folder);

  Store(Store&&) noexcept;
  ~Store();

  /// (scenario, trial) of all finished trials.
  [[nodiscard]] std::set<std::pair<int, int>> finished();
  /// Adds trials in one transaction. Throws InputError if that cannot be written, or if a trial's
  /// baseline is not the one that earlier trials were compared with.
  void add(std::span<const TrialRecord> trials);

  /// A scenario needs no more than so many trials: from now on these are what it asks for.
  void end_scenario(int scenario, int trials);

  /// Outcomes::digest of a finished trial.
  [[nodiscard]] std::string scores_digest(int scenario, int trial);

  [[nodiscard]] Manifest manifest();
  [[nodiscard]] std::vector<ScenarioTally> tallies();
  /// Finished trials of a scenario, in order.
  [[nodiscard]] std::vector<StoredTrial> trials(int scenario);
  /// Upsets of a scenario's trials, or of one trial, in order. Throws InputError for a name that is
  /// unknown.
  [[nodiscard]] std::vector<StoredUpset> upsets(int scenario, std::optional<int> trial = {});

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fluence
