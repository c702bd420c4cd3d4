#include "session/replay.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "network/score_words.hpp"
#include "session/evaluate.hpp"

namespace fluence {
namespace {

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

// Of the scores of each image so many are kept; words, if asked for, are made of all.
Replayed replayed_of(const TrialResult& result, const ListedCase& listed, const Topology& net,
                     std::size_t row_length, bool words) {
  Replayed replayed;
  replayed.images_done = result.images_done;
  replayed.hang = result.hang;
  const auto all = static_cast<std::size_t>(net.scores());
  for (std::size_t at = 0; at < result.scores.size(); at += all) {
    const auto row = std::span(result.scores).subspan(at, all);
    replayed.scores.emplace_back(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(row_length));
    if (words) {
      replayed.words.push_back(score_words(row, net).front());
    }
  }
  for (const auto& [name, stated] : listed.last_streams) {
    if (const auto known = result.last_streams.find(name); known != result.last_streams.end()) {
      replayed.last_streams.insert(*known);
    }
  }
  return replayed;
}

// The first image whose scores are not the listed ones, or how many images there are.
std::ptrdiff_t first_difference(const Replayed& replayed, const ListedCase& listed) {
  const auto same = [](const Scores& row, const Scores& stated) {
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

}  // namespace

std::optional<std::vector<Replayed>> replay(const std::vector<ListedCase>& cases, Session& session,
                                            const ReplayPlan& plan) {
  const auto length = length_of_rows(cases, session.parameters(*plan.net), plan);
  const bool any_words = std::ranges::any_of(cases, [](const auto& c) { return !c.words.empty(); });
  std::vector<Replayed> results(cases.size());
  EvaluationPlan evaluation;
  evaluation.net = plan.net;
  evaluation.engine = plan.engine;
  evaluation.count = cases.size();
  evaluation.trial = [&](std::size_t i) -> Trial {
    return {cases[i].trial, semantics_of(cases[i].trial, plan.semantics)};
  };
  evaluation.streams = std::ranges::any_of(cases, [](const auto& c) { return !c.last_streams.empty(); });
  evaluation.jobs = plan.jobs;
  evaluation.limit = plan.limit;
  evaluation.who = plan.list;
  evaluation.take = [&](std::size_t i, const TrialResult& result) {
    results[i] = replayed_of(result, cases[i], *plan.net, length, any_words);
  };
  evaluation.failed = [&](std::size_t i, const std::string& why) { results[i].failure = why; };
  evaluation.tick = plan.tick;
  if (evaluate(session, evaluation) == PoolEnd::interrupted) {
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
