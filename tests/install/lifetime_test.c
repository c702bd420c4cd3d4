/* Resetting, loading again, closing and opening again, and forking. `lifetime_test MODELS`: the folder
 * of the installed models. Ends with 0 if all is as the header says. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"

enum { kBufferBytes = 8192, kScores = 64 };

static const fluence_config config = {.network = "cnvW1A1", .quantum = 64};
static const fluence_config patient = {.network = "cnvW1A1"}; /* the quantum is 4096 */
static const char* models;

static fluence_platform* board;
static uint64_t buffer;
static int16_t golden[kScores];

/* Opens, allocates and leaves the scores of a black image in `golden`. */
static int prepare(const fluence_config* as) {
  board = fluence_open(as);
  EXPECT(board && fluence_cycles(board) == 0);
  EXPECT(fluence_alloc(board, kBufferBytes, &buffer) == 0);
  EXPECT(start(board, buffer) == 0 && finish(board) == 0);
  EXPECT(fluence_copy_out(board, buffer + 4096, golden, sizeof golden) == 0);
  return 0;
}

static int scores(int16_t* result) {
  EXPECT(start(board, buffer) == 0 && finish(board) == 0);
  EXPECT(fluence_copy_out(board, buffer + 4096, result, kScores * sizeof *result) == 0);
  return 0;
}

/* Whether a run gives the golden scores; -1 on an error. */
static int is_right(void) {
  int16_t now[kScores];
  return scores(now) ? -1 : memcmp(now, golden, sizeof now) == 0;
}

/* A parameter upset that a black image shows. */
static int upset(uint64_t cycle) { return fluence_upset(board, "weights", 8, 0, 0, 0, 0, cycle); }

static int is_reset(void) {
  uint32_t value = 1;
  int risen = 1;
  const uint64_t now = fluence_cycles(board);
  EXPECT(fluence_reset(board) == 0 && fluence_cycles(board) == now);
  EXPECT(fluence_run_until_interrupt(board, 10000, &risen) == 0 && risen == 0);
  EXPECT(fluence_read32(board, FL_ACCEL_CONTROL, &value) == 0 && value == FL_ACCEL_CONTROL_IDLE);
  for (uint32_t offset = 4; offset < FL_ACCEL_SPAN; offset += 4) {
    EXPECT(fluence_read32(board, offset, &value) == 0 && value == 0);
  }
  return 0;
}

static int resets(uint64_t length) {
  /* While nothing is going on, in a run, and where the accelerator has ended it ahead of the host. */
  EXPECT(is_reset() == 0 && is_right() == 1);
  const uint64_t moments[] = {1, length / 2, length - 500, length - 1};
  for (size_t i = 0; i < sizeof moments / sizeof moments[0]; ++i) {
    EXPECT(start(board, buffer) == 0 && fluence_run(board, moments[i]) == 0);
    EXPECT(is_reset() == 0);
    EXPECT(is_right() == 1);
  }
  /* While the interrupt is up. */
  int risen = 0;
  EXPECT(start(board, buffer) == 0);
  EXPECT(fluence_run_until_interrupt(board, 1000000, &risen) == 0 && risen == 1);
  EXPECT(is_reset() == 0 && is_right() == 1);
  /* Memory stays, and so do parameters; what is yet to come does not. */
  const char text[] = "stays";
  char back[sizeof text] = "";
  EXPECT(fluence_copy_in(board, buffer + 4096 + 256, text, sizeof text) == 0);
  EXPECT(upset(10) == 0 && is_reset() == 0 && is_right() == 1);
  EXPECT(start(board, buffer) == 0 && upset(100000) == 0 && fluence_run(board, 1000) == 0);
  EXPECT(is_reset() == 0 && is_right() == 1);
  EXPECT(fluence_copy_out(board, buffer + 4096 + 256, back, sizeof back) == 0);
  EXPECT(strcmp(back, text) == 0);
  EXPECT(upset(0) == 0 && is_right() == 0 && is_reset() == 0 && is_right() == 0);
  return fluence_load(board, NULL);
}

/* A run that ends at once and leaves the pipeline full. */
static int resets_the_pipeline(void) {
  EXPECT(start(board, buffer) == 0 && fluence_run(board, 5000) == 0);
  EXPECT(fluence_write32(board, FL_ACCEL_NUM_REPS, 0) == 0 && finish(board) == 0);
  EXPECT(is_reset() == 0 && is_right() == 1);
  return 0;
}

static int loads(void) {
  uint32_t before = 0;
  uint32_t after = 0;
  char folder[4096];
  EXPECT(word(board, buffer, 0, &before) == 0);
  EXPECT(upset(0) == 0 && is_right() == 0 && is_right() == 0);
  EXPECT(word(board, buffer, 0, &after) == 0 && after == (before ^ 1));
  /* A folder that is no good changes nothing. */
  EXPECT(fluence_load(board, "/nowhere") == -1 && says("/nowhere"));
  EXPECT(fluence_load(board, "") == -1);
  snprintf(folder, sizeof folder, "%s/cnvW2A2.onnx", models);
  EXPECT(fluence_load(board, folder) == -1 && says(folder));
  EXPECT(is_right() == 0);
  /* The right one mends it, in no time; named or not. */
  const uint64_t now = fluence_cycles(board);
  EXPECT(fluence_load(board, NULL) == 0 && fluence_cycles(board) == now);
  EXPECT(word(board, buffer, 0, &after) == 0 && after == before && is_right() == 1);
  EXPECT(upset(0) == 0 && is_right() == 0);
  snprintf(folder, sizeof folder, "%s/cnvW1A1.onnx", models);
  EXPECT(fluence_load(board, folder) == 0 && is_right() == 1);
  /* In the middle of a run, before the word counts: as if nothing had been; upsets to come stay. */
  int16_t scores_now[kScores];
  EXPECT(start(board, buffer) == 0 && upset(1000) == 0 && fluence_run(board, 2000) == 0);
  EXPECT(fluence_load(board, NULL) == 0 && finish(board) == 0);
  EXPECT(fluence_copy_out(board, buffer + 4096, scores_now, sizeof scores_now) == 0);
  EXPECT(memcmp(scores_now, golden, sizeof golden) == 0);
  EXPECT(start(board, buffer) == 0 && upset(3000) == 0 && fluence_run(board, 2000) == 0);
  EXPECT(fluence_load(board, NULL) == 0 && finish(board) == 0);
  EXPECT(fluence_copy_out(board, buffer + 4096, scores_now, sizeof scores_now) == 0);
  EXPECT(memcmp(scores_now, golden, sizeof golden) != 0);
  EXPECT(fluence_load(board, NULL) == 0 && is_right() == 1);
  return 0;
}

/* What `child` returns in a process of its own. */
static int forked(int (*child)(void)) {
  const pid_t pid = fork();
  if (pid == 0) {
    _exit(child());
  }
  int status = 0;
  EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
  EXPECT(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static int another_network(void) {
  const fluence_config other = {.network = "cnvW2A2"};
  fluence_platform* opened = fluence_open(&other);
  EXPECT(opened && fluence_run(opened, 10) == 0 && fluence_close(opened) == 0);
  return 0;
}

static int uses_its_copy(void) {
  EXPECT(upset(0) == 0 && is_right() == 0);
  EXPECT(fluence_copy_in(board, buffer, "x", 1) == 0);
  EXPECT(fluence_close(board) == 0 && refused(board, "not open") == 0);
  return 0;
}

static int finishes_the_run(void) {
  int16_t scores_now[kScores];
  EXPECT(finish(board) == 0);
  EXPECT(fluence_copy_out(board, buffer + 4096, scores_now, sizeof scores_now) == 0);
  EXPECT(memcmp(scores_now, golden, sizeof golden) == 0);
  return 0;
}

static int is_refused(void) { return refused(board, "another thread"); }

static void* forks_elsewhere(void* unused) {
  (void)unused;
  return forked(is_refused) ? "failed" : NULL;
}

static int in_thread(void* (*body)(void*)) {
  pthread_t thread;
  void* failed = "failed";
  EXPECT(pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, &failed) == 0);
  return failed != NULL;
}

static int forks(void) {
  char byte = 0;
  const uint64_t now = fluence_cycles(board);
  EXPECT(forked(uses_its_copy) == 0);
  EXPECT(fluence_cycles(board) == now);
  EXPECT(fluence_copy_out(board, buffer, &byte, 1) == 0 && byte == 0);
  EXPECT(is_right() == 1);
  /* In the middle of a run both go on. */
  EXPECT(start(board, buffer) == 0 && fluence_run(board, 50000) == 0);
  EXPECT(forked(finishes_the_run) == 0 && finishes_the_run() == 0);
  /* In the child, too, the platform is that of the thread that opened it. */
  EXPECT(in_thread(forks_elsewhere) == 0);
  return 0;
}

/* Of a board that has been left in the middle of a run, with upsets and wild registers. */
static int opens_again(void) {
  fluence_platform* const closed = board;
  const fluence_config other_net = {.network = "cnvW1A2", .quantum = 64};
  int16_t first[kScores];
  memcpy(first, golden, sizeof first);
  EXPECT(upset(0) == 0 && fluence_copy_in(board, buffer, "x", 1) == 0);
  EXPECT(start(board, buffer) == 0 && fluence_run(board, 100000) == 0);
  EXPECT(fluence_close(board) == 0 && fluence_close(board) == 0 && refused(closed, "not open") == 0);
  EXPECT(!fluence_open(&other_net) && says("a process of its own"));
  EXPECT(!fluence_open(&patient) && says("the same clock, latency and quantum"));
  EXPECT(prepare(&config) == 0);
  EXPECT(memcmp(first, golden, sizeof first) == 0);
  EXPECT(board != closed && refused(closed, "not open") == 0 && fluence_close(closed) == 0);
  EXPECT(is_right() == 1 && forks() == 0);
  EXPECT(fluence_close(board) == 0);
  return 0;
}

static void* opens_elsewhere(void* unused) {
  (void)unused;
  int16_t first[kScores];
  memcpy(first, golden, sizeof first);
  const int failed = prepare(&config) || memcmp(first, golden, sizeof first) != 0 || is_right() != 1 ||
                     fluence_close(board);
  return failed ? "failed" : NULL;
}

static int runs_ahead(void) {
  EXPECT(prepare(&patient) == 0);
  EXPECT(resets(fluence_cycles(board)) == 0 && resets_the_pipeline() == 0);
  return 0;
}

int main(int argc, char** argv) {
  models = argc == 2 ? argv[1] : "";
  /* Forking before anything is open: each process has what it likes. */
  EXPECT(forked(another_network) == 0 && forked(runs_ahead) == 0);
  EXPECT(prepare(&config) == 0);
  EXPECT(is_reset() == 0 && loads() == 0 && forks() == 0);
  EXPECT(opens_again() == 0 && in_thread(opens_elsewhere) == 0);
  return 0;
}
