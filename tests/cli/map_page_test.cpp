// The page of a complete map, in a browser.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/cli/browser.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// Of the map in a folder.
Page page_of(const std::string& map) {
  const auto report = fluence("report " + map);
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("page: "));
  auto page = browse(map + "/report.html");
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  return page;
}

TEST(MapPage, DrawsACurveAndAPictureALayer) {
  const TempDir dir;
  const auto made = fluence("map --network cnvW1A1 --layers 7,8 " + workspace().inputs() + " --out " +
                            dir.file("map"));
  ASSERT_EQ(made.code, 0) << made.err;
  const auto page = page_of(dir.file("map"));
  EXPECT_THAT(figures(page.dom), ElementsAre(Pair("curve", testing::Ge(1)), Pair("picture", 0),
                                             Pair("picture", 0), Pair("picture", 0)));
  EXPECT_THAT(page.dom, HasSubstr("weights of layer 7: 512 neurons down, 512 bits of each across"));
  EXPECT_THAT(page.dom, HasSubstr("thresholds of layer 7: 512 neurons down, 16 bits of each across"));
  EXPECT_EQ(count(page.dom, "<canvas"), 3);
}

TEST(MapPage, OfBuffersDrawsSharesACurveAndTheMemories) {
  const TempDir dir;
  const auto made = fluence(
      "map --network cnvW1A1 --spaces pool,accumulator,stream --layers 3,8 --cycles "
      "60000:70000 --count 1 " +
      workspace().inputs() + " --out " + dir.file("map"));
  ASSERT_EQ(made.code, 0) << made.err;
  const auto page = page_of(dir.file("map"));
  EXPECT_THAT(page.dom, HasSubstr("of a run of 1 images. Nothing is sampled."));
  EXPECT_THAT(page.dom, HasSubstr("u_l3_mvau.acc_q: 16 words down, 16 bits of each across"));
  EXPECT_GE(count(page.dom, "<canvas"), 3);
}

TEST(MapPage, IsAPartOfTheReportOfACampaignOnTheSameParameters) {
  const TempDir dir;
  write_text(dir.file("spec.toml"), R"(name = "t"
seed = 1
count = 2
trials = 2
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 1
time = "image"
)");
  const auto results = dir.file("results");
  const auto run =
      fluence("run " + dir.file("spec.toml") + " --out " + results + " " + workspace().inputs());
  ASSERT_EQ(run.code, 0) << run.err;
  const auto map =
      "map --network cnvW1A1 --layers 8 --spaces weights --count 2 --out " + results + "/map ";
  ASSERT_EQ(fluence(map + workspace().inputs()).code, 0);
  ASSERT_EQ(fluence("report " + results + "/map").code, 0);
  const auto report = fluence("report " + results);
  EXPECT_THAT(report.out,
              HasSubstr("the complete map of cnvW1A1, every parameter bit on 2 images: weights "));
  const auto page = browse(results + "/report.html");
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("href=\"map/report.html\">Every bit, to zoom into</a>"));

  std::filesystem::remove_all(results + "/map");
  ASSERT_EQ(fluence(map).code, 0);
  const auto other = fluence("report " + results);
  EXPECT_EQ(other.code, 0);
  EXPECT_THAT(other.err,
              HasSubstr("is of other parameters than the campaign; this report goes without"));
  EXPECT_THAT(other.out, testing::Not(HasSubstr("the complete map")));
}

}  // namespace
}  // namespace fluence::test
