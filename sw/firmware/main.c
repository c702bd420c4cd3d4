/* The board's host as firmware: does the job that it finds in memory (fluence/job.h) and says on the
 * UART what came of it. */
#include <stddef.h>

#include "fluence/board.h"
#include "fluence/intc_regs.h"
#include "fluence/job.h"
#include "sw/driver/accel_driver.h"
#include "sw/driver/intc_driver.h"
#include "sw/driver/timer_driver.h"
#include "sw/driver/uart_driver.h"

static volatile uint32_t events; /* bit n: line n has interrupted */
static uint64_t deadline;        /* in ticks: when wait_irq gives up */

static int read32(void* ctx, uint64_t address, uint32_t* value) {
  (void)ctx;
  *value = *(volatile const uint32_t*)(uintptr_t)address;
  return 0;
}

static int write32(void* ctx, uint64_t address, uint32_t value) {
  (void)ctx;
  *(volatile uint32_t*)(uintptr_t)address = value;
  return 0;
}

static int wait_irq(void* ctx);

static const fl_bus polling_bus = {0, read32, write32, 0};
static const fl_bus interrupt_bus = {0, read32, write32, wait_irq};

/* Lines are levels: this one stays masked until somebody who can quiet its device waits for it again. */
void on_interrupt(void) {
  uint32_t line = 0;
  fl_intc_acknowledge(&polling_bus, FL_BOARD_INTC, &line);
  if (line != FL_INTC_NONE) {
    events |= 1u << line;
    fl_intc_disable(&polling_bus, FL_BOARD_INTC, line);
    fl_intc_end(&polling_bus, FL_BOARD_INTC, line);
  }
}

static uint64_t now(void) {
  uint64_t ticks = 0;
  fl_timer_count(&polling_bus, FL_BOARD_TIMER, &ticks);
  return ticks;
}

static void sleep_until_event(void) {
  events = 0;
  fl_intc_enable(&polling_bus, FL_BOARD_INTC, FL_BOARD_ACCEL_LINE);
  fl_intc_enable(&polling_bus, FL_BOARD_INTC, FL_BOARD_TIMER_LINE);
  while (!events) {
    /* Masked, so that no interrupt can come between the look at `events` and the sleep, which it would
     * end even so. */
    __asm__ volatile("cpsid i" ::: "memory");
    if (!events) {
      __asm__ volatile("wfi" ::: "memory");
    }
    __asm__ volatile("cpsie i\n\tisb\n\tcpsid i" ::: "memory");
  }
}

/* Sleeps until the accelerator interrupts; gives up at the deadline. */
static int wait_irq(void* ctx) {
  (void)ctx;
  for (;;) {
    const uint64_t ticks = now();
    if (ticks >= deadline) {
      return 1;
    }
    const uint64_t left = deadline - ticks;
    fl_timer_set_alarm(&polling_bus, FL_BOARD_TIMER, left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
    sleep_until_event();
    if (events & 1u << FL_BOARD_ACCEL_LINE) {
      fl_timer_set_alarm(&polling_bus, FL_BOARD_TIMER, 0);
      return 0;
    }
  }
}

static void store64(uint32_t words[2], uint64_t value) {
  words[0] = (uint32_t)value;
  words[1] = (uint32_t)(value >> 32);
}

static uint64_t load64(const uint32_t words[2]) { return (uint64_t)words[1] << 32 | words[0]; }

static fl_status load_memories(const fl_accel* accel, uint32_t memories) {
  const uint32_t* at = (const uint32_t*)FL_BOARD_PARAMETERS;
  for (; memories > 0; --memories) {
    const fl_job_memory* memory = (const fl_job_memory*)at;
    at += sizeof *memory / sizeof *at;
    for (uint32_t i = 0; i < memory->words * memory->threshes; ++i, at += 2) {
      const fl_word word = {(fl_target)memory->target, memory->layer,        memory->pe,
                            i / memory->threshes,      i % memory->threshes, memory->copy};
      const fl_status status = fl_accel_write_word(accel, &word, load64(at));
      if (status) {
        return status;
      }
    }
  }
  return FL_OK;
}

static void add64(uint32_t words[2], uint64_t more) { store64(words, load64(words) + more); }

static fl_status load_parameters(const fl_accel* accel, fl_job* job) {
  const uint64_t begin = now();
  const fl_status status = load_memories(accel, job->memories);
  add64(job->load_ticks, now() - begin);
  return status;
}

static fl_status add_counts(const fl_accel* accel, fl_job* job) {
  const fl_shape* shape = accel->shape;
  fl_job_counts* counts = (fl_job_counts*)((const fl_layer_shape*)(job + 1) + shape->layers);
  for (uint32_t number = 0; number < 2u * shape->layers; ++number, ++counts) {
    if (shape->layer[number / 2u].counted >> number % 2u & 1u) {
      fl_counts more;
      const fl_status status =
          fl_accel_read_counts(accel, number % 2u ? FL_THRESHOLDS : FL_WEIGHTS, number / 2u, &more);
      if (status) {
        return status;
      }
      add64(counts->corrected, more.corrected);
      add64(counts->detected, more.detected);
    }
  }
  return FL_OK;
}

static fl_status run(fl_accel* accel, fl_job* job, uint32_t last) {
  const uint32_t first = job->images_done;
  if (first == last) {
    return FL_OK;
  }
  const uint64_t begin = now();
  const uint64_t watchdog = load64(job->watchdog);
  accel->poll_limit = watchdog < UINT32_MAX ? (uint32_t)watchdog : UINT32_MAX;
  deadline = begin + watchdog;
  fl_status status = fl_accel_start(accel, FL_BOARD_IMAGES + first * job->image_bytes,
                                    FL_BOARD_SCORES + first * job->score_bytes, last - first);
  if (!status) {
    status = fl_accel_wait(accel);
  }
  store64(job->run_ticks, load64(job->run_ticks) + (now() - begin));
  if (status) {
    return status;
  }
  job->images_done = last;
  return add_counts(accel, job);
}

/* The images before `last`, with reloads on the way, one before `last` included. */
static fl_status run_to(fl_accel* accel, fl_job* job, uint32_t last) {
  fl_status status = FL_OK;
  while (!status && job->reload) {
    const uint32_t next = (job->images_done / job->reload + 1u) * job->reload;
    if (next > last || next >= job->images) {
      break;
    }
    status = run(accel, job, next);
    if (!status) {
      status = load_parameters(accel, job);
    }
  }
  return status ? status : run(accel, job, last);
}

static fl_status inject(const fl_accel* accel, const fl_job_fault* fault) {
  const fl_word word = {
      (fl_target)fault->target, fault->layer, fault->pe, fault->index, fault->thresh, fault->copy};
  uint64_t value = 0;
  const fl_status status = fl_accel_read_word(accel, &word, FL_BOARD_SCRATCH, &value);
  return status ? status : fl_accel_write_word(accel, &word, value ^ load64(fault->mask));
}

static fl_status do_job(fl_job* job) {
  const fl_shape shape = {job->layers, (const fl_layer_shape*)(job + 1)};
  fl_accel accel = {job->interrupts ? &interrupt_bus : &polling_bus, FL_BOARD_ACCEL, 0, &shape};
  fl_status status = job->in_place ? FL_OK : load_parameters(&accel, job);
  const fl_job_fault* fault = (const fl_job_fault*)FL_BOARD_FAULTS;
  for (uint32_t i = 0; !status && i < job->faults; ++i, ++fault) {
    status = run_to(&accel, job, fault->before_image);
    if (!status) {
      status = inject(&accel, fault);
    }
    job->faults_done += status ? 0u : 1u;
  }
  return status ? status : run_to(&accel, job, job->images);
}

/* The host's decision: from class 0 and value 0 on, a later class wins with a strictly larger score. */
static uint32_t decide(const int16_t* scores, uint32_t classes) {
  uint32_t best = 0;
  int16_t highest = 0;
  for (uint32_t i = 0; i < classes; ++i) {
    if (scores[i] > highest) {
      highest = scores[i];
      best = i;
    }
  }
  return best;
}

/* The same of scores of one bit: the last class whose bit is set, or class 0. */
static uint32_t decide_by_bits(const uint32_t* words, uint32_t classes) {
  uint32_t best = 0;
  for (uint32_t i = 0; i < classes; ++i) {
    best = words[i / 32u] >> i % 32u & 1u ? i : best;
  }
  return best;
}

static void report(fl_job* job) {
  const uint8_t* labels = (const uint8_t*)FL_BOARD_LABELS;
  for (uint32_t i = 0; i < job->images_done; ++i) {
    const void* scores = (const void*)(FL_BOARD_SCORES + i * job->score_bytes);
    /* Too little for 16 bits each. */
    const int bits = job->score_bytes < job->classes * sizeof(int16_t);
    const uint32_t decision = bits ? decide_by_bits((const uint32_t*)scores, job->classes)
                                   : decide((const int16_t*)scores, job->classes);
    job->correct += decision == labels[i] ? 1u : 0u;
  }
  const uint32_t share = job->images_done ? job->correct * 10000u / job->images_done : 0u;
  const struct {
    const char* text;
    uint32_t number, digits;
  } parts[] = {{"", job->correct, 1},
               {" of ", job->images_done, 1},
               {" correct, ", share / 100u, 1},
               {".", share % 100u, 2},
               {" %; driver status ", job->status, 1}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
    fl_uart_print(&polling_bus, FL_BOARD_UART, parts[i].text);
    fl_uart_print_number(&polling_bus, FL_BOARD_UART, parts[i].number, parts[i].digits);
  }
  fl_uart_print(&polling_bus, FL_BOARD_UART, "\n");
}

/* The exit code: whether there was a job. How it went stands in the job. */
int main(void) {
  fl_job* job = (fl_job*)FL_BOARD_JOB;
  if (job->magic != FL_JOB_MAGIC) {
    fl_uart_print(&polling_bus, FL_BOARD_UART, "no job in memory\n");
    return 1;
  }
  job->status = do_job(job);
  report(job);
  return 0;
}
