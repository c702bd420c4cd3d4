#include "sc_models/axi_bridge.hpp"

#include <gtest/gtest.h>
#include <tlm_utils/simple_target_socket.h>

#include <array>

namespace fluence {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

// Eight words that count transactions and offer direct access to words 2 to 5.
struct CountingMemory : sc_core::sc_module {
  tlm_utils::simple_target_socket<CountingMemory> socket;
  std::array<std::uint64_t, 8> words{};
  int transactions = 0;
  sc_time last_delay;

  explicit CountingMemory(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
    socket.register_b_transport(this, &CountingMemory::transport);
    socket.register_get_direct_mem_ptr(this, &CountingMemory::direct);
  }
  void transport(tlm::tlm_generic_payload& transaction, sc_time& delay) {
    ++transactions;
    last_delay = delay;
    if (transaction.get_address() + transaction.get_data_length() > sizeof words) {
      transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    delay += sc_time(21, SC_NS);
    transaction.set_dmi_allowed(true);
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  bool direct(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
    dmi.set_dmi_ptr(reinterpret_cast<unsigned char*>(&words[2]));
    dmi.set_start_address(16);
    dmi.set_end_address(47);
    dmi.set_read_latency(sc_time(11, SC_NS));
    dmi.set_write_latency(sc_time(40, SC_NS));
    dmi.allow_read_write();
    return true;
  }
};

struct Master : sc_core::sc_module {
  sc_time ahead;
  AxiBridge bridge{"mem", sc_time(10, SC_NS), [this] { return ahead; }};
  explicit Master(const sc_core::sc_module_name& name) : sc_module(name) {}
};

struct AxiBridgeTest : testing::Test {
  Master master{"master"};
  CountingMemory memory{"memory"};
  std::array<std::uint64_t, 2> pair{5, 6};

  AxiBridgeTest() {
    master.bridge.socket.bind(memory.socket);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
};

TEST_F(AxiBridgeTest, TransactionsCarryTheLocalTimeAndReturnCyclesRoundedUp) {
  master.ahead = sc_time(70, SC_NS);
  const auto reply = master.bridge.read(0, pair);
  EXPECT_EQ(memory.last_delay, sc_time(70, SC_NS));
  EXPECT_TRUE(reply.ok);
  EXPECT_EQ(reply.latency, 3U);
}

TEST_F(AxiBridgeTest, UsesDirectAccessWithinItsRangeUntilItIsInvalid) {
  master.bridge.read(16, pair);
  EXPECT_EQ(memory.transactions, 1);
  pair = {7, 8};
  EXPECT_EQ(master.bridge.write(32, pair).latency, 4U);
  EXPECT_EQ(memory.words[4], 7U);
  EXPECT_EQ(memory.words[5], 8U);
  EXPECT_EQ(master.bridge.read(32, pair).latency, 2U);
  EXPECT_EQ(memory.transactions, 1);

  master.bridge.read(40, pair);  // the second word lies outside
  EXPECT_EQ(memory.transactions, 2);
  memory.socket->invalidate_direct_mem_ptr(48, 63);
  master.bridge.read(32, pair);
  EXPECT_EQ(memory.transactions, 2);
  memory.socket->invalidate_direct_mem_ptr(47, 63);
  master.bridge.read(32, pair);
  EXPECT_EQ(memory.transactions, 3);
}

TEST_F(AxiBridgeTest, ErrorsAreRepliesAndWriteNothing) {
  EXPECT_FALSE(master.bridge.write(56, pair).ok);
  EXPECT_EQ(master.bridge.words_written(), 0U);
  EXPECT_TRUE(master.bridge.write(48, pair).ok);
  EXPECT_EQ(master.bridge.words_written(), 2U);
}

}  // namespace
}  // namespace fluence
