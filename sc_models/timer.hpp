// A counter of clock ticks with an alarm.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>

#include "sc_models/register_table.hpp"

namespace fluence {

/// Counts from the simulation's start. `irq` is up from the alarm on until the next one is set.
/// Registers: sw/include/fluence/timer_regs.h.
class Timer : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Timer> regs;
  sc_core::sc_out<bool> irq;

  Timer(const sc_core::sc_module_name& name, const sc_core::sc_time& tick);

  /// No alarm is set; the count goes on.
  void reset();

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void update();
  std::uint32_t count();
  /// An alarm `ticks` after the last access, or none.
  void set_alarm(std::uint64_t ticks);

  sc_core::sc_time tick_;
  sc_core::sc_time access_time_;  ///< of the transaction that is being served
  sc_core::sc_time alarm_time_ = sc_core::sc_max_time();
  sc_core::sc_event alarm_;
  sc_core::sc_event alarm_set_;
  std::uint32_t count_high_ = 0;
  RegisterTable table_;
};

}  // namespace fluence
