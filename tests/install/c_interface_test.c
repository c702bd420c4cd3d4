/* What the C interface refuses, and how time goes. Ends with 0 if all is as the header says. */
#include <pthread.h>

#include "expect.h"

static int refused_elsewhere(fluence_platform* board) {
  EXPECT(refused(board, "another thread") == 0);
  EXPECT(fluence_close(board) == -1 && says("another thread"));
  return 0;
}

static void* elsewhere(void* board) { return refused_elsewhere(board) ? "failed" : NULL; }

/* Calls until the owner has closed the board: each is refused. */
static void* insists(void* board) {
  uint32_t value = 0;
  do {
    if (fluence_read32(board, 0, &value) != -1) {
      return "failed";
    }
  } while (says("another thread"));
  return says("not open") ? NULL : "failed";
}

static int configurations(void) {
  fluence_config config = {.network = "cnvX"};
  EXPECT(!fluence_open(NULL) && says("needs a network"));
  EXPECT(!fluence_open(&config) && says("cnvX"));
  config.network = "cnvW1A1";
  config.params = "/nowhere";
  EXPECT(!fluence_open(&config) && says("/nowhere"));
  config.params = NULL;
  config.clock_mhz = -1;
  EXPECT(!fluence_open(&config) && says("clock_mhz"));
  config.clock_mhz = 0;
  config.reserved[2] = 1;
  EXPECT(!fluence_open(&config) && says("reserved"));
  return 0;
}

static int registers_and_time(fluence_platform* board) {
  uint32_t value = 0;
  for (uint32_t copy = 0; copy < 0x10000; copy += copy ? copy : FL_ACCEL_SPAN) {
    EXPECT(fluence_write32(board, copy + FL_ACCEL_VAL_LOW, copy + 1) == 0);
    EXPECT(fluence_read32(board, FL_ACCEL_VAL_LOW, &value) == 0 && value == copy + 1);
    EXPECT(fluence_read32(board, 0xff80 + FL_ACCEL_VAL_LOW, &value) == 0 && value == copy + 1);
  }
  EXPECT(fluence_read32(board, 0x10000, &value) == -1 && says("offset 0x10000"));
  EXPECT(fluence_write32(board, 0x10000 + FL_ACCEL_VAL_LOW, 0) == -1 && says("offset 0x10050"));
  EXPECT(fluence_write32(board, 2, 0) == -1 && says("offset 0x2"));
  EXPECT(fluence_read32(board, 0xfffffffc, &value) == -1 && says("offset"));
  EXPECT(fluence_read32(board, 0, NULL) == -1 && says("value is NULL"));
  const uint64_t before = fluence_cycles(board);
  EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &value) == 0 && value == FL_ACCEL_CONTROL_IDLE);
  const uint64_t after = fluence_cycles(board);
  EXPECT(after > before);
  EXPECT(fluence_run(board, 1000) == 0 && fluence_cycles(board) == after + 1000);
  EXPECT(fluence_run(board, UINT64_MAX) == -1 && says("beyond the simulated time"));
  int risen = 1;
  EXPECT(fluence_run_until_interrupt(board, 500, &risen) == 0 && risen == 0);
  EXPECT(fluence_run_until_interrupt(board, UINT64_MAX, &risen) == -1 && says("beyond"));
  EXPECT(fluence_run_until_interrupt(board, 1, NULL) == -1 && says("risen is NULL"));
  EXPECT(fluence_cycles(board) == after + 1500);
  return 0;
}

static int network(fluence_platform* board) {
  fluence_sizes sizes = {.reserved = {1}};
  EXPECT(fluence_get_sizes(board, NULL) == -1 && says("sizes is NULL"));
  EXPECT(fluence_get_sizes(board, &sizes) == 0);
  EXPECT(sizes.height == 32 && sizes.width == 32 && sizes.channels == 3 && sizes.image_bytes == 3072);
  EXPECT(sizes.scores == 64 && sizes.score_bytes == 128 && sizes.classes == 10 && sizes.layers == 9);
  EXPECT(sizes.reserved[0] == 0);
  return 0;
}

static int memory(fluence_platform* board) {
  uint64_t address = 0;
  uint64_t next = 0;
  char text[4] = "abc";
  char back[4] = "";
  EXPECT(fluence_copy_in(board, 0x10000000, text, 4) == -1 && says("allocate"));
  EXPECT(fluence_alloc(board, 0, &address) == -1 && says("1 to"));
  EXPECT(fluence_alloc(board, (size_t)1 << 40, &address) == -1 && says("left"));
  EXPECT(fluence_alloc(board, SIZE_MAX, &address) == -1 && says("left"));
  EXPECT(fluence_alloc(board, 4, NULL) == -1 && says("bus_address is NULL"));
  EXPECT(fluence_alloc(board, 4, &address) == 0 && address % 64 == 0);
  EXPECT(fluence_copy_out(board, address, back, 4) == 0 && back[0] == 0);
  EXPECT(fluence_copy_in(board, address, text, 4) == 0);
  EXPECT(fluence_copy_out(board, address, back, 4) == 0 && strcmp(back, "abc") == 0);
  EXPECT(fluence_copy_out(board, address + 1, back, 3) == 0 && strcmp(back, "bc") == 0);
  EXPECT(fluence_copy_in(board, address, NULL, 4) == -1 && says("data is NULL"));
  EXPECT(fluence_copy_out(board, address, NULL, 4) == -1 && says("data is NULL"));
  EXPECT(fluence_copy_in(board, address - 1, text, 1) == -1 && says("allocate"));
  EXPECT(fluence_copy_in(board, address, text, 65) == -1 && says("allocate"));
  EXPECT(fluence_copy_out(board, address + 64, back, 1) == -1 && says("allocate"));
  EXPECT(fluence_copy_out(board, UINT64_MAX, back, 4) == -1 && says("allocate"));
  EXPECT(fluence_copy_out(board, address, back, SIZE_MAX) == -1 && says("allocate"));
  EXPECT(fluence_alloc(board, ((size_t)256 << 20) - 128, &next) == 0 && next == address + 64);
  EXPECT(fluence_alloc(board, 64, &address) == 0 && fluence_alloc(board, 1, &next) == -1);
  return 0;
}

/* A start that would take another parameter word for one that is not there. */
static int targets(fluence_platform* board, uint64_t buffer) {
  static const struct {
    uint32_t layer, mem, ind, thresh;
    const char* text;
  } wrong[] = {
      {17, 0, 0, 0, "FL_ACCEL_TARGET_LAYER is 17, and for cnvW1A1 it must be 0 to 16"},
      {0xffffffff, 0, 0, 0, "FL_ACCEL_TARGET_LAYER is 4294967295"},
      {0, 16, 0, 0,
       "FL_ACCEL_TARGET_MEM is 16, and for weights of layer 0 of cnvW1A1 it must be 0 to 15"},
      {0, 0, 36, 0,
       "FL_ACCEL_TARGET_IND is 36, and for weights of layer 0 of cnvW1A1 it must be 0 to 35"},
      {7, 0, 8, 0,
       "FL_ACCEL_TARGET_IND is 8, and for thresholds of layer 3 of cnvW1A1 it must be 0 to 7"},
      {7, 0, 7, 1,
       "FL_ACCEL_TARGET_THRESH is 1, and for thresholds of layer 3 of cnvW1A1 it must be 0 to 0"},
  };
  uint32_t control = 0;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    for (uint32_t command = FL_ACCEL_DO_INIT_WRITE; command <= FL_ACCEL_DO_INIT_READ; ++command) {
      const uint32_t writes[][2] = {{FL_ACCEL_OUTPUT_LOW, (uint32_t)buffer},
                                    {FL_ACCEL_OUTPUT_HIGH, 0},
                                    {FL_ACCEL_DO_INIT, command},
                                    {FL_ACCEL_TARGET_LAYER, wrong[i].layer},
                                    {FL_ACCEL_TARGET_MEM, wrong[i].mem},
                                    {FL_ACCEL_TARGET_IND, wrong[i].ind},
                                    {FL_ACCEL_TARGET_THRESH, wrong[i].thresh}};
      EXPECT(set(board, writes, sizeof writes / sizeof writes[0]) == 0);
      EXPECT(fluence_write32(board, FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START) == -1 &&
             says(wrong[i].text));
      /* At its other places, and with other bits, too. */
      EXPECT(fluence_write32(board, FL_ACCEL_SPAN, 0x81) == -1 && says(wrong[i].text));
      EXPECT(fluence_write32(board, FL_ACCEL_CONTROL, 0) == 0);
      EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &control) == 0 && control == FL_ACCEL_CONTROL_IDLE);
    }
  }
  /* For weights the threshold's number does not count; the last words are there. */
  const uint32_t last[][2] = {
      {FL_ACCEL_TARGET_LAYER, 0},   {FL_ACCEL_TARGET_MEM, 15}, {FL_ACCEL_TARGET_IND, 35},
      {FL_ACCEL_TARGET_THRESH, 99}, {FL_ACCEL_CONTROL, 1},     {FL_ACCEL_CONTROL, 0},
      {FL_ACCEL_TARGET_LAYER, 15},  {FL_ACCEL_TARGET_MEM, 0},  {FL_ACCEL_TARGET_IND, 511},
      {FL_ACCEL_TARGET_THRESH, 0},  {FL_ACCEL_CONTROL, 1},     {FL_ACCEL_CONTROL, 0}};
  EXPECT(set(board, last, sizeof last / sizeof last[0]) == 0);
  EXPECT(fluence_run(board, 1000) == 0);
  EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &control) == 0 && control & FL_ACCEL_CONTROL_DONE);
  /* To run images no target counts. */
  EXPECT(fluence_write32(board, FL_ACCEL_TARGET_LAYER, 99) == 0 && start(board, buffer) == 0);
  return finish(board);
}

static int upsets(fluence_platform* board, uint64_t buffer) {
  EXPECT(fluence_upset(board, NULL, 0, 0, 0, 0, 0, 0) == -1 && says("space is NULL"));
  EXPECT(fluence_upset(board, "nothing", 0, 0, 0, 0, 0, 0) == -1 && says("nothing"));
  EXPECT(fluence_upset(board, "weights", 9, 0, 0, 0, 0, 0) == -1 && says("layer"));
  EXPECT(fluence_upset(board, "weights", 8, 0, 0, 0, 1, 0) == -1 && says("bit"));
  EXPECT(fluence_upset(board, "weights", 8, 0, 0, 0, 0, UINT64_MAX) == -1 && says("beyond"));
  EXPECT(fluence_upset_at(board, UINT64_MAX, 1, 0) == -1 && says("no site"));
  EXPECT(fluence_upset_at(board, 0, 0, 0) == -1 && says("mask"));
  EXPECT(fluence_upset_at(board, 0, 8, 0) == -1 && says("mask"));

  /* A run of one image, with an upset in each of two cycles that are yet to come. */
  uint32_t before = 0;
  uint32_t after = 0;
  EXPECT(word(board, buffer, 5, &before) == 0);
  EXPECT(start(board, buffer) == 0);
  EXPECT(fluence_run(board, 1000) == 0);
  EXPECT(fluence_upset(board, "weights", 8, 0, 5, 0, 0, 500) == -1 && says("too late"));
  EXPECT(fluence_upset(board, "weights", 8, 0, 5, 0, 0, 1100) == 0); /* the quantum is 64 */
  EXPECT(finish(board) == 0);
  EXPECT(word(board, buffer, 5, &after) == 0 && after == (before ^ 1));
  return 0;
}

int main(void) {
  EXPECT(fluence_close(NULL) == 0);
  EXPECT(refused(NULL, "not open") == 0);
  EXPECT(configurations() == 0);
  const fluence_config config = {.network = "cnvW1A1", .clock_mhz = 300, .quantum = 64};
  fluence_platform* board = fluence_open(&config);
  EXPECT(board);
  EXPECT(!fluence_open(&config) && says("one platform at a time"));
  EXPECT(registers_and_time(board) == 0);
  uint64_t buffer = 0;
  EXPECT(fluence_run(board, 1) == 0);

  pthread_t thread;
  void* failed = board;
  EXPECT(pthread_create(&thread, NULL, elsewhere, board) == 0 && pthread_join(thread, &failed) == 0);
  EXPECT(!failed && says("NULL")); /* of this thread's own */

  EXPECT(network(board) == 0);
  EXPECT(memory(board) == 0);
  buffer = 0x10000040; /* within what memory() has taken */
  EXPECT(targets(board, buffer) == 0);
  EXPECT(upsets(board, buffer) == 0);
  EXPECT(pthread_create(&thread, NULL, insists, board) == 0);
  EXPECT(fluence_run(board, 10000) == 0 && fluence_close(board) == 0);
  EXPECT(pthread_join(thread, &failed) == 0 && !failed);
  EXPECT(refused(board, "not open") == 0);
  EXPECT(fluence_close(board) == 0);
  return 0;
}
