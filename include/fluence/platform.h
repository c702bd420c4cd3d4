/* The virtual platform for host software of your own: the accelerator's registers, memory that it shares
 * with the host, time, and upsets.
 *
 * Every register access takes simulated time, so a driver that was written for a board and polls the
 * done bit works as it is. Functions return 0, or -1 on an error that fluence_last_error() explains. One
 * platform a process, also after it has been closed (SystemC elaborates once); all calls from one
 * thread.
 */
#ifndef FLUENCE_PLATFORM_H
#define FLUENCE_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fluence_platform fluence_platform;

typedef struct fluence_config {
  const char* network;     /* cnvW1A1, cnvW1A2 or cnvW2A2 */
  const char* params;      /* folder of the parameter files; NULL: the embedded model */
  double clock_mhz;        /* of the accelerator; 0: 100 */
  uint32_t memory_latency; /* accelerator cycles a memory burst; 0: 10 */
  uint32_t reserved[4];    /* zero */
} fluence_config;

/* Builds the platform and loads the parameters. NULL on an error, the second platform included. */
fluence_platform* fluence_open(const fluence_config* config);
/* Takes NULL, too. */
void fluence_close(fluence_platform* platform);

/* What the last failed call complained of: one sentence, valid until the next failure. Never NULL. */
const char* fluence_last_error(void);

/* The accelerator's registers; `offset` as in docs/platform.md. */
int fluence_read32(fluence_platform* platform, uint32_t offset, uint32_t* value);
int fluence_write32(fluence_platform* platform, uint32_t offset, uint32_t value);

/* Memory that the accelerator reaches, 64-byte aligned, until the platform is closed; `bus_address` is
 * what its address registers want. Copies take no simulated time. */
int fluence_alloc(fluence_platform* platform, size_t bytes, uint64_t* bus_address);
int fluence_copy_in(fluence_platform* platform, uint64_t bus_address, const void* data, size_t bytes);
int fluence_copy_out(fluence_platform* platform, uint64_t bus_address, void* data, size_t bytes);

/* Lets time go on: by `cycles` of the accelerator's clock; or until its interrupt is up, at most
 * `cycles`
 * (`*risen`: whether it is). */
int fluence_run(fluence_platform* platform, uint64_t cycles);
int fluence_run_until_interrupt(fluence_platform* platform, uint64_t cycles, int* risen);

/* Cycles of the accelerator's clock since the platform was opened. */
uint64_t fluence_cycles(const fluence_platform* platform);

/* Flips bits at a clock cycle of the run that is going on, or of the next one if none is; at once if the
 * run has passed it. By site (`space` is "weights", "fifo", ...; see docs/fault-model.md), or by flat
 * state address: bit k of the mask is the site at address + k, all within one word. */
int fluence_upset(fluence_platform* platform, const char* space, int layer, int module, int index,
                  int thresh, int bit, uint64_t cycle);
int fluence_upset_at(fluence_platform* platform, uint64_t address, uint64_t mask, uint64_t cycle);

#ifdef __cplusplus
}
#endif

#endif
