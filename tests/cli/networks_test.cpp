// Networks and hardwares of one's own, by the paths of their files.
#include <gmock/gmock.h>

#include "network/network_file.hpp"
#include "network/packed.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/made_networks.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OwnNetwork : public testing::Test {
 protected:
  OwnNetwork() {
    net_.name = "own-hardware";
    net_.network = "own";
    std::filesystem::create_directories(dir_.path() / "nets");
    write_text(dir_.path() / "nets/own.network.json", network_text(net_));
    write_text(dir_.path() / "nets/own-hardware.hardware.json", hardware_text(net_));
    std::filesystem::create_directories(dir_.path() / "params/own");
    write_parameters(random_parameters(net_, 5), dir_.path() / "params/own");
    write_text(dir_.path() / "spec.toml", R"(name = "t"
seed = 1
count = 3
trials = 2
[[part]]
networks = "nets/own.network.json"
modes = "seu"
spaces = ["weights", "thresholds"]
faults = 100
)");
  }
  [[nodiscard]] std::string inputs() const {
    return " --params " + dir_.file("params") + " --images " + workspace().file("images.bin");
  }
  [[nodiscard]] std::string run() const {
    return "run " + dir_.file("spec.toml") + " --out " + dir_.file("r") + inputs();
  }

  Topology net_ = made_networks().at(5);  // layers with a kernel and without
  TempDir dir_;
};

TEST_F(OwnNetwork, IsClassified) {
  const auto parameters = random_parameters(net_, 5);
  const PackedNetwork network(parameters);
  for (const auto* file : {"nets/own.network.json", "nets/own-hardware.hardware.json"}) {
    const auto run = fluence("classify --count 3 --list --network " + dir_.file(file) + inputs());
    ASSERT_EQ(run.code, 0) << run.err;
    EXPECT_THAT(run.out, HasSubstr("own-hardware: "));
    const auto scores = dir_.file("scores");
    ASSERT_EQ(
        fluence("classify --count 3 --scores " + scores + " --network " + dir_.file(file) + inputs())
            .code,
        0);
    std::string wanted;
    for (std::uint64_t i = 0; i < 3; ++i) {
      const auto row = network.run(random_image(i));
      wanted.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof row[0]);
    }
    EXPECT_EQ(read_text(scores), wanted);
  }
}

TEST_F(OwnNetwork, HasSites) {
  const auto run = fluence("sites --network " + dir_.file("nets/own.network.json"));
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("own-hardware"));
}

TEST_F(OwnNetwork, IsInTheResultsOfItsCampaign) {
  const auto first = fluence(run());
  ASSERT_EQ(first.code, 0) << first.err;
  const auto digest = fluence("digest " + dir_.file("r"));
  ASSERT_EQ(digest.code, 0) << digest.err;
  std::filesystem::remove_all(dir_.path() / "nets");
  EXPECT_EQ(fluence("digest " + dir_.file("r")).out, digest.out);
  const auto report = fluence("report " + dir_.file("r"));
  EXPECT_EQ(report.code, 0) << report.err;
  const auto trial = fluence("trial " + dir_.file("r") + " --scenario 0 --trial 1" + inputs());
  EXPECT_EQ(trial.code, 0) << trial.err;
  EXPECT_THAT(trial.out, HasSubstr("own-hardware"));
}

TEST_F(OwnNetwork, IsTheOneThatTheCampaignBeganWith) {
  ASSERT_EQ(fluence(run()).code, 0);
  net_.layers[1].out_fifo_depth = 5;
  write_text(dir_.path() / "nets/own-hardware.hardware.json", hardware_text(net_));
  const auto other = fluence(run());
  EXPECT_EQ(other.code, 2);
  EXPECT_EQ(other.error_lines(), 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("own-hardware"), HasSubstr("another one of that name")));
}

TEST_F(OwnNetwork, HasNoSimulatedAccelerator) {
  for (const std::string& command : {std::string("classify --engine rtl --count 1"),
                                     std::string("timing"), "calibrate --out " + dir_.file("none")}) {
    const auto run = fluence(command + " --network " + dir_.file("nets/own.network.json") +
                             (command.starts_with("classify") ? inputs() : ""));
    EXPECT_EQ(run.code, 2);
    EXPECT_EQ(run.error_lines(), 1) << run.err;
  }
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "none"));
  const auto run = fluence("classify --engine rtl --count 1 --network " +
                           dir_.file("nets/own.network.json") + inputs());
  EXPECT_THAT(run.err, AllOf(HasSubstr("there is no simulated accelerator of own-hardware"),
                             HasSubstr("use engine fast")));
}

// Plug-ins are found by the digest of the hardware and believed only if they are of it, and of this
// build.
TEST(Plugin, IsRefusedInOneSentence) {
  const TempDir dir;
  const auto hardware = hardware_digest(topology("cnvW1A1"));
  const auto others = std::string(FLUENCE_RTL_MODELS_DIR "/") + hardware_digest(topology("cnvW1A2"));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "there is no simulated accelerator of cnvW1A1 (hardware digest " + hardware + ") in "},
      {"text", "the simulated accelerator cannot be loaded ("},
      {others + ".so", "is not the simulated accelerator of hardware digest " + hardware},
      {FLUENCE_FOREIGN_PLUGIN, "is the simulated accelerator of another fluence (interface 0123, not "},
  };
  for (const auto& [plugin, what] : cases) {
    const auto file = dir.path() / (hardware + ".so");
    std::filesystem::remove(file);
    if (plugin == "text") {
      write_text(file, plugin);
    } else if (!plugin.empty()) {
      std::filesystem::copy(plugin, file);
    }
    const auto run = fluence("timing --network cnvW1A1", "FLUENCE_RTL_MODELS=" + dir.path().string());
    EXPECT_EQ(run.code, 2) << plugin;
    EXPECT_EQ(run.error_lines(), 1) << run.err;
    EXPECT_THAT(run.err, HasSubstr(what));
  }
}

TEST_F(OwnNetwork, HasNoEmbeddedParameters) {
  const auto run = fluence("classify --network " + dir_.file("nets/own.network.json"));
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("no embedded parameters of own-hardware in '"),
                             HasSubstr("models': give those of your network with --params")));
}

// A network that comes with the program, as to its files, but without a model beside the others.
TEST(ShippedNetwork, WithoutAModelSaysWhatToDo) {
  const TempDir models;
  const auto run = fluence("classify --network cnvW1A1", "FLUENCE_MODELS=" + models.path().string());
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.error_lines(), 1) << run.err;
  EXPECT_THAT(run.err,
              HasSubstr("no embedded parameters of cnvW1A1 in '" + models.path().string() +
                        "': give those of your network with --params, and images with --images"));
}

TEST_F(OwnNetwork, IsRefusedInOneSentence) {
  auto text = hardware_text(net_);
  text.replace(text.find("\"pe\": "), 6, "\"pes\": ");
  write_text(dir_.path() / "nets/own-hardware.hardware.json", text);
  const auto path = dir_.file("nets/own.network.json");
  for (const auto& command :
       {"classify --network " + path + inputs(), "sites --network " + path, run()}) {
    const auto refused = fluence(command);
    EXPECT_EQ(refused.code, 2) << command;
    EXPECT_EQ(refused.error_lines(), 1) << refused.err;
    EXPECT_THAT(refused.err, AllOf(HasSubstr("own-hardware.hardware.json: layer 0"), HasSubstr("'pe")));
  }
}

TEST(ShippedHardware, CanBeGivenByItsPath) {
  const auto path = std::string(FLUENCE_SOURCE_DIR "/networks/cnvW1A1.hardware.json");
  EXPECT_EQ(fluence("sites --network " + path).out, fluence("sites --network cnvW1A1").out);
}

}  // namespace
}  // namespace fluence::test
