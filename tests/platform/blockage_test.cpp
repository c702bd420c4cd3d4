#include "platform/blockage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace fluence {
namespace {

struct BlockageTest : testing::Test {
  Dataflow flow = dataflow(topology("cnvW1A1"));
  std::vector<StreamStatus> status = std::vector<StreamStatus>(flow.streams.size());

  std::size_t stream(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(flow.streams, name, &Stream::name) -
                                    flow.streams.begin());
  }
  void block(std::size_t k) { status[k] = {true, false, flow.streams[k].depth}; }
  void starve(std::size_t k) { status[k] = {false, true, 0}; }
};

TEST_F(BlockageTest, NamesTheStreamsOnBothSidesOfTheStageAtFault) {
  const auto last_full = stream("l3_mvau");
  for (std::size_t k = 0; k < status.size(); ++k) {
    k <= last_full ? block(k) : starve(k);
  }
  EXPECT_EQ(describe_blockage(flow, status),
            "l3_mvau: producer stalled, FIFO full (2 of 2), consumer not ready; " +
                flow.streams[last_full + 1].name + ": FIFO empty, producer silent, consumer waiting");
}

TEST_F(BlockageTest, AMemoryThatTakesNothingBlocksTheLastStream) {
  for (std::size_t k = 0; k < status.size(); ++k) {
    block(k);
  }
  EXPECT_EQ(describe_blockage(flow, status),
            "memOutStrm: producer stalled, FIFO full (2 of 2), consumer not ready");
}

TEST_F(BlockageTest, AReaderThatGivesNothingStarvesTheFirstStream) {
  for (std::size_t k = 0; k < status.size(); ++k) {
    starve(k);
  }
  EXPECT_EQ(describe_blockage(flow, status), "inter0: FIFO empty, producer silent, consumer waiting");
}

TEST_F(BlockageTest, AFullFifoWhoseConsumerTakesIsNotBlocked) {
  status[3] = {true, true, flow.streams[3].depth};
  status[4] = {true, false, flow.streams[4].depth - 1};
  EXPECT_EQ(describe_blockage(flow, status), "no stream is blocked or starved");
}

}  // namespace
}  // namespace fluence
