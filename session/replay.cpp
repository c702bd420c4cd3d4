#include "session/replay.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "campaign/engine_runner.hpp"

namespace fluence {
namespace {

// An engine whose refusals name the list.
class CaseRunner final : public TaskRunner {
 public:
  CaseRunner(std::unique_ptr<Engine> engine, const std::vector<ListedCase>& cases,
             std::size_t row_length, const ReplayPlan& plan)
      : list_(plan.list),
        runner_(
            std::move(engine),
            [&](int index) -> Trial {
              const auto& trial = cases[static_cast<std::size_t>(index)].trial;
              return {trial, semantics_of(trial, plan.semantics)};
            },
            [all = static_cast<std::size_t>(plan.net->scores()), row_length](
                int, const TrialResult& result, double) { return bytes_of(result, all, row_length); }) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    try {
      runner_.run(batch, deliver, cancel);
    } catch (const InputError& e) {
      throw InputError(list_ + ": " + e.what());
    }
  }

 private:
  // `all`: scores of an image, of which so many go on.
  static std::string bytes_of(const TrialResult& result, std::size_t all, std::size_t row_length) {
    std::string bytes(reinterpret_cast<const char*>(&result.images_done), sizeof result.images_done);
    for (std::size_t i = 0; i < result.scores.size(); i += all) {
      bytes.append(reinterpret_cast<const char*>(&result.scores[i]), row_length * sizeof(std::int16_t));
    }
    return bytes + result.hang;
  }

  const std::string& list_;
  EngineRunner runner_;
};

// Scores of an image that go into the output. Throws InputError if the list states another number of
// them.
std::size_t length_of_rows(const std::vector<ListedCase>& cases, const Parameters& parameters,
                           const ReplayPlan& plan) {
  const auto classes = parameters.classes.size();
  const auto all = static_cast<std::size_t>(parameters.net->scores());
  const auto stated = std::ranges::find_if(cases, [](const auto& c) { return !c.scores.empty(); });
  const auto length = stated == cases.end() ? classes : stated->scores.front().size();
  if (length != classes && length != all) {
    throw InputError(plan.list + ": the rows of 'scores' hold " + std::to_string(length) +
                     " numbers where the parameters of " + parameters.net->name + " name " +
                     std::to_string(classes) + " classes: give that many, or all " +
                     std::to_string(all) + " scores");
  }
  return plan.all_scores ? all : length;
}

Replayed parse_result(const std::string& bytes, int images, std::size_t row_length) {
  Replayed replayed;
  const auto* at = bytes.data();
  const auto take = [&at](void* to, std::size_t size) {
    std::memcpy(to, at, size);
    at += size;
  };
  take(&replayed.images_done, sizeof replayed.images_done);
  replayed.scores.assign(static_cast<std::size_t>(images), ScoreRow(row_length));
  for (auto& row : replayed.scores) {
    take(row.data(), row.size() * sizeof row[0]);
  }
  replayed.hang.assign(at, bytes.data() + bytes.size());
  return replayed;
}

// The first image whose scores are not the listed ones, or how many images there are.
std::ptrdiff_t first_difference(const Replayed& replayed, const ListedCase& listed) {
  const auto same = [](const ScoreRow& row, const ScoreRow& stated) {
    return std::equal(stated.begin(), stated.end(), row.begin());  // which may hold more
  };
  const auto differs = std::ranges::mismatch(replayed.scores, listed.scores, same).in1;
  return std::min<std::ptrdiff_t>(differs - replayed.scores.begin(), replayed.images_done);
}

}  // namespace

std::optional<std::vector<Replayed>> replay(const std::vector<ListedCase>& cases, Session& session,
                                            const ReplayPlan& plan) {
  const auto length = length_of_rows(cases, session.parameters(*plan.net), plan);
  const auto can = session.capabilities(plan.engine, *plan.net);
  const SiteMap sites(*plan.net);
  for (const auto& one : cases) {
    try {
      check_trial(one.trial, semantics_of(one.trial, plan.semantics), sites, session.images().size());
      check_capable(can, one.trial, semantics_of(one.trial, plan.semantics));
    } catch (const InputError& e) {
      throw InputError(plan.list + ": " + e.what());
    }
  }
  std::vector<Replayed> results(cases.size());
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    tasks.push_back({0, static_cast<int>(i)});
  }
  std::int64_t finished = 0;
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    return std::make_unique<CaseRunner>(
        session.make_engine(plan.engine, *plan.net, session.images().size()), cases, length, plan);
  };
  hooks.limit = [&](int) { return plan.limit; };
  hooks.done = [&](int index, const std::string& bytes) {
    const auto i = static_cast<std::size_t>(index);
    results[i] = parse_result(bytes, cases[i].trial.images, length);
    ++finished;
  };
  hooks.failed = [&](int index, const std::string& why) {
    results[static_cast<std::size_t>(index)].failure = why;
    ++finished;
  };
  hooks.tick = [&] {
    if (plan.tick) {
      plan.tick(finished);
    }
  };
  hooks.name = [&](int index) {
    return "case " + std::to_string(cases[static_cast<std::size_t>(index)].trial.id) + " of " +
           plan.list;
  };
  if (run_pool(tasks, plan.jobs, hooks) == PoolEnd::interrupted) {
    return std::nullopt;
  }
  return results;
}

std::string to_lines(const std::vector<ListedCase>& cases, const std::vector<Replayed>& results) {
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    nlohmann::ordered_json line;
    line["id"] = cases[i].trial.id;
    if (!results[i].failure.empty()) {
      line["failure"] = results[i].failure;
      text += line.dump() + "\n";
      continue;
    }
    line["scores"] = results[i].scores;
    if (results[i].images_done < cases[i].trial.images) {
      line["images_done"] = results[i].images_done;
      line["hang"] = results[i].hang;
    }
    text += line.dump() + "\n";
  }
  return text;
}

ReplayAgreement agreement_of(const std::vector<ListedCase>& cases,
                             const std::vector<Replayed>& results) {
  ReplayAgreement agreement;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto name = "case " + std::to_string(cases[i].trial.id);
    if (!results[i].failure.empty()) {
      agreement.failures += name + " could not be run: " + results[i].failure + "\n";
      continue;
    }
    if (cases[i].scores.empty()) {
      continue;
    }
    ++agreement.expected;
    agreement.images += cases[i].scores.size();
    if (const auto first = first_difference(results[i], cases[i]); first < cases[i].trial.images) {
      agreement.differing += name + " differs from image " + std::to_string(first) + " on\n";
    } else {
      ++agreement.equal;
    }
  }
  return agreement;
}

}  // namespace fluence
