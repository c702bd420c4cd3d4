// The command end to end, as a user runs it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/error.hpp"
#include "fault/draw.hpp"
#include "fault/fault_list.hpp"
#include "session/select.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/cifar_networks.hpp"
#include "tests/support/data.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kCommandSpec = R"(name = "t"
seed = 1
count = 12
[[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [1, 20]
trials = 200
)";

// Runs the campaign in two workers, sends a signal once so many trials are stored, and returns how it
// ended.
int stop_at(const TempDir& dir, const char* out, int trials, int signal) {
  return stopped(run_command(dir, out) + " --jobs 2 2>" + dir.file("err"), signal,
                 [&] { return test::count_trials(dir.file(out)) >= trials; });
}

// A list of drawn cases, with no scores.
std::vector<ListedCase> drawn_cases(int count) {
  static const SiteMap sites(topology("cnvW1A1"));
  const Drawer drawer(sites,
                      {{Space::weights, Space::thresholds}, {}, 4, 8, Semantics::source, false, 5});
  std::vector<ListedCase> cases;
  for (int i = 0; i < count; ++i) {
    cases.push_back({drawer.draw(1, 1, static_cast<std::uint64_t>(i)), {}});
  }
  return cases;
}

std::string to_text(const std::vector<ListedCase>& cases) {
  std::string text;
  for (const auto& listed : cases) {
    text += to_line(listed) + "\n";
  }
  return text;
}

TEST(Help, EndsWithAnExampleForEveryCommand) {
  const auto all = fluence("--help");
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("Example:\n  fluence "));
  std::istringstream lines(all.out.substr(all.out.find("Subcommands:\n") + 13));
  int commands = 0;
  for (std::string line; std::getline(lines, line) && line.starts_with("  "); ++commands) {
    const auto command = line.substr(2, line.find(' ', 2) - 2);
    const auto one = fluence(command + " --help");
    EXPECT_EQ(one.code, 0) << command;
    const auto at = one.out.find("Example:\n  fluence " + command + " ");
    ASSERT_NE(at, std::string::npos) << one.out;
    EXPECT_LE(std::ranges::count(one.out.substr(at), '\n'), 3) << "something follows the example";
  }
  EXPECT_GE(commands, 6);
}

TEST(Version, IsPrinted) {
  const auto finished = fluence("--version");
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, StartsWith("fluence "));
}

TEST(Sites, CountsAndListsTheSameBits) {
  const auto table = fluence("sites --network cnvW1A1");
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.out, HasSubstr("1601728 of them parameters"));
  std::istringstream csv(fluence("sites --network cnvW1A1 --csv").out);
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "address,space,layer,first_module,modules,words,threshes,bits,rtl_name,copies");
  const SiteMap sites(topology("cnvW1A1"));
  std::size_t rows = 0;
  for (; std::getline(csv, line); ++rows) {
    EXPECT_THAT(line, StartsWith(std::to_string(sites.arrays().at(rows).address) + ","));
    EXPECT_THAT(line, HasSubstr("," + sites.arrays().at(rows).rtl_name));
  }
  EXPECT_EQ(rows, sites.arrays().size());
}

TEST(Plan, SizesEveryStratumAndAllAsOne) {
  const auto plan = fluence("plan --network cnvW1A1 --margin 5 --spaces thresholds weights");
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("\nthresholds       7      8192 "));
  EXPECT_EQ(plan.out.find("\nthresholds       8"), std::string::npos);
  EXPECT_THAT(plan.out, HasSubstr("\nall as one           1601728   5.27e+13      385\n"));
  EXPECT_EQ(fluence("plan --network cnvW1A1 --margin 0").code, 2);
  EXPECT_EQ(fluence("plan --network cnvW1A1 --spaces wheights").code, 2);
}

TEST(Run, IsReportedAndComplete) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kCommandSpec);
  const auto ran = fluence(run_command(dir, "r"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("t is complete, 3200 trials in " + dir.file("r")));
  EXPECT_THAT(ran.err, HasSubstr("3200/3200 trials, "));
  EXPECT_THAT(ran.err, HasSubstr("trial-images/s"));
  const auto report = fluence("report " + dir.file("r"));
  EXPECT_EQ(report.code, 0);
  EXPECT_THAT(report.out, HasSubstr("engine fast, time image, source, 12 images a trial\n"));
  EXPECT_THAT(report.out, HasSubstr("\ncnvW2A2  mbu  thresholds all        20    200 "));
  EXPECT_THAT(report.out, HasSubstr("3200 of 3200 trials"));
  EXPECT_THAT(report.out, HasSubstr("\npage: " + dir.file("r") + "/report.html\n"));
  const auto before = test::dump_results(dir.file("r"));
  EXPECT_EQ(fluence(run_command(dir, "r")).code, 0) << "a complete campaign is resumed";
  EXPECT_EQ(test::dump_results(dir.file("r")), before);
}

TEST(Digest, NamesInBracketsAreNames) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kSmallSpec);
  const auto here = "cd " + dir.path().string() + " &&";
  for (const std::string name : {"[x]", "[a,b]", "[]"}) {
    ASSERT_EQ(fluence("run spec.toml " + workspace().inputs() + " --out '" + name + "'", here).code, 0);
    const auto digest = fluence("digest '" + name + "' '" + name + "'", here);
    EXPECT_EQ(digest.code, 0) << digest.err;
    EXPECT_EQ(std::ranges::count(digest.out, '\n'), 2) << digest.out;
    EXPECT_THAT(digest.out, HasSubstr("  " + name + "  ("));
    EXPECT_EQ(fluence("report '" + name + "'", here).code, 0);
    EXPECT_THAT(fluence("merge '" + name + "' --out m", here).err, HasSubstr(name + " holds no shard"));
  }
  EXPECT_EQ(fluence("'[x]'").err, "fluence: there is no command '[x]': see 'fluence --help'\n");
  EXPECT_THAT(fluence("sites --network '[x]'").err, HasSubstr("'[x]'"));
}

TEST(Run, ByCycleSaysWhichUpsetsWereRead) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), std::string(kCommandSpec) + "time = \"cycle\"\n");
  const auto ran = fluence(run_command(dir, "r") + " --jobs 2");
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto results = test::dump_results(dir.file("r"));
  EXPECT_THAT(results, HasSubstr("schedule cnvW1A1|"));
  EXPECT_THAT(results, HasSubstr("|read|0|\n"));
  EXPECT_THAT(results, HasSubstr("|never_read|0|\n")) << "some come after the last read";
  EXPECT_EQ(results.find("|unknown|"), std::string::npos);
  EXPECT_EQ(fluence(run_command(dir, "again") + " --jobs 1").code, 0);
  EXPECT_EQ(test::dump_results(dir.file("again")), results) << "depends on the number of workers";
}

// Draws do not depend on the engine, so each scenario's trials are the same on both.
TEST(Run, BothEnginesGiveTheSameScores) {
  constexpr auto kBoth = R"(name = "both"
seed = 7
trials = 1
count = 2
)";
  constexpr auto kPart = R"([[part]]
networks = ["cnvW1A1", "cnvW2A2"]
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
layers = [[0, 1, 2]]
faults = 3
)";
  std::string spec = kBoth;
  for (const std::string engine : {"fast", "rtl"}) {
    for (const std::string how : {"time = \"cycle\"", "semantics = \"physical\"",
                                  "semantics = \"source\"", "semantics = \"shipped\""}) {
      spec.append(kPart).append("engine = \"" + engine + "\"\n" + how + "\n");
    }
  }
  const TempDir dir;
  write_text(dir.file("spec.toml"), spec);
  const auto ran = fluence("run " + dir.file("spec.toml") + " --jobs 2 --out " + dir.file("r"));
  ASSERT_EQ(ran.code, 0) << ran.err;
  const SQLite::Database db(dir.file("r") + "/results.sqlite", SQLite::OPEN_READONLY);
  SQLite::Statement pairs(db, R"(
      SELECT count(*), sum(f.scores_digest = r.scores_digest),
             sum(f.masked < 2)
      FROM scenario sf JOIN scenario sr USING (network, mode, spaces, layers, faults, time, semantics)
      JOIN trial f ON f.scenario = sf.id JOIN trial r ON r.scenario = sr.id AND r.trial = f.trial
      WHERE sf.engine = 'fast' AND sr.engine = 'rtl')");
  ASSERT_TRUE(pairs.executeStep());
  EXPECT_EQ(pairs.getColumn(0).getInt(), 2 * 2 * 4);
  EXPECT_EQ(pairs.getColumn(1).getInt(), pairs.getColumn(0).getInt());
  EXPECT_GT(pairs.getColumn(2).getInt(), 8) << "the upsets change too few scores to compare";
}

// The network whose pattern repeats soonest.
TEST(Calibrate, GivesTheScheduleInTheTree) {
  const TempDir dir;
  const auto made = fluence("calibrate --network cnvW2A2 --out " + dir.file("new/folder"));
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("every 116294 cycles an image, from image 1 on"));
  EXPECT_EQ(read_text(dir.path() / "new/folder/cnvW2A2.json"),
            read_text(FLUENCE_SOURCE_DIR "/schedules/cnvW2A2.json"))
      << "if the RTL was changed, run 'fluence calibrate'";
  const auto refused = fluence("calibrate --network cnvW2A2 --out /dev/null/folder");
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("cannot make the folder /dev/null/folder"));
}

TEST(Run, KilledResumesToWhatAnUndisturbedRunGives) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kCommandSpec);
  ASSERT_EQ(fluence(run_command(dir, "whole") + " --jobs 1").code, 0);
  const auto whole = test::dump_results(dir.file("whole"));

  const auto out = dir.file("killed");
  for (const int trials : {1, 800}) {
    const int status = stop_at(dir, "killed", trials, SIGKILL);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the campaign was over before it was killed";
  }
  const int kept = test::count_trials(out);
  EXPECT_GE(kept, 800);
  EXPECT_LT(kept, 3200);
  EXPECT_EQ(fluence(run_command(dir, "killed") + " --jobs 2").code, 0);
  EXPECT_EQ(test::dump_results(out), whole);
}

TEST(Run, CtrlCStopsCleanlyAndSaysHowToResume) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), kCommandSpec);
  const int status = stop_at(dir, "r", 1, SIGINT);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const int kept = test::count_trials(dir.file("r"));
  EXPECT_LT(kept, 3200);
  EXPECT_THAT(read_text(dir.file("err")),
              HasSubstr("fluence: interrupted with " + std::to_string(kept) + " trials in " +
                        dir.file("r") + ": run the same command to resume\n"));
}

TEST(Replay, ChecksListedScores) {
  const TempDir dir;
  auto cases = drawn_cases(30);
  write_text(dir.file("list.jsonl"), to_text(cases));
  const auto replay = [&](const std::string& more) {
    return fluence("replay --faults " + dir.file("list.jsonl") + " --network cnvW1A1 " +
                   workspace().inputs() + " --out " + dir.file("out.jsonl") + " " + more);
  };
  const auto first = replay("--jobs 1");
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("30 cases replayed, none with listed scores"));
  const auto bytes = read_text(dir.file("out.jsonl"));
  EXPECT_EQ(replay("--jobs 2").code, 0);
  EXPECT_EQ(read_text(dir.file("out.jsonl")), bytes) << "depends on the number of workers";

  std::istringstream lines(bytes);
  std::string line;
  for (std::size_t i = 0; std::getline(lines, line); ++i) {
    const auto object = nlohmann::json::parse(line);
    EXPECT_EQ(object.at("id"), cases.at(i).trial.id);
    cases.at(i).scores = object.at("scores").get<std::vector<Scores>>();
  }
  write_text(dir.file("list.jsonl"), to_text(cases));
  const auto same = replay("");
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.out, HasSubstr("30 of 30 give the listed scores (150 images)"));

  cases[17].scores[3][9] = static_cast<std::int16_t>(cases[17].scores[3][9] + 1);
  write_text(dir.file("list.jsonl"), to_text(cases));
  const auto different = replay("");
  EXPECT_EQ(different.code, 1);
  EXPECT_THAT(different.out, HasSubstr("29 of 30 give the listed scores"));
  EXPECT_THAT(different.out, HasSubstr("case 17 differs from image 3 on"));
}

TEST(Replay, GivesAndChecksAllScoresOfAnImage) {
  const TempDir dir;
  auto cases = drawn_cases(3);
  const auto replay = [&](const std::string& more) {
    write_text(dir.file("list.jsonl"), to_text(cases));
    return fluence("replay --faults " + dir.file("list.jsonl") + " --network cnvW1A1 " +
                   workspace().inputs() + " --out " + dir.file("out.jsonl") + " " + more);
  };
  // Of each case.
  const auto written = [&] {
    std::vector<std::vector<Scores>> scores;
    std::istringstream lines(read_text(dir.file("out.jsonl")));
    for (std::string line; std::getline(lines, line);) {
      scores.push_back(nlohmann::json::parse(line).at("scores").get<std::vector<Scores>>());
    }
    return scores;
  };
  EXPECT_EQ(replay("").code, 0);
  const auto classes = written();
  EXPECT_EQ(replay("--all-scores").code, 0);
  const auto all = written();
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (std::size_t image = 0; image < classes.at(i).size(); ++image) {
      const auto& row = all.at(i).at(image);
      ASSERT_EQ(row.size(), 64U);
      EXPECT_EQ(Scores(row.begin(), row.begin() + 10), classes[i][image]);
    }
    cases[i].scores = classes[i];
  }
  // A list of the classes' scores is checked by them, whatever is written.
  const auto few = replay("--all-scores");
  EXPECT_EQ(few.code, 0) << few.out;
  EXPECT_THAT(few.out, HasSubstr("3 of 3 give the listed scores (15 images)"));
  EXPECT_EQ(written(), all);

  for (std::size_t i = 0; i < cases.size(); ++i) {
    cases[i].scores = all[i];
  }
  const auto same = replay("");
  EXPECT_EQ(same.code, 0) << same.out;
  EXPECT_THAT(same.out, HasSubstr("3 of 3 give the listed scores (15 images)"));
  EXPECT_EQ(written(), all);
  auto& last = cases[1].scores[4][63];
  last = static_cast<std::int16_t>(last + 1);
  const auto different = replay("");
  EXPECT_EQ(different.code, 1);
  EXPECT_THAT(different.out, HasSubstr("case 1 differs from image 4 on"));
  cases[1].scores[4].resize(10);
  const auto mixed = replay("");
  EXPECT_EQ(mixed.code, 2);
  EXPECT_THAT(mixed.err, HasSubstr("holds 10 numbers where those before it hold 64"));
}

TEST(Select, CoversAllPlacesWithTheFewestStops) {
  const auto cases = drawn_cases(200);
  std::set<std::pair<Space, int>> all;
  for (const auto& listed : cases) {
    for (const auto& fault : listed.trial.faults) {
      all.emplace(fault.site.space, fault.site.layer);
    }
  }
  const auto selected = select_cases(cases, 30, "list");
  ASSERT_EQ(selected.size(), 30U);
  std::set<std::pair<Space, int>> covered;
  for (const auto& listed : selected) {
    for (const auto& fault : listed.trial.faults) {
      covered.emplace(fault.site.space, fault.site.layer);
    }
  }
  EXPECT_EQ(covered, all);
  EXPECT_TRUE(std::ranges::is_sorted(selected, {}, [](const auto& c) { return c.trial.id; }));
  EXPECT_EQ(to_text(select_cases(cases, 30, "list")), to_text(selected));
  EXPECT_EQ(select_cases(cases, 200, "list").size(), 200U);
  EXPECT_THROW(select_cases(cases, 1, "list"), InputError);
  EXPECT_THROW(select_cases(cases, 201, "list"), InputError);
}

TEST(Classify, WritesTheScoresOfEveryImage) {
  const TempDir dir;
  const auto finished = fluence("classify --network cnvW2A2 " + workspace().inputs() +
                                " --count 5 --list --scores " + dir.file("scores.i16"));
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(std::ranges::count(finished.out, '\n'), 5 + 1);
  EXPECT_THAT(finished.out, HasSubstr("cnvW2A2: "));
  EXPECT_THAT(finished.out, HasSubstr(" of 5 correct, "));
  EXPECT_EQ(read_text(dir.file("scores.i16")).size(), 5U * 64 * 2);
}

TEST(Replay, TheExampleOfItsHelpRuns) {
  const TempDir dir;
  const auto help = fluence("replay --help").out;
  auto example = help.substr(help.find("fluence replay --faults") + std::string("fluence ").size());
  example = example.substr(0, example.find(" --out"));
  const auto finished =
      fluence(example + " --out " + dir.file("out.jsonl"), "cd '" FLUENCE_SOURCE_DIR "' &&");
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("2 cases replayed"));
}

TEST(Classify, TakesTheEmbeddedModelAndImagesByDefault) {
  const auto study = fluence("classify --network cnvW1A1");
  EXPECT_EQ(study.code, 0) << study.err;
  EXPECT_THAT(study.out, HasSubstr(" of 1000 correct, "));
  const auto more = fluence("classify --network cnvW1A1 --count 1200");
  EXPECT_THAT(more.out, HasSubstr(" of 1200 correct, "));
  const auto rtl = fluence("classify --network cnvW1A1 --engine rtl --count 5 --list");
  EXPECT_EQ(rtl.out, fluence("classify --network cnvW1A1 --count 5 --list").out);
}

std::string data_inputs(const Topology& net) {
  const auto data = test::data_dir();
  return " --network " + net.name + " --params " + (data / "params").string() + " --images " +
         (data / "cifar10/test_first1000.bin").string();
}

TEST(OnBoardData, ClassifyGivesTheGoldenScores) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : cifar_networks()) {
    const TempDir dir;
    EXPECT_EQ(fluence("classify --scores " + dir.file("scores.i16") + data_inputs(net)).code, 0);
    EXPECT_EQ(read_text(dir.file("scores.i16")),
              read_text(test::data_dir() / "scores" / (net.name + ".i16")));
  }
}

// What `make bnn-pynq cifar10` brings: correct of the first 1,000 test images, as on record.
TEST(OnFetchedData, ClassifyGivesTheRecordedAccuracies) {
  const auto data = std::filesystem::path(FLUENCE_SOURCE_DIR) / "data";
  if (!std::filesystem::exists(data / "bnn-pynq") || !std::filesystem::exists(data / "cifar10")) {
    GTEST_SKIP() << "no fetched data: make bnn-pynq cifar10";
  }
  const std::map<std::string, int> correct{{"cnvW1A1", 805}, {"cnvW1A2", 849}, {"cnvW2A2", 853}};
  for (const auto& [net, expected] : correct) {
    const auto finished =
        fluence("classify --count 1000 --network " + net + " --params " + (data / "bnn-pynq").string() +
                " --images " + (data / "cifar10/test_batch.bin").string());
    EXPECT_THAT(finished.out, HasSubstr(" " + std::to_string(expected) + " of 1000 correct"));
  }
}

TEST(OnBoardData, ReplayOfAllFaultCasesGivesTheListedScores) {
  FLUENCE_NEEDS_DATA();
  for (const auto& net : cifar_networks()) {
    const TempDir dir;
    const auto finished =
        fluence("replay --faults " + (test::data_dir() / "faults" / (net.name + ".jsonl")).string() +
                " --out " + dir.file("out.jsonl") + data_inputs(net));
    EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
    EXPECT_THAT(finished.out, HasSubstr("400 of 400 give the listed scores"));
  }
}

}  // namespace
}  // namespace fluence::test
