/* Which parameter words a network has: what the driver and the firmware must know of it. */
#ifndef FLUENCE_ACCEL_SHAPE_H
#define FLUENCE_ACCEL_SHAPE_H

#include <stdint.h>

typedef struct fl_layer_shape {
  uint32_t pes;              /* as many weight memories, and threshold memories if it has thresholds */
  uint32_t weight_words;     /* of a memory */
  uint32_t threshold_words;  /* of a memory; 0: no thresholds */
  uint32_t thresholds;       /* of a word */
  uint32_t weight_copies;    /* that the host writes and reads one by one; 0 is as 1 */
  uint32_t threshold_copies; /* likewise */
  uint32_t counted;          /* accesses that meet an error are: bit 0 to weights, bit 1 to thresholds */
  uint32_t weight_slices;    /* of 64 bits, by which a weight word is written and read; 0 is as 1 */
} fl_layer_shape;

typedef struct fl_shape {
  uint32_t layers;
  const fl_layer_shape* layer; /* [layers] */
} fl_shape;

#endif
