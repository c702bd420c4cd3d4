/* The project's own board driver, as it is, behind the C interface: by polling, loads a parameter word,
 * runs one black image and reads the word back. Prints the scores' sum. */
#include <fluence/accel_regs.h>
#include <fluence/platform.h>
#include <stdio.h>

#include "sw/driver/accel_driver.h"

#define CHECK(condition)                                                         \
  if (!(condition)) {                                                            \
    fprintf(stderr, "%d: %s; %s\n", __LINE__, #condition, fluence_last_error()); \
    return 1;                                                                    \
  }

static const uint64_t kRegisters = 0x43C00000;

/* Of cnvW2A2. */
static const fl_layer_shape kLayers[] = {
    {8, 72, 8, 2, 1, 1, 0, 1},      {16, 144, 4, 2, 1, 1, 0, 1},    {8, 576, 16, 2, 1, 1, 0, 1},
    {8, 1152, 16, 2, 1, 1, 0, 1},   {4, 9216, 64, 2, 1, 1, 0, 1},   {1, 73728, 256, 2, 1, 1, 0, 1},
    {1, 65536, 512, 2, 1, 1, 0, 1}, {2, 65536, 256, 2, 1, 1, 0, 1}, {4, 8192, 0, 0, 1, 1, 0, 1}};
static const fl_shape kShape = {9, kLayers};

/* Registers and memory share the driver's address space. */
static int read32(void* board, uint64_t address, uint32_t* value) {
  return address >= kRegisters ? fluence_read32(board, (uint32_t)(address - kRegisters), value)
                               : fluence_copy_out(board, address, value, sizeof *value);
}

static int write32(void* board, uint64_t address, uint32_t value) {
  return address >= kRegisters ? fluence_write32(board, (uint32_t)(address - kRegisters), value)
                               : fluence_copy_in(board, address, &value, sizeof value);
}

int main(void) {
  const fluence_config config = {.network = "cnvW2A2"};
  fluence_platform* board = fluence_open(&config);
  CHECK(board);
  uint64_t image = 0;
  uint64_t scores = 0;
  CHECK(!fluence_alloc(board, 3072, &image) && !fluence_alloc(board, 128, &scores));
  const fl_bus bus = {board, read32, write32, NULL};
  /* The registers where a board's own host code has them. */
  const fl_accel accel = {&bus, kRegisters + FL_ACCEL_SPAN, 1000000, &kShape};
  const fl_word word = {FL_THRESHOLDS, 3, 2, 7, 1, 0};
  const fl_word beyond = {FL_THRESHOLDS, 3, 2, 16, 1, 0};
  uint64_t value = 0;
  CHECK(fl_accel_write_word(&accel, &beyond, 1) == FL_ERR_ARGUMENT);
  CHECK(fl_accel_write_word(&accel, &word, (uint64_t)-77) == FL_OK);
  CHECK(fl_accel_start(&accel, image, scores, 1) == FL_OK);
  CHECK(fl_accel_write_word(&accel, &word, 0) == FL_ERR_BUSY);
  CHECK(fl_accel_wait(&accel) == FL_OK);
  CHECK(fl_accel_read_word(&accel, &word, scores + 120, &value) == FL_OK && (int64_t)value == -77);
  int16_t sum = 0;
  int16_t all[60];
  CHECK(!fluence_copy_out(board, scores, all, sizeof all));
  for (int i = 0; i < 60; ++i) {
    sum = (int16_t)(sum | all[i]);
  }
  CHECK(sum != 0);
  fluence_close(board);
  return 0;
}
