#include "sc_models/interrupt_controller.hpp"

#include <bit>
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
          {FL_INTC_STATUS,      "STATUS",      0, Access::read_only,  [this] { return status(); }},
          {FL_INTC_ENABLE,      "ENABLE",      0, Access::read_write, nullptr,
           [this] { changed_.notify(sc_core::SC_ZERO_TIME); }},
          {FL_INTC_PENDING,     "PENDING",     0, Access::read_only,  [this] { return pending(); }},
          {FL_INTC_ACKNOWLEDGE, "ACKNOWLEDGE", 0, Access::read_only,  [this] { return acknowledge(); }},
          {FL_INTC_END,         "END",         0, Access::read_write, nullptr, [this] { end(); }},
          {FL_INTC_ACTIVE,      "ACTIVE",      0, Access::read_only,  [this] { return active_; }},
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
  sensitive << changed_;
}

void InterruptController::reset() {
  table_.reset();
  active_ = 0;
  changed_.notify(sc_core::SC_ZERO_TIME);
}

void InterruptController::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
  table_.transport(transaction);
}

void InterruptController::update() { irq.write(pending() != 0); }

std::uint32_t InterruptController::pending() const {
  return status() & table_.value(FL_INTC_ENABLE) & ~active_;
}

std::uint32_t InterruptController::acknowledge() {
  const auto lines_up = pending();
  if (lines_up == 0) {
    return FL_INTC_NONE;
  }
  const auto line = static_cast<std::uint32_t>(std::countr_zero(lines_up));
  active_ |= 1U << line;
  changed_.notify(sc_core::SC_ZERO_TIME);
  return line;
}

void InterruptController::end() {
  if (const auto line = table_.value(FL_INTC_END); line < lines.size()) {
    active_ &= ~(1U << line);
    changed_.notify(sc_core::SC_ZERO_TIME);
  }
}

std::uint32_t InterruptController::status() const {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bits |= static_cast<std::uint32_t>(lines[i].read() ? 1U : 0U) << i;
  }
  return bits;
}

}  // namespace fluence
