#include "campaign/runner.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "fault/fast_engine.hpp"
#include "fault/fault_list.hpp"
#include "tests/campaign/fake_engine.hpp"
#include "tests/support/published.hpp"
#include "tests/support/results.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using test::factory;
using test::FakeEngine;
using test::kImages;
using test::kLabels;
using test::kRunnerManifest;
using test::run;
using test::spec;
using ::testing::HasSubstr;

TEST(Campaign, EveryTrialIsStoredWithItsUpsets) {
  const test::TempDir dir;
  const auto s = spec(5);
  EXPECT_EQ(run(dir.path() / "r", s, 1), PoolEnd::complete);
  auto store = Store::open_existing(dir.path() / "r");
  EXPECT_EQ(store.finished().size(), 80U);
  EXPECT_EQ(store.manifest(), kRunnerManifest);
  const auto tallies = store.tallies();
  ASSERT_EQ(tallies.size(), s.scenarios.size());
  for (const auto& tally : tallies) {
    EXPECT_EQ(tally.done, 5);
    EXPECT_EQ(tally.baseline_correct, kImages);
    EXPECT_EQ(tally.masked + tally.tolerable + tally.critical + tally.hang, 5 * kImages);
  }
  const auto counts = store.image_counts(0);  // which checks the sums
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->fault_free, std::vector<int>(kImages, 1));
  const SQLite::Database db((dir.path() / "r/results.sqlite").string());
  SQLite::Statement upsets(db, "SELECT scenario, trial, count(*) FROM upset GROUP BY 1, 2");
  int rows = 0;
  for (; upsets.executeStep(); ++rows) {
    const auto& scenario = s.scenarios.at(static_cast<std::size_t>(upsets.getColumn(0).getInt()));
    EXPECT_EQ(upsets.getColumn(2).getInt(), scenario.draw_plan.faults);
  }
  EXPECT_EQ(rows, 80);
}

TEST(Campaign, ResultsDoNotDependOnTheNumberOfWorkers) {
  const test::TempDir dir;
  run(dir.path() / "one", spec(20), 1);
  run(dir.path() / "three", spec(20), 3);
  const auto one = test::dump_results(dir.path() / "one");
  EXPECT_EQ(one, test::dump_results(dir.path() / "three"));
  EXPECT_GT(one.size(), 10'000U);
}

// A trial's faults are several rows each; what is missing is drawn as it was.
TEST(Campaign, OfBurstsGoesOnWhereItWasLeft) {
  const auto s = Spec::parse(R"(name = "t"
seed = 3
count = 6
trials = 20
[bursts]
ion = [{probability = 0.5, bits = [[0, 0]]}, {probability = 0.5, bits = [[0, 0], [0, 1], [1, 0]]}]
[[part]]
networks = "cnvW1A1"
modes = ["burst:4", "burst:ion", "seu@module"]
spaces = "thresholds"
faults = 3
time = "image"
)",
                             "t.toml");
  const test::TempDir dir;
  run(dir.path() / "whole", s, 1);
  run(dir.path() / "left", s, 3);
  Store::open(dir.path() / "left", kRunnerManifest, s.scenarios).forget_from(1, 7);
  run(dir.path() / "left", s, 2);
  EXPECT_EQ(test::dump_results(dir.path() / "left"), test::dump_results(dir.path() / "whole"));
  auto store = Store::open_existing(dir.path() / "whole");
  const auto drawn = Drawer(SiteMap(topology("cnvW1A1")), s.scenarios[1].draw_plan)
                         .draw(s.seed, s.scenarios[1].key(), 7);
  const auto stored = store.upsets(1, 7);
  ASSERT_EQ(stored.size(), drawn.faults.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ(stored[i].fault.site, drawn.faults[i].site);
  }
  EXPECT_GT(store.upsets(0).size(), 20U * 3 * 3);
  EXPECT_EQ(store.upsets(2, 0).front().fault.word_size, kWholeWord);
  EXPECT_EQ(store.tallies().at(1).mode, "burst:ion");
  EXPECT_EQ(store.tallies().at(1).upsets(), 3);
}

// Two scenarios whose accuracies spread, and one that needs all its trials.
Spec stopping_spec() {
  return Spec::parse(R"(name = "t"
seed = 3
count = 6
trials = 700
[[part]]
networks = "cnvW1A1"
modes = ["seu", "mbu"]
spaces = "weights"
faults = 9
margin = 1.1
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "thresholds"
faults = 9
trials = 120
)",
                     "t.toml");
}

// Evaluates a batch as one piece of work, and notes in a file that there was one of several trials.
class JointEngine final : public FakeEngine {
 public:
  JointEngine(const Topology& net, std::filesystem::path note, FakeEngine::Before before = {})
      : FakeEngine(net, before), note_(std::move(note)) {}

 protected:
  void run_batch(std::span<const Trial> batch, const Take& take, const CancelToken& cancel) override {
    std::vector<TrialResult> results;
    for (const auto& trial : batch) {
      results.push_back(run_one(trial, cancel));
    }
    if (batch.size() > 4) {
      std::ofstream(note_) << batch.size();
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      take(i, std::move(results[i]));
    }
  }

 private:
  std::filesystem::path note_;
};

EngineFactory joint_factory(const std::filesystem::path& note, FakeEngine::Before before = {}) {
  return [=](EngineKind, const Topology& net, int) {
    return std::make_unique<JointEngine>(net, note, before);
  };
}

TEST(Campaign, ResultsDependNeitherOnBatchesNorOnTheEnginesOrderInThem) {
  const test::TempDir dir;
  for (const auto& s : {spec(30), stopping_spec()}) {
    const auto expected_folder = dir.path() / ("expected" + std::to_string(s.scenarios.size()));
    EXPECT_EQ(run(expected_folder, s, 1), PoolEnd::complete);
    const auto expected = test::dump_results(expected_folder);
    const auto digest = Store::open_existing(expected_folder).content_digest();
    for (const int jobs : {1, 3}) {
      for (const double seconds : {0.0, 0.01, 100.0}) {
        const test::TempDir results;
        const auto note = results.path() / "note";
        {
          auto store = Store::open(results.path() / "r", kRunnerManifest, s.scenarios);
          EXPECT_EQ(run_campaign(s, store, joint_factory(note), test::labels_of,
                                 {.jobs = jobs, .batch_seconds = seconds}),
                    PoolEnd::complete);
          EXPECT_EQ(store.content_digest(), digest);
        }
        EXPECT_EQ(std::filesystem::exists(note), seconds > 0) << "batches of " << seconds << " s";
        EXPECT_EQ(test::dump_results(results.path() / "r"), expected)
            << jobs << " jobs, batches of " << seconds << " s";
      }
    }
  }
}

TEST(Campaign, OfABatchThatDiesTheKillerAloneIsRecorded) {
  const test::TempDir dir;
  const auto s = spec(30);
  const auto killing = joint_factory(dir.path() / "note", [](const FaultCase& trial) {
    if (trial.id == 22 && trial.faults.size() == 9 && trial.faults[0].site.space == Space::weights) {
      ::kill(::getpid(), SIGKILL);
    }
  });
  EXPECT_EQ(run(dir.path() / "r", s, 2, killing), PoolEnd::complete);
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "note")) << "there were no batches";
  auto store = Store::open_existing(dir.path() / "r");
  const auto failed = store.failed();
  ASSERT_EQ(failed.size(), 4U) << "of two networks and two modes";
  for (const auto& f : failed) {
    EXPECT_EQ(f.trial, 22);
    EXPECT_EQ(f.upsets.size(), 9U);
    EXPECT_EQ(f.upsets[0].site.space, Space::weights);
    EXPECT_EQ(f.reason, "its worker was killed by signal 9, Killed");
  }
  EXPECT_EQ(test::count_trials(dir.path() / "r"), 16 * 30 - 4);
}

TEST(Campaign, ScenariosEndAtTheirMarginWhateverTheJobsKillsAndResumes) {
  const test::TempDir dir;
  const auto s = stopping_spec();
  EXPECT_EQ(run(dir.path() / "one", s, 1), PoolEnd::complete);
  const auto one = test::dump_results(dir.path() / "one");
  const auto tallies = Store::open_existing(dir.path() / "one").tallies();
  for (const auto i : {0U, 1U}) {
    EXPECT_GT(tallies[i].trials, 200);
    EXPECT_LT(tallies[i].trials, 700) << "the margin is no test";
    EXPECT_EQ(tallies[i].trials % 50, 0);
    EXPECT_EQ(tallies[i].done, tallies[i].trials);
  }
  EXPECT_EQ(tallies[2].done, 120);

  // Workers that are slow now and then finish trials out of order.
  const auto uneven = factory([](const FaultCase& trial) {
    std::this_thread::sleep_for(std::chrono::microseconds(trial.id % 7 == 0 ? 3000 : 300));
  });
  EXPECT_EQ(run(dir.path() / "three", s, 3, uneven), PoolEnd::complete);
  EXPECT_EQ(test::dump_results(dir.path() / "three"), one);

  for (const int trials : {20, 150, 260}) {
    const pid_t child = ::fork();
    if (child == 0) {
      run(dir.path() / "killed", s, 2, uneven);
      ::_exit(0);
    }
    while (test::count_trials(dir.path() / "killed") < trials &&
           ::waitpid(child, nullptr, WNOHANG) == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  EXPECT_EQ(run(dir.path() / "killed", s, 2), PoolEnd::complete);
  EXPECT_EQ(test::dump_results(dir.path() / "killed"), one);
  EXPECT_EQ(run(dir.path() / "killed", s, 2), PoolEnd::complete) << "a finished one has nothing to do";
  EXPECT_EQ(test::dump_results(dir.path() / "killed"), one);
}

TEST(Campaign, MoreTrialsContinueTheSameSequence) {
  const test::TempDir dir;
  run(dir.path() / "few", spec(3), 1);
  run(dir.path() / "many", spec(4), 1);
  const auto trial_rows = [&](const char* folder) {
    const SQLite::Database db((dir.path() / folder / "results.sqlite").string());
    SQLite::Statement query(db,
                            "SELECT scenario || ' ' || trial || ' ' || scores_digest FROM trial "
                            "WHERE trial < 3 ORDER BY scenario, trial");
    std::vector<std::string> rows;
    while (query.executeStep()) {
      rows.push_back(query.getColumn(0).getString());
    }
    return rows;
  };
  EXPECT_EQ(trial_rows("few"), trial_rows("many"));
}

TEST(Campaign, KilledAtAnyTimeItResumesToTheSameResults) {
  const test::TempDir dir;
  const auto s = spec(60);
  const auto slow =
      factory([](const FaultCase&) { std::this_thread::sleep_for(std::chrono::microseconds(1500)); });
  EXPECT_EQ(run(dir.path() / "whole", s, 2), PoolEnd::complete);
  int kills = 0;
  for (const int stop_at : {0, 1, 256}) {
    const pid_t child = ::fork();
    if (child == 0) {
      run(dir.path() / "killed", s, 2, slow);
      ::_exit(0);
    }
    while (test::count_trials(dir.path() / "killed") < stop_at) {
      ASSERT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "the campaign has ended";
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    kills += WIFSIGNALED(status) ? 1 : 0;
  }
  EXPECT_EQ(kills, 3) << "the campaign was over before it was killed";
  const int before = test::count_trials(dir.path() / "killed");
  EXPECT_GT(before, 0);
  EXPECT_LT(before, 960);
  EXPECT_EQ(run(dir.path() / "killed", s, 2), PoolEnd::complete);
  EXPECT_EQ(test::dump_results(dir.path() / "killed"), test::dump_results(dir.path() / "whole"));
}

TEST(Campaign, InterruptedItKeepsWhatIsFinishedAndResumes) {
  const test::TempDir dir;
  const auto s = spec(60);
  const pid_t child = ::fork();
  if (child == 0) {
    auto store = Store::open(dir.path() / "r", kRunnerManifest, s.scenarios);
    const auto self = ::getpid();
    bool sent = false;
    const auto once = factory([self, sent](const FaultCase& trial) mutable {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (trial.id == 10 && !std::exchange(sent, true)) {
        ::kill(self, SIGINT);
      }
    });
    const auto end = run_campaign(s, store, once, test::labels_of, {1});
    ::_exit(end == PoolEnd::interrupted ? 42 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
  const int kept = test::count_trials(dir.path() / "r");
  EXPECT_GE(kept, 10 * 8);
  EXPECT_LT(kept, 960);
  EXPECT_EQ(run(dir.path() / "r", s, 2), PoolEnd::complete);
  run(dir.path() / "whole", s, 1);
  EXPECT_EQ(test::dump_results(dir.path() / "r"), test::dump_results(dir.path() / "whole"));
}

PoolEnd retry(const std::filesystem::path& folder, const Spec& s, const EngineFactory& engines) {
  auto store = Store::open(folder, kRunnerManifest, s.scenarios);
  return run_campaign(s, store, engines, test::labels_of, {.jobs = 2, .retry_failed = true});
}

TEST(Campaign, ATrialThatCannotBeEvaluatedIsRecordedAndTheRestGoesOn) {
  const test::TempDir dir;
  const auto s = spec(10);
  const auto crashing = factory([](const FaultCase& trial) {
    if (trial.id == 7) {
      ::kill(::getpid(), SIGKILL);
    }
  });
  EXPECT_EQ(run(dir.path() / "r", s, 3, crashing), PoolEnd::complete);
  EXPECT_EQ(test::count_trials(dir.path() / "r"), 160 - 16);
  {
    auto store = Store::open_existing(dir.path() / "r");
    EXPECT_EQ(store.finished().size(), 160U);
    const auto failed = store.failed();
    ASSERT_EQ(failed.size(), 16U);
    for (std::size_t i = 0; i < failed.size(); ++i) {
      const auto& scenario = s.scenarios[i];
      EXPECT_EQ(failed[i].scenario, static_cast<int>(i));
      EXPECT_EQ(failed[i].trial, 7);
      EXPECT_EQ(failed[i].reason, "its worker was killed by signal 9, Killed");
      const auto drawn =
          Drawer(SiteMap(*scenario.net), scenario.draw_plan).draw(s.seed, scenario.key(), 7);
      EXPECT_EQ(to_line({{7, kImages, failed[i].upsets}, {}}), to_line({drawn, {}}));
    }
    EXPECT_EQ(store.tallies()[3].done, 9);
    EXPECT_EQ(store.tallies()[3].failed, 1);
  }
  // A resume leaves them alone, a retry replaces them.
  EXPECT_EQ(run(dir.path() / "r", s, 2), PoolEnd::complete);
  EXPECT_EQ(Store::open_existing(dir.path() / "r").failed().size(), 16U);
  EXPECT_EQ(retry(dir.path() / "r", s, factory()), PoolEnd::complete);
  EXPECT_TRUE(Store::open_existing(dir.path() / "r").failed().empty());
  run(dir.path() / "whole", s, 1);
  EXPECT_EQ(test::dump_results(dir.path() / "r"), test::dump_results(dir.path() / "whole"));
}

TEST(Campaign, ATrialBeyondItsLimitIsRecorded) {
  const test::TempDir dir;
  auto s = spec(3);
  s.scenarios[2].limit = 0.1;
  const auto hanging = factory([&](const FaultCase& trial) {
    if (trial.id == 1 && trial.faults.size() == 1 && trial.faults[0].site.space == Space::thresholds) {
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  });
  EXPECT_EQ(run(dir.path() / "r", s, 2, hanging), PoolEnd::complete);
  const auto failed = Store::open_existing(dir.path() / "r").failed();
  ASSERT_EQ(failed.size(), 1U) << "the others may take any time";
  EXPECT_EQ(failed[0].scenario, 2);
  EXPECT_EQ(failed[0].trial, 1);
  EXPECT_EQ(failed[0].reason, "it ran longer than its limit of 0.1 s");
}

TEST(Campaign, StoppingGoesOnPastATrialThatFailedWhateverTheJobs) {
  const test::TempDir dir;
  const auto s = stopping_spec();
  const auto crashing = factory([](const FaultCase& trial) {
    if (trial.id == 17) {
      ::kill(::getpid(), SIGKILL);
    }
  });
  EXPECT_EQ(run(dir.path() / "one", s, 1, crashing), PoolEnd::complete);
  EXPECT_EQ(run(dir.path() / "three", s, 3, crashing), PoolEnd::complete);
  EXPECT_EQ(test::dump_results(dir.path() / "one"), test::dump_results(dir.path() / "three"));
  const auto tallies = Store::open_existing(dir.path() / "one").tallies();
  for (const auto i : {0U, 1U}) {
    EXPECT_LT(tallies[i].trials, 700);
    EXPECT_EQ(tallies[i].done, tallies[i].trials - 1);
    EXPECT_EQ(tallies[i].failed, 1);
  }
  // What was decided without it is decided anew with it.
  EXPECT_EQ(retry(dir.path() / "one", s, factory()), PoolEnd::complete);
  EXPECT_EQ(run(dir.path() / "whole", s, 2), PoolEnd::complete);
  EXPECT_EQ(test::dump_results(dir.path() / "one"), test::dump_results(dir.path() / "whole"));
}

TEST(Campaign, AnEngineThatEvaluatesNothingIsGivenUp) {
  const test::TempDir dir;
  const auto s = spec(10);
  const auto useless = factory([](const FaultCase& trial) {
    if (!trial.faults.empty()) {
      throw std::logic_error("a bug");
    }
  });
  try {
    run(dir.path() / "r", s, 2, useless);
    FAIL() << "it went on";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("none of the first 20 trials of cnvW1A1 on engine fast could be "
                                    "evaluated (of the last, a bug)"));
  }
  EXPECT_EQ(Store::open_existing(dir.path() / "r").failed().size(), 20U);
  EXPECT_EQ(retry(dir.path() / "r", s, factory()), PoolEnd::complete);
  EXPECT_EQ(test::count_trials(dir.path() / "r"), 160);
}

TEST(Campaign, ResultsOfAnotherCampaignAreRefusedAndLeftAlone) {
  const test::TempDir dir;
  const auto s = spec(2);
  run(dir.path() / "r", s, 1);
  const auto before = test::dump_results(dir.path() / "r");
  for (const auto* key : {"seed", "spec"}) {
    auto other = kRunnerManifest;
    other[key] = "other";
    try {
      Store::open(dir.path() / "r", other, s.scenarios);
      FAIL() << "another campaign was taken for this one";
    } catch (const InputError& e) {
      EXPECT_THAT(e.what(), HasSubstr(std::string("another campaign (its ") + key + " differs)"));
    }
  }
  EXPECT_EQ(test::dump_results(dir.path() / "r"), before);
}

TEST(Campaign, OtherFaultFreeScoresAreRefused) {
  const test::TempDir dir;
  const auto s = spec(4);
  const auto half = factory([](const FaultCase& trial) {
    if (trial.id == 2) {
      throw InputError("half of it");
    }
  });
  EXPECT_THROW(run(dir.path() / "r", s, 1, half), InputError);
  class Different final : public Engine {
   public:
    explicit Different(const Topology& net) : Engine(net, kImages, 10, fast_capabilities()) {}

   protected:
    TrialResult run_one(const Trial& trial, const CancelToken&) override {
      TrialResult result;
      result.images_done = trial.fault_case.images;
      result.scores.assign(static_cast<std::size_t>(result.images_done) * kScores, 1);
      return result;
    }
  };
  try {
    run(dir.path() / "r", s, 1,
        [](EngineKind, const Topology& net, int) { return std::make_unique<Different>(net); });
    FAIL() << "results of two different engines were mixed";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), HasSubstr("other fault-free scores"));
  }
}

}  // namespace
}  // namespace fluence
