// `fluence trace`: what it says, draws and refuses.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/browser.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr auto kUpset = "--network cnvW1A1 --space window --layer 1 --index 12 --bit 3 --cycle 40000";

std::string fault(int cycle, const std::string& target, int layer, int index) {
  return R"({"cycle": )" + std::to_string(cycle) + R"(, "target": ")" + target + R"(", "layer": )" +
         std::to_string(layer) + R"(, "module": 0, "index": )" + std::to_string(index) +
         R"(, "thresh": 0, "bit": 0, "word_size": 1})";
}

std::string listed(int id, const std::string& faults) {
  return R"({"id": )" + std::to_string(id) + R"(, "images": 2, "faults": [)" + faults + "]}\n";
}

TEST(TraceCommand, SaysWhereTheDifferenceWentAndDrawsIt) {
  const TempDir dir;
  const auto traced = fluence("trace " + std::string(kUpset) + " --out " + dir.file("t") + " --json " +
                              dir.file("t.json"));
  EXPECT_EQ(traced.code, 0) << traced.err;
  EXPECT_EQ(dir.entries(), 2) << "the folder, and data that is placed elsewhere";
  EXPECT_FALSE(std::filesystem::exists(dir.file("t/trace.json")));
  EXPECT_THAT(traced.out, HasSubstr("u_pipeline.u_l1_window.lines_q[0][12]"));
  EXPECT_THAT(traced.out, HasSubstr("reached the scores of 1 image"));
  const auto data = json::parse(read_text(dir.file("t.json")));
  EXPECT_EQ(data["upsets"][0]["fate"], "read");
  EXPECT_EQ(data["images"][0]["differing"], 0);
  EXPECT_GT(data["images"][1]["differing"], 0);
  EXPECT_GT(std::filesystem::file_size(dir.file("t/trace.fst")), 10'000U);

  const auto page = browse(dir.file("t/trace.html"));
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  std::map<std::string, int> drawn;
  for (const auto& [kind, marks] : figures(page.dom)) {
    drawn[kind] = marks;
  }
  EXPECT_EQ(drawn["trace"], 4);   // flow, bits, words, upset
  EXPECT_GE(drawn["scores"], 2);  // rings and dots
  EXPECT_GT(count(page.dom, "<path"), 300);
  EXPECT_EQ(drawn.size(), 2U);
  EXPECT_EQ(count(page.dom, ">Save as SVG<"), 2);
  EXPECT_EQ(page.dom.find("src=\"http"), std::string::npos);
}

// docs/trace.md shows what the command prints.
TEST(TraceCommand, PrintsWhatItsPageInTheDocsShows) {
  const auto page = read_text(FLUENCE_SOURCE_DIR "/docs/trace.md");
  const std::string prompt = "$ fluence ";
  const auto begin = page.find(prompt) + prompt.size();
  const auto end = page.find('\n', begin);
  const auto shown = page.substr(end + 1, page.find("```", end) - end - 1);
  const auto traced = fluence(page.substr(begin, end - begin));
  EXPECT_EQ(traced.code, 0) << traced.err;
  EXPECT_EQ(traced.out, shown);
}

// Nothing to draw, or no end: every kind of trace has a page.
TEST(TraceCommand, PagesOfOtherEndingsDrawThemselves) {
  const TempDir dir;
  const std::map<std::string, std::string> upsets = {
      {"--space accumulator --layer 3 --module 2 --bit 4 --cycle 50000", "Overwritten, unread, in"},
      {"--space weights --layer 8 --index 0 --cycle 188000 --count 2", "Never read"},
      {"--space control --layer 3 --module 3 --cycle 30000 --count 1",
       "The faulty run hung after 0 of 1 image"},
      {"--space thresholds --layer 2 --index 3 --bit 12 --before-image 1 --semantics source",
       "still in the parameters"}};
  for (const auto& [upset, said] : upsets) {
    const auto traced = fluence("trace --network cnvW1A1 " + upset + " --html " + dir.file("t.html"));
    EXPECT_EQ(traced.code, 0) << traced.err;
    const auto page = browse(dir.file("t.html"));
    EXPECT_EQ(page.console, "") << upset;
    EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\"")) << upset;
    EXPECT_THAT(page.dom, HasSubstr(said)) << upset;
  }
}

TEST(TraceCommand, GivesTheScoresOfTheFastEngine) {
  const TempDir dir;
  const auto list = dir.file("list.jsonl");
  write_text(list, listed(3, fault(10, "pool", 1, 0)) +
                       listed(7, fault(20'000, "weights", 1, 5) + "," + fault(45'000, "fifo", 3, 1) +
                                     "," + fault(60'000, "vector", 5, 7)));
  const auto inputs = " --network cnvW1A1 " + workspace().inputs();
  const auto replayed =
      fluence("replay --faults " + list + inputs + " --out " + dir.file("scores.jsonl"));
  ASSERT_EQ(replayed.code, 0) << replayed.err;
  const auto traced =
      fluence("trace --faults " + list + " --id 7" + inputs + " --json " + dir.file("t.json"));
  ASSERT_EQ(traced.code, 0) << traced.err;
  const auto data = json::parse(read_text(dir.file("t.json")));
  const auto lines = read_text(dir.file("scores.jsonl"));
  const auto expected = json::parse(lines.substr(lines.find('\n') + 1));
  ASSERT_EQ(expected["id"], 7);
  ASSERT_EQ(data["images"].size(), 2U);
  bool changed = false;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(data["images"][i]["scores"], expected["scores"][i]) << i;
    changed = changed || data["images"][i]["differing"] > 0;
  }
  EXPECT_TRUE(changed);
}

TEST(TraceCommand, FollowsATrialOfACampaign) {
  const TempDir dir;
  write_text(dir.file("spec.toml"),
             "name = \"c\"\nseed = 1\ncount = 2\ntrials = 2\n[[part]]\nnetworks = \"cnvW1A1\"\nmodes = "
             "\"seu\"\n"
             "spaces = \"window\"\nfaults = 2\ntime = \"cycle\"\n");
  const auto results = dir.file("r");
  ASSERT_EQ(fluence("run " + dir.file("spec.toml") + " --out " + results).code, 0);
  const auto list = dir.file("list.jsonl");
  ASSERT_EQ(fluence("trial " + results + " --scenario 0 --trial 1 --out " + list).code, 0);
  const auto traced =
      fluence("trace " + results + " --scenario 0 --trial 1 --json " + dir.file("t.json"));
  ASSERT_EQ(traced.code, 0) << traced.err;
  const auto data = json::parse(read_text(dir.file("t.json")));
  const auto faults = json::parse(read_text(list))["faults"];
  ASSERT_EQ(data["upsets"].size(), faults.size());
  for (std::size_t i = 0; i < faults.size(); ++i) {
    EXPECT_EQ(data["upsets"][i]["cycle"], faults[i]["cycle"]);
    EXPECT_EQ(data["upsets"][i]["index"], faults[i]["index"]);
  }
  const auto none = fluence("trace " + results + " --scenario 0 --trial 9");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("--trial 9 of scenario 0 has not finished"));
}

TEST(TraceCommand, BadInputIsOneSentence) {
  const TempDir dir;
  const auto list = dir.file("list.jsonl");
  write_text(list, listed(1, fault(10, "pool", 1, 0)) + listed(2, ""));
  const auto reloaded = dir.file("reloaded.jsonl");
  write_text(
      reloaded,
      R"({"id": 1, "images": 3, "reload": 2, "faults": [{"before_image": 0, "target": "weights", )"
      R"("layer": 1, "module": 0, "index": 0, "bit": 1}]})");
  const std::string network = "--network cnvW1A1 ";
  const std::string site = "--space vector --layer 2 --cycle 5 ";
  const std::map<std::string, std::string> wrong = {
      {"", "needs one fault to follow"},
      {network, "needs one fault to follow"},
      {network + site + "--faults " + list, "needs one fault to follow"},
      {site, "--network is missing"},
      {network + "--faults " + list, "holds 2 cases: name one with --id"},
      {network + "--faults " + reloaded, "has its parameters reloaded between images"},
      {network + "--faults " + list + " --id 5", "no case with the id 5"},
      {network + "--faults " + list + " --id 2", "has no fault to follow"},
      {network + "--space vector --layer 2", "either --cycle or --before-image"},
      {network + site + "--before-image 1", "either --cycle or --before-image"},
      {network + "--space vectors --layer 2 --cycle 5", "unknown space 'vectors'"},
      {network + "--space vector --layer 2 --index 99 --cycle 5", "index 99 does not exist"},
      {network + "--space vector --layer 2 --cycle 9999999", "has a fault in cycle 9999999"},
      {network + site + "--semantics source", "timed by cycle"},
      {network + "--space vector --layer 2 --before-image 2 --semantics physical", "use 0 to 1"},
      {network + site + "--count 20000", "--count asks for 20000 images"},
      {network + site + "--html " + dir.file("none/t.html"), "cannot write"},
      {network + site + "--waves " + dir.file("none/t.fst"), "cannot write"},
      {network + site + "--json " + dir.file("none/t.json"), "cannot write"},
      {"/nonexistent --scenario 0 --trial 0", "/nonexistent"},
      {"/nonexistent --scenario 0", "named by --scenario and --trial"}};
  for (const auto& [arguments, said] : wrong) {
    const auto finished = fluence("trace " + arguments);
    EXPECT_EQ(finished.code, 2) << arguments << finished.err;
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
    EXPECT_EQ(finished.out, "") << arguments;
    EXPECT_THAT(finished.err, HasSubstr(said)) << arguments;
  }
  EXPECT_EQ(dir.entries(), 2);
}

}  // namespace
}  // namespace fluence::test
