// Tables as text and as JSON; flags that mean the same everywhere; colours.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "rtl/sites.hpp"
#include "tests/cli/command.hpp"
#include "tests/cli/terminal.hpp"

namespace fluence::test {
namespace {

using Rows = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

Rows data(const std::string& arguments) {
  const auto finished = fluence(arguments);
  EXPECT_EQ(finished.code, 0) << finished.err;
  return Rows::parse(finished.out);
}

TEST(Json, IsOnStdoutInPlaceOfTheText) {
  const auto sites = fluence("sites --network lfcW1A1 --json");
  EXPECT_EQ(sites.code, 0);
  EXPECT_EQ(sites.err, "");
  std::uint64_t bits = 0;
  for (const auto& row : Rows::parse(sites.out)) {
    EXPECT_EQ(row.size(), 3U);
    bits += row.at("bits").get<std::uint64_t>();
  }
  EXPECT_EQ(bits, SiteMap(topology("lfcW1A1")).bit_count());
}

TEST(Json, GoesIntoAFileBesideTheText) {
  const TempDir dir;
  const std::string plan = "plan --network lfcW1A1 --spaces weights,thresholds --count 3";
  const auto text = fluence(plan);
  const auto both = fluence(plan + " --json " + dir.file("plan.json"));
  EXPECT_EQ(both.out, text.out);
  const auto rows = Rows::parse(read_text(dir.file("plan.json")));
  EXPECT_EQ(rows, data(plan + " --json -"));
  const auto& all = rows.back();
  EXPECT_EQ(all["space"], "all as one");
  EXPECT_TRUE(all["layer"].is_null());
  EXPECT_TRUE(all["trials"].is_number_unsigned());
  EXPECT_THAT(text.out, HasSubstr(" " + all["trials"].dump() + "\n"));
}

TEST(Json, LeavesWhatIsNoTableToStderr) {
  const auto plan = fluence("plan --network lfcW1A1 --count 3 --json");
  EXPECT_THAT(plan.err, HasSubstr("population: bits x "));
  EXPECT_THAT(plan.out, Not(HasSubstr("population: ")));
}

TEST(Json, AndCsvDoNotShareStdout) {
  const TempDir dir;
  const auto both = fluence("sites --network lfcW1A1 --json --csv");
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("--json and --csv are both for stdout: name a file"));
  const auto apart = fluence("sites --network lfcW1A1 --json --csv " + dir.file("arrays.csv"));
  EXPECT_TRUE(Rows::parse(apart.out).is_array());
  EXPECT_EQ(read_text(dir.file("arrays.csv")), fluence("sites --network lfcW1A1 --csv").out);
  const auto over =
      fluence("sites --network lfcW1A1 --csv " + dir.file("x") + " --json " + dir.file("x"));
  EXPECT_EQ(over.code, 2);
  EXPECT_THAT(over.err, HasSubstr("is the file of --csv, too"));
}

TEST(Json, OfACampaign) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), small_spec(5));
  ASSERT_EQ(fluence(run_command(dir, "r")).code, 0);
  const auto folder = dir.file("r");
  const auto digest = data("digest " + folder + " --json").at(0);
  EXPECT_THAT(fluence("digest " + folder).out, HasSubstr(digest["digest"].get<std::string>() + "  "));
  EXPECT_EQ(data("digest --check " + folder + " --json"),
            Rows({{{"folder", folder}, {"intact", true}, {"damages", Rows::array()}}}));

  const auto trial = "trial " + folder + " --scenario 0 --trial 2 " + workspace().inputs();
  const auto row = data(trial + " --json").at(0);
  EXPECT_EQ(row["trial"], 2);
  EXPECT_EQ(row["as_stored"], true);
  EXPECT_EQ(row["masked"].get<int>() + row["tolerable"].get<int>() + row["critical"].get<int>(), 3);
  EXPECT_THAT(fluence(trial).out, HasSubstr("masked " + row["masked"].dump() + ", "));

  ASSERT_EQ(fluence("gate " + folder + " --write-baseline " + dir.file("b.json")).code, 0);
  const auto gate = data("gate " + folder + " --baseline " + dir.file("b.json") + " --json").at(0);
  EXPECT_EQ(gate["verdict"], "no difference at this sample size");
  EXPECT_EQ(gate["loss_before"], gate["loss_now"]);

  const auto report = data("report " + folder + " --out " + dir.file("page.html") + " --json");
  EXPECT_EQ(report["campaign"]["trials"], 5);
  EXPECT_TRUE(std::filesystem::exists(dir.file("page.html")));
}

TEST(Json, OfImagesAndTheirClasses) {
  const auto classify = "classify --network cnvW1A1 --count 3 " + workspace().inputs();
  const auto rows = data(classify + " --list --json");
  ASSERT_EQ(rows.size(), 3U);
  const auto text = fluence(classify + " --list").out;
  for (const auto& row : rows) {
    EXPECT_THAT(text, HasSubstr(row["image"].dump() + " " + row["class"].get<std::string>()));
  }
  EXPECT_EQ(data(classify + " --json").at(0)["images"], 3);
}

using Flags = std::map<std::string, bool>;  // by name, whether a value follows

// Those of each command, as --help says them: "  --scores,--out OUT.i16   write".
std::map<std::string, Flags> all_flags() {
  std::map<std::string, Flags> found;
  std::istringstream help(fluence("--help").out);
  std::string line;
  while (std::getline(help, line) && line != "Subcommands:") {
  }
  while (std::getline(help, line) && line.starts_with("  ")) {
    const auto command = line.substr(2, line.find(' ', 2) - 2);
    if (command.empty()) {
      continue;  // a description goes on
    }
    std::istringstream own(fluence(command + " --help").out);
    for (std::string option; std::getline(own, option);) {
      const auto end = std::min(option.find(' ', 2), option.size());
      const auto next = option.substr(std::min(end + 1, option.size()));
      const bool value = !next.empty() && next[0] != ' ' && !next.starts_with("Excludes:");
      std::istringstream names(option.starts_with("  --") ? option.substr(2, end - 2) : "");
      for (std::string name; std::getline(names, name, ',');) {
        found[command][name] = value;
      }
    }
  }
  return found;
}

TEST(Flags, AreTheSameInEveryCommand) {
  const auto flags = all_flags();
  EXPECT_GE(flags.size(), 20U);
  for (const auto* writes : {"attack", "calibrate", "classify", "evidence", "gate", "images", "import",
                             "map", "merge", "params", "replay", "report", "run", "trace", "trial"}) {
    EXPECT_EQ(flags.at(writes).count("--out"), 1U) << writes;
  }
  for (const auto* prints : {"attack", "classify", "digest", "evidence", "gate", "import", "map", "plan",
                             "rate", "report", "sites", "timing", "trace", "trial", "verify"}) {
    EXPECT_EQ(flags.at(prints).count("--json"), 1U) << prints;
  }
  Flags all;
  for (const auto& [command, own] : flags) {
    for (const auto& [name, value] : own) {
      if (name == "--check") {
        continue;  // of a digest what is there, of an import what it is given
      }
      EXPECT_EQ(all.emplace(name, value).first->second, value)
          << command << " " << name << ": a value follows in one command, in another none";
    }
  }
  EXPECT_TRUE(all.at("--network"));
  EXPECT_FALSE(all.at("--retry-failed"));
}

TEST(Colours, AreOnATerminalAlone) {
  const std::string plan = "plan --network lfcW1A1 --count 3";
  const auto bold = "\033[1mspace ";
  EXPECT_THAT(on_terminal(plan).out, HasSubstr(bold));
  EXPECT_THAT(on_terminal(plan, "NO_COLOR=").out, HasSubstr(bold)) << "empty is not set";
  EXPECT_THAT(on_terminal(plan, "NO_COLOR=1").out, Not(HasSubstr("\033")));
  EXPECT_THAT(on_terminal(plan, "TERM=dumb").out, Not(HasSubstr("\033")));
  EXPECT_THAT(fluence(plan).out, Not(HasSubstr("\033")));

  const std::string wrong = "sites --network none";
  EXPECT_THAT(on_terminal(wrong).out, HasSubstr("\033[1;31mfluence:\033[0m "));
  EXPECT_EQ(on_terminal(wrong, "NO_COLOR=1").out.find('\033'), std::string::npos);
  EXPECT_TRUE(fluence(wrong).err.starts_with("fluence: "));
}

}  // namespace
}  // namespace fluence::test
