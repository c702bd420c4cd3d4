// A processor that runs software compiled for the machine on which the simulation runs.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>
#include <tlm>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>

#include "sw/driver/bus.h"

namespace fluence {

/// Runs programs in a SystemC thread; their loads and stores are transactions on `bus`. Code itself
/// takes no time. The host runs ahead of SystemC time up to a quantum and waits when it is used up, when
/// it sleeps for an interrupt, and at a program's end.
class NativeHost : public sc_core::sc_module {
 public:
  using Program = std::function<void(NativeHost&)>;

  tlm_utils::simple_initiator_socket<NativeHost> bus;
  sc_core::sc_in<bool> irq;

  NativeHost(const sc_core::sc_module_name& name, const sc_core::sc_time& quantum);

  /// Runs a program to its end: enters the simulation and leaves it paused. Call it from outside the
  /// simulation. Rethrows what the program throws; throws std::logic_error if nothing can happen any
  /// more while the program waits.
  void run(Program program);

  // For programs.

  /// One transaction, whole. False on an error response.
  bool read(std::uint64_t address, std::span<unsigned char> data);
  bool write(std::uint64_t address, std::span<const unsigned char> data);
  /// Lets SystemC time catch up with the host.
  void synchronize();
  /// Sleeps until `irq` is up, at most `timeout` or until `wake`. Returns whether it is.
  bool wait_irq(const sc_core::sc_time& timeout);
  /// Ends the sleep of a program, as its timeout would; called from elsewhere in the simulation.
  void wake() { woken_.notify(sc_core::SC_ZERO_TIME); }
  /// Bound of every later wait_irq of `driver_bus()`.
  void set_irq_timeout(const sc_core::sc_time& timeout) { irq_timeout_ = timeout; }
  /// What the C drivers work on; without interrupts drivers poll. The host must outlive it.
  fl_bus driver_bus(bool interrupts);

 private:
  void execute();
  bool transport(tlm::tlm_command command, std::uint64_t address, unsigned char* data,
                 std::size_t bytes);

  sc_core::sc_time quantum_;
  sc_core::sc_time offset_;  ///< how far the host is ahead of SystemC time
  sc_core::sc_time irq_timeout_ = sc_core::sc_max_time();
  Program program_;
  sc_core::sc_event program_given_;
  sc_core::sc_event woken_;
  std::exception_ptr thrown_;
};

}  // namespace fluence
