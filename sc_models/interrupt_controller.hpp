// Level-sensitive interrupt controller.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>

#include "sc_models/register_table.hpp"

namespace fluence {

/// Raises `irq` while a line is up that is enabled and not active. Lines are levels: software quiets the
/// device and the line falls. Between acknowledgement and end a line is active and does not interrupt;
/// software that masks its interrupt instead needs neither. Registers: sw/include/fluence/intc_regs.h.
class InterruptController : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<InterruptController> regs;
  sc_core::sc_vector<sc_core::sc_in<bool>> lines;
  sc_core::sc_out<bool> irq;

  /// `line_count`: 1 to 32 lines.
  InterruptController(const sc_core::sc_module_name& name, unsigned line_count);

  /// No line is enabled or active.
  void reset();

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void update();
  [[nodiscard]] std::uint32_t status() const;
  [[nodiscard]] std::uint32_t pending() const;
  std::uint32_t acknowledge();
  void end();

  std::uint32_t active_ = 0;
  sc_core::sc_event changed_;
  RegisterTable table_;
};

}  // namespace fluence
