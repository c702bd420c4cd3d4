// Cases of a fault list, run by workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/scenario.hpp"
#include "fault/fault_list.hpp"
#include "session/session.hpp"

namespace fluence {

/// What a case gave.
struct Replayed {
  std::vector<ScoreRow> scores;  ///< [images]; those that a hang left unfinished are 0
  int images_done = 0;
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

/// How what the cases gave agrees with the scores that the list states.
struct ReplayAgreement {
  std::size_t expected = 0;  ///< cases with stated scores
  std::size_t images = 0;    ///< of these
  std::size_t equal = 0;     ///< cases that give them
  std::string differing;     ///< a line for each other one
  std::string failures;      ///< a line for each that could not be run
  [[nodiscard]] bool good() const { return differing.empty() && failures.empty(); }
};
ReplayAgreement agreement_of(const std::vector<ListedCase>& cases, const std::vector<Replayed>& results);

}  // namespace fluence
