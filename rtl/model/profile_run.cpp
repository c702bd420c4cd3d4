// Two images of zeros on a Verilated model that was compiled to count its branches (Makefile.verilator).
// No timing depends on data, so these counts hold for every run. FL_NET is the network's name.
#include <algorithm>

#include "fluence/accel_regs.h"
#include "rtl/model/axi_slave.hpp"
#include "rtl/model/verilated_names.hpp"

// clang-format off
#include FL_TEXT(FL_TOP.h)
// clang-format on

namespace {

class ZeroMemory final : public fluence::AxiMemory {
 public:
  Reply read(std::uint64_t /*address*/, std::span<std::uint64_t> words) override {
    std::ranges::fill(words, 0);
    return {};
  }
  Reply write(std::uint64_t /*address*/, std::span<const std::uint64_t> /*words*/) override {
    return {};
  }
};

constexpr int kImages = 2;

class Run {
 public:
  Run() {
    context_.assertOn(false);  // as in a run that nobody checks
    axi_.reset();
    clock();
    top_.rst_ni = 1;
    clock();
    write_register(FL_ACCEL_NUM_REPS, kImages);
    write_register(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
    while (top_.busy_o != 0) {
      clock();
    }
    top_.final();
  }

 private:
  void clock() {
    top_.clk_i = 0;
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
    axi_.drive();
  }

  void write_register(CData offset, IData value) {
    top_.s_axil_awaddr = offset;
    top_.s_axil_wdata = value;
    top_.s_axil_wstrb = 0xF;
    top_.s_axil_awvalid = top_.s_axil_wvalid = top_.s_axil_bready = 1;
    for (top_.eval(); top_.s_axil_awready == 0; top_.eval()) {
      clock();
    }
    clock();
    top_.s_axil_awvalid = top_.s_axil_wvalid = 0;
    for (; top_.s_axil_bvalid == 0; top_.eval()) {
      clock();
    }
    clock();
    top_.s_axil_bready = 0;
  }

  VerilatedContext context_;
  FL_TOP top_{&context_, "TOP"};
  ZeroMemory memory_;
  fluence::AxiSlave<FL_TOP> axi_{top_, memory_};
};

}  // namespace

int main() { Run{}; }
