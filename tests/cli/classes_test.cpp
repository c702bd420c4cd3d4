// Parameters for another number of classes than ten.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "network/decision.hpp"
#include "network/packed.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Classes : public testing::Test {
 protected:
  // The workspace's parameters of cnvW1A1 with so many classes.
  [[nodiscard]] std::string params(int classes) const {
    const auto folder = dir_.path() / ("p" + std::to_string(classes));
    std::filesystem::copy(workspace().path() / "params/cnvW1A1", folder);
    std::string names;
    for (int i = 0; i < classes; ++i) {
      names += "class " + std::to_string(i) + "\n";
    }
    write_text(folder / "classes.txt", names);
    return folder.string();
  }
  [[nodiscard]] std::string inputs(int classes) const {
    return " --params " + params(classes) + " --images " + workspace().file("images.bin");
  }
  TempDir dir_;
};

TEST_F(Classes, ClassifyDecidesAmongAllOfThem) {
  const auto net = random_parameters(topology("cnvW1A1"), 5);
  const PackedNetwork network(net);
  std::string wanted;
  const auto run = fluence("classify --network cnvW1A1 --count 3 --list" + inputs(44));
  ASSERT_EQ(run.code, 0) << run.err;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto scores = network.run(random_image(i));
    EXPECT_THAT(run.out, HasSubstr("class " + std::to_string(classify(scores, 44))));
  }
}

TEST_F(Classes, ReplayChecksAsManyScores) {
  const auto given = inputs(44);
  write_text(dir_.path() / "list.jsonl", R"({"id": 0, "images": 1, "faults": []})");
  const auto list = dir_.file("list.jsonl");
  const auto replay = "replay --network cnvW1A1 --faults ";
  const auto first = fluence(replay + list + " --out " + dir_.file("scores.jsonl") + given);
  ASSERT_EQ(first.code, 0) << first.err;
  const auto row = nlohmann::json::parse(read_text(dir_.path() / "scores.jsonl"))["scores"][0];
  EXPECT_EQ(row.size(), 44U);
  // What replay writes holds no faults, which a list must.
  write_text(dir_.path() / "list.jsonl",
             R"({"id": 0, "images": 1, "faults": [], "scores": [)" + row.dump() + "]}");
  const auto again = " --out " + dir_.file("again.jsonl");
  EXPECT_EQ(fluence(replay + list + again + given).code, 0);
  const auto other = fluence(replay + list + again + inputs(43));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, AllOf(HasSubstr("hold 44 numbers"), HasSubstr("name 43 classes")));
}

TEST_F(Classes, ALabelBeyondThemIsRefused) {
  const auto run = fluence("classify --network cnvW1A1" + inputs(9));
  EXPECT_EQ(run.code, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("image 9"), HasSubstr("label 9"), HasSubstr("9 classes")));
}

// What is critical depends on them, the digest of the parameters does not.
TEST_F(Classes, AreWhatACampaignRestsOn) {
  write_text(dir_.path() / "spec.toml", kSmallSpec);
  const auto run = "run " + dir_.file("spec.toml") + " --out " + dir_.file("r");
  ASSERT_EQ(fluence(run + inputs(44)).code, 0);
  const auto other = fluence(run + inputs(45));
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("classes cnvW1A1"));
}

}  // namespace
}  // namespace fluence::test
