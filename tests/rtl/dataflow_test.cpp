// What the chain of stages can be built of.
#include "rtl/dataflow.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "codec/codec.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Dataflow, OfThePublishedNetworksCanBeBuilt) {
  for (const auto& net : all_topologies()) {
    EXPECT_NO_THROW(require_buildable(dataflow(net))) << net.name;
  }
}

// What is said of a network that cannot be built.
std::string refusal(const Topology& net) {
  try {
    require_buildable(dataflow(net));
  } catch (const InputError& e) {
    return e.what();
  }
  return "not refused";
}

TEST(Dataflow, OfMoreCheckBitsThanTheRtlHasATableForIsRefused) {
  auto net = topology("lfcW1A1");
  auto& layer = net.layers[1];
  layer.weight_codec = &find_codec("parity 1");
  layer.simd = 256;
  EXPECT_EQ(refusal(net), "not refused");
  layer.simd = 512;
  EXPECT_THAT(refusal(net), HasSubstr("layer 1 of network lfcW1A1 stores weight words of 512 bits by "
                                      "parity 1, which makes 512 check bits"));
  layer.weight_codec = &find_codec("secded");
  EXPECT_EQ(refusal(net), "not refused");
}

// The stages of a chain by what their modules are.
std::vector<std::string> modules(const Topology& net) {
  std::vector<std::string> names;
  for (const auto& stage : dataflow(net).stages) {
    names.push_back(stage.kind->instance(stage, net.layer(stage.layer)).module);
  }
  return names;
}

TEST(Dataflow, PacksWordsOfWidthsThatDoNotDivide) {
  auto net = topology("cnvW2A2");
  EXPECT_THAT(modules(net), Not(Contains("fl_word_packer")));
  net.layers[1].out_stream_width = 48;  // behind words of 32 bits
  ASSERT_NO_THROW(require_computable(net));
  EXPECT_EQ(refusal(net), "not refused");
  EXPECT_THAT(modules(net), Contains("fl_word_packer"));
}

TEST(Dataflow, FillsUpWordsOfTheMemory) {
  auto scores = topology("cnvW1A1");
  scores.layers.back().out_channels = 10;
  scores.layers.back().pe = 1;
  EXPECT_EQ(refusal(scores), "not refused");
  const auto flow = dataflow(scores);
  EXPECT_EQ(flow.streams.back().words, 3);  // 160 bits
  EXPECT_EQ(flow.streams.back().words, scores.score_words());
}

// Every kind of stage with lines: what has entered and left in each step, counted.
TEST(WindowLines, CountWhatEntersAndLeaves) {
  for (const Window& window : {Window{3, 3}, Window{2, 1, 3, 1}, Window{3, 3, 2, 2, 1, 1, 0, 1},
                               Window{5, 1, 1, 1, 4, 0, 2, 0}, Window{1, 1}}) {
    WindowLines lines{window, 6, window.rows_of(6), 4, 7};
    std::int64_t entered = 0;
    for (int line = 0, row = 0, step = 0; step < lines.steps();) {
      // A row leaves as soon as its lines are there.
      if (row < lines.rows && line >= std::min(6, row * window.stride_y - window.top + window.height)) {
        EXPECT_EQ(lines.leaves(row, 0), step);
        ++row;
        for (int word = 0; word < 7; ++word, ++step) {
          EXPECT_EQ(lines.entered(step), entered);
        }
      } else {
        EXPECT_EQ(lines.enters(line, 0), step);
        ++line;
        for (int word = 0; word < 4; ++word, ++step, ++entered) {
          EXPECT_EQ(lines.entered(step), entered);
        }
      }
    }
    EXPECT_EQ(lines.popped(3 * lines.steps() + 2), 3 * 24 + lines.entered(2));
  }
}

// No way round what is not built.
TEST(Dataflow, RefusesInASentence) {
  auto scores = topology("lfcW1A1");
  scores.layers.back().out_bits = 3;
  EXPECT_THAT(refusal(scores), HasSubstr("gives scores of 3 bits"));
  auto stream = topology("cnvW1A1");
  stream.layers.back().out_stream_width = 32;
  EXPECT_THAT(refusal(stream), AllOf(HasSubstr("has a stream of 32 bits"), HasSubstr("choose that")));
}

}  // namespace
}  // namespace fluence::test
