/* Driver of the interrupt controller. */
#ifndef FLUENCE_SW_DRIVER_INTC_DRIVER_H
#define FLUENCE_SW_DRIVER_INTC_DRIVER_H

#include <stdint.h>

#include "sw/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Lets line `line` (0 to 31) of the controller at `base` interrupt the processor. */
fl_status fl_intc_enable(const fl_bus* bus, uint64_t base, uint32_t line);
/* Lets it interrupt no more. */
fl_status fl_intc_disable(const fl_bus* bus, uint64_t base, uint32_t line);

/* Which line interrupts: FL_INTC_NONE if none does any more. The line cannot interrupt again before it
 * is ended. */
fl_status fl_intc_acknowledge(const fl_bus* bus, uint64_t base, uint32_t* line);
fl_status fl_intc_end(const fl_bus* bus, uint64_t base, uint32_t line);

#ifdef __cplusplus
}
#endif

#endif
