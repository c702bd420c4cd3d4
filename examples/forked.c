/* Upsets side by side: every fork of the process has a copy of the platform, with all that is in it.
 *
 *   cc forked.c $(pkg-config --cflags --libs fluence-platform) -o forked
 *   ./forked NETWORK
 */
#include <fluence/accel_regs.h>
#include <fluence/platform.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kMostScores = 254, kUpsets = 4 };

static fluence_platform* board;
static fluence_sizes sizes;

static void check(int result) {
  if (result != 0) {
    fprintf(stderr, "%s\n", fluence_last_error());
    exit(255);
  }
}

static void run(uint64_t image, uint64_t output, int16_t* scores) {
  const uint32_t writes[][2] = {{FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE},
                                {FL_ACCEL_INPUT_LOW, (uint32_t)image},
                                {FL_ACCEL_OUTPUT_LOW, (uint32_t)output},
                                {FL_ACCEL_NUM_REPS, 1},
                                {FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START}};
  for (size_t i = 0; i < sizeof writes / sizeof writes[0]; ++i) {
    check(fluence_write32(board, writes[i][0], writes[i][1]));
  }
  uint32_t control = 0;
  while (!(control & FL_ACCEL_CONTROL_DONE)) {
    check(fluence_read32(board, FL_ACCEL_CONTROL, &control));
  }
  check(fluence_copy_out(board, output, scores, sizes.scores * sizeof *scores));
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: forked NETWORK\n");
    return 2;
  }
  const fluence_config config = {.network = argv[1]};
  board = fluence_open(&config);
  check(board ? 0 : -1);
  check(fluence_get_sizes(board, &sizes));
  if (sizes.scores > kMostScores) {
    fprintf(stderr, "%u scores are more than this example has room for\n", (unsigned)sizes.scores);
    return 2;
  }
  uint64_t image = 0;
  uint64_t output = 0;
  int16_t golden[kMostScores];
  check(fluence_alloc(board, sizes.image_bytes, &image));
  check(fluence_alloc(board, sizes.score_bytes, &output));
  run(image, output, golden); /* a black one */

  pid_t children[kUpsets];
  for (int i = 0; i < kUpsets; ++i) {
    children[i] = fork();
    if (children[i] == 0) { /* here an upset is of no consequence for the others */
      int16_t scores[kMostScores];
      int differ = 0;
      check(fluence_upset(board, "weights", (int)sizes.layers - 1, i, 0, 0, 0, 0));
      run(image, output, scores);
      for (uint32_t k = 0; k < sizes.scores; ++k) {
        differ += scores[k] != golden[k];
      }
      _exit(differ);
    }
  }
  for (int i = 0; i < kUpsets; ++i) {
    int status = 0;
    if (waitpid(children[i], &status, 0) != children[i] || !WIFEXITED(status)) {
      return 1;
    }
    printf("upset in weights of PE %d: %d of %u scores differ\n", i, WEXITSTATUS(status),
           (unsigned)sizes.scores);
  }
  return fluence_close(board) == 0 ? 0 : 1;
}
