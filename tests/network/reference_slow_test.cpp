// The clear inference on all test images: ctest -L slow.
#include <gmock/gmock.h>

#include "network/reference.hpp"
#include "tests/support/data.hpp"
#include "tests/support/scores.hpp"

namespace fluence::test {
namespace {

class SlowReference : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, SlowReference, testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(SlowReference, ScoresOfAllTestImages) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto images = load_test_images();
  const auto golden = load_scores(net.name);
  const ReferenceNetwork network(Parameters::load(net, data_dir() / "params" / net.name));
  for (int i = 0; i < images.size(); ++i) {
    ASSERT_EQ(network.run(images[i]), golden[static_cast<std::size_t>(i)]) << "image " << i;
  }
}

}  // namespace
}  // namespace fluence::test
