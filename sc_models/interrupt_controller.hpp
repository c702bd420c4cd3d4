// Level-sensitive interrupt controller.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>

#include "sc_models/register_table.hpp"

namespace fluence {

/// Raises `irq` while a line is up that is enabled. Lines are levels, so there is nothing to acknowledge
/// here: software quiets the device and the line falls. Registers: sw/include/fluence/intc_regs.h.
class InterruptController : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<InterruptController> regs;
  sc_core::sc_vector<sc_core::sc_in<bool>> lines;
  sc_core::sc_out<bool> irq;

  /// `line_count`: 1 to 32 lines.
  InterruptController(const sc_core::sc_module_name& name, unsigned line_count);

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void update();
  [[nodiscard]] std::uint32_t status() const;

  sc_core::sc_event enable_written_;
  RegisterTable table_;
};

}  // namespace fluence
