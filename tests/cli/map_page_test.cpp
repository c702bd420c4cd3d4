// The page of a complete map, in a browser.
#include <gmock/gmock.h>

#include "tests/cli/browser.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(MapPage, DrawsACurveAndAPictureALayer) {
  const TempDir dir;
  const auto made = fluence("map --network cnvW1A1 --layers 7,8 " + workspace().inputs() + " --out " +
                            dir.file("map"));
  ASSERT_EQ(made.code, 0) << made.err;
  const auto report = fluence("report " + dir.file("map"));
  ASSERT_EQ(report.code, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("page: "));
  const auto page = browse(dir.file("map/report.html"));
  EXPECT_EQ(page.console, "");
  EXPECT_THAT(page.dom, HasSubstr("data-ready=\"yes\""));
  EXPECT_THAT(figures(page.dom), ElementsAre(Pair("curve", testing::Ge(1)), Pair("picture", 0),
                                             Pair("picture", 0), Pair("picture", 0)));
  EXPECT_THAT(page.dom, HasSubstr("weights of layer 7: 512 neurons down, 512 bits of each across"));
  EXPECT_THAT(page.dom, HasSubstr("thresholds of layer 7: 512 neurons down, 16 bits of each across"));
  EXPECT_EQ(count(page.dom, "<canvas"), 3);
}

}  // namespace
}  // namespace fluence::test
