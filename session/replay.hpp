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

/// The first image whose scores are not the listed ones, or how many images there are.
std::ptrdiff_t first_difference(const Replayed& replayed, const ListedCase& listed);

}  // namespace fluence
