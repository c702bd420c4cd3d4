#include "sw/driver/timer_driver.h"

#include "fluence/timer_regs.h"

fl_status fl_timer_count(const fl_bus* bus, uint64_t base, uint64_t* ticks) {
  uint32_t low = 0;
  uint32_t high = 0;
  /* In this order: the low half latches the high one. */
  if (bus->read32(bus->ctx, base + FL_TIMER_COUNT_LOW, &low) ||
      bus->read32(bus->ctx, base + FL_TIMER_COUNT_HIGH, &high)) {
    return FL_ERR_BUS;
  }
  *ticks = (uint64_t)high << 32 | low;
  return FL_OK;
}

fl_status fl_timer_set_alarm(const fl_bus* bus, uint64_t base, uint32_t ticks) {
  return bus->write32(bus->ctx, base + FL_TIMER_ALARM, ticks) ? FL_ERR_BUS : FL_OK;
}
