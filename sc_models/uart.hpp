// The transmitting half of a UART.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <string>
#include <utility>

#include "sc_models/register_table.hpp"

namespace fluence {

/// Collects what software prints. A byte takes `byte_time` to go out. Registers:
/// sw/include/fluence/uart_regs.h.
class Uart : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Uart> regs;

  Uart(const sc_core::sc_module_name& name, const sc_core::sc_time& byte_time);

  /// All that has been sent since the last call.
  std::string take_text() { return std::exchange(text_, {}); }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  [[nodiscard]] bool ready() const { return access_time_ >= ready_time_; }
  void send();

  sc_core::sc_time byte_time_;
  sc_core::sc_time access_time_;  ///< of the transaction that is being served
  sc_core::sc_time ready_time_;
  RegisterTable table_;
  std::string text_;
};

}  // namespace fluence
