// What the chain of stages can be built of.
#include "rtl/dataflow.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Dataflow, OfThePublishedNetworksCanBeBuilt) {
  for (const auto& net : all_topologies()) {
    EXPECT_NO_THROW(require_buildable(dataflow(net))) << net.name;
  }
}

// What is said of a network that cannot be built.
std::string refusal(const Topology& net) {
  try {
    require_buildable(dataflow(net));
  } catch (const InputError& e) {
    return e.what();
  }
  return "not refused";
}

TEST(Dataflow, OfWidthsThatDoNotDivideIsRefused) {
  auto net = topology("cnvW2A2");
  net.layers[1].out_stream_width = 48;  // behind words of 32 bits
  ASSERT_NO_THROW(require_computable(net));
  EXPECT_THAT(refusal(net), AllOf(HasSubstr("layer 1 of network cnvW2A2"), HasSubstr("words of 32 bits"),
                                  HasSubstr("words of 48"), HasSubstr("divide each other")));
}

// No folding mends these.
TEST(Dataflow, OfImagesOrScoresThatFillNoWordsIsRefusedAsThat) {
  auto images = topology("cnvW1A1");
  images.layers.front().in_dim = images.layers.front().in_height = 31;
  EXPECT_EQ(
      refusal(images),
      "an image of network cnvW1A1 has 2883 bytes: the memory's words hold 8, so give images a shape "
      "that fills whole words");
  auto scores = topology("cnvW1A1");
  scores.layers.back().out_channels = 10;
  EXPECT_EQ(
      refusal(scores),
      "network cnvW1A1 has 10 scores of 16 bits: the memory's words hold 64, so give its last layer a "
      "multiple of 4 outputs, of which the classes may be fewer");
}

}  // namespace
}  // namespace fluence::test
