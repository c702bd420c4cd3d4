// A campaign that is drawn by a complete map.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "map/results.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/results.hpp"

namespace fluence::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string make_map(const std::string& folder, const std::string& more = "--layers 5,7,8") {
  const auto made =
      fluence("map --network cnvW1A1 " + more + " " + workspace().inputs() + " --out " + folder);
  EXPECT_EQ(made.code, 0) << made.err;
  return folder;
}

std::string spec_with(const std::string& draw) {
  return R"(name = "drawn"
seed = 3
count = 12
trials = 60
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = [["weights", "thresholds"]]
layers = [[5, 7, 8]]
faults = [1, 4]
time = "start"
semantics = "physical"
)" + draw +
         "\n";
}

// A map and a campaign, made once.
class Drawn {
 public:
  Drawn() {
    make_map(dir_.file("map"));
    write_text(dir_.file("drawn.toml"), spec_with("draw = { map = \"map\" }"));
    ran_ = run("c");
  }
  [[nodiscard]] Finished run(const std::string& out, const std::string& more = "") const {
    return fluence("run " + dir_.file("drawn.toml") + " " + workspace().inputs() + " --out " +
                   dir_.file(out) + " --jobs 2 " + more);
  }
  [[nodiscard]] const Finished& ran() const { return ran_; }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }

 private:
  TempDir dir_;
  Finished ran_;
};

const Drawn& drawn() {
  static const Drawn made;
  return made;
}

nlohmann::json report_of(const std::string& folder) {
  const TempDir dir;
  const auto report =
      fluence("report " + folder + " --json " + dir.file("r.json") + " --page " + dir.file("r.html"));
  EXPECT_EQ(report.code, 0) << report.err;
  return nlohmann::json::parse(read_text(dir.file("r.json")));
}

// Of all its bits, in all 12 images.
double exact_share(const MapResults& map) {
  double critical = 0;
  for (const auto& counts : map.counts()) {
    critical += counts.critical();
  }
  return critical / static_cast<double>(map.counts().size()) / 12;
}

TEST(DrawByMap, EstimatesWhatTheMapKnowsWithFarFewerTrials) {
  ASSERT_EQ(drawn().ran().code, 0) << drawn().ran().err;
  const auto scenarios = report_of(drawn().file("c"))["scenarios"];
  const auto& one = scenarios[0];
  const double exact = exact_share(MapResults::load(drawn().file("map")));
  EXPECT_GT(exact, 0);
  EXPECT_LT(exact, 0.005) << "rare, or this shows nothing";
  // One upset from the start on: the engine finds of each drawn fault what the map says.
  EXPECT_NEAR(one["critical"]["share"].get<double>(), exact, 1e-12);
  EXPECT_LE(one["critical"]["low"].get<double>(), exact);
  EXPECT_GE(one["critical"]["high"].get<double>(), exact);
  EXPECT_GT(scenarios[1]["worth_critical"].get<double>(), 3);
  EXPECT_THAT(one["draw"].get<std::string>(), HasSubstr("map "));
  EXPECT_GT(scenarios[1]["critical"]["share"].get<double>(), exact);
  const auto text = fluence("report " + drawn().file("c")).out;
  EXPECT_THAT(text,
              HasSubstr(", drawn by map " + fluence("digest " + drawn().file("map")).out.substr(0, 16) +
                        " plain 0.2"));
  EXPECT_THAT(text, HasSubstr("as many plain trials as one of these tells as much as"));
}

TEST(DrawByMap, ShardsAreTheWhole) {
  for (const auto* shard : {"0/2", "1/2"}) {
    ASSERT_EQ(drawn().run("s", std::string("--shard ") + shard).code, 0);
  }
  const auto merged = drawn().file("merged");
  ASSERT_EQ(fluence("merge --out " + merged + " " + drawn().file("s/shard-0-of-2") + " " +
                    drawn().file("s/shard-1-of-2"))
                .code,
            0);
  const auto digest = [](const std::string& folder) {
    return fluence("digest " + folder).out.substr(0, 16);
  };
  EXPECT_EQ(digest(merged), digest(drawn().file("c")));
  rewrite_results(merged, "UPDATE trial SET weight = weight / 2 WHERE scenario = 1 AND trial = 3");
  EXPECT_NE(digest(merged), digest(drawn().file("c"))) << "weights are a part of what was found";
}

// Everything but more trials does without the map.
TEST(DrawByMap, ResultsNeedTheMapNoMore) {
  const TempDir dir;
  make_map(dir.file("map"));
  write_text(dir.file("drawn.toml"), spec_with("draw = { map = \"map\" }"));
  const auto run =
      "run " + dir.file("drawn.toml") + " " + workspace().inputs() + " --out " + dir.file("c");
  ASSERT_EQ(fluence(run).code, 0);
  fs::rename(dir.file("map"), dir.file("away"));
  EXPECT_EQ(report_of(dir.file("c"))["scenarios"].size(), 2U);
  const auto verified = fluence("verify " + dir.file("c") + " --sample 3 " + workspace().inputs());
  EXPECT_EQ(verified.code, 0) << verified.err;
  const auto again = fluence(run);
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("drawn.toml:13: 'map': cannot read the map " + dir.file("map")));
  make_map(dir.file("map"), "--layers 5,7,8 --count 7");
  const auto other = fluence(run);
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("belongs to another campaign (its spec differs)"));
}

TEST(DrawByMap, AMapThatSaysTooLittleIsRefused) {
  const TempDir dir;
  make_map(dir.file("few"), "--layers 8");
  const auto fifo = fluence("map --network cnvW1A1 --spaces fifo --layers 8 --count 1 " +
                            workspace().inputs() + " --out " + dir.file("fifo"));
  ASSERT_EQ(fifo.code, 0) << fifo.err;
  const auto given =
      fluence("map --network cnvW1A1 --layers 5,7,8 --given weights,8,0,0,0,0 --count 1 " +
              workspace().inputs() + " --out " + dir.file("given"));
  ASSERT_EQ(given.code, 0) << given.err;
  for (const auto& [folder, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"few", "the map to draw by lacks weights of layer 5 of cnvW1A1"},
           {"fifo", "is one of buffers: name one of weights and thresholds"},
           {"given", "is one of second faults, given first ones"}}) {
    write_text(dir.file("drawn.toml"), spec_with("draw = { map = \"" + folder + "\" }"));
    const auto refused = fluence("run " + dir.file("drawn.toml") + " " + workspace().inputs() +
                                 " --out " + dir.file("c"));
    EXPECT_EQ(refused.code, 2) << refused.out;
    EXPECT_EQ(refused.error_lines(), 1) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr(sentence));
    EXPECT_FALSE(fs::exists(dir.file("c")));
  }
}

}  // namespace
}  // namespace fluence::test
