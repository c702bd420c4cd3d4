// A sample of a campaign's trials, run on both engines and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/spec.hpp"
#include "campaign/store.hpp"
#include "campaign/worker_pool.hpp"
#include "rtl/fate.hpp"
#include "session/session.hpp"

namespace fluence {

/// A trial to be compared.
struct Sampled {
  int scenario = 0;
  int trial = 0;
  // As stored:
  std::string digest;
  std::vector<Fate> fates{};
};
/// "trial 3 of scenario 1"
std::string name(const Sampled& sampled);

/// What the comparison of a trial has found.
struct Compared {
  int fates = 0;           ///< that both engines know
  std::string difference;  ///< empty: none
};
struct Comparisons {
  std::vector<std::optional<Compared>> of;  ///< [sampled]; none: not done
  std::string failures;                     ///< a line for each that could not be
  PoolEnd end = PoolEnd::complete;
};

/// The spec as it was run, and its seed. Throws InputError if the manifest of `folder` is damaged.
Spec stored_spec(const Manifest& manifest, const std::string& folder);
/// Throws InputError unless parameters, images and RTL are those of the results in `folder`.
void require_equal(const Manifest& stored, const Manifest& present, const std::string& folder);
/// So many finished trials of the fast engine. Throws InputError if there are fewer.
std::vector<Sampled> draw_sample(Store& store, const Spec& spec, int count, std::uint64_t seed,
                                 const std::string& folder);

struct VerifyPlan {
  int jobs = 1;
  double limit = 0;                                   ///< seconds of both runs of a trial; 0: any time
  std::function<void(std::int64_t finished)> tick{};  ///< several times a second
};
Comparisons run_both(const Spec& spec, const std::vector<Sampled>& sample, const Session& session,
                     const VerifyPlan& plan);

}  // namespace fluence
