// What the accelerator does when software does what it should not: defined in docs/platform.md.
#include <gtest/gtest.h>

#include "fluence/accel_regs.h"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"
#include "tests/support/published.hpp"
#include "tests/support/random_network.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kMisusePatience = 1'000'000;

struct Misuse : testing::Test {
  const Topology& net = topology("cnvW1A1");
  const Parameters parameters = test::random_parameters(net, 3);
  const ImageSet images{std::vector<Image>{test::random_image(1), test::random_image(2)}};
  Platform board{"board", net, {}};
  std::vector<std::int16_t> golden;

  Misuse() {
    board.load_through_debug(parameters);
    board.place_images(images, 2);
    golden = board.run(0, 2, kMisusePatience).scores;
  }

  static std::uint32_t get(NativeHost& host, std::uint32_t offset) {
    std::uint32_t value = 0;
    EXPECT_TRUE(
        host.read(kAccelerator.base + offset, {reinterpret_cast<unsigned char*>(&value), sizeof value}));
    return value;
  }
  static void set(NativeHost& host, std::uint32_t offset, std::uint32_t value) {
    EXPECT_TRUE(host.write(kAccelerator.base + offset,
                           {reinterpret_cast<const unsigned char*>(&value), sizeof value}));
  }
  static void start(NativeHost& host, std::uint32_t count) {
    set(host, FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE);
    set(host, FL_ACCEL_INPUT_LOW, kImageBuffer.base);
    set(host, FL_ACCEL_OUTPUT_LOW, kScoreBuffer.base);
    set(host, FL_ACCEL_NUM_REPS, count);
    set(host, FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
  }
  // Polls until done; how often.
  static int finish(NativeHost& host) {
    int polls = 1;
    while (!(get(host, FL_ACCEL_CONTROL) & FL_ACCEL_CONTROL_DONE) && polls < 1'000'000) {
      ++polls;
    }
    return polls;
  }
  std::vector<std::int16_t> scores() {
    std::vector<std::int16_t> result(golden.size());
    board.read_memory(kScoreBuffer.base, {reinterpret_cast<unsigned char*>(result.data()),
                                          result.size() * sizeof(std::int16_t)});
    return result;
  }
  void clear_scores() {
    const std::vector<unsigned char> zeros(golden.size() * sizeof(std::int16_t));
    board.write_memory(kScoreBuffer.base, zeros);
  }
};

TEST_F(Misuse, AStartDuringARunIsIgnored) {
  clear_scores();
  board.host().run([&](NativeHost& host) {
    start(host, 2);
    set(host, FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    finish(host);
    EXPECT_EQ(get(host, FL_ACCEL_CONTROL), FL_ACCEL_CONTROL_IDLE);
  });
  EXPECT_EQ(scores(), golden);
}

TEST_F(Misuse, AParameterAccessDuringARunIsIgnored) {
  clear_scores();
  const Site site{Space::weights, 8, 0, 0};  // read late in each image
  board.host().run([&](NativeHost& host) {
    start(host, 2);
    set(host, FL_ACCEL_TARGET_LAYER, 16);
    set(host, FL_ACCEL_TARGET_MEM, 0);
    set(host, FL_ACCEL_TARGET_IND, 0);
    set(host, FL_ACCEL_VAL_LOW, ~static_cast<std::uint32_t>(parameters.weight(8, 0, 0)));
    set(host, FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_WRITE);
    set(host, FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    finish(host);
  });
  EXPECT_EQ(scores(), golden);
  EXPECT_EQ(board.stored_bits(board.sites().address(site)), parameters.weight(8, 0, 0));
}

TEST_F(Misuse, NoImagesAreDoneAtOnceAndTouchNoMemory) {
  clear_scores();
  const auto before = board.accelerator().words_written();
  board.host().run([&](NativeHost& host) {
    start(host, 0);
    EXPECT_LE(finish(host), 3);
    EXPECT_EQ(get(host, FL_ACCEL_CONTROL), FL_ACCEL_CONTROL_IDLE);
  });
  EXPECT_EQ(board.accelerator().words_written(), before);
  EXPECT_EQ(board.run(0, 2, kMisusePatience).scores, golden);
}

TEST_F(Misuse, AResetInMidRunLeavesTheParametersAndTheNextRunIsRight) {
  for (const std::uint64_t cycles : {100U, 20'000U, 160'000U}) {
    board.host().run([&](NativeHost& host) {
      start(host, 2);
      host.wait_irq(sc_core::sc_time(10.0 * static_cast<double>(cycles), sc_core::SC_NS));
    });
    board.reset();
    board.host().run(
        [&](NativeHost& host) { EXPECT_EQ(get(host, FL_ACCEL_CONTROL), FL_ACCEL_CONTROL_IDLE); });
    EXPECT_EQ(board.stored_parameters().digest(), parameters.digest());
    EXPECT_EQ(board.run(0, 2, kMisusePatience).scores, golden) << "reset after " << cycles << " cycles";
  }
}

TEST_F(Misuse, AddressesAndTheNumberOfImagesCountFromTheNextStartOn) {
  for (const double cycles : {10.0, 20'000.0, 160'000.0}) {
    clear_scores();
    board.host().run([&](NativeHost& host) {
      start(host, 2);
      host.wait_irq(sc_core::sc_time(10.0 * cycles, sc_core::SC_NS));
      set(host, FL_ACCEL_INPUT_LOW, 0);
      set(host, FL_ACCEL_OUTPUT_LOW, kScratch.base);
      set(host, FL_ACCEL_NUM_REPS, 1);
      finish(host);
    });
    EXPECT_EQ(scores(), golden) << "changed after " << cycles << " cycles";
  }
}

TEST_F(Misuse, NoImagesInMidRunEndItAndAResetMakesTheNextOneRight) {
  const auto before = board.accelerator().words_written();
  board.host().run([&](NativeHost& host) {
    start(host, 2);
    host.wait_irq(sc_core::sc_time(200, sc_core::SC_US));
    set(host, FL_ACCEL_NUM_REPS, 0);
    EXPECT_LE(finish(host), 3);
  });
  EXPECT_LT(board.accelerator().words_written(), before + 2 * kScoreWords);
  board.reset();
  EXPECT_EQ(board.run(0, 2, kMisusePatience).scores, golden);
}

TEST_F(Misuse, WhereThereIsNoMemoryZerosAreReadAndScoresAreLost) {
  const auto run = [&](std::uint64_t input, std::uint64_t output) {
    clear_scores();
    board.host().run([&](NativeHost& host) {
      set(host, FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE);
      set(host, FL_ACCEL_INPUT_LOW, static_cast<std::uint32_t>(input));
      set(host, FL_ACCEL_OUTPUT_LOW, static_cast<std::uint32_t>(output));
      set(host, FL_ACCEL_NUM_REPS, 2);
      set(host, FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
      finish(host);
    });
    return scores();
  };
  const auto of_zeros = run(kParameterBlob.base, kScoreBuffer.base);  // nobody has written there
  EXPECT_NE(of_zeros, std::vector<std::int16_t>(golden.size()));
  EXPECT_EQ(run(kDram.base + kDram.size, kScoreBuffer.base), of_zeros);
  EXPECT_EQ(run(kImageBuffer.base, kDram.base + kDram.size), std::vector<std::int16_t>(golden.size()));
  EXPECT_EQ(run(kImageBuffer.base, kScoreBuffer.base), golden);
}

// A board's own driver reaches the registers at 0x80 + offset.
TEST(Window, BothHostsFindTheRegistersInEveryRepetition) {
  Platform board("board", topology("cnvW1A1"), {});
  board.host().run([](NativeHost&) {});  // which binds the sockets
  constexpr std::uint32_t kResult = FL_BOARD_JOB;
  const std::vector<std::uint32_t> code = {0xe3004080,  // movw r4, #0x0080
                                           0xe34443c0,  // movt r4, #0x43c0
                                           0xe3a0504d,  // mov r5, #77
                                           0xe584505c,  // str r5, [r4, #0x5c]: the number of images
                                           0xe30f4f80,  // movw r4, #0xff80: the last repetition
                                           0xe34443c0,  // movt r4, #0x43c0
                                           0xe594605c,  // ldr r6, [r4, #0x5c]
                                           0xe2866001,  // add r6, r6, #1
                                           0xe3a07401,  // mov r7, #0x01000000: kResult
                                           0xe5876000,  // str r6, [r7]
                                           0xe3a00020,  // mov r0, #0x20
                                           0xe3a01040,  // mov r1, #0x40: the exit code below
                                           0xef123456,  // svc 0x123456
                                           0,          0, 0, 0x20026, 7};
  Firmware firmware;
  const auto* bytes = reinterpret_cast<const unsigned char*>(code.data());
  firmware.segments.push_back({0, {bytes, bytes + code.size() * sizeof code[0]}});
  EXPECT_EQ(board.run_firmware(firmware, 1'000'000), 7);
  std::uint32_t read = 0;
  board.read_memory(kResult, {reinterpret_cast<unsigned char*>(&read), sizeof read});
  EXPECT_EQ(read, 78U);
  board.host().run([&](NativeHost& host) {
    for (const std::uint64_t copy : {0U, FL_ACCEL_SPAN, FL_BOARD_ACCEL_WINDOW - FL_ACCEL_SPAN}) {
      EXPECT_TRUE(host.read(kAccelerator.base + copy + FL_ACCEL_NUM_REPS,
                            {reinterpret_cast<unsigned char*>(&read), sizeof read}));
      EXPECT_EQ(read, 77U);
    }
    EXPECT_FALSE(host.read(kAccelerator.base + FL_BOARD_ACCEL_WINDOW,
                           {reinterpret_cast<unsigned char*>(&read), sizeof read}));
  });
}

}  // namespace
}  // namespace fluence
