// Networks of full layers alone: classify, replay with words and streams, images of digits.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "network/topology.hpp"
#include "tests/cli/command.hpp"
#include "tests/support/board_data.hpp"

namespace fluence {
namespace {

using nlohmann::json;
using test::fluence;
using test::read_text;
using test::TempDir;
using test::write_text;
using ::testing::HasSubstr;

constexpr auto kCase =
    R"({"id": 4, "kind": "uniform", "images": 3, "faults": [{"before_image": 1, "target": "threshold",
       "layer": 3, "module": 2, "index": 0, "bit": 14}], "words": ["0000000000000000",
       "0000000000000000", "ffffffffffffffff"], "last_streams": {"inter0": "0000000000000000"}})";

std::string one_line(std::string text) {
  std::erase(text, '\n');
  return text + "\n";
}

class FlatNetwork : public ::testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] static std::string network() { return std::string(" --network ") + GetParam(); }
  [[nodiscard]] static std::string board_inputs(const Topology& net) {
    return " --params " + (test::board_data(net) / "params").string() + " --images " +
           test::board_images_file(net).string();
  }
  TempDir dir_;
};
INSTANTIATE_TEST_SUITE_P(Networks, FlatNetwork, ::testing::Values("lfcW1A1", "lfcW1A2"),
                         [](const auto& param) { return std::string(param.param); });

// Differing words and streams are named; what came out, stated, is right.
TEST_P(FlatNetwork, ReplayChecksWordsAndStreams) {
  write_text(dir_.file("list.jsonl"), one_line(kCase));
  const auto replay =
      "replay" + network() + " --faults " + dir_.file("list.jsonl") + " --out " + dir_.file("out.jsonl");
  const auto wrong = fluence(replay);
  EXPECT_EQ(wrong.code, 1) << wrong.err;
  EXPECT_THAT(wrong.out, HasSubstr("0 of 1 give the listed scores (3 images)\n0 of 1 give the listed "
                                   "streams\n"));
  EXPECT_THAT(wrong.out, HasSubstr("case 4 differs in stream inter0 of the last image\n"));
  const auto out = json::parse(read_text(dir_.file("out.jsonl")));
  EXPECT_EQ(out["scores"][0].size(), 10U);
  auto listed = json::parse(one_line(kCase));
  listed["words"] = out["words"];
  listed["last_streams"] = out["last_streams"];
  listed["scores"] = out["scores"];
  write_text(dir_.file("list.jsonl"), listed.dump() + "\n");
  const auto right = fluence(replay);
  EXPECT_EQ(right.code, 0) << right.out << right.err;
  EXPECT_THAT(right.out, HasSubstr("1 of 1 give the listed scores (3 images)\n1 of 1 give the listed "
                                   "streams\n"));
  // The RTL gives the same, but tells no streams.
  const auto rtl = fluence(replay + " --engine rtl");
  EXPECT_EQ(rtl.code, 0) << rtl.out << rtl.err;
  EXPECT_THAT(rtl.out, HasSubstr("the listed streams are not compared"));
}

TEST_P(FlatNetwork, ReplayRefusesWordsAndStreamsThatThereAreNot) {
  const auto refused = [&](const std::string& key, const json& value) {
    auto listed = json::parse(one_line(kCase));
    listed[key] = value;
    write_text(dir_.file("list.jsonl"), listed.dump() + "\n");
    const auto finished = fluence("replay" + network() + " --faults " + dir_.file("list.jsonl") +
                                  " --out " + dir_.file("out.jsonl"));
    EXPECT_EQ(finished.code, 2);
    EXPECT_EQ(finished.error_lines(), 1);
    return finished.err;
  };
  EXPECT_THAT(refused("words", {"0"}), HasSubstr("'words' is no list of 3 texts"));
  EXPECT_THAT(refused("words", {"0", "0", "0"}), HasSubstr("no number of 16 hexadecimal digits"));
  EXPECT_THAT(refused("last_streams", {{"inter9", "0000000000000000"}}),
              HasSubstr("no stream 'inter9' leaves a layer of " + std::string(GetParam()) +
                        ": use inter0, inter1, inter2, memOutStrm"));
}

TEST_P(FlatNetwork, DrawsDigits) {
  const auto drawn = fluence("images --count 20 --out " + dir_.file("digits.bin") + network());
  EXPECT_EQ(drawn.code, 0) << drawn.err;
  EXPECT_EQ(read_text(dir_.file("digits.bin")).size(), 20U * 785);
  const auto list = "classify --list" + network();
  const auto embedded = fluence(list + " --count 20");
  EXPECT_EQ(embedded.code, 0) << embedded.err;
  EXPECT_EQ(
      fluence(list + " --images " + dir_.file("digits.bin") + " --params " FLUENCE_SOURCE_DIR "/models")
          .out,
      embedded.out);
}

TEST_P(FlatNetwork, ReplayOfAllFaultCasesGivesTheListedWordsAndStreams) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto list = test::board_data(net) / "faults" / (net.name + ".jsonl");
  const auto finished = fluence("replay --faults " + list.string() + " --out " + dir_.file("out.jsonl") +
                                network() + board_inputs(net));
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("140 of 140 give the listed scores"));
  EXPECT_THAT(finished.out, HasSubstr("140 of 140 give the listed streams"));
}

TEST_P(FlatNetwork, SampleOnTheRtlGivesTheListedWords) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto list = test::board_data(net) / "faults" / (net.name + ".jsonl");
  const auto finished = fluence("replay --engine rtl --select 20 --faults " + list.string() + " --out " +
                                dir_.file("out.jsonl") + network() + board_inputs(net));
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("20 of 20 give the listed scores"));
}

TEST_P(FlatNetwork, ClassifyGivesTheRecordedAccuracy) {
  FLUENCE_NEEDS_DATA();
  const auto& net = topology(GetParam());
  const auto finished = fluence("classify" + network() + board_inputs(net));
  EXPECT_THAT(finished.out,
              HasSubstr(net.layers.front().xnor ? ": 994 of 1000 correct" : ": 995 of 1000 correct"));
}

}  // namespace
}  // namespace fluence
