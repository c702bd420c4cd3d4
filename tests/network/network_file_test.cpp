// Networks and hardwares as files: what is read, and what is refused with which sentence.
#include "network/network_file.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "network/known_networks.hpp"
#include "network/packed.hpp"
#include "network/reference.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/scores.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

NamedText network_file(const Topology& net) {
  return {network_text(net), net.network + std::string(kNetworkEnd)};
}
NamedText hardware_file(const Topology& net) {
  return {hardware_text(net), net.name + std::string(kHardwareEnd)};
}

TEST(NetworkFiles, AreThoseOfTheFolder) {
  std::set<std::string> names;
  const std::filesystem::path root = FLUENCE_SOURCE_DIR;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "networks")) {
    if (entry.is_regular_file()) {
      names.insert(entry.path().lexically_relative(root).string());
    }
  }
  std::set<std::string> known;
  for (const auto& file : network_files()) {
    known.insert(file.file);
  }
  EXPECT_EQ(known, names);
}

// Whoever adds one touches nothing else.
TEST(NetworkFiles, AreNamedNowhereElseInTheSources) {
  namespace fs = std::filesystem;
  const fs::path root = FLUENCE_SOURCE_DIR;
  int read = 0;
  const auto check = [&](const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const auto& net : all_topologies()) {
      EXPECT_EQ(text.find(net.name), std::string::npos) << file << " names " << net.name;
      EXPECT_EQ(text.find(net.network), std::string::npos) << file << " names " << net.network;
    }
    ++read;
  };
  for (const auto* folder :
       {"analysis", "attack",    "base",    "bench",   "campaign", "cli",     "cmake",
        "examples", "fault",     "import",  "include", "map",      "network", "platform",
        "rtl",      "sc_models", "scripts", "session", "sw",       "trace",   "training"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file()) {
        check(entry.path());
      }
    }
  }
  for (const auto* file : {"CMakeLists.txt", "Makefile", "Makefile.verilator"}) {
    check(root / file);
  }
  EXPECT_GT(read, 300);
}

TEST(NetworkFiles, HaveTheFormThatIsWritten) {
  std::map<std::string, std::string> files;
  for (const auto& file : network_files()) {
    files[file.file] = file.text;
  }
  for (const auto& net : all_topologies()) {
    EXPECT_EQ(network_text(net), files.at("networks/" + network_file(net).file));
    EXPECT_EQ(hardware_text(net), files.at("networks/" + hardware_file(net).file));
  }
}

TEST(NetworkFiles, SayAllThereIsOfAMadeNetwork) {
  for (const auto& net : made_networks()) {
    EXPECT_EQ(parse_topology(network_file(net), hardware_file(net)), net) << net.name;
  }
}

TEST(NetworkFiles, SayWhereTheBitsOfAMemoryLie) {
  auto net = topology("cnvW1A1");
  const auto digest = hardware_digest(net);
  net.layouts = {{"weights", {36, 4}}, {"fifo", {0, 2}}, {"pool", {18, 1}}};
  EXPECT_EQ(hardware_digest(net), digest);
  EXPECT_THAT(
      hardware_text(net),
      HasSubstr("\n  \"layout\": {\"weights\": {\"width\": 36, \"interleave\": 4}, \"pool\": "
                "{\"width\": 18, \"interleave\": 1}, \"fifo\": {\"interleave\": 2}},\n  \"board\""));
  EXPECT_EQ(parse_topology(network_file(net), hardware_file(net)), net);
  const auto refused = [&](const std::string& layout, const std::string& sentence) {
    auto file = hardware_file(net);
    file.text.replace(file.text.find("{\"weights\": {\"width\""), layout_text(net).size(), layout);
    try {
      static_cast<void>(parse_topology(network_file(net), file));
      ADD_FAILURE() << "not refused: " << layout;
    } catch (const InputError& e) {
      EXPECT_EQ(e.what(), file.file + ": " + sentence);
    }
  };
  refused("4", "'layout': here is no object: write {\"key\": value, ...}");
  refused("{\"control\": {}}",
          "'layout': unknown key 'control': use fifo, pool, thresholds, vector, weights, window");
  refused("{\"fifo\": {\"width\": 0}}",
          "'layout': 'fifo': 'width' is no whole number from 1 to 65536: correct it");
  refused("{\"fifo\": {\"depth\": 2}}", "'layout': 'fifo': unknown key 'depth': use interleave, width");
}

// A network of no board as two files in a folder: nothing else knows of it.
TEST(NetworkFiles, AreAllThatANetworkNeeds) {
  const TempDir dir;
  write(dir.path() / "own.network.json", R"({
    "format": "fluence network 1",
    "hardware": "own-fast",
    "image": {"height": 32, "width": 32, "channels": 3, "bits": 8},
    "layers": [
      {"kind": "convolution", "kernel": 3, "channels": 32, "weight_bits": 2, "thresholds": 2, "output_bits": 2,
       "fraction_bits": 8},
      {"kind": "convolution", "kernel": 3, "channels": 64, "weight_bits": 2, "thresholds": 1, "output_bits": 1,
       "pool": 2},
      {"kind": "convolution", "kernel": 3, "channels": 64, "weight_bits": 1, "thresholds": 1, "output_bits": 1},
      {"kind": "convolution", "kernel": 3, "channels": 64, "weight_bits": 1, "thresholds": 2, "output_bits": 2,
       "pool": 2},
      {"kind": "convolution", "kernel": 3, "channels": 128, "weight_bits": 2, "thresholds": 2, "output_bits": 2},
      {"kind": "convolution", "kernel": 3, "channels": 512, "weight_bits": 1, "thresholds": 2, "output_bits": 2},
      {"kind": "full", "channels": 64, "weight_bits": 2, "thresholds": 0, "output_bits": 16}
    ],
    "decision": "highest"
  })");
  write(dir.path() / "own-fast.hardware.json", R"({
    "format": "fluence hardware 1",
    "network": "own",
    "image_fifo_depth": 16,
    "layers": [
      {"simd": 3, "pe": 32, "accumulator_bits": 24, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 32, "pe": 16, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 16, "pe": 16, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 16, "pe": 16, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 16, "pe": 16, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 16, "pe": 16, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2},
      {"simd": 32, "pe": 4, "accumulator_bits": 16, "stream_bits": 64, "fifo_depth": 2}
    ]
  })");
  const auto net = read_topology(dir.path() / "own.network.json");
  EXPECT_EQ(net, read_topology(dir.path() / "own-fast.hardware.json"));
  EXPECT_EQ(net.name, "own-fast");
  EXPECT_EQ(net.network, "own");
  const auto parameters = random_parameters(net, 1);
  const ReferenceNetwork reference(parameters);
  const PackedNetwork packed(parameters);
  for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}}) {
    const auto image = random_image(seed);
    EXPECT_EQ(packed.run(image), reference.run(image)) << seed;
  }
}

TEST(NetworkFiles, AreFoundByTheNamesOfNetworks) {
  EXPECT_EQ(&topology("cnvW2A2"), &all_topologies().at(2));
  try {
    static_cast<void>(topology("cnvW3A3"));
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), testing::StartsWith("unknown network 'cnvW3A3': use one of cnvW1A1, cnvW1A2, "
                                              "cnvW2A2, lfcW1A1, lfcW1A2, cnvW1A1-TMR, "));
    EXPECT_THAT(e.what(), testing::EndsWith(", or the path of a network's or a hardware's file"));
  }
}

TEST(NetworkFiles, MustBeThere) {
  const TempDir dir;
  EXPECT_THROW(static_cast<void>(read_topology(dir.path() / "none.network.json")), InputError);
  const auto& net = topology("cnvW1A1");
  write(dir.path() / network_file(net).file, network_text(net));
  try {
    static_cast<void>(read_topology(dir.path() / network_file(net).file));
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("cannot read the hardware of "),
                                HasSubstr("cnvW1A1.network.json"), HasSubstr("cnvW1A1.hardware.json")));
  }
}

TEST(Digests, AreNotOfNames) {
  auto net = topology("cnvW1A1");
  net.name = net.network = "other";
  net.board.reset();
  EXPECT_EQ(network_digest(net), network_digest(topology("cnvW1A1")));
  EXPECT_EQ(hardware_digest(net), hardware_digest(topology("cnvW1A1")));
  EXPECT_NE(network_digest(net), network_digest(topology("cnvW1A2")));
}

TEST(Digests, AreOfWhatIsComputedAndOfHowItIsBuilt) {
  const auto& net = topology("cnvW1A1");
  std::set<std::string> networks{network_digest(net)};
  std::set<std::string> hardwares{hardware_digest(net)};
  const auto changed = [&](auto change) {
    auto other = net;
    change(other);
    networks.insert(network_digest(other));
    EXPECT_TRUE(hardwares.insert(hardware_digest(other)).second);
  };
  changed([](auto& n) { n.layers[1].pe /= 2; });
  changed([](auto& n) { n.layers[1].simd /= 2; });
  changed([](auto& n) { n.layers[1].accumulator_bits = 15; });
  changed([](auto& n) { n.layers[1].out_stream_width = 32; });
  changed([](auto& n) { n.layers[1].out_fifo_depth = 3; });
  changed([](auto& n) { n.image_fifo_depth = 3; });
  EXPECT_EQ(networks.size(), 1U);
  changed([](auto& n) { n.layers[0].fraction_bits = 9; });
  changed([](auto& n) { n.layers[1].out_channels = 128; });
  changed([](auto& n) { n.layers[1].thresholds = 2; });
  changed([](auto& n) { n.layers[1].pool = false; });
  EXPECT_EQ(networks.size(), 5U);
}

// In the first form, what the second calls "from_zero" is called "highest".
TEST(NetworkFiles, OfTheSecondFormNameTheirDecision) {
  const auto& net = topology("cnvW2A2");
  auto file = network_file(net);
  file.text.replace(file.text.find("network 1"), 9, "network 2");
  EXPECT_EQ(parse_topology(file, hardware_file(net)).decision, Decision::highest);
  EXPECT_EQ(net.decision, Decision::from_zero);
  for (const auto& name : {"from_zero", "highest", "highest_bit"}) {
    auto other = file;
    other.text.replace(other.text.find("\"highest\""), 9, "\"" + std::string(name) + "\"");
    const auto read = parse_topology(other, hardware_file(net));
    EXPECT_EQ(parse_topology(network_file(read), hardware_file(read)), read) << name;
    EXPECT_EQ(network_digest(read) == network_digest(net), std::string(name) == "from_zero");
  }
}

struct Spoilt {
  friend void PrintTo(const Spoilt& spoilt, std::ostream* out) { *out << spoilt.name; }
  const char* name;
  bool in_hardware;
  const char* from;  ///< "": the whole text
  const char* to;
  const char* why;
};

class NetworkFilesRefused : public testing::TestWithParam<Spoilt> {};
INSTANTIATE_TEST_SUITE_P(
    Files, NetworkFilesRefused,
    testing::Values(
        Spoilt{
            "UnknownKey", true, "\"simd\": 16, \"pe\": 8,", "\"simd\": 16, \"pe\": 8, \"ram\": 1,",
            "layer 2: unknown key 'ram': use accumulator_bits, fifo_depth, pe, protection, read, simd, "
            "stream_bits"},
        Spoilt{"Read", true, "\"simd\": 16, \"pe\": 8,",
               "\"simd\": 16, \"pe\": 8, \"read\": {\"weights\": \"early\"},",
               "layer 2: 'read': 'weights' is 'early', which is unknown: use asynchronous, synchronous"},
        Spoilt{"ReadOfNothing", true, "\"simd\": 1, \"pe\": 4,",
               "\"simd\": 1, \"pe\": 4, \"read\": {\"thresholds\": \"synchronous\"},",
               "has no thresholds that could be read synchronously: drop that"},
        Spoilt{
            "RepairedAndRead", true, "\"simd\": 16, \"pe\": 8,",
            "\"simd\": 16, \"pe\": 128, \"read\": {\"thresholds\": \"synchronous\"}, "
            "\"protection\": {\"thresholds\": \"tmr-writeback\"},",
            "layer 2 of network cnvW2A2 reads thresholds by tmr-writeback synchronously from memories "
            "of one word: choose a lower PE or SIMD, or another codec"},
        Spoilt{"MissingKey", true, "\"simd\": 16, \"pe\": 8,", "\"simd\": 16,",
               "layer 2: 'pe' is missing: add it"},
        Spoilt{"NoNumber", true, "\"pe\": 8,", "\"pe\": \"8\",",
               "layer 0: 'pe' is no whole number from 1 to 65536: correct it"},
        Spoilt{"NotWhole", true, "\"pe\": 8,", "\"pe\": 8.5,", "layer 0: 'pe' is no whole number"},
        Spoilt{"Large", true, "\"pe\": 8,", "\"pe\": 99999999999999999999,",
               "layer 0: 'pe' is no whole"},
        Spoilt{"Folding", true, "\"simd\": 16, \"pe\": 8,", "\"simd\": 48, \"pe\": 8,",
               "layer 2 of network cnvW2A2 has SIMD 48, which does not divide its 64 input channels: "
               "choose a divisor"},
        Spoilt{"Pe", true, "\"simd\": 16, \"pe\": 8,", "\"simd\": 16, \"pe\": 7,",
               "layer 2 of network cnvW2A2 has PE 7, which does not divide its 128 output channels: "
               "choose a divisor"},
        Spoilt{"FewLayers", true,
               "    {\"simd\": 3, \"pe\": 8, \"accumulator_bits\": 24, \"stream_bits\": 64, "
               "\"fifo_depth\": 128},\n",
               "", "'layers' has 8 where the network cnvW2A2 has 9: give each layer its own"},
        Spoilt{"OtherNetwork", true, "\"network\": \"cnvW2A2\"", "\"network\": \"cnvW1A1\"",
               "this is a hardware of the network cnvW1A1, not of cnvW2A2: name one that is"},
        Spoilt{"Version", false, "fluence network 1", "fluence network 3",
               "'format' is 'fluence network 3', which this version does not read: give a file of "
               "'fluence network 2' or 'fluence hardware 1'"},
        Spoilt{"Kind", false, "fluence network 1", "fluence hardware 1",
               "'format' is 'fluence hardware 1' where one of 'fluence network 2' is needed"},
        Spoilt{"HardwareVersion", true, "fluence hardware 1", "fluence hardware 3",
               "'format' is 'fluence hardware 3', which this version does not read"},
        Spoilt{"LayerKind", false, "\"full\"", "\"dense\"",
               "layer 6: 'kind' is 'dense', which is unknown: use convolution, full"},
        Spoilt{
            "Kernel", false, "\"kernel\": 3", "\"kernel\": 5",
            "layer 5 of network cnvW2A2 is a convolution whose window of 3 x 3 pixels has no place in "
            "its input of 2 x 2"},
        Spoilt{"KernelSides", false, "\"kernel\": 3", "\"kernel\": [3, 3, 3]",
               "layer 0: 'kernel' is neither a whole number nor a list of 2 of them, 1 to 65536"},
        Spoilt{"Padding", false, "\"kernel\": 3", "\"kernel\": 3, \"padding\": [0, 1, 0, -1]",
               "layer 0: 'padding' is neither a whole number nor a list of 4 of them, 0 to 65536"},
        Spoilt{"PoolKey", false, "\"pool\": 2", "\"pool\": {\"kernel\": 2, \"side\": 2}",
               "layer 1: 'pool': unknown key 'side': use kernel, padding, stride"},
        Spoilt{"Numbers", false, "\"bits\": 8", "\"bits\": 8, \"numbers\": \"signed\"",
               "layer 0 has fraction bits where 'image' has 'numbers': drop either"},
        Spoilt{"Codes", false, ", \"fraction_bits\": 8", "",
               "layer 0 has 0 fraction bits where the image's pixels become codes: give it at least 7"},
        Spoilt{"PerChannel", false, "\"bits\": 8",
               "\"bits\": 8, \"thresholds\": 2, \"output_bits\": 2, \"per_channel\": 1",
               "'per_channel' is neither true nor false: correct it"},
        Spoilt{"Accumulator", false, "\"fraction_bits\": 8", "\"accumulator\": \"counts\"",
               "layer 0: 'accumulator' is 'counts', which is unknown: use sums, matches"},
        Spoilt{"FullKernel", false, "\"kind\": \"full\",", "\"kind\": \"full\", \"kernel\": 3,",
               "layer 6: unknown key 'kernel'"},
        Spoilt{
            "PoolSize", false, "\"pool\": 2", "\"pool\": 3",
            "layer 4 of network cnvW2A2 is a convolution whose window of 3 x 3 pixels has no place in "
            "its input of 2 x 2"},
        Spoilt{
            "Width", false, "\"width\": 32", "\"width\": 30",
            "layer 5 of network cnvW2A2 is a convolution whose window of 3 x 3 pixels has no place in "
            "its input of 3 x 2"},
        Spoilt{"Decision", false, "\"highest\"", "\"lowest\"",
               "'decision' is 'lowest', which is unknown: use highest"},
        Spoilt{"WeightBits", false, "\"weight_bits\": 2", "\"weight_bits\": 9",
               "layer 0 of network cnvW2A2 has weights of 9 bits: use 1 to 8"},
        Spoilt{"Fraction", false, "\"fraction_bits\": 8", "\"fraction_bits\": 33",
               "layer 0: 'fraction_bits' is no whole number from 0 to 32"},
        Spoilt{"Empty", false, "", "", "is no JSON: mend or replace it"},
        Spoilt{"NoObject", false, "", "[]", "here is no object: write {\"key\": value, ...}"},
        Spoilt{
            "NoLayers", false, "",
            "{\"format\": \"fluence network 1\", \"hardware\": \"cnvW2A2\", "
            "\"image\": {\"height\": 32, \"width\": 32, \"channels\": 3, \"bits\": 8}, \"layers\": []}",
            "'layers' is no list of 1 to 1000: give one"},
        Spoilt{"Deep", false, "", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
               "nested more than 32 deep"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_P(NetworkFilesRefused, WithFilePlaceRuleAndRemedy) {
  const auto& spoilt = GetParam();
  const auto& net = topology("cnvW2A2");
  auto network = network_file(net);
  auto hardware = hardware_file(net);
  ASSERT_NO_THROW(static_cast<void>(parse_topology(network, hardware)));
  auto& file = spoilt.in_hardware ? hardware : network;
  const std::string from = spoilt.from;
  const auto at = file.text.find(from);
  ASSERT_NE(at, std::string::npos);
  file.text.replace(at, from.empty() ? std::string::npos : from.size(), spoilt.to);
  try {
    static_cast<void>(parse_topology(network, hardware));
    FAIL() << "not refused";
  } catch (const InputError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr(spoilt.why), HasSubstr(file.file)));
  }
}

std::string page() {
  std::ifstream file(FLUENCE_SOURCE_DIR "/docs/networks.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// The keys of an object and of all objects in it.
void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      keys.insert(key);
      collect_keys(value, keys);
    }
  } else if (json.is_array()) {
    for (const auto& value : json) {
      collect_keys(value, keys);
    }
  }
}

TEST(NetworksDoc, NamesEveryKeyOfTheFiles) {
  std::set<std::string> keys;
  for (const auto& file : network_files()) {
    collect_keys(nlohmann::json::parse(file.text), keys);
  }
  EXPECT_GE(keys.size(), 20U);
  for (const auto& key : keys) {
    EXPECT_THAT(page(), HasSubstr("`" + key + "`"));
  }
}

TEST(NetworksDoc, ShowsFilesAsTheyAre) {
  const auto text = page();
  const auto& net = topology("cnvW1A1");
  const auto files = network_text(net) + hardware_text(net);
  int lines = 0;
  for (auto at = text.find("```json\n"); at != std::string::npos;) {
    const auto end = text.find("```", at + 8);
    std::istringstream example(text.substr(at + 8, end - at - 8));
    for (std::string line; std::getline(example, line); ++lines) {
      EXPECT_THAT(files, HasSubstr(line));
    }
    at = text.find("```json\n", end + 3);
  }
  EXPECT_EQ(lines, 20);
}

TEST(Names, AreThoseOfFiles) {
  EXPECT_EQ(name_of_file("a/x-1.network.json"), "x-1");
  EXPECT_EQ(name_of_file("x_1.hardware.json"), "x_1");
  EXPECT_EQ(name_of_file("x.json"), "x");
  for (const auto* bad : {".network.json", "a b.network.json", "a.b.json", "\xc3\xa4.json"}) {
    EXPECT_THROW(static_cast<void>(name_of_file(bad)), InputError) << bad;
  }
}

}  // namespace
}  // namespace fluence::test
