// The C driver on the accelerator module around the fake RTL, by interrupt and by polling.
#include "sw/driver/accel_driver.h"

#include <gtest/gtest.h>

#include "codec/codec.hpp"
#include "fluence/accel_regs.h"
#include "fluence/intc_regs.h"
#include "network/topology.hpp"
#include "platform/driver_shape.hpp"
#include "rtl/sites.hpp"
#include "sc_models/accelerator.hpp"
#include "sc_models/interconnect.hpp"
#include "sc_models/interrupt_controller.hpp"
#include "sc_models/memory.hpp"
#include "sc_models/native_host.hpp"
#include "sw/driver/intc_driver.h"
#include "tests/support/fake_rtl_model.hpp"
#include "tests/support/published.hpp"
#include "tests/support/tlm_initiator.hpp"

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;
using test::FakeRtlModel;

constexpr std::uint64_t kMemory = 0;
constexpr std::uint64_t kMemorySize = 0x10000;
constexpr std::uint64_t kInput = 0x1000;
constexpr std::uint64_t kDriverOutput = 0x8000;
constexpr std::uint64_t kScratch = 0xf000;
constexpr std::uint64_t kAccelerator = 0x10'0000;
constexpr std::uint64_t kDriverIntc = 0x20'0000;

// Two memories of layer 7; words of four slices, of which the last has 8 bits, in layer 6.
Topology with_protection(Topology net) {
  auto& wide = net.layers[6];
  wide.in_channels = net.layers[5].out_channels = 300;
  wide.simd = 100;
  net.layers[7].weight_codec = &find_codec("tmr-writeback");
  net.layers[7].threshold_codec = &find_codec("secded");
  return net;
}

struct DriverTest : testing::TestWithParam<bool> {
  FakeRtlModel* model = nullptr;
  Topology net = with_protection(topology("cnvW2A2"));
  sc_time period{10, SC_NS};
  Accelerator accelerator{"accelerator", net,
                          [this](AxiMemory& axi) {
                            auto fake = std::make_unique<FakeRtlModel>(net, axi);
                            model = fake.get();
                            return fake;
                          },
                          period, 100};
  Memory memory{"memory", kMemorySize, period, period};
  InterruptController intc{"intc", 1};
  NativeHost host{"host", 50 * period};
  test::TlmInitiator beam{"beam"};  // unused; the socket must be bound
  Interconnect bus{"bus",
                   {{"memory", kMemory, kMemorySize},
                    {"accelerator", kAccelerator, FL_ACCEL_SPAN},
                    {"intc", kDriverIntc, FL_INTC_SPAN}}};
  sc_core::sc_signal<bool> accelerator_irq{"accelerator_irq"};
  sc_core::sc_signal<bool> host_irq{"host_irq"};
  fl_bus driver_bus = host.driver_bus(GetParam());
  const DriverShape shape{net};
  fl_accel accel{&driver_bus, kAccelerator, 0, &shape.shape()};

  DriverTest() {
    host.bus.bind(bus.in);
    accelerator.mem.bind(bus.in);
    bus.out("memory").bind(memory.socket);
    bus.out("accelerator").bind(accelerator.regs);
    bus.out("intc").bind(intc.regs);
    beam.socket.bind(accelerator.fault);
    accelerator.irq.bind(accelerator_irq);
    intc.lines[0].bind(accelerator_irq);
    intc.irq.bind(host_irq);
    host.irq.bind(host_irq);
  }

  void run(const std::function<void()>& body) {
    host.run([&](NativeHost&) {
      EXPECT_EQ(fl_intc_enable(&driver_bus, kDriverIntc, 0), FL_OK);
      body();
    });
  }
  std::vector<std::uint64_t> place_image(int index, std::uint64_t seed) {
    std::vector<std::uint64_t> image(kImageWords, seed);
    image[0] = seed * 3;
    const auto* bytes = reinterpret_cast<const unsigned char*>(image.data());
    const auto address = kInput + static_cast<std::uint64_t>(index) * image.size() * 8;
    EXPECT_TRUE(host.write(address, {bytes, image.size() * 8}));
    return image;
  }
  std::int16_t score(int image, int j) {
    unsigned char bytes[2];
    EXPECT_TRUE(host.read(kDriverOutput + static_cast<std::uint64_t>(image * kScores + j) * 2, bytes));
    return static_cast<std::int16_t>(bytes[0] | bytes[1] << 8);
  }
};

TEST_P(DriverTest, RunsImagesTwiceInARow) {
  run([&] {
    const auto first = place_image(0, 7);
    const auto second = place_image(1, 9);
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 2), FL_OK);
      EXPECT_EQ(fl_accel_wait(&accel), FL_OK);
      std::uint32_t control = 0;
      driver_bus.read32(driver_bus.ctx, kAccelerator + FL_ACCEL_CONTROL, &control);
      EXPECT_EQ(control, FL_ACCEL_CONTROL_IDLE);  // done has been acknowledged
      for (int j = 0; j < kScores; ++j) {
        EXPECT_EQ(score(0, j), FakeRtlModel::score(first, 0, j));
        EXPECT_EQ(score(1, j), FakeRtlModel::score(second, 0, j));
      }
      EXPECT_EQ(model->run_length(), 2 * FakeRtlModel::kImageCycles);
      place_image(0, 7);
    }
  });
}

TEST_P(DriverTest, WritesAndReadsParameterWords) {
  run([&] {
    const fl_word weight{FL_WEIGHTS, 4, 3, 9215, 0, 0};
    const fl_word threshold{FL_THRESHOLDS, 2, 7, 15, 1, 0};
    const fl_word first_layer{FL_THRESHOLDS, 0, 0, 0, 1, 0};
    std::uint64_t value = 0;
    EXPECT_EQ(fl_accel_write_word(&accel, &weight, ~0ULL), FL_OK);
    EXPECT_EQ(fl_accel_read_word(&accel, &weight, kScratch, &value), FL_OK);
    EXPECT_EQ(value, 0xffffU);  // SIMD 8, 2 bits a weight
    EXPECT_EQ(fl_accel_write_word(&accel, &threshold, static_cast<std::uint64_t>(-5)), FL_OK);
    EXPECT_EQ(fl_accel_read_word(&accel, &threshold, kScratch, &value), FL_OK);
    EXPECT_EQ(static_cast<std::int64_t>(value), -5);
    EXPECT_EQ(fl_accel_write_word(&accel, &first_layer, static_cast<std::uint64_t>(-3 * 256 - 1)),
              FL_OK);
    EXPECT_EQ(fl_accel_read_word(&accel, &first_layer, kScratch, &value), FL_OK);
    EXPECT_EQ(static_cast<std::int64_t>(value), -3);
  });
}

TEST_P(DriverTest, WritesAndReadsEachCopyThatTheHostSees) {
  run([&] {
    fl_word word{FL_WEIGHTS, 7, 1, 5, 0, 0};
    for (word.copy = 0; word.copy < 3; ++word.copy) {
      EXPECT_EQ(fl_accel_write_word(&accel, &word, word.copy + 1), FL_OK);
    }
    const SiteMap sites(net);
    std::uint64_t value = 0;
    for (word.copy = 0; word.copy < 3; ++word.copy) {
      EXPECT_EQ(model->read_word(
                    sites.address({Space::weights, 7, 1, 5, 0, 0, static_cast<int>(word.copy)}))[0],
                word.copy + 1);
      EXPECT_EQ(fl_accel_read_word(&accel, &word, kScratch, &value), FL_OK);
      EXPECT_EQ(value, word.copy + 1);
    }
    EXPECT_EQ(fl_accel_write_word(&accel, &word, 0), FL_ERR_ARGUMENT);
  });
}

TEST_P(DriverTest, ReadsWhatTheHardwareCountsAndNothingElse) {
  run([&] {
    const auto set = [&](std::uint32_t offset, std::uint32_t value) {
      EXPECT_EQ(driver_bus.write32(driver_bus.ctx, kAccelerator + offset, value), 0);
    };
    set(FL_ACCEL_CORRECTED, 5);  // registers of the fake one hold what is written
    set(FL_ACCEL_DETECTED, ~0U);
    fl_counts counts{};
    EXPECT_EQ(fl_accel_read_counts(&accel, FL_THRESHOLDS, 7, &counts), FL_OK);
    EXPECT_EQ(counts.corrected, 5U);
    EXPECT_EQ(counts.detected, ~0U);
    std::uint32_t target = 0;
    EXPECT_EQ(driver_bus.read32(driver_bus.ctx, kAccelerator + FL_ACCEL_TARGET_LAYER, &target), 0);
    EXPECT_EQ(target, 15U);
    // A repair leaves no trace; plain memories have nothing to count.
    EXPECT_EQ(fl_accel_read_counts(&accel, FL_WEIGHTS, 7, &counts), FL_ERR_ARGUMENT);
    EXPECT_EQ(fl_accel_read_counts(&accel, FL_THRESHOLDS, 6, &counts), FL_ERR_ARGUMENT);
    EXPECT_EQ(fl_accel_read_counts(&accel, FL_THRESHOLDS, 9, &counts), FL_ERR_ARGUMENT);
  });
}

TEST_P(DriverTest, ParameterWordsBetweenRunsLeaveNoInterruptBehind) {
  run([&] {
    const fl_word weight{FL_WEIGHTS, 0, 0, 0, 0, 0};
    const auto image = place_image(0, 1);
    for (std::uint64_t value = 0; value < 3; ++value) {
      EXPECT_EQ(fl_accel_write_word(&accel, &weight, value), FL_OK);
      EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 1), FL_OK);
      EXPECT_EQ(fl_accel_wait(&accel), FL_OK);
      EXPECT_EQ(score(0, 0), FakeRtlModel::score(image, value, 0));
      EXPECT_FALSE(model->interrupt());
    }
  });
}

TEST_P(DriverTest, ReportsBusyTimeoutAndBadArguments) {
  run([&] {
    EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 0), FL_ERR_ARGUMENT);
    EXPECT_EQ(fl_accel_start(&accel, kInput + 4, kDriverOutput, 1), FL_ERR_ARGUMENT);
    const fl_word weight{FL_WEIGHTS, 0, 0, 0, 0, 0};
    std::uint64_t value = 0;
    EXPECT_EQ(fl_accel_read_word(&accel, &weight, kScratch + 1, &value), FL_ERR_ARGUMENT);
    model->hang_after = 0;
    accel.poll_limit = 1000;
    host.set_irq_timeout(3000 * period);
    EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 1), FL_OK);
    EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 1), FL_ERR_BUSY);
    EXPECT_EQ(fl_accel_write_word(&accel, &weight, 1), FL_ERR_BUSY);
    EXPECT_EQ(fl_accel_wait(&accel), FL_ERR_TIMEOUT);
    accelerator.reset();
    model->hang_after = ~0U;
    EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 1), FL_OK);
    EXPECT_EQ(fl_accel_wait(&accel), FL_OK);
  });
}

TEST_P(DriverTest, WritesAndReadsEachSliceOfAWideWord) {
  run([&] {
    const SiteMap sites(net);
    const Site site{Space::weights, 6, 0, 2};
    ASSERT_EQ(sites.array_of(site).bits, 200);
    fl_word word{FL_WEIGHTS, 6, 0, 2, 0, 0};
    for (word.thresh = 0; word.thresh < 4; ++word.thresh) {
      EXPECT_EQ(fl_accel_write_word(&accel, &word, ~std::uint64_t{word.thresh}), FL_OK);
    }
    EXPECT_EQ(model->read_word(sites.address(site)),
              (std::vector<std::uint64_t>{~0ULL, ~1ULL, ~2ULL, 0xfc}));
    std::uint64_t value = 0;
    for (word.thresh = 0; word.thresh < 4; ++word.thresh) {
      EXPECT_EQ(fl_accel_read_word(&accel, &word, kScratch, &value), FL_OK);
      EXPECT_EQ(value, word.thresh < 3 ? ~std::uint64_t{word.thresh} : 0xfc);
    }
    EXPECT_EQ(fl_accel_write_word(&accel, &word, 0), FL_ERR_ARGUMENT);
  });
}

TEST_P(DriverTest, RefusesWordsThatTheNetworkDoesNotHave) {
  const auto refused = [&](const fl_word& word) {
    std::uint64_t value = 0;
    const auto before = model->cycle();
    EXPECT_EQ(fl_accel_write_word(&accel, &word, 1), FL_ERR_ARGUMENT);
    EXPECT_EQ(fl_accel_read_word(&accel, &word, kScratch, &value), FL_ERR_ARGUMENT);
    EXPECT_EQ(model->cycle(), before);  // nothing was accessed
  };
  const auto taken = [&](const fl_word& word) {
    EXPECT_EQ(fl_accel_write_word(&accel, &word, 1), FL_OK);
  };
  run([&] {
    taken({FL_WEIGHTS, 3, 7, 1151, 0, 0});
    refused({FL_WEIGHTS, 3, 8, 0, 0, 0});
    refused({FL_WEIGHTS, 3, 0, 1152, 0, 0});
    refused({FL_WEIGHTS, 3, 0, 0, 1, 0});
    refused({FL_WEIGHTS, 9, 0, 0, 0, 0});
    refused({FL_WEIGHTS, ~0U, 0, 0, 0, 0});
    taken({FL_THRESHOLDS, 3, 7, 15, 1, 0});
    refused({FL_THRESHOLDS, 3, 8, 0, 0, 0});
    refused({FL_THRESHOLDS, 3, 0, 16, 0, 0});
    refused({FL_THRESHOLDS, 3, 0, 0, 2, 0});
    refused({FL_THRESHOLDS, 8, 0, 0, 0, 0});  // it has none
    refused({FL_WEIGHTS, 3, 0, 0, 0, 1});     // copies are of memories that have some
    refused({FL_THRESHOLDS, 7, 0, 0, 0, 1});
    accel.shape = nullptr;
    refused({FL_WEIGHTS, 0, 0, 0, 0, 0});
  });
}

TEST_P(DriverTest, ReportsBusErrors) {
  run([&] {
    accel.base = 0x30'0000;
    EXPECT_EQ(fl_accel_start(&accel, kInput, kDriverOutput, 1), FL_ERR_BUS);
    accel.base = kAccelerator;
    const fl_word weight{FL_WEIGHTS, 0, 0, 0, 0, 0};
    std::uint64_t value = 0;
    EXPECT_EQ(fl_accel_read_word(&accel, &weight, kMemorySize, &value), FL_ERR_BUS);
    EXPECT_EQ(fl_intc_enable(&driver_bus, 0x30'0000, 0), FL_ERR_BUS);
    EXPECT_EQ(fl_intc_enable(&driver_bus, kDriverIntc, 32), FL_ERR_ARGUMENT);
  });
}

TEST_P(DriverTest, AProgramsExceptionReachesItsCallerAndTheHostRunsOn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP()
      << "AddressSanitizer mistakes a throw on a thread's own stack for an overflow (its issue 189)";
#endif
  EXPECT_THROW(run([] { throw std::runtime_error("program"); }), std::runtime_error);
  bool ran = false;
  run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

INSTANTIATE_TEST_SUITE_P(Wait, DriverTest, testing::Bool(),
                         [](const auto& param) { return param.param ? "interrupt" : "polling"; });

TEST(NativeHost, RunsAheadByAQuantumAndCatchesUpAtTheEnd) {
  const sc_time latency(10, SC_NS);
  NativeHost host{"host", 3 * latency};
  Memory memory{"memory", 4, latency, latency};
  sc_core::sc_signal<bool> irq{"irq"};
  host.bus.bind(memory.socket);
  host.irq.bind(irq);
  std::vector<sc_time> seen;
  host.run([&](NativeHost& h) {
    unsigned char byte[1];
    for (int i = 0; i < 5; ++i) {
      h.read(0, byte);
      seen.push_back(sc_core::sc_time_stamp());
    }
  });
  const sc_time none;
  EXPECT_EQ(seen, (std::vector{none, none, 3 * latency, 3 * latency, 3 * latency}));
  EXPECT_EQ(sc_core::sc_time_stamp(), 5 * latency);
}

TEST(NativeHost, WaitingForWhatCannotHappenIsAnError) {
  NativeHost host{"host", sc_core::SC_ZERO_TIME};
  Memory memory{"memory", 4, sc_core::SC_ZERO_TIME, sc_core::SC_ZERO_TIME};
  sc_core::sc_signal<bool> irq{"irq"};
  host.bus.bind(memory.socket);
  host.irq.bind(irq);
  EXPECT_THROW(host.run([](NativeHost& h) { h.wait_irq(sc_core::sc_max_time()); }), std::logic_error);
}

}  // namespace
}  // namespace fluence
