// Networks whose stored words have more than 64 bits, or are read synchronously, from their files to
// trials on their simulated accelerators and to firmware that loads them slice by slice.
#include <gmock/gmock.h>

#include <random>
#include <string>
#include <vector>

#include "fluence/accel_regs.h"
#include "fluence/platform.h"
#include "network/network_file.hpp"
#include "network/parameter_file.hpp"
#include "platform/parameter_words.hpp"
#include "platform/platform.hpp"
#include "rtl/sites.hpp"
#include "tests/cli/command.hpp"

namespace fluence::test {
namespace {

struct Wide {
  friend void PrintTo(const Wide& wide, std::ostream* out) { *out << wide.name; }
  const char* name;
  const char* network;
  const char* hardware;
  std::vector<std::pair<int, int>> thresholds;  ///< of each layer: middle, and how far they lie apart
  const char* spec;                             ///< defects, and what the host can reach
};

// 72 and 144 weights of one bit; of 128, which fill their slices, and in three copies.
constexpr auto kSigns = R"({
  "format": "fluence network 2", "hardware": "wide",
  "image": {"height": 1, "width": 1, "channels": 144, "bits": 1, "numbers": "signed"},
  "layers": [
    {"kind": "full", "channels": 144, "weight_bits": 1, "thresholds": 1, "output_bits": 1},
    {"kind": "full", "channels": 128, "weight_bits": 1, "thresholds": 1, "output_bits": 1},
    {"kind": "full", "channels": 72, "weight_bits": 1, "thresholds": 1, "output_bits": 1},
    {"kind": "full", "channels": 6, "weight_bits": 1, "thresholds": 0, "output_bits": 16}],
  "decision": "highest"})";
constexpr auto kSignsHardware = R"({
  "format": "fluence hardware 1", "network": "wide", "image_fifo_depth": 4,
  "layers": [
    {"simd": 72, "pe": 4, "accumulator_bits": 9, "stream_bits": 72, "fifo_depth": 2},
    {"simd": 144, "pe": 2, "accumulator_bits": 9, "stream_bits": 64, "fifo_depth": 2,
     "protection": {"weights": "tmr-writeback"}},
    {"simd": 128, "pe": 3, "accumulator_bits": 9, "stream_bits": 8, "fifo_depth": 3,
     "protection": {"weights": "interleave 4", "thresholds": "secded"}},
    {"simd": 72, "pe": 6, "accumulator_bits": 9, "stream_bits": 64, "fifo_depth": 2}],
  "layout": {"weights": {"width": 36, "interleave": 2}}})";

// 36 weights of four bits, in words of 153 bits with check bits, too; and 72 of three, some of which lie
// in two slices.
constexpr auto kNumbers = R"({
  "format": "fluence network 2", "hardware": "wide",
  "image": {"height": 3, "width": 3, "channels": 36, "bits": 4, "numbers": "unsigned"},
  "layers": [
    {"kind": "convolution", "kernel": 2, "channels": 36, "weight_bits": 4, "thresholds": 15,
     "output_bits": 4, "output_numbers": "unsigned"},
    {"kind": "convolution", "kernel": 2, "channels": 72, "weight_bits": 4, "thresholds": 7,
     "output_bits": 3, "output_numbers": "unsigned"},
    {"kind": "full", "channels": 36, "weight_bits": 3, "thresholds": 3, "output_bits": 2},
    {"kind": "full", "channels": 5, "weight_bits": 4, "thresholds": 0, "output_bits": 16}],
  "decision": "highest"})";
constexpr auto kNumbersHardware = R"({
  "format": "fluence hardware 1", "network": "wide", "image_fifo_depth": 4,
  "layers": [
    {"simd": 36, "pe": 6, "accumulator_bits": 15, "stream_bits": 36, "fifo_depth": 2},
    {"simd": 36, "pe": 8, "accumulator_bits": 15, "stream_bits": 24, "fifo_depth": 2,
     "protection": {"weights": "secded"}},
    {"simd": 72, "pe": 4, "accumulator_bits": 12, "stream_bits": 8, "fifo_depth": 2},
    {"simd": 36, "pe": 1, "accumulator_bits": 12, "stream_bits": 64, "fifo_depth": 2,
     "protection": {"weights": "interleave 2"}}]})";

// The first one, whose words are read synchronously, by every kind of codec.
constexpr auto kSynchronousHardware = R"({
  "format": "fluence hardware 1", "network": "wide", "image_fifo_depth": 4,
  "layers": [
    {"simd": 72, "pe": 4, "accumulator_bits": 9, "stream_bits": 72, "fifo_depth": 2,
     "read": {"weights": "synchronous", "thresholds": "synchronous"},
     "protection": {"thresholds": "clamp 60 90"}},
    {"simd": 144, "pe": 2, "accumulator_bits": 9, "stream_bits": 64, "fifo_depth": 2,
     "read": {"weights": "synchronous", "thresholds": "synchronous"},
     "protection": {"weights": "tmr-writeback", "thresholds": "tmr-writeback"}},
    {"simd": 128, "pe": 3, "accumulator_bits": 9, "stream_bits": 8, "fifo_depth": 3,
     "read": {"weights": "synchronous", "thresholds": "synchronous"},
     "protection": {"weights": "interleave 4", "thresholds": "duplicate"}},
    {"simd": 72, "pe": 1, "accumulator_bits": 9, "stream_bits": 64, "fifo_depth": 2,
     "read": {"weights": "synchronous"}, "protection": {"weights": "secded"}}]})";

// Every space at cycles, and upsets of weights between images.
constexpr auto kSpec = R"(name = "t"
seed = 1
count = 4
trials = 20
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = [["weights", "thresholds", "window", "vector", "accumulator", "fifo", "stream"]]
faults = [1, 20]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
faults = [1, 30]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
faults = [1, 30]
semantics = "physical"
)";

class WideWords : public testing::TestWithParam<Wide> {
 protected:
  WideWords() {
    std::filesystem::create_directories(dir_.path() / "net");
    write_text(file("net/wide.network.json"), GetParam().network);
    write_text(file("net/wide.hardware.json"), GetParam().hardware);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  void run(const std::string& arguments) const {
    const auto finished = fluence(arguments, "FLUENCE_CACHE=" + file("cache"));
    EXPECT_EQ(finished.code, 0) << arguments << "\n" << finished.out << finished.err;
  }
  // Thresholds where sums are.
  [[nodiscard]] Parameters drawn(const Topology& net) const {
    auto parameters = random_parameters(net, 3);
    std::mt19937_64 random(4);
    for (std::size_t i = 0; i < GetParam().thresholds.size(); ++i) {
      const auto [middle, apart] = GetParam().thresholds[i];
      for (auto& threshold : parameters.layers[i].thresholds) {
        threshold = middle - apart + static_cast<int>(random() % static_cast<unsigned>(2 * apart + 1));
      }
    }
    return parameters;
  }

  TempDir dir_;
};
INSTANTIATE_TEST_SUITE_P(Networks, WideWords,
                         testing::Values(Wide{"signs",
                                              kSigns,
                                              kSignsHardware,
                                              {{72, 9}, {72, 9}, {64, 9}},
                                              R"(
[[part]]
networks = "net"
modes = ["stuck0", "stuck1", "stuck1:300", "intermittent:300"]
spaces = ["weights"]
layers = [0]
faults = [1, 20]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
faults = [1, 30]
semantics = "source"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
faults = [1, 30]
semantics = "shipped"
[[part]]
networks = "net"
modes = ["burst:4"]
spaces = ["weights"]
faults = [1, 5]
semantics = "physical"
)"},
                                         Wide{"numbers",
                                              kNumbers,
                                              kNumbersHardware,
                                              {{-540, 700}, {-540, 700}, {-126, 150}},
                                              R"(
[[part]]
networks = "net"
modes = ["stuck0", "stuck1", "stuck1:300", "intermittent:300"]
spaces = ["weights"]
layers = [0]
faults = [1, 20]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
layers = [0, 2, 3]
faults = [1, 30]
semantics = "source"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
layers = [0, 2, 3]
faults = [1, 30]
semantics = "shipped"
)"},
                                         Wide{"synchronous",
                                              kSigns,
                                              kSynchronousHardware,
                                              {{72, 9}, {72, 9}, {64, 9}},
                                              R"(
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["read"]
faults = [1, 30]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu"]
spaces = [["weights", "thresholds", "read"], ["weights", "thresholds", "read", "control"]]
faults = [1, 100]
time = "cycle"
[[part]]
networks = "net"
modes = ["seu", "mbu"]
spaces = ["weights"]
layers = [0, 1, 2]
faults = [1, 30]
semantics = "source"
)"}),
                         [](const auto& param) { return param.param.name; });

// Cases in which the host reaches the last slice of every kind of memory, its last bit and a burst that
// ends there; and bits of both sides of the border between two slices.
std::string cases(const SiteMap& sites, const std::vector<int>& layers) {
  std::string text;
  int id = 0;
  for (const int layer : layers) {
    const auto& array = sites.array_of({Space::weights, layer});
    for (const int bit : {63, 64, array.bits - 1}) {
      for (const int size : {1, 8}) {
        text += "{\"id\": " + std::to_string(++id) + ", \"images\": 3, \"faults\": [";
        for (int image = 0; image < 2; ++image) {
          text += std::string(image > 0 ? ", " : "") + "{\"before_image\": " + std::to_string(image) +
                  R"(, "target": "weights", "layer": )" + std::to_string(layer) + R"(, "module": )" +
                  std::to_string(array.modules - 1) +
                  ", \"index\": " + std::to_string(image % array.words) +
                  ", \"word_size\": " + std::to_string(size) + ", \"bit\": " + std::to_string(bit) +
                  ", \"copy\": " + std::to_string(array.copies - 1) + "}";
        }
        text += "]}\n";
      }
    }
  }
  return text;
}

// The same bit in two copies of a register of layer 1, whose vote the access of that cycle stores.
std::string outvoted() {
  std::string text;
  for (int id = 0; id < 60; ++id) {
    text += "{\"id\": " + std::to_string(id) + ", \"images\": 300, \"faults\": [";
    for (const int copy : {0, 2}) {
      text += std::string(copy > 0 ? ", " : "") + "{\"cycle\": " + std::to_string(60 + 5 * id) +
              R"(, "target": "read", "layer": 1, "module": 1, "index": 0, "bit": )" +
              std::to_string(2 * id) + ", \"copy\": " + std::to_string(copy) + "}";
    }
    text += "]}\n";
  }
  return text;
}

// A process elaborates SystemC once, so `check` runs in one of its own, where what is in a cache is
// found.
template <class Check>
void expect_in_a_process(const std::string& cache, Check check) {
  const auto child = ::fork();
  if (child == 0) {
    ::setenv("FLUENCE_CACHE", cache.c_str(), 1);
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

// What the driver writes through the registers is what debug accesses store, and reads back.
bool is_loaded_by_the_native_host(const Topology& net, const Parameters& parameters) {
  Platform board("board", net, {});
  auto& model = board.accelerator().model();
  board.load_through_registers(parameters);
  const auto loaded = model.save_parameters();
  bool same = true;
  for_each_parameter_word(board.sites(), [&](const Site& word, std::uint64_t, int) {
    for_each_slice(net, word, [&](const Site& slice) {
      const auto wanted = host_read(host_word(parameters, slice), net.layer(slice.layer), slice.space);
      same = same && board.read_word(slice) == wanted;
    });
  });
  board.load_through_debug(Parameters::blank(net));
  same = same && model.save_parameters() != loaded;
  board.load_through_debug(parameters);
  return same && model.save_parameters() == loaded;
}

// Software of one's own writes and reads a slice, and is told of one that there is not.
bool is_reached_by_the_c_interface(const std::string& network, const Topology& net,
                                   const Parameters& parameters) {
  fluence_config config{};
  config.network = config.params = network.c_str();
  auto* board = fluence_open(&config);
  std::uint64_t memory = 0;
  bool good = board != nullptr && fluence_alloc(board, 8, &memory) == 0;
  const auto set = [&](std::uint32_t offset, std::uint64_t value) {
    return fluence_write32(board, offset, static_cast<std::uint32_t>(value)) == 0;
  };
  const auto command = [&](std::uint32_t what, std::uint32_t slice) {
    const bool started = set(FL_ACCEL_DO_INIT, what) && set(FL_ACCEL_TARGET_LAYER, 0) &&
                         set(FL_ACCEL_TARGET_MEM, 1) && set(FL_ACCEL_TARGET_IND, 1) &&
                         set(FL_ACCEL_TARGET_THRESH, slice) &&
                         set(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    return started && fluence_run(board, 1000) == 0;
  };
  const auto read = [&](std::uint32_t slice) {
    std::uint64_t value = 0;
    good = good && set(FL_ACCEL_OUTPUT_LOW, memory) && set(FL_ACCEL_OUTPUT_HIGH, memory >> 32) &&
           command(FL_ACCEL_DO_INIT_READ, slice) &&
           fluence_copy_out(board, memory, &value, sizeof value) == 0;
    return value;
  };
  const auto word = parameters.weight_word(0, 1, 1);
  const auto last = static_cast<std::uint32_t>(word.size() - 1);
  good = good && read(0) == word[0] && read(last) == word[last];
  good = good && set(FL_ACCEL_VAL_LOW, 0x5a) && set(FL_ACCEL_VAL_HIGH, 0) &&
         command(FL_ACCEL_DO_INIT_WRITE, last) && read(0) == word[0] && read(last) == 0x5a;
  good = good && !command(FL_ACCEL_DO_INIT_READ, last + 1) &&
         std::string(fluence_last_error()).find("FL_ACCEL_TARGET_THRESH is") != std::string::npos;
  return good &&
         fluence_upset(board, "weights", 0, 1, 1, 0, net.layer(0).weight_word_bits() - 1, 9) == 0;
}

TEST_P(WideWords, GiveTheSameOnBothEnginesAndHosts) {
  run("build " + file("net"));
  const auto net = read_topology(file("net/wide.hardware.json"));
  write_text(file("net/wide.onnx"), parameter_file(drawn(net)));
  write_text(file("images.bin"), random_records(300, net.image()));
  const auto inputs = " --images " + file("images.bin");
  const auto classify = [&](const std::string& engine) {
    run("classify --count 4 --network " + file("net") + inputs + " --scores " + file("scores.npy") +
        engine);
    return read_text(file("scores.npy"));
  };
  const auto scores = classify("");
  EXPECT_EQ(classify(" --engine rtl"), scores);
  // Slice by slice through the registers, by the driver on either host.
  EXPECT_EQ(classify(" --engine rtl --host arm --load registers"), scores);
  expect_in_a_process(file("cache"), [&] { return is_loaded_by_the_native_host(net, drawn(net)); });
  expect_in_a_process(file("cache"),
                      [&] { return is_reached_by_the_c_interface(file("net"), net, drawn(net)); });

  write_text(file("spec.toml"), std::string(kSpec) + GetParam().spec);
  run("run " + file("spec.toml") + " --out " + file("r") + inputs);
  // Scores, fates, and how many accesses met an error.
  run("verify " + file("r") + " --sample 600 --params " + file("net") + inputs);

  const SiteMap sites(net);
  const auto replayed = [&](const std::string& cases, const std::string& options) {
    run("replay --network " + file("net") + inputs + " --faults " + file(cases) + " --out " +
        file("out.jsonl") + options);
    return read_text(file("out.jsonl"));
  };
  if (sites.bit_count(Space::read) > 0) {
    write_text(file("outvoted.jsonl"), outvoted());
    EXPECT_EQ(replayed("outvoted.jsonl", " --engine rtl"), replayed("outvoted.jsonl", ""));
  }
  std::vector<int> reached;
  for (const auto& layer : net.layers) {
    if (layer.weight_codec->host_sees_stored()) {
      reached.push_back(layer.index);
    }
  }
  write_text(file("cases.jsonl"), cases(sites, reached));
  for (const char* semantics : {"source", "shipped"}) {
    const auto applied = std::string(" --semantics ") + semantics;
    const auto expected = replayed("cases.jsonl", applied);
    EXPECT_NE(expected.find("scores"), std::string::npos);
    EXPECT_EQ(replayed("cases.jsonl", applied + " --engine rtl"), expected) << semantics;
    EXPECT_EQ(replayed("cases.jsonl", applied + " --engine rtl --host arm --load registers"), expected)
        << semantics;
  }
}

}  // namespace
}  // namespace fluence::test
