/* What the tests of the C interface share. */
#include <fluence/accel_regs.h>
#include <fluence/platform.h>
#include <stdio.h>
#include <string.h>

#define EXPECT(condition)                                                          \
  if (!(condition)) {                                                              \
    fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, \
            fluence_last_error());                                                 \
    return 1;                                                                      \
  }

static int says(const char* text) { return strstr(fluence_last_error(), text) != NULL; }

/* Every call on a platform that is not open, or that is another thread's. */
static int refused(fluence_platform* board, const char* text) {
  uint32_t value = 0;
  uint64_t address = 0;
  int risen = 0;
  char byte = 0;
  fluence_sizes sizes;
  EXPECT(fluence_get_sizes(board, &sizes) == -1 && says(text));
  EXPECT(fluence_reset(board) == -1 && says(text));
  EXPECT(fluence_load(board, NULL) == -1 && says(text));
  EXPECT(fluence_read32(board, 0, &value) == -1 && says(text));
  EXPECT(fluence_write32(board, 0, 0) == -1 && says(text));
  EXPECT(fluence_alloc(board, 1, &address) == -1 && says(text));
  EXPECT(fluence_copy_in(board, 0, &byte, 1) == -1 && says(text));
  EXPECT(fluence_copy_out(board, 0, &byte, 1) == -1 && says(text));
  EXPECT(fluence_run(board, 1) == -1 && says(text));
  EXPECT(fluence_run_until_interrupt(board, 1, &risen) == -1 && says(text));
  EXPECT(fluence_cycles(board) == 0 && says(text));
  EXPECT(fluence_upset(board, "weights", 0, 0, 0, 0, 0, 0) == -1 && says(text));
  EXPECT(fluence_upset_at(board, 0, 1, 0) == -1 && says(text));
  return 0;
}

static int set(fluence_platform* board, const uint32_t (*writes)[2], size_t count) {
  for (size_t i = 0; i < count; ++i) {
    EXPECT(fluence_write32(board, writes[i][0], writes[i][1]) == 0);
  }
  return 0;
}

/* The low half of a weight word of layer 8, as the registers return it. */
static int word(fluence_platform* board, uint64_t scratch, uint32_t index, uint32_t* value) {
  const uint32_t writes[][2] = {{FL_ACCEL_OUTPUT_LOW, (uint32_t)scratch},
                                {FL_ACCEL_OUTPUT_HIGH, 0},
                                {FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_READ},
                                {FL_ACCEL_TARGET_LAYER, 16},
                                {FL_ACCEL_TARGET_MEM, 0},
                                {FL_ACCEL_TARGET_IND, index},
                                {FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START}};
  EXPECT(set(board, writes, sizeof writes / sizeof writes[0]) == 0);
  uint32_t control = 0;
  do {
    EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &control) == 0);
  } while (!(control & FL_ACCEL_CONTROL_DONE));
  EXPECT(fluence_copy_out(board, scratch, value, sizeof *value) == 0);
  return 0;
}

/* One image from `buffer` on, its scores 4096 bytes behind, by interrupt. */
static int start(fluence_platform* board, uint64_t buffer) {
  const uint32_t writes[][2] = {{FL_ACCEL_INPUT_LOW, (uint32_t)buffer},
                                {FL_ACCEL_INPUT_HIGH, 0},
                                {FL_ACCEL_OUTPUT_LOW, (uint32_t)buffer + 4096},
                                {FL_ACCEL_OUTPUT_HIGH, 0},
                                {FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE},
                                {FL_ACCEL_NUM_REPS, 1},
                                {FL_ACCEL_GLOBAL_IRQ, 1},
                                {FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_DONE},
                                {FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START}};
  return set(board, writes, sizeof writes / sizeof writes[0]);
}

static int finish(fluence_platform* board) {
  int risen = 0;
  uint32_t control = 0;
  EXPECT(fluence_run_until_interrupt(board, 1000000, &risen) == 0 && risen == 1);
  /* Parameter words are to leave no interrupt behind. */
  EXPECT(fluence_write32(board, FL_ACCEL_IRQ_ENABLE, 0) == 0);
  EXPECT(fluence_write32(board, FL_ACCEL_IRQ_STATUS, FL_ACCEL_IRQ_DONE) == 0);
  EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &control) == 0 && control & FL_ACCEL_CONTROL_DONE);
  return 0;
}
