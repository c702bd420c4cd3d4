#include "sw/driver/intc_driver.h"

#include "fluence/intc_regs.h"

/* Sets or clears a line's bit in ENABLE. */
static fl_status allow(const fl_bus* bus, uint64_t base, uint32_t line, int on) {
  if (line > 31u) {
    return FL_ERR_ARGUMENT;
  }
  uint32_t enabled = 0;
  if (bus->read32(bus->ctx, base + FL_INTC_ENABLE, &enabled)) {
    return FL_ERR_BUS;
  }
  enabled = on ? enabled | 1u << line : enabled & ~(1u << line);
  return bus->write32(bus->ctx, base + FL_INTC_ENABLE, enabled) ? FL_ERR_BUS : FL_OK;
}

fl_status fl_intc_enable(const fl_bus* bus, uint64_t base, uint32_t line) {
  return allow(bus, base, line, 1);
}

fl_status fl_intc_disable(const fl_bus* bus, uint64_t base, uint32_t line) {
  return allow(bus, base, line, 0);
}

fl_status fl_intc_acknowledge(const fl_bus* bus, uint64_t base, uint32_t* line) {
  return bus->read32(bus->ctx, base + FL_INTC_ACKNOWLEDGE, line) ? FL_ERR_BUS : FL_OK;
}

fl_status fl_intc_end(const fl_bus* bus, uint64_t base, uint32_t line) {
  return bus->write32(bus->ctx, base + FL_INTC_END, line) ? FL_ERR_BUS : FL_OK;
}
