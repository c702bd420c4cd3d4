/* What the firmware is to do and what came of it, in memory at FL_BOARD_JOB. All words little-endian. */
#ifndef FLUENCE_JOB_H
#define FLUENCE_JOB_H

#include <stdint.h>

#include "fluence/accel_shape.h"

#define FL_JOB_MAGIC 0x4a4c4604u /* "\4FLJ": layout version 4 */

typedef struct fl_job {
  uint32_t magic;
  uint32_t images;      /* at FL_BOARD_IMAGES, their labels at FL_BOARD_LABELS */
  uint32_t memories;    /* fl_job_memory records, to be loaded before the first image */
  uint32_t faults;      /* fl_job_fault records, in the order of before_image */
  uint32_t interrupts;  /* 1: sleep until the done interrupt; 0: poll */
  uint32_t watchdog[2]; /* ticks until a run hangs, low and high word; polls if it polls */
  /* Written by the firmware. */
  uint32_t status;        /* fl_status of what failed, 0 at the end of a whole job */
  uint32_t images_done;   /* images of the runs that ended */
  uint32_t faults_done;   /* faults injected */
  uint32_t correct;       /* images whose class is their label's */
  uint32_t load_ticks[2]; /* timer ticks of loading parameters, all times, low and high word */
  uint32_t run_ticks[2];  /* sum over the runs, from before the start to after the acknowledgement */
  /* Given; last, so that they leave the others in their places. */
  uint32_t classes;     /* how many of an image's first scores are those of classes */
  uint32_t image_bytes; /* from one image to the next */
  uint32_t score_bytes; /* from the scores of one image to those of the next */
  uint32_t reload;      /* images after which the memories are loaded again, before the faults that are
                           due then; 0: never */
  uint32_t in_place;    /* 1: the memories need not be loaded before the first image */
  uint32_t layers;      /* of the network, as many fl_layer_shape follow the job: a fault in a word that
                           it does not have is an error. Then fl_job_counts for the weights of layer 0,
                           its thresholds, the weights of layer 1 and so on */
} fl_job;

/* Written by the firmware: counted accesses of a memory, the sums over the runs that ended. Low and high
 * words; zero where the memory's accesses are not counted. */
typedef struct fl_job_counts {
  uint32_t corrected[2];
  uint32_t detected[2];
} fl_job_counts;

/* One PE's weight or threshold memory, or a copy of it, as the host writes it, followed by words *
 * threshes values of 64 bits, low word first, in the order [word][thresh]. The next record follows the
 * last value. */
typedef struct fl_job_memory {
  uint32_t target; /* fl_target */
  uint32_t layer;
  uint32_t pe;
  uint32_t words;
  uint32_t threshes; /* of weights: slices of 64 bits */
  uint32_t copy;
} fl_job_memory;

/* A parameter word that is read, XORed with the mask and written back between two images. */
typedef struct fl_job_fault {
  uint32_t before_image;
  uint32_t target; /* fl_target */
  uint32_t layer;
  uint32_t pe;
  uint32_t index;
  uint32_t thresh;  /* of weights: the slice */
  uint32_t mask[2]; /* low and high word */
  uint32_t copy;
} fl_job_fault;

#endif
