#include "rates/device.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "rates/environment.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kDevice = R"(format = "fluence device 1"
name = "d"
[[memory]]
name = "ram"
spaces = ["weights", "thresholds"]
source = "made up"
neutrons_cm2 = 1e-14
protons = { onset_MeV = 30, width_MeV = 10, plateau_cm2 = 1e-11 }
ions = { onset_MeV_cm2_mg = 0.5, width_MeV_cm2_mg = 30, power = 1, plateau_um2 = 2000, box_um = [44, 45, 1] }
[configuration]
bits = 1_000_000
vulnerability = 0.05
source = "made up"
verified = true
neutrons_cm2 = 7e-15
)";

constexpr auto kEnvironment = R"(format = "fluence environment 1"
name = "e"
source = "made up"
neutrons = { per_cm2_hour = 13, altitude_m = 0, latitude_factor = 2 }
upsets_a_bit_day = 1e-9
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

template <class Parse>
std::string refusal(Parse parse) {
  try {
    static_cast<void>(parse());
  } catch (const InputError& e) {
    return e.what();
  }
  return "nothing";
}

TEST(Device, IsReadAsItIsWritten) {
  const auto device = parse_device(kDevice, "d.toml");
  EXPECT_EQ(device.name, "d");
  ASSERT_EQ(device.memories.size(), 1U);
  const auto& ram = device.memories.front();
  EXPECT_EQ(device.memory_of(Space::thresholds), &ram);
  EXPECT_EQ(device.memory_of(Space::fifo), nullptr);
  EXPECT_EQ(ram.neutrons, 1e-14);
  EXPECT_EQ(ram.protons->onset, 30);
  EXPECT_EQ(ram.protons->power, 1);
  EXPECT_EQ(ram.ions->target.box.edges[1], 45);
  EXPECT_EQ(ram.ions->target.depth, 1);  // the shortest edge
  EXPECT_FALSE(ram.verified);
  EXPECT_TRUE(device.configuration->memory.verified);
  EXPECT_EQ(device.configuration->vulnerability, 0.05);
  EXPECT_EQ(device.clock_mhz, 100);
  EXPECT_EQ(ram.burst_share, 0);
  const auto own = replaced(replaced(kDevice, "[[memory]]", "clock_MHz = 250\n[[memory]]"),
                            "neutrons_cm2 = 1e-14", "burst_share = 0.1\nneutrons_cm2 = 1e-14");
  EXPECT_EQ(parse_device(own, "d.toml").clock_mhz, 250);
  EXPECT_EQ(parse_device(own, "d.toml").memories.front().burst_share, 0.1);
}

TEST(Device, ThatMeansNothingIsRefusedWithItsLine) {
  const auto of = [](const std::string& from, const std::string& to) {
    return refusal([&] { return parse_device(replaced(kDevice, from, to), "d.toml"); });
  };
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "neutrons_cm2 = -1e-14"),
              StartsWith("d.toml:7: 'neutrons_cm2': a number from 0 up is wanted"));
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "neutrons_cm2 = nan"),
              HasSubstr("a number from 0 up is wanted"));
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "neutrons_cm2 = inf"),
              HasSubstr("a number from 0 up is wanted"));
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "neutrons_cm2 = true"),
              HasSubstr("a number from 0 up is wanted"));
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "neutrons_cm = 1e-14"), HasSubstr("neutrons_cm"));
  EXPECT_THAT(of("width_MeV = 10", "width_MeV = 0"), HasSubstr("a number above 0 is wanted"));
  EXPECT_THAT(of("[44, 45, 1]", "[44, 45]"), HasSubstr("a box has three edges"));
  EXPECT_THAT(of("[44, 45, 1]", "[44, 45, 1, 1]"), HasSubstr("a box has three edges"));
  EXPECT_THAT(of("vulnerability = 0.05", "vulnerability = 5"),
              HasSubstr("a number from 0 to 1 is wanted"));
  EXPECT_THAT(of("neutrons_cm2 = 1e-14", "burst_share = 1.1"),
              HasSubstr("a number from 0 to 1 is wanted"));
  EXPECT_THAT(of("[[memory]]", "clock_MHz = 0\n[[memory]]"), HasSubstr("a number above 0 is wanted"));
  EXPECT_THAT(of("\"thresholds\"", "\"weights\""),
              HasSubstr("the space weights is in a memory already"));
  EXPECT_THAT(of("\"thresholds\"", "\"heap\""), HasSubstr("unknown space 'heap'"));
  EXPECT_THAT(of("device 1", "device 2"), HasSubstr("this version reads 'fluence device 1'"));
  EXPECT_THAT(of("source = \"made up\"\n", ""), HasSubstr("source"));
  EXPECT_THAT(of("verified = true", "verified = 1"), HasSubstr("true or false is wanted"));
}

TEST(Environment, MultipliesWhatItIsGiven) {
  const auto environment = parse_environment(kEnvironment, "e.toml");
  EXPECT_DOUBLE_EQ(*environment.neutrons, 26);
  const auto device = parse_device(kDevice, "d.toml");
  EXPECT_DOUBLE_EQ(upsets_a_day(device.memories.front(), environment), 1e-14 * 26 * 24 + 1e-9);
}

// Denver, 1.6 km up, has about four times the flux of sea level.
TEST(Environment, HasMoreNeutronsHigherUp) {
  EXPECT_DOUBLE_EQ(altitude_factor(0), 1);
  EXPECT_NEAR(altitude_factor(100), 1.09, 0.02);
  EXPECT_NEAR(altitude_factor(1609), 4.3, 0.1);
  double before = 0;
  for (double metres = -400; metres <= 5000; metres += 100) {
    const double factor = altitude_factor(metres);
    EXPECT_GT(factor, before) << metres;
    before = factor;
  }
}

TEST(Environment, ThatMeansNothingIsRefused) {
  const auto of = [](const std::string& from, const std::string& to) {
    return refusal([&] { return parse_environment(replaced(kEnvironment, from, to), "e.toml"); });
  };
  EXPECT_THAT(of("altitude_m = 0", "altitude_m = 40000"),
              HasSubstr("a number from -500 to 5000 is wanted"));
  EXPECT_THAT(of("13", "-13"), HasSubstr("a number from 0 up is wanted"));
  EXPECT_THAT(of("upsets_a_bit_day = 1e-9", "protons = \"x.DLT\""),
              HasSubstr("protons are given by energy"));
  EXPECT_THAT(of("upsets_a_bit_day = 1e-9", "ions = \"x.TFX\""), HasSubstr("ions are given by LET"));
  EXPECT_THAT(of("upsets_a_bit_day = 1e-9", "ions = \"none.DLT\""), HasSubstr("none.DLT"));
}

TEST(Environment, WithParticlesOfNoCrossSectionIsRefused) {
  auto device = parse_device(replaced(kDevice, "neutrons_cm2 = 1e-14\n", ""), "d.toml");
  EXPECT_EQ(
      refusal([&] {
        return upsets_a_day(device.memories.front(), parse_environment(kEnvironment, "e.toml"));
      }),
      "the environment e has neutrons, for which the memory ram of the device has no cross section: "
      "add 'neutrons_cm2' to it");
}

TEST(Device, ThatShipsIsRead) {
  const std::filesystem::path folder = FLUENCE_SOURCE_DIR "/radiation";
  const auto device = read_device(folder / "7-series.device.toml");
  for (const auto space : kSpaces) {
    EXPECT_NE(device.memory_of(space), nullptr) << to_string(space);
  }
  for (const auto* name : {"new-york", "airliner"}) {
    const auto environment = read_environment(folder / (std::string(name) + ".environment.toml"));
    EXPECT_GT(upsets_a_day(device.memories.front(), environment), 0);
  }
}

}  // namespace
}  // namespace fluence::test
