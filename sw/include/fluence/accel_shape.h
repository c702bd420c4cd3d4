/* Which parameter words a network has: what the driver and the firmware must know of it. */
#ifndef FLUENCE_ACCEL_SHAPE_H
#define FLUENCE_ACCEL_SHAPE_H

#include <stdint.h>

typedef struct fl_layer_shape {
  uint32_t pes;             /* as many weight memories, and threshold memories if it has thresholds */
  uint32_t weight_words;    /* of a memory */
  uint32_t threshold_words; /* of a memory; 0: no thresholds */
  uint32_t thresholds;      /* of a word */
} fl_layer_shape;

typedef struct fl_shape {
  uint32_t layers;
  const fl_layer_shape* layer; /* [layers] */
} fl_shape;

#endif
