#include "sc_models/uart.hpp"

#include "fluence/uart_regs.h"

namespace fluence {

Uart::Uart(const sc_core::sc_module_name& name, const sc_core::sc_time& byte_time)
    : sc_module(name),
      regs("regs"),
      byte_time_(byte_time),
      // clang-format off
      table_({
          {FL_UART_DATA,   "DATA",   0, Access::read_write, [] { return 0U; }, [this] { send(); }},
          {FL_UART_STATUS, "STATUS", 0, Access::read_only,
           [this] { return ready() ? FL_UART_STATUS_READY : 0U; }},
      })
// clang-format on
{
  regs.register_b_transport(this, &Uart::b_transport);
}

void Uart::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  access_time_ = sc_core::sc_time_stamp() + delay;
  table_.transport(transaction);
}

void Uart::send() {
  if (ready()) {
    text_ += static_cast<char>(table_.value(FL_UART_DATA));
    ready_time_ = access_time_ + byte_time_;
  }
}

}  // namespace fluence
