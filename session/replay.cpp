#include "session/replay.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "campaign/engine_runner.hpp"
#include "network/score_words.hpp"

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
            [all = static_cast<std::size_t>(plan.net->scores()), row_length, &cases](
                int index, const TrialResult& result, double) {
              return bytes_of(result, cases[static_cast<std::size_t>(index)], all, row_length);
            }) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    try {
      runner_.run(batch, deliver, cancel);
    } catch (const InputError& e) {
      throw InputError(list_ + ": " + e.what());
    }
  }

 private:
  // `all`: scores of an image, of which so many go on.
  static std::string bytes_of(const TrialResult& result, const ListedCase& listed, std::size_t all,
                              std::size_t row_length) {
    std::string bytes(reinterpret_cast<const char*>(&result.images_done), sizeof result.images_done);
    const bool knows = !result.last_streams.empty();
    bytes += static_cast<char>(knows ? 1 : 0);
    for (const auto& [name, stated] : listed.last_streams) {
      const auto digest = knows ? result.last_streams.at(name) : 0;
      bytes.append(reinterpret_cast<const char*>(&digest), sizeof digest);
    }
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

Replayed parse_result(const std::string& bytes, const ListedCase& listed, std::size_t row_length) {
  Replayed replayed;
  const auto* at = bytes.data();
  const auto take = [&at](void* to, std::size_t size) {
    std::memcpy(to, at, size);
    at += size;
  };
  take(&replayed.images_done, sizeof replayed.images_done);
  const bool knows = *at++ != 0;
  for (const auto& [name, stated] : listed.last_streams) {
    std::uint64_t digest = 0;
    take(&digest, sizeof digest);
    if (knows) {
      replayed.last_streams[name] = digest;
    }
  }
  replayed.scores.assign(static_cast<std::size_t>(listed.trial.images), ScoreRow(row_length));
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
  std::ptrdiff_t first = replayed.images_done;
  if (!listed.scores.empty()) {
    const auto differs = std::ranges::mismatch(replayed.scores, listed.scores, same).in1;
    first = std::min(first, differs - replayed.scores.begin());
  }
  if (!listed.words.empty()) {
    const auto differs = std::ranges::mismatch(replayed.words, listed.words).in1;
    first = std::min(first, differs - replayed.words.begin());
  }
  return first;
}

// Makes words of all scores of each image, and leaves so many of these.
void add_words(Replayed& replayed, const Topology& net, std::size_t row_length) {
  for (auto& row : replayed.scores) {
    replayed.words.push_back(score_words(row, net).front());
    row.resize(row_length);
  }
}

}  // namespace

std::optional<std::vector<Replayed>> replay(const std::vector<ListedCase>& cases, Session& session,
                                            const ReplayPlan& plan) {
  const auto length = length_of_rows(cases, session.parameters(*plan.net), plan);
  // Words are made of all scores.
  const bool any_words = std::ranges::any_of(cases, [](const auto& c) { return !c.words.empty(); });
  const bool any_streams =
      std::ranges::any_of(cases, [](const auto& c) { return !c.last_streams.empty(); });
  const auto taken = any_words ? static_cast<std::size_t>(plan.net->scores()) : length;
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
    auto engine = session.make_engine(plan.engine, *plan.net, session.images().size());
    if (any_streams) {
      engine->want_streams();
    }
    return std::make_unique<CaseRunner>(std::move(engine), cases, taken, plan);
  };
  hooks.limit = [&](int) { return plan.limit; };
  hooks.done = [&](int index, const std::string& bytes) {
    const auto i = static_cast<std::size_t>(index);
    results[i] = parse_result(bytes, cases[i], taken);
    if (any_words) {
      add_words(results[i], *plan.net, length);
    }
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
    for (const auto word : results[i].words) {
      line["words"].push_back(hexadecimal_text(word));
    }
    for (const auto& [name, digest] : results[i].last_streams) {
      line["last_streams"][name] = hexadecimal_text(digest);
    }
    if (results[i].images_done < cases[i].trial.images) {
      line["images_done"] = results[i].images_done;
      line["hang"] = results[i].hang;
    }
    text += line.dump() + "\n";
  }
  return text;
}

namespace {

void add_streams(ReplayAgreement& agreement, const std::string& name, const ListedCase& listed,
                 const Replayed& replayed) {
  if (listed.last_streams.empty()) {
    return;
  }
  ++agreement.expected_streams;
  if (replayed.last_streams.empty()) {
    return;
  }
  ++agreement.known_streams;
  const auto differs = std::ranges::mismatch(listed.last_streams, replayed.last_streams).in1;
  if (differs == listed.last_streams.end()) {
    ++agreement.equal_streams;
  } else {
    agreement.differing += name + " differs in stream " + differs->first + " of the last image\n";
  }
}

}  // namespace

ReplayAgreement agreement_of(const std::vector<ListedCase>& cases,
                             const std::vector<Replayed>& results) {
  ReplayAgreement agreement;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto name = "case " + std::to_string(cases[i].trial.id);
    if (!results[i].failure.empty()) {
      agreement.failures += name + " could not be run: " + results[i].failure + "\n";
      continue;
    }
    add_streams(agreement, name, cases[i], results[i]);
    if (cases[i].scores.empty() && cases[i].words.empty()) {
      continue;
    }
    ++agreement.expected;
    agreement.images += static_cast<std::size_t>(cases[i].trial.images);
    if (const auto first = first_difference(results[i], cases[i]); first < cases[i].trial.images) {
      agreement.differing += name + " differs from image " + std::to_string(first) + " on\n";
    } else {
      ++agreement.equal;
    }
  }
  return agreement;
}

}  // namespace fluence
