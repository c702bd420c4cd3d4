/* How a driver reaches the bus: a native host passes TLM transactions, firmware passes plain loads and
 * stores. Memory and registers share one address space. */
#ifndef FLUENCE_SW_DRIVER_BUS_H
#define FLUENCE_SW_DRIVER_BUS_H

#include <stdint.h>

typedef struct fl_bus {
  void* ctx; /* first argument of every operation */
  /* Aligned 32-bit accesses, uncached and in order. Return 0, or non-zero on a bus error. */
  int (*read32)(void* ctx, uint64_t address, uint32_t* value);
  int (*write32)(void* ctx, uint64_t address, uint32_t value);
  /* Sleeps until the processor's interrupt line is up. Returns 0, or non-zero when it gave up waiting.
   * NULL: there is no interrupt and drivers poll. */
  int (*wait_irq)(void* ctx);
} fl_bus;

typedef enum fl_status {
  FL_OK = 0,
  FL_ERR_BUS,      /* a bus access failed */
  FL_ERR_BUSY,     /* the accelerator is running */
  FL_ERR_TIMEOUT,  /* no completion within the bound */
  FL_ERR_ARGUMENT, /* an argument cannot be right; nothing was accessed */
} fl_status;

#endif
