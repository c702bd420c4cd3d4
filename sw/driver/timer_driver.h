/* Driver of the timer. */
#ifndef FLUENCE_SW_DRIVER_TIMER_DRIVER_H
#define FLUENCE_SW_DRIVER_TIMER_DRIVER_H

#include <stdint.h>

#include "sw/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ticks since the start. */
fl_status fl_timer_count(const fl_bus* bus, uint64_t base, uint64_t* ticks);

/* Interrupts after `ticks`; 0: not at all. Quiets an alarm that went off. */
fl_status fl_timer_set_alarm(const fl_bus* bus, uint64_t base, uint32_t ticks);

#ifdef __cplusplus
}
#endif

#endif
