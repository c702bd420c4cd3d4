/* What the C interface refuses, and how time goes. Ends with 0 if all is as the header says. */
#include <fluence/accel_regs.h>
#include <fluence/platform.h>
#include <stdio.h>
#include <string.h>

#define EXPECT(condition)                                                                    \
  if (!(condition)) {                                                                        \
    fprintf(stderr, "%d: %s; last error: %s\n", __LINE__, #condition, fluence_last_error()); \
    return 1;                                                                                \
  }

static int says(const char* text) { return strstr(fluence_last_error(), text) != NULL; }

int main(void) {
  fluence_config config = {.network = "cnvX"};
  EXPECT(!fluence_open(NULL) && says("needs a network"));
  EXPECT(!fluence_open(&config) && says("cnvX"));
  config.network = "cnvW1A1";
  config.params = "/nowhere";
  EXPECT(!fluence_open(&config) && says("/nowhere"));
  config.params = NULL;
  config.clock_mhz = -1;
  EXPECT(!fluence_open(&config) && says("clock_mhz"));
  config.clock_mhz = 300;
  fluence_platform* board = fluence_open(&config);
  EXPECT(board);
  EXPECT(!fluence_open(&config) && says("one platform"));

  uint32_t value = 0;
  EXPECT(fluence_read32(board, 0x10000, &value) == -1 && says("offset"));
  EXPECT(fluence_write32(board, 2, 0) == -1 && says("offset"));
  const uint64_t before = fluence_cycles(board);
  EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &value) == 0 && value == FL_ACCEL_CONTROL_IDLE);
  const uint64_t after = fluence_cycles(board);
  EXPECT(after > before);
  EXPECT(fluence_run(board, 1000) == 0 && fluence_cycles(board) == after + 1000);
  int risen = 1;
  EXPECT(fluence_run_until_interrupt(board, 500, &risen) == 0 && risen == 0);
  EXPECT(fluence_cycles(board) == after + 1500);

  uint64_t address = 0;
  char text[4] = "abc";
  char back[4] = "";
  EXPECT(fluence_copy_in(board, 0x10000000, text, 4) == -1 && says("allocate"));
  EXPECT(fluence_alloc(board, (size_t)1 << 40, &address) == -1 && says("memory"));
  EXPECT(fluence_alloc(board, 4, &address) == 0 && address % 64 == 0);
  EXPECT(fluence_copy_in(board, address, text, 4) == 0 &&
         fluence_copy_out(board, address, back, 4) == 0);
  EXPECT(strcmp(back, "abc") == 0);

  EXPECT(fluence_upset(board, "nothing", 0, 0, 0, 0, 0, 0) == -1 && says("nothing"));
  EXPECT(fluence_upset(board, "weights", 9, 0, 0, 0, 0, 0) == -1 && says("layer"));
  EXPECT(fluence_upset_at(board, UINT64_MAX, 1, 0) == -1 && says("no site"));
  EXPECT(fluence_upset_at(board, 0, 0, 0) == -1 && says("mask"));
  fluence_close(board);
  fluence_close(NULL);
  return 0;
}
