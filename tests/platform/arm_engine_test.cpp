// Trials with firmware on the ARM processor as the host: what the native host gives.
#include "platform/arm_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "fault/fault_list.hpp"
#include "network/decision.hpp"
#include "network/packed.hpp"
#include "tests/platform/trained.hpp"
#include "tests/support/data.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class EveryLoad : public testing::TestWithParam<bool> {};

TEST_P(EveryLoad, GoldenScoresInTheNativeHostsCyclesAndAccuracyOnTheUart) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  std::string printed;
  const auto engine = make_arm_engine(
      test::trained(net), test::test_images(),
      {FLUENCE_FIRMWARE_FILE, GetParam(), {}, [&](std::string_view text) { printed += text; }});
  const auto result = engine->run({0, 1, {}}, Semantics::physical);
  std::ifstream file(test::data_dir() / "scores/cnvW1A1.i16", std::ios::binary);
  std::vector<std::int16_t> golden(kScores);
  file.read(reinterpret_cast<char*>(golden.data()), kScores * 2);
  EXPECT_EQ(result.scores, golden);
  EXPECT_EQ(result.images_done, 1);
  EXPECT_EQ(result.cycles, 156290U);  // docs/timing.md, measured with the native host
  EXPECT_EQ(printed, "1 of 1 correct, 100.00 %; driver status 0\n");
}

INSTANTIATE_TEST_SUITE_P(ArmEngine, EveryLoad, testing::Bool(),
                         [](const auto& param) { return param.param ? "registers" : "debug"; });

// The firmware decides among as many scores as the parameters name classes.
TEST(ArmEngine, CountsCorrectImagesAmongAllClasses) {
  const auto& net = topology("cnvW1A1");
  auto parameters = test::random_parameters(net, 1);
  const PackedNetwork network(parameters);
  Image image;
  int of_all = 0;
  for (std::uint64_t seed = 1; of_all < 10; ++seed) {  // one that ten classes would not do for
    image = test::random_image(seed);
    of_all = classify(network.run(image), kScores);
  }
  parameters.classes.assign(kScores, "any");
  image.label = static_cast<std::uint8_t>(of_all);
  std::string printed;
  const auto engine = make_arm_engine(
      parameters, ImageSet({image}),
      {FLUENCE_FIRMWARE_FILE, false, {}, [&](std::string_view text) { printed += text; }});
  engine->run({0, 1, {}}, Semantics::physical);
  EXPECT_EQ(printed, "1 of 1 correct, 100.00 %; driver status 0\n");
}

TEST(ArmEngine, FaultsBetweenImagesGiveTheRecordedScores) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology("cnvW1A1");
  const auto engine = make_arm_engine(test::trained(net), test::test_images(), {FLUENCE_FIRMWARE_FILE});
  int replayed = 0;
  for (const auto& listed : read_fault_list(test::data_dir() / "faults/cnvW1A1.jsonl", SiteMap(net))) {
    if (listed.trial.images > 25 || replayed == 3) {
      continue;
    }
    const auto result = engine->run(listed.trial, Semantics::source);
    for (std::size_t i = 0; i < listed.scores.size(); ++i) {
      for (std::size_t j = 0; j < listed.scores[i].size(); ++j) {
        ASSERT_EQ(result.scores[i * kScores + j], listed.scores[i][j]) << "case " << listed.trial.id;
      }
    }
    ++replayed;
  }
  EXPECT_EQ(replayed, 3);
}

struct Refused : testing::Test {
  const Topology& net = topology("cnvW1A1");
  const ImageSet images{std::vector<Image>{test::random_image(1), test::random_image(2)}};
  const test::TempDir dir;

  std::string why(const std::string& file, const FaultCase& trial = {0, 1, {}}) {
    try {
      make_arm_engine(test::random_parameters(net, 1), images, {file})->run(trial, Semantics::physical);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  }
  // A copy of the firmware with a byte changed.
  std::string changed(std::size_t at, char byte) {
    std::ifstream in(FLUENCE_FIRMWARE_FILE, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    bytes.at(at) = byte;
    std::ofstream(dir.file("changed.elf"), std::ios::binary) << bytes;
    return dir.file("changed.elf");
  }
};

TEST_F(Refused, NoSuchFile) { EXPECT_THAT(why("/nowhere"), StartsWith("cannot read the firmware")); }

TEST_F(Refused, NoElf) {
  std::ofstream(dir.file("text")) << "firmware";
  EXPECT_THAT(why(dir.file("text")), HasSubstr("no ELF executable for a little-endian ARM"));
}

TEST_F(Refused, AnotherMachine) {
  EXPECT_THAT(why("/proc/self/exe"), HasSubstr("no ELF executable for a little-endian ARM"));
}

TEST_F(Refused, ASegmentThatDoesNotFit) {
  EXPECT_THAT(why(changed(52 + 12 + 3, 0x10)), HasSubstr("outside of the"));  // p_paddr's top byte
}

TEST_F(Refused, AFileThatIsCutShort) {
  std::filesystem::copy(FLUENCE_FIRMWARE_FILE, dir.file("short.elf"));
  std::filesystem::resize_file(dir.file("short.elf"), 0x1100);
  EXPECT_THAT(why(dir.file("short.elf")), HasSubstr("is cut short"));
}

TEST_F(Refused, AnUndefinedInstructionNamesItsPc) {
  // The reset vector `b reset` (ea......) becomes a word that no processor knows.
  EXPECT_THAT(why(changed(0x1003, 0x7f)), HasSubstr("(PC 0x000000"));
}

TEST_F(Refused, AFlipOfStoredBitsBetweenImages) {
  Fault fault;
  fault.before_image = 0;
  fault.site = {Space::weights, 0, 0, 0};
  EXPECT_THAT(why(FLUENCE_FIRMWARE_FILE, {7, 1, {fault}}), HasSubstr("which firmware cannot do"));
}

}  // namespace
}  // namespace fluence
