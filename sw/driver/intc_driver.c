#include "sw/driver/intc_driver.h"

#include "fluence/intc_regs.h"

fl_status fl_intc_enable(const fl_bus* bus, uint64_t base, uint32_t line) {
  if (line > 31u) {
    return FL_ERR_ARGUMENT;
  }
  uint32_t enabled = 0;
  if (bus->read32(bus->ctx, base + FL_INTC_ENABLE, &enabled) ||
      bus->write32(bus->ctx, base + FL_INTC_ENABLE, enabled | 1u << line)) {
    return FL_ERR_BUS;
  }
  return FL_OK;
}
