// A network of one's own, from its files to trials on its simulated accelerator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <random>
#include <vector>

#include "network/network_file.hpp"
#include "network/parameter_file.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Every stage that the networks which come with the program do not have: input thresholds, windows and
// pools of any shape, numbers of any width, words that do not divide each other, scores that fill none;
// and memories that store words by codecs.
constexpr auto kNetwork = R"({
  "format": "fluence network 2",
  "hardware": "tiny",
  "image": {"height": 7, "width": 6, "channels": 2, "bits": 8, "numbers": "unsigned", "thresholds": 4,
            "output_bits": 3, "output_numbers": "unsigned"},
  "layers": [
    {"kind": "convolution", "kernel": [3, 2], "padding": [1, 1, 1, 0], "channels": 6, "weight_bits": 3,
     "thresholds": 7, "output_bits": 3, "pool": {"kernel": 3, "stride": 2}},
    {"kind": "convolution", "kernel": 2, "channels": 4, "weight_bits": 1, "thresholds": 1,
     "output_bits": 1},
    {"kind": "full", "channels": 3, "weight_bits": 1, "thresholds": 0, "output_bits": 16}
  ],
  "decision": "highest"
})";

constexpr auto kHardware = R"({
  "format": "fluence hardware 1",
  "network": "tiny",
  "image_fifo_depth": 4,
  "layers": [
    {"simd": 2, "pe": 3, "accumulator_bits": 8, "stream_bits": 12, "fifo_depth": 2,
     "protection": {"weights": "secded", "thresholds": "tmr-writeback"}},
    {"simd": 3, "pe": 2, "accumulator_bits": 7, "stream_bits": 4, "fifo_depth": 3,
     "protection": {"weights": "tmr", "thresholds": "clamp -10 10"}},
    {"simd": 4, "pe": 3, "accumulator_bits": 5, "stream_bits": 64, "fifo_depth": 2,
     "protection": {"weights": "interleave 2"}}
  ]
})";

// Thresholds where sums are.
Parameters drawn_parameters(const Topology& net) {
  auto parameters = Parameters::blank(net);
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < parameters.layers.size(); ++i) {
    for (auto& word : parameters.layers[i].weights) {
      word = random() >> (64 - net.layers[i].weight_word_bits());
    }
    for (auto& threshold : parameters.layers[i].thresholds) {
      threshold = static_cast<std::int32_t>(random() % 21) - 10;
    }
  }
  parameters.input_thresholds = {50, 100, 150, 200};
  parameters.classes.assign(static_cast<std::size_t>(net.scores()), "any");
  return parameters;
}

constexpr auto kSpec = R"(name = "t"
seed = 1
count = 4
trials = 20
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds", "window", "vector", "accumulator", "pool", "fifo", "stream"]]
faults = [1, 20]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
faults = [1, 30]
semantics = "physical"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
faults = [2, 30]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["thresholds"]
layers = [0]
faults = [2, 30]
semantics = "source"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
layers = [2]
faults = [2, 30]
semantics = "shipped"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
faults = [2, 30]
semantics = "physical"
reload = 1
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds"]]
faults = [2, 30]
semantics = "physical"
reload = 3
)";

// In copies of a word and in halves of two; then with parameters that the host loads again.
constexpr auto kCases = R"({"id": 1, "images": 3, "faults": [
{"before_image": 0, "target": "thresholds", "layer": 0, "module": 1, "index": 0, "thresh": 3, "bit": 5, "copy": 1},
{"before_image": 0, "target": "thresholds", "layer": 0, "module": 1, "index": 0, "thresh": 3, "bit": 5, "copy": 2},
{"before_image": 1, "target": "weights", "layer": 2, "module": 0, "index": 1, "bit": 2},
{"before_image": 2, "target": "thresholds", "layer": 0, "module": 2, "index": 1, "thresh": 6, "bit": 6, "copy": 0}]}|
{"id": 2, "images": 4, "reload": 1, "faults": [
{"before_image": 0, "target": "weights", "layer": 2, "module": 0, "index": 1, "bit": 2},
{"before_image": 1, "target": "thresholds", "layer": 0, "module": 1, "index": 0, "thresh": 3, "bit": 5, "copy": 1},
{"before_image": 1, "target": "thresholds", "layer": 0, "module": 1, "index": 0, "thresh": 3, "bit": 5, "copy": 2},
{"before_image": 2, "target": "weights", "layer": 2, "module": 1, "index": 0, "bit": 1}]}|
{"id": 3, "images": 4, "reload": 2, "faults": [
{"before_image": 0, "target": "weights", "layer": 2, "module": 0, "index": 1, "bit": 2},
{"before_image": 2, "target": "weights", "layer": 2, "module": 1, "index": 0, "bit": 1}]}|
)";

class Build : public testing::Test {
 protected:
  Build() {
    std::filesystem::create_directories(dir_.path() / "net");
    write_text(file("net/tiny.network.json"), kNetwork);
    write_text(file("net/tiny.hardware.json"), kHardware);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] Finished run(const std::string& arguments, const std::string& more = "") const {
    return fluence(arguments, "FLUENCE_CACHE=" + file("cache") + " " + more);
  }
  [[nodiscard]] Finished build(const std::string& more = "") const {
    return run("build " + file("net"), more);
  }

  TempDir dir_;
};

TEST_F(Build, MakesAModelThatEverythingFinds) {
  const auto models = dir_.path() / "cache/models";
  // What a killed build leaves is not taken for a model.
  static_cast<void>(build("timeout -s KILL 1"));
  EXPECT_TRUE(!std::filesystem::exists(models) || std::filesystem::is_empty(models));
  // Of two at once one waits for what the other makes.
  auto other = std::async(std::launch::async, [this] { return build(); });
  const std::vector<Finished> both = {build(), other.get()};
  for (const auto& one : both) {
    ASSERT_EQ(one.code, 0) << one.err;
  }
  EXPECT_THAT(both, testing::UnorderedElementsAre(
                        testing::Field(&Finished::out, HasSubstr("simulated accelerator built")),
                        testing::Field(&Finished::out, HasSubstr("simulated accelerator was there"))));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(models), {}), 1);
  const auto again = build("PATH=/nonexistent");  // no tool is needed
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out,
              AllOf(HasSubstr("accelerator was there"), HasSubstr("schedule was there, every ")));

  const auto net = read_topology(file("net/tiny.hardware.json"));
  write_text(file("net/tiny.onnx"), parameter_file(drawn_parameters(net)));
  write_text(file("images.bin"), random_records(4, net.image()));
  const auto inputs = " --images " + file("images.bin");
  const auto classify = "classify --count 4 --list --network " + file("net") + inputs;
  const auto fast = run(classify);
  ASSERT_EQ(fast.code, 0) << fast.err;
  const auto rtl = run(classify + " --engine rtl");
  ASSERT_EQ(rtl.code, 0) << rtl.err;
  EXPECT_EQ(rtl.out, fast.out);
  EXPECT_EQ(run("timing --network " + file("net")).code, 0);

  write_text(file("spec.toml"), kSpec);
  const auto campaign = run("run " + file("spec.toml") + " --out " + file("r") + inputs);
  ASSERT_EQ(campaign.code, 0) << campaign.err;
  // Scores, fates, and how many accesses met an error.
  const auto verify = run("verify " + file("r") + " --sample 400 --params " + file("net") + inputs);
  EXPECT_EQ(verify.code, 0) << verify.out << verify.err;

  // Firmware loads copies and halves, and reaches them between images, as the other hosts do.
  const std::string arm = " --engine rtl --host arm --load registers";
  const auto loaded = run(classify + arm);
  ASSERT_EQ(loaded.code, 0) << loaded.err;
  EXPECT_EQ(loaded.out, fast.out);
  auto cases = std::string(kCases);
  std::erase(cases, '\n');
  std::ranges::replace(cases, '|', '\n');
  write_text(file("cases.jsonl"), cases);
  const auto replayed = [&](const std::string& engine) {
    const auto finished =
        run("replay --network " + file("net") + inputs + " --semantics source --faults " +
            file("cases.jsonl") + " --out " + file("out.jsonl") + engine);
    EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
    return read_text(file("out.jsonl"));
  };
  const auto expected = replayed("");
  EXPECT_NE(expected.find("scores"), std::string::npos);
  EXPECT_EQ(replayed(" --engine rtl"), expected);
  EXPECT_EQ(replayed(arm), expected);
}

TEST_F(Build, RefusesInOneSentenceBeforeAnyWork) {
  const auto refused = [&](const Finished& finished, const std::string& what) {
    EXPECT_EQ(finished.code, 2) << what;
    EXPECT_EQ(finished.error_lines(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr(what));
    EXPECT_FALSE(std::filesystem::exists(file("cache")));
  };
  refused(build("PATH=/nonexistent"), "install the Debian package verilator");
  refused(build("FLUENCE_SOURCE=" + dir_.path().string()), "FLUENCE_SOURCE");
  refused(fluence("build " + file("net"), "FLUENCE_CACHE='" + file("a b") + "'"),
          "name another folder in FLUENCE_CACHE");
  refused(fluence("build " + file("net"), "FLUENCE_CACHE="), "FLUENCE_CACHE is empty");
  auto hardware = std::string(kHardware);
  hardware.replace(hardware.find("\"stream_bits\": 64"), 17, "\"stream_bits\": 32");
  write_text(file("net/tiny.hardware.json"), hardware);
  refused(build(), "the last layer of network tiny has a stream of 32 bits");
}

TEST(BuildOfShippedNetwork, FindsWhatComesWithTheProgram) {
  const TempDir dir;
  const auto there = fluence("build cnvW1A1", "FLUENCE_CACHE=" + dir.file("cache"));
  EXPECT_EQ(there.code, 0) << there.err;
  EXPECT_THAT(there.out, AllOf(HasSubstr("cnvW1A1: simulated accelerator was there"),
                               HasSubstr("schedules/cnvW1A1.json")));
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "cache"));
}

}  // namespace
}  // namespace fluence::test
