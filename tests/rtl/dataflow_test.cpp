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

TEST(Dataflow, OfWidthsThatDoNotDivideIsRefused) {
  auto net = topology("cnvW2A2");
  net.layers[1].out_stream_width = 48;  // behind words of 32 bits
  ASSERT_NO_THROW(require_computable(net));
  try {
    require_buildable(dataflow(net));
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("layer 1 of network cnvW2A2"), HasSubstr("words of 32 bits"),
                                HasSubstr("words of 48"), HasSubstr("divide each other")));
  }
}

}  // namespace
}  // namespace fluence::test
