// The models that the project ships do what their card says.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "network/decision.hpp"
#include "network/digits.hpp"
#include "network/packed.hpp"
#include "network/synthetic.hpp"

namespace fluence::test {
namespace {

const std::filesystem::path kModels = std::filesystem::path(FLUENCE_SOURCE_DIR) / "models";

// The card's table has a row "| network | correct of the first 1,000 | ..."; -1: no such row.
int correct_on_card(const std::string& network) {
  std::ifstream card(kModels / "README.md");
  for (std::string line; std::getline(card, line);) {
    std::istringstream row(line);
    std::string bar, name;
    int correct = -1;
    if (row >> bar >> name >> bar >> correct && name == network) {
      return correct;
    }
  }
  return -1;
}

class EmbeddedModel : public ::testing::TestWithParam<const char*> {};

TEST_P(EmbeddedModel, ClassifiesTheFirstThousandImagesAsItsCardSays) {
  const auto parameters =
      Parameters::load(topology(GetParam()), kModels / (GetParam() + std::string(".onnx")));
  const PackedNetwork network(parameters);
  const auto images = embedded_images(parameters.net->image(), kSyntheticTestSeed, 0, 1000);
  const Decider decide(parameters);
  int correct = 0;
  for (int i = 0; i < images.size(); ++i) {
    correct += decide(network.run(images[i])) == images[i].label ? 1 : 0;
  }
  EXPECT_EQ(correct, correct_on_card(GetParam()));
}

TEST_P(EmbeddedModel, NamesTheEmbeddedClasses) {
  const auto parameters =
      Parameters::load(topology(GetParam()), kModels / (GetParam() + std::string(".onnx")));
  if (draws_digits(parameters.net->image())) {
    EXPECT_EQ(classes_text(parameters), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    return;
  }
  EXPECT_TRUE(std::ranges::equal(parameters.classes, kSyntheticClasses));
}

INSTANTIATE_TEST_SUITE_P(Networks, EmbeddedModel,
                         ::testing::Values("cnvW1A1", "cnvW1A2", "cnvW2A2", "lfcW1A1", "lfcW1A2"),
                         [](const auto& net) { return std::string(net.param); });

}  // namespace
}  // namespace fluence::test
