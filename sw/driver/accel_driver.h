/* Driver of the accelerator. No allocation, no global state; one caller at a time per fl_accel. */
#ifndef FLUENCE_SW_DRIVER_ACCEL_DRIVER_H
#define FLUENCE_SW_DRIVER_ACCEL_DRIVER_H

#include <stdint.h>

#include "fluence/accel_shape.h"
#include "sw/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fl_accel {
  const fl_bus* bus;
  uint64_t base;         /* address of the register block */
  uint32_t poll_limit;   /* reads of the control register before FL_ERR_TIMEOUT; 0: no bound */
  const fl_shape* shape; /* parameter words that it has; NULL: none */
} fl_accel;

typedef enum fl_target { FL_WEIGHTS = 0, FL_THRESHOLDS = 1 } fl_target;

/* One parameter word, or a slice of it: a weight word of more than 64 bits is written and read by slices
 * of 64, of which `thresh` says which, 0 the lowest; of narrower ones it is 0. `copy` is 0 where the
 * host sees one only. The hardware takes another word for one that it does not have, so the driver
 * refuses that with FL_ERR_ARGUMENT. */
typedef struct fl_word {
  fl_target target;
  uint32_t layer;
  uint32_t pe;
  uint32_t index;
  uint32_t thresh;
  uint32_t copy;
} fl_word;

/* Accesses to a memory's code words in which an error was corrected, or detected, at most 2^32 - 1. */
typedef struct fl_counts {
  uint32_t corrected;
  uint32_t detected;
} fl_counts;

/* Writes a parameter word or slice; the accelerator keeps the low bits that it has. */
fl_status fl_accel_write_word(const fl_accel* accel, const fl_word* word, uint64_t value);

/* Reads a parameter word: the accelerator writes it, as 64 bits, to `scratch` in memory (8-byte aligned)
 * and the driver fetches it from there. Weights come zero-extended, thresholds sign-extended; of a
 * layer-0 threshold only the integer part comes, the 8 fraction bits are lost (truncated toward zero).
 */
fl_status fl_accel_read_word(const fl_accel* accel, const fl_word* word, uint64_t scratch,
                             uint64_t* value);

/* Starts `images` (>= 1) images at `input`; their scores go to `output` (both 8-byte aligned). */
fl_status fl_accel_start(const fl_accel* accel, uint64_t input, uint64_t output, uint32_t images);

/* Waits for the end of what fl_accel_start began and acknowledges it: by interrupt if the bus has one,
 * else by polling. */
fl_status fl_accel_wait(const fl_accel* accel);

/* Reads what has been counted since the last start of images, of a memory whose accesses are counted. */
fl_status fl_accel_read_counts(const fl_accel* accel, fl_target target, uint32_t layer,
                               fl_counts* counts);

#ifdef __cplusplus
}
#endif

#endif
