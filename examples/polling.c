/* A polling driver as one writes it for the board, on the virtual platform.
 *
 *   cc polling.c $(pkg-config --cflags --libs fluence-platform) -o polling
 *   fluence images --count 3 --out images.bin
 *   ./polling NETWORK images.bin 3
 */
#include <fluence/accel_regs.h>
#include <fluence/platform.h>
#include <stdio.h>
#include <stdlib.h>

static fluence_platform* board;
static fluence_sizes sizes;

static void check(int result) {
  if (result != 0) {
    fprintf(stderr, "%s\n", fluence_last_error());
    exit(1);
  }
}

/* The two functions that a port to a board replaces. */
static uint32_t get(uint32_t offset) {
  uint32_t value = 0;
  check(fluence_read32(board, offset, &value));
  return value;
}

static void set(uint32_t offset, uint32_t value) { check(fluence_write32(board, offset, value)); }

static void run(uint64_t input, uint64_t output, uint32_t images) {
  set(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE);
  set(FL_ACCEL_INPUT_LOW, (uint32_t)input);
  set(FL_ACCEL_INPUT_HIGH, (uint32_t)(input >> 32));
  set(FL_ACCEL_OUTPUT_LOW, (uint32_t)output);
  set(FL_ACCEL_OUTPUT_HIGH, (uint32_t)(output >> 32));
  set(FL_ACCEL_NUM_REPS, images);
  set(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
  while (!(get(FL_ACCEL_CONTROL) & FL_ACCEL_CONTROL_DONE)) {
  }
}

/* A record of CIFAR-10's binary format, a label and then channel by channel, as the accelerator wants
 * it: signed codes, the channels of a pixel side by side. */
static void encode(const unsigned char* record, signed char* codes) {
  const uint32_t pixels = sizes.height * sizes.width;
  for (uint32_t i = 0; i < pixels * sizes.channels; ++i) {
    const int value = record[1 + i];
    const int code = value - 128 + (value >= 128);
    codes[i % pixels * sizes.channels + i / pixels] = (signed char)(code > 127 ? 127 : code);
  }
}

static uint32_t decide(const int16_t* scores) {
  uint32_t best = 0;
  int16_t highest = 0;
  for (uint32_t i = 0; i < sizes.classes; ++i) {
    if (scores[i] > highest) {
      highest = scores[i];
      best = i;
    }
  }
  return best;
}

int main(int argc, char** argv) {
  const int count = argc == 4 ? atoi(argv[3]) : 0;
  if (count < 1) {
    fprintf(stderr, "usage: polling NETWORK IMAGES.bin COUNT\n");
    return 2;
  }
  const fluence_config config = {.network = argv[1]};
  board = fluence_open(&config);
  check(board ? 0 : -1);
  check(fluence_get_sizes(board, &sizes));
  uint64_t input = 0;
  uint64_t output = 0;
  check(fluence_alloc(board, (size_t)count * sizes.image_bytes, &input));
  check(fluence_alloc(board, (size_t)count * sizes.score_bytes, &output));

  const size_t record_bytes = 1 + (size_t)sizes.height * sizes.width * sizes.channels;
  unsigned char* labels = calloc(1, (size_t)count);
  unsigned char* record = malloc(record_bytes);
  signed char* codes = calloc(1, sizes.image_bytes);
  int16_t* scores = malloc(sizes.score_bytes);
  FILE* file = fopen(argv[2], "rb");
  for (int i = 0; i < count; ++i) {
    if (!file || !labels || !record || !codes || !scores || fread(record, record_bytes, 1, file) != 1) {
      fprintf(stderr, "%s does not hold %d images\n", argv[2], count);
      return 2;
    }
    labels[i] = record[0];
    encode(record, codes);
    check(fluence_copy_in(board, input + (uint64_t)i * sizes.image_bytes, codes, sizes.image_bytes));
  }
  fclose(file);

  const uint64_t begin = fluence_cycles(board);
  run(input, output, (uint32_t)count);
  const uint64_t cycles = fluence_cycles(board) - begin;
  int correct = 0;
  for (int i = 0; i < count; ++i) {
    check(fluence_copy_out(board, output + (uint64_t)i * sizes.score_bytes, scores, sizes.score_bytes));
    correct += decide(scores) == labels[i];
  }
  printf("%d of %d correct in %llu cycles\n", correct, count, (unsigned long long)cycles);
  free(labels);
  free(record);
  free(codes);
  free(scores);
  fluence_close(board);
  return 0;
}
