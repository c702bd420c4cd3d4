/* The virtual platform for host software of your own: the accelerator's registers, memory that it shares
 * with the host, time, and upsets. docs/platform.md describes the accelerator.
 *
 * Time is simulated. Register accesses take what they take on the bus, so a driver that was written for
 * a board and polls the done bit works as it is; fluence_run lets time go on without one; all else takes
 * none. Cycles are of the accelerator's clock.
 *
 * Errors: functions return 0, or -1 on an error, which changes nothing and which fluence_last_error()
 * explains. Handles and pointers may be NULL or closed: that is an error like any other.
 *
 * One platform at a time a process, and only of one network and configuration, since SystemC elaborates
 * once: it may be closed and opened again. A process that is forked has a copy of its own, with all that
 * is in it, in the thread that forked: examples/forked.c.
 *
 * Threads: a platform belongs to the thread that opened it; calls from others are errors.
 *
 * The platform copies what it is given and keeps no pointer. Nothing that it returns is to be freed, but
 * for the platform itself, by fluence_close.
 */
#ifndef FLUENCE_PLATFORM_H
#define FLUENCE_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Number of this binary interface: that of the shared library, libfluence_platform.so.0. */
#define FLUENCE_PLATFORM_ABI 0

typedef struct fluence_platform fluence_platform;

typedef struct fluence_config {
  const char* network;     /* name of a network or a hardware (docs/networks.md), or the path of a file */
  const char* params;      /* a network's parameters, an ONNX file or a folder of files, or a folder with
                              those of each network by name; NULL: the embedded model, which is
                              installed with the library (or in the folder that FLUENCE_MODELS names) */
  double clock_mhz;        /* of the accelerator, up to 1e6; 0: 100 */
  uint32_t memory_latency; /* cycles a memory burst; 0: 10 */
  uint32_t quantum;     /* cycles that a run may be ahead of the host; 0: 4096. Less is slower, and lets
                           upsets be scheduled nearer to the present during a run */
  uint32_t reserved[3]; /* zero */
} fluence_config;

/* Builds the platform, or takes that of this process again once it is closed, and loads the parameters,
 * in no simulated time. NULL on an error. */
fluence_platform* fluence_open(const fluence_config* config);
/* Ends what goes on and gives all allocated memory back. NULL and a closed platform are ignored; a
 * platform of another thread is an error, and stays open. */
int fluence_close(fluence_platform* platform);

/* What the accelerator reads of an image and writes of its scores: an image is a signed byte for each
 * channel of each pixel, row by row, the channels of a pixel side by side, and image n + 1 begins
 * image_bytes behind image n; scores are int16, score_bytes apart. */
typedef struct fluence_sizes {
  uint32_t height;      /* pixels of an image */
  uint32_t width;
  uint32_t channels;    /* of a pixel */
  uint32_t image_bytes; /* of one image, in whole words of memory */
  uint32_t scores;      /* of one image */
  uint32_t score_bytes; /* of one image's scores, in whole words of memory */
  uint32_t classes;     /* the first scores: those of the classes, as the parameters name them */
  uint32_t layers;      /* of the network */
  uint32_t reserved[8]; /* zero */
} fluence_sizes;
int fluence_get_sizes(fluence_platform* platform, fluence_sizes* sizes);

/* Resets the accelerator, in no simulated time: its registers are as after fluence_open, a run ends
 * half-done, upsets that are yet to come are dropped. Parameters and memory stay as they are. */
int fluence_reset(fluence_platform* platform);
/* Makes every parameter what `params` says (as in fluence_config), in no simulated time; so it mends what
 * upsets have done to them. A run goes on with the new ones from where the accelerator is, which may be
 * ahead of the host (see quantum). */
int fluence_load(fluence_platform* platform, const char* params);

/* What this thread's last failed call complained of: one sentence, valid until the thread's next
 * failure. Never NULL. */
const char* fluence_last_error(void);

/* The accelerator's 32-bit registers: `offset` in bytes, a multiple of 4; see fluence/accel_regs.h. They
 * repeat every FL_ACCEL_SPAN (0x80) bytes, up to 0x10000. A start that would read or write a parameter
 * word that the network does not have is an error (the accelerator would take another word for it), and
 * so is a slice that its word does not have: FL_ACCEL_TARGET_THRESH says which 64 bits of a wider one. */
int fluence_read32(fluence_platform* platform, uint32_t offset, uint32_t* value);
int fluence_write32(fluence_platform* platform, uint32_t offset, uint32_t value);

/* At least one byte of memory that the accelerator reaches, of 256 MiB in all, zero at first; 64-byte
 * aligned; it cannot be given back. `bus_address` is what the accelerator's address registers want. */
int fluence_alloc(fluence_platform* platform, size_t bytes, uint64_t* bus_address);
/* Copies between the host and allocated memory, at any bus addresses within it. */
int fluence_copy_in(fluence_platform* platform, uint64_t bus_address, const void* data, size_t bytes);
int fluence_copy_out(fluence_platform* platform, uint64_t bus_address, void* data, size_t bytes);

/* Lets `cycles` pass; or the time until the accelerator's interrupt is up, at most `cycles`. `*risen`:
 * whether it is. */
int fluence_run(fluence_platform* platform, uint64_t cycles);
int fluence_run_until_interrupt(fluence_platform* platform, uint64_t cycles, int* risen);

/* Cycles since fluence_open; 0 on an error. */
uint64_t fluence_cycles(fluence_platform* platform);

/* Flips bits in a cycle of the run that is going on, counted from its start, or of the next one if none
 * is. By site: `space` is "weights", "fifo", ...; what there is of each is listed by `fluence sites`. By
 * flat state address: bit k of the mask is the site at address + k, all within one word. An upset that
 * the run does not live to see is dropped; one for which the run is too far on already (see quantum) is
 * an error. */
int fluence_upset(fluence_platform* platform, const char* space, int layer, int module, int index,
                  int thresh, int bit, uint64_t cycle);
int fluence_upset_at(fluence_platform* platform, uint64_t address, uint64_t mask, uint64_t cycle);

#ifdef __cplusplus
}
#endif

#endif
