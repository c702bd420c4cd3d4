// Cases of a fault list, run by workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "campaign/scenario.hpp"
#include "fault/fault_list.hpp"
#include "session/session.hpp"

namespace fluence {

/// What a case gave.
struct Replayed {
  std::vector<Scores> scores;        ///< [images]; those that a hang left unfinished are 0
  std::vector<std::uint64_t> words;  ///< [images], likewise, where the case states them
  int images_done = 0;
  /// Digests of the streams that the case states, where the engine knows.
  std::map<std::string, std::uint64_t> last_streams;
  std::string hang;
  std::string failure;  ///< why it could not be run; empty: it was
};

struct ReplayPlan {
  const Topology* net = nullptr;
  EngineKind engine = EngineKind::fast;
  std::string semantics;    ///< empty: what suits each case's times
  bool all_scores = false;  ///< else as many as the list states, or one a class
  int jobs = 1;
  double limit = 0;  ///< seconds of a case; 0: any time
  std::string list;  ///< what sentences call it
  /// Several times a second.
  std::function<void(std::int64_t finished)> tick{};
};

/// Runs all cases. Nothing if it was interrupted. Throws InputError if the list states a number of
/// scores that is neither that of the classes nor all, or an engine cannot run a case.
std::optional<std::vector<Replayed>> replay(const std::vector<ListedCase>& cases, Session& session,
                                            const ReplayPlan& plan);

/// One JSON object a case, as `fluence replay` writes them.
std::string to_lines(const std::vector<ListedCase>& cases, const std::vector<Replayed>& results);

/// How what the cases gave agrees with what the list states.
struct ReplayAgreement {
  std::size_t expected = 0;          ///< cases with stated scores, or words of them
  std::size_t images = 0;            ///< of these
  std::size_t equal = 0;             ///< cases that give them
  std::size_t expected_streams = 0;  ///< cases with stated streams
  std::size_t known_streams = 0;     ///< of these, cases whose streams the engine knows
  std::size_t equal_streams = 0;     ///< cases that give them
  std::string differing;             ///< a line for each other one
  std::string failures;              ///< a line for each that could not be run
  [[nodiscard]] bool good() const { return differing.empty() && failures.empty(); }
};
ReplayAgreement agreement_of(const std::vector<ListedCase>& cases, const std::vector<Replayed>& results);

}  // namespace fluence
