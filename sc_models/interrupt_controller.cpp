#include "sc_models/interrupt_controller.hpp"

#include <cassert>

#include "fluence/intc_regs.h"

namespace fluence {

InterruptController::InterruptController(const sc_core::sc_module_name& name, unsigned line_count)
    : sc_module(name),
      regs("regs"),
      lines("lines", line_count),
      irq("irq"),
      // clang-format off
      table_({
          {FL_INTC_STATUS,  "STATUS",  0, Access::read_only,  [this] { return status(); }},
          {FL_INTC_ENABLE,  "ENABLE",  0, Access::read_write, nullptr,
           [this] { enable_written_.notify(sc_core::SC_ZERO_TIME); }},
          {FL_INTC_PENDING, "PENDING", 0, Access::read_only,
           [this] { return status() & table_.value(FL_INTC_ENABLE); }},
      })
// clang-format on
{
  assert(line_count >= 1 && line_count <= 32);
  regs.register_b_transport(this, &InterruptController::b_transport);
  SC_HAS_PROCESS(InterruptController);
  SC_METHOD(update);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sensitive << lines[i];
  }
  sensitive << enable_written_;
}

void InterruptController::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
  table_.transport(transaction);
}

void InterruptController::update() { irq.write((status() & table_.value(FL_INTC_ENABLE)) != 0); }

std::uint32_t InterruptController::status() const {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bits |= static_cast<std::uint32_t>(lines[i].read() ? 1U : 0U) << i;
  }
  return bits;
}

}  // namespace fluence
