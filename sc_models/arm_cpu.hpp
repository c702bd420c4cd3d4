// A processor that runs ARM code.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>
#include <unicorn/unicorn.h>
#include <systemc>
#include <tlm>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

#include "base/error.hpp"

namespace fluence {

/// A Cortex-A9 as an instruction-set simulator: ARM and Thumb code, supervisor mode at reset, one clock
/// an instruction. Code runs from memory that offers direct access (asked for at the entry point, and
/// again where code goes on after the offer was withdrawn); that memory is used in no extra time. Every
/// other access is a b_transport whose delay is the processor's own. The processor runs
/// ahead of SystemC time up to the global quantum (tlm::tlm_global_quantum). An interrupt is seen at
/// the quantum's end, or exactly on time in WFI; vectors stand at address 0. There are no caches and
/// no MMU.
///
/// Software ends by semihosting: SVC 0x123456 (ARM) with operation SYS_EXIT_EXTENDED in r0 and the
/// address of {0x20026, exit code} in r1 (ARM, "Semihosting for AArch32 and AArch64").
class ArmCpu : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<ArmCpu> bus;
  sc_core::sc_in<bool> irq;

  ArmCpu(const sc_core::sc_module_name& name, const sc_core::sc_time& clock_period);

  /// Resets the processor, runs from `entry` until software ends, and returns its exit code. Enters the
  /// simulation and leaves it paused; call it from outside. Throws InputError saying where (PC) software
  /// reached what is not mapped, met an undefined instruction or another exception that nobody handles,
  /// or was after `limit` if it has not ended by then.
  int run(std::uint32_t entry, const sc_core::sc_time& limit);

  /// From within the simulation: ends the program within a quantum, and run() throws Cancelled.
  void stop();

  /// Instructions executed by the last run.
  [[nodiscard]] std::uint64_t instructions() const { return instructions_; }

 private:
  struct Close {
    void operator()(uc_engine* engine) const { uc_close(engine); }
  };
  enum class State { running, slice_over, ended };
  /// What the simulator hands to the bus: everything from `base` on that is not direct memory.
  struct Window {
    ArmCpu* cpu = nullptr;
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
  };

  void execute();
  void open_engine();
  /// Asks for the memory from which the code at `pc` is to run; all other addresses are for the bus.
  void map(std::uint32_t pc);
  void unmap();
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
  void run_slice();
  void sleep();
  void enter_interrupt();
  /// Whether it was the end of the program.
  bool semihosting_exit();
  /// How many instructions are left before the local time must be given to SystemC.
  void refill();
  /// Counts what has been executed into the local time.
  void account();
  void access(tlm::tlm_command command, std::uint64_t address, unsigned bytes, std::uint64_t& value);
  /// Ends the program after the present instruction; for callbacks, through which nothing may be thrown.
  void fail(const std::exception_ptr& error);
  /// "the firmware <what> (PC ...)"
  [[nodiscard]] InputError error(const std::string& what) const;

  [[nodiscard]] std::uint32_t get(int reg) const;
  void set(int reg, std::uint32_t value);

  static void on_instruction(uc_engine* engine, std::uint64_t pc, std::uint32_t bytes, void* self);
  static void on_exception(uc_engine* engine, std::uint32_t number, void* self);
  static std::uint64_t on_read(uc_engine* engine, std::uint64_t offset, unsigned bytes, void* window);
  static void on_write(uc_engine* engine, std::uint64_t offset, unsigned bytes, std::uint64_t value,
                       void* window);

  sc_core::sc_time clock_period_;
  tlm_utils::tlm_quantumkeeper keeper_;
  std::unique_ptr<uc_engine, Close> engine_;
  std::uint64_t memory_first_ = 0;  ///< direct memory
  std::uint64_t memory_end_ = 0;
  std::array<Window, 2> windows_;  ///< below and above it
  bool withdrawn_ = false;         ///< it must not be used any more
  sc_core::sc_event started_;
  sc_core::sc_event stop_;
  bool stopped_ = false;
  std::uint32_t entry_ = 0;
  sc_core::sc_time limit_;
  sc_core::sc_time deadline_;
  State state_ = State::ended;
  int exit_code_ = 0;
  std::exception_ptr thrown_;

  sc_core::sc_time slice_;         ///< local time at which the slice ends
  std::uint64_t budget_ = 0;       ///< instructions of the slice that are left
  std::uint64_t unaccounted_ = 0;  ///< executed, not in the local time yet
  std::uint64_t instructions_ = 0;
};

}  // namespace fluence
