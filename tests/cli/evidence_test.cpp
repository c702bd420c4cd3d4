// Outcomes of the user's own, and the record of a campaign, end to end.
#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>

#include "tests/cli/command.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// On the embedded models, whose classes have names; of full layers, which are quick on the RTL.
std::string full_layers(const std::string& keys, const std::string& part) {
  return "name = \"t\"\nseed = 3\ncount = 4\n" + keys +
         "\n[[part]]\nnetworks = \"lfcW1A1\"\nmodes = \"seu\"\n" + part;
}

class OwnOutcomes : public ::testing::Test {
 protected:
  [[nodiscard]] Finished run(const std::string& spec) const {
    write_text(dir_.path() / "spec.toml", spec);
    return fluence("run " + dir_.file("spec.toml") + " --jobs 1 --out " + folder());
  }
  [[nodiscard]] std::string folder() const { return dir_.file("r"); }
  [[nodiscard]] SQLite::Database results() const {
    return {(dir_.path() / "r" / "results.sqlite").string()};
  }
  TempDir dir_;
};

TEST_F(OwnOutcomes, AnUnknownClassIsRefusedWithThePossibleOnes) {
  const std::string weights = "spaces = \"weights\"\nfaults = 20\ntrials = 2\n";
  const auto finished = run(full_layers("critical = { pairs = [[3, \"ten\"]] }", weights));
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.error_lines(), 1);
  EXPECT_THAT(finished.err,
              AllOf(HasSubstr("spec.toml: 'critical': of lfcW1A1, there is no class 'ten': "
                              "use 0 ('0'), 1 ('1')"),
                    HasSubstr("9 ('9')")));
  EXPECT_FALSE(std::filesystem::exists(folder()));
  const auto narrow = run(full_layers("plausible = [0, 0]", weights));
  EXPECT_EQ(narrow.code, 2);
  EXPECT_THAT(narrow.err,
              HasSubstr("'plausible': lfcW1A1 gives image 0 scores from 0 to 1 without faults"));
  const auto order = run(full_layers("critical = { top = 3 }", weights));
  EXPECT_THAT(order.err,
              HasSubstr("of lfcW1A1, the network does not take the class of the highest score"));
  auto window = full_layers("critical = { top = 10 }", weights);
  window.replace(window.find("lfcW1A1"), 7, "cnvW1A1");
  EXPECT_THAT(run(window).err, HasSubstr("of cnvW1A1, of 10 classes, each is always among so many"));
  EXPECT_FALSE(std::filesystem::exists(folder()));
}

TEST_F(OwnOutcomes, BothEnginesTellThemAlike) {
  const std::string part =
      "spaces = \"thresholds\"\nfaults = 12000\ntrials = 3\ntime = \"start\"\n"
      "semantics = \"physical\"\n";
  const auto sums = [&] {
    auto db = results();
    return db.execAndGet("SELECT sum(critical) || ' ' || group_concat(scores_digest) FROM trial")
        .getString();
  };
  ASSERT_EQ(run(full_layers("", part)).code, 0);
  const auto by_class = sums();
  std::filesystem::remove_all(folder());
  const auto finished =
      run(full_layers("critical = { pairs = [[7, \"*\"], [\"9\", \"*\"]] }\nplausible = [0, 1]", part));
  ASSERT_EQ(finished.code, 0) << finished.err;
  const auto by_pairs = sums();
  EXPECT_GT(std::stoi(by_class), std::stoi(by_pairs));
  EXPECT_GT(std::stoi(by_pairs), 0);
  EXPECT_EQ(by_class.substr(by_class.find(' ')), by_pairs.substr(by_pairs.find(' ')))
      << "the same scores";
  EXPECT_EQ(results().execAndGet("SELECT rule FROM scenario").getString(), "pairs 7>* 9>*");
  const auto trial = fluence("trial " + folder() + " --scenario 0 --trial 1 --engine rtl");
  EXPECT_EQ(trial.code, 0) << trial.out << trial.err;
  const auto verify = "verify " + folder() + " --sample 3 --jobs 1";
  EXPECT_EQ(fluence(verify).code, 0);
  EXPECT_THAT(fluence("report " + folder()).out, HasSubstr("images a trial, critical pairs 7>* 9>*"));
  // The same scores by another rule.
  rewrite_results(folder(), "UPDATE scenario SET rule = 'class'");
  const auto other = fluence(verify);
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out, HasSubstr("has the stored scores and other outcomes"));
}

TEST_F(OwnOutcomes, AWatchdogEndsARunSooner) {
  const auto finished = run(full_layers(
      "watchdog = 1500",
      "engine = \"rtl\"\nspaces = \"control\"\nfaults = 3\ntrials = 12\ntime = \"cycle\"\n"));
  ASSERT_EQ(finished.code, 0) << finished.err;
  auto db = results();
  const int clean = db.execAndGet("SELECT min(cycles) FROM trial WHERE hang = 0").getInt();
  EXPECT_GT(db.execAndGet("SELECT count(*) FROM trial WHERE hang > 0").getInt(), 0);
  EXPECT_LT(db.execAndGet("SELECT max(cycles) FROM trial").getInt(), clean + 2000);
  const auto arm = fluence("run " + dir_.file("spec.toml") + " --host arm --out " + dir_.file("arm"));
  EXPECT_EQ(arm.code, 2);
  EXPECT_THAT(arm.err, HasSubstr("'watchdog' is a limit of the native host"));
}

TEST_F(OwnOutcomes, ARecordIsMadeOfThem) {
  ASSERT_EQ(run(full_layers("critical = { pairs = [[\"3\", \"*\"], [7, 2]] }",
                            "spaces = [\"weights\", \"thresholds\"]\nfaults = 1\ntrials = 6\n"))
                .code,
            0);
  const auto record = fluence("evidence " + folder() +
                              " --goal 'No 3 is taken for another' --read-back 2 "
                              "--ftti 5000 --without codec --json " +
                              dir_.file("e.json") + " --csv " + dir_.file("e.csv"));
  ASSERT_EQ(record.code, 0) << record.err;
  EXPECT_THAT(record.out,
              AllOf(HasSubstr("scenario 1: lfcW1A1 seu thresholds layers all faults 1, 6 trials"),
                    HasSubstr("record: " + folder() + "/evidence.html\n")));
  const auto page = read_text(dir_.path() / "r" / "evidence.html");
  EXPECT_THAT(page, AllOf(HasSubstr("No 3 is taken for another"), HasSubstr("pairs 3&gt;* 7&gt;2"),
                          HasSubstr("within 5000 cycles"), HasSubstr("configuration memory"),
                          HasSubstr("Not compared")));
  const auto data = json::parse(read_text(dir_.file("e.json")));
  EXPECT_TRUE(data["elements"][0]["reason"].is_null()) << data["elements"][0]["reason"];
  EXPECT_EQ(data["sums"][0]["scenarios"], json({0, 1}));
  EXPECT_EQ(data["sums"][0]["bits"], 3064832);
  // What the record says to run gives the same results.
  const auto& again = data["commands"].back();
  EXPECT_THAT(again["command"].get<std::string>(), HasSubstr("fluence run again.toml"));
  const auto shell = "cd " + dir_.path().string() +
                     " && PATH=$(dirname '" FLUENCE_BINARY "'):$PATH && " +
                     again["command"].get<std::string>() + " >" + dir_.file("digest") + " 2>/dev/null";
  ASSERT_EQ(std::system(shell.c_str()), 0) << shell;
  EXPECT_THAT(read_text(dir_.file("digest")), HasSubstr(data["campaign"]["digest"].get<std::string>()));
}

TEST_F(OwnOutcomes, ARecordRefusesWhatItIsNotOf) {
  const auto refused = [](const std::string& arguments, const std::string& sentence) {
    const auto finished = fluence("evidence " + arguments);
    EXPECT_EQ(finished.code, 2) << arguments;
    EXPECT_EQ(finished.error_lines(), 1);
    EXPECT_THAT(finished.err, HasSubstr(sentence));
  };
  refused(dir_.file("none"), "there are no results in");
  refused(dir_.file("none") + " --read-back 0", "--read-back");
  refused(dir_.file("none") + " --without voters", "voters");
  refused(dir_.file("none") + " --goal ''", "--goal");
}

}  // namespace
}  // namespace fluence::test
