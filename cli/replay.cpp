#include <algorithm>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "campaign/progress.hpp"
#include "campaign/stop_signals.hpp"
#include "campaign/worker_pool.hpp"
#include "cli/commands.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "cli/outputs.hpp"
#include "cli/select.hpp"
#include "fault/fault_list.hpp"

namespace fluence::cli {
namespace {

struct ReplayArguments {
  std::string faults, network, params, images, semantics, out;
  std::string engine = "fast";
  HostOptions host;
  std::optional<int> select;
  bool all_scores = false;
  int jobs = default_jobs();
  double limit = 0;
};

// What a case gave.
struct Replayed {
  std::vector<ScoreRow> scores;  ///< [images]; those that a hang left unfinished are 0
  int images_done = 0;
  std::string hang;
  std::string failure;  ///< why it could not be run; empty: it was
};

class CaseRunner final : public TaskRunner {
 public:
  CaseRunner(std::unique_ptr<Engine> engine, const std::vector<ListedCase>& cases,
             std::size_t row_length, const ReplayArguments& arguments)
      : engine_(std::move(engine)), cases_(cases), row_length_(row_length), arguments_(arguments) {}

  std::string run(int index) override {
    const auto& trial = cases_[static_cast<std::size_t>(index)].trial;
    try {
      const auto result = engine_->run(trial, semantics_of(trial, arguments_.semantics));
      std::string bytes(reinterpret_cast<const char*>(&result.images_done), sizeof result.images_done);
      for (std::size_t i = 0; i < static_cast<std::size_t>(trial.images); ++i) {
        bytes.append(reinterpret_cast<const char*>(&result.scores[i * kScores]),
                     row_length_ * sizeof(std::int16_t));
      }
      return bytes + result.hang;
    } catch (const InputError& e) {
      throw InputError(arguments_.faults + ": " + e.what());
    }
  }

 private:
  std::unique_ptr<Engine> engine_;
  const std::vector<ListedCase>& cases_;
  std::size_t row_length_;
  const ReplayArguments& arguments_;
};

// Scores of an image that go into the output. Throws InputError if the list states another number of
// them.
std::size_t length_of_rows(const std::vector<ListedCase>& cases, const Parameters& parameters,
                           const ReplayArguments& arguments) {
  const auto classes = parameters.classes.size();
  const auto stated = std::ranges::find_if(cases, [](const auto& c) { return !c.scores.empty(); });
  const auto length = stated == cases.end() ? classes : stated->scores.front().size();
  if (length != classes && length != kScores) {
    throw InputError(arguments.faults + ": the rows of 'scores' hold " + std::to_string(length) +
                     " numbers where the parameters of " + parameters.net->name + " name " +
                     std::to_string(classes) + " classes: give that many, or all " +
                     std::to_string(kScores) + " scores");
  }
  return arguments.all_scores ? kScores : length;
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

std::vector<Replayed> run_cases(const std::vector<ListedCase>& cases, const Topology& net,
                                Inputs& inputs, const ReplayArguments& arguments) {
  const auto kind = engine_from_string(arguments.engine);
  const auto length = length_of_rows(cases, inputs.parameters(net), arguments);
  std::vector<Replayed> results(cases.size());
  std::vector<Task> tasks;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    tasks.push_back({0, static_cast<int>(i)});
  }
  std::int64_t finished = 0;
  ItemProgress progress(std::ssize(cases), "cases");
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    return std::make_unique<CaseRunner>(inputs.make_engine(kind, net, inputs.images().size()), cases,
                                        length, arguments);
  };
  hooks.limit = [&](int) { return arguments.limit; };
  hooks.done = [&](int index, const std::string& bytes) {
    const auto i = static_cast<std::size_t>(index);
    results[i] = parse_result(bytes, cases[i].trial.images, length);
    ++finished;
  };
  hooks.failed = [&](int index, const std::string& why) {
    results[static_cast<std::size_t>(index)].failure = why;
    ++finished;
  };
  hooks.tick = [&] { progress.show(finished); };
  hooks.name = [&](int index) {
    return "case " + std::to_string(cases[static_cast<std::size_t>(index)].trial.id) + " of " +
           arguments.faults;
  };
  const auto end = run_pool(tasks, arguments.jobs, hooks);
  progress.end();
  if (end == PoolEnd::interrupted) {
    throw std::runtime_error("interrupted after " + std::to_string(finished) + " of " +
                             std::to_string(cases.size()) + " cases: nothing was written to " +
                             arguments.out);
  }
  return results;
}

void write_results(const std::string& out, const std::vector<ListedCase>& cases,
                   const std::vector<Replayed>& results) {
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
  write_file(out, text);
}

// The first image whose scores are not the listed ones, or how many images there are.
std::ptrdiff_t first_difference(const Replayed& replayed, const ListedCase& listed) {
  const auto same = [](const ScoreRow& row, const ScoreRow& stated) {
    return std::equal(stated.begin(), stated.end(), row.begin());  // which may hold more
  };
  const auto differs = std::ranges::mismatch(replayed.scores, listed.scores, same).in1;
  return std::min<std::ptrdiff_t>(differs - replayed.scores.begin(), replayed.images_done);
}

// Prints how many cases give the listed scores; false if one does not, or could not be run.
bool agree(const std::vector<ListedCase>& cases, const std::vector<Replayed>& results,
           const std::string& what) {
  std::size_t expected = 0;
  std::size_t images = 0;
  std::string differing;
  std::string failures;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!results[i].failure.empty()) {
      failures += "case " + std::to_string(cases[i].trial.id) +
                  " could not be run: " + results[i].failure + "\n";
      continue;
    }
    if (cases[i].scores.empty()) {
      continue;
    }
    ++expected;
    images += cases[i].scores.size();
    if (const auto first = first_difference(results[i], cases[i]); first < cases[i].trial.images) {
      differing += "case " + std::to_string(cases[i].trial.id) + " differs from image " +
                   std::to_string(first) + " on\n";
    }
  }
  const auto wrong = static_cast<std::size_t>(std::ranges::count(differing, '\n'));
  print(what + ": " + std::to_string(cases.size()) + " cases replayed" +
        (expected == 0 ? ", none with listed scores\n"
                       : ", " + std::to_string(expected - wrong) + " of " + std::to_string(expected) +
                             " give the listed scores (" + std::to_string(images) + " images)\n") +
        differing + failures);
  return differing.empty() && failures.empty();
}

int replay(const ReplayArguments& arguments) {
  const StopSignals stop_signals;
  const auto& net = topology(arguments.network);
  const SiteMap sites(net);
  Outputs()
      .reads("--faults", arguments.faults)
      .reads("--params", arguments.params)
      .reads("--images", arguments.images)
      .reads("--firmware", arguments.host.firmware)
      .writes("--out", arguments.out)
      .check();
  auto cases = read_fault_list(arguments.faults, sites);
  if (arguments.select) {
    cases = select_cases(cases, *arguments.select, arguments.faults);
  }
  Inputs inputs(arguments.params, {&net}, arguments.images);
  inputs.use_host(arguments.host, engine_from_string(arguments.engine) == EngineKind::rtl);
  int images = 0;
  for (const auto& listed : cases) {
    images = std::max(images, listed.trial.images);
  }
  inputs.keep_images(images, arguments.faults);
  const auto results = run_cases(cases, net, inputs, arguments);
  write_results(arguments.out, cases, results);
  return agree(cases, results, net.name + " on engine " + arguments.engine) ? kDone : kFailed;
}

}  // namespace

void add_replay(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("replay", "Run an explicit list of faults and write the scores");
  auto arguments = std::make_shared<ReplayArguments>();
  command->add_option("--faults", arguments->faults, "cases, JSON Lines; scores in it are checked")
      ->type_name("LIST.jsonl")
      ->required();
  add_network(*command, arguments->network);
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  add_engine(*command, arguments->engine);
  add_host(*command, arguments->host);
  command
      ->add_option("--semantics", arguments->semantics,
                   "physical, source or shipped [source for faults by image, physical by cycle]")
      ->type_name("NAME");
  command
      ->add_option("--select", arguments->select,
                   "only K cases that cover every layer and target, those with the fewest stops")
      ->type_name("K")
      ->transform(in_range(1, 1'000'000));
  command->add_flag("--all-scores", arguments->all_scores,
                    "write all 64 scores of an image, as for a list that states as many [those of the "
                    "classes]");
  add_jobs(*command, arguments->jobs);
  add_limit(*command, arguments->limit, "a case");
  command->add_option("--out", arguments->out, "scores of each case, JSON Lines")
      ->type_name("OUT.jsonl")
      ->required();
  add_example(*command,
              "fluence replay --faults campaigns/example-faults.jsonl --network cnvW1A1 --engine rtl "
              "--out scores.jsonl");
  command->callback([arguments, &code] { code = replay(*arguments); });
}

}  // namespace fluence::cli
