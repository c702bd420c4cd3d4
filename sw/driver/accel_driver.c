#include "sw/driver/accel_driver.h"

#include <stddef.h>

#include "fluence/accel_regs.h"

static fl_status get(const fl_accel* accel, uint32_t offset, uint32_t* value) {
  return accel->bus->read32(accel->bus->ctx, accel->base + offset, value) ? FL_ERR_BUS : FL_OK;
}

static fl_status set(const fl_accel* accel, uint32_t offset, uint32_t value) {
  return accel->bus->write32(accel->bus->ctx, accel->base + offset, value) ? FL_ERR_BUS : FL_OK;
}

/* `offset` is the register of the low half; the high half follows it. */
static fl_status set64(const fl_accel* accel, uint32_t offset, uint64_t value) {
  const fl_status status = set(accel, offset, (uint32_t)value);
  return status ? status : set(accel, offset + 4u, (uint32_t)(value >> 32));
}

static fl_status require_idle(const fl_accel* accel) {
  uint32_t control = 0;
  const fl_status status = get(accel, FL_ACCEL_CONTROL, &control);
  if (status) {
    return status;
  }
  return (control & FL_ACCEL_CONTROL_IDLE) ? FL_OK : FL_ERR_BUSY;
}

static fl_status poll_done(const fl_accel* accel) {
  uint32_t polls = 0;
  do {
    uint32_t control = 0;
    const fl_status status = get(accel, FL_ACCEL_CONTROL, &control);
    if (status) {
      return status;
    }
    if (control & FL_ACCEL_CONTROL_DONE) {
      return FL_OK;
    }
  } while (accel->poll_limit == 0 || ++polls < accel->poll_limit);
  return FL_ERR_TIMEOUT;
}

static const fl_layer_shape* layer_of(const fl_accel* accel, uint32_t number) {
  const fl_shape* shape = accel->shape;
  return shape && number < shape->layers ? &shape->layer[number] : NULL;
}

static uint32_t number_of(fl_target target, uint32_t layer) {
  return 2u * layer + (target == FL_THRESHOLDS ? 1u : 0u);
}

static uint32_t copies(const fl_layer_shape* layer, fl_target target) {
  return target == FL_THRESHOLDS ? layer->threshold_copies : layer->weight_copies;
}

static int exists(const fl_accel* accel, const fl_word* word) {
  const fl_layer_shape* layer = layer_of(accel, word->layer);
  if (!layer || word->pe >= layer->pes) {
    return 0;
  }
  if (word->copy > 0 && word->copy >= copies(layer, word->target)) {
    return 0;
  }
  switch (word->target) {
    case FL_WEIGHTS:
      return word->index < layer->weight_words &&
             (word->thresh == 0 || word->thresh < layer->weight_slices);
    case FL_THRESHOLDS: return word->index < layer->threshold_words && word->thresh < layer->thresholds;
  }
  return 0;
}

/* Reads or writes the addressed parameter word: everything up to the done bit. */
static fl_status word_command(const fl_accel* accel, const fl_word* word, uint32_t command) {
  if (copies(layer_of(accel, word->layer), word->target) > 1) {
    const fl_status status = set(accel, FL_ACCEL_TARGET_MODULE, word->copy);
    if (status) {
      return status;
    }
  }
  const struct {
    uint32_t offset, value;
  } writes[] = {
      {FL_ACCEL_DO_INIT, command},
      {FL_ACCEL_TARGET_LAYER, number_of(word->target, word->layer)},
      {FL_ACCEL_TARGET_MEM, word->pe},
      {FL_ACCEL_TARGET_IND, word->index},
      {FL_ACCEL_TARGET_THRESH, word->thresh},
      {FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START},
  };
  for (size_t i = 0; i < sizeof writes / sizeof writes[0]; ++i) {
    const fl_status status = set(accel, writes[i].offset, writes[i].value);
    if (status) {
      return status;
    }
  }
  return poll_done(accel);
}

fl_status fl_accel_write_word(const fl_accel* accel, const fl_word* word, uint64_t value) {
  if (!exists(accel, word)) {
    return FL_ERR_ARGUMENT;
  }
  fl_status status = require_idle(accel);
  if (!status) {
    status = set64(accel, FL_ACCEL_VAL_LOW, value);
  }
  return status ? status : word_command(accel, word, FL_ACCEL_DO_INIT_WRITE);
}

fl_status fl_accel_read_word(const fl_accel* accel, const fl_word* word, uint64_t scratch,
                             uint64_t* value) {
  if (scratch % 8u != 0 || !exists(accel, word)) {
    return FL_ERR_ARGUMENT;
  }
  fl_status status = require_idle(accel);
  if (!status) {
    status = set64(accel, FL_ACCEL_OUTPUT_LOW, scratch);
  }
  if (!status) {
    status = word_command(accel, word, FL_ACCEL_DO_INIT_READ);
  }
  if (status) {
    return status;
  }
  const fl_bus* bus = accel->bus;
  uint32_t low = 0;
  uint32_t high = 0;
  if (bus->read32(bus->ctx, scratch, &low) || bus->read32(bus->ctx, scratch + 4u, &high)) {
    return FL_ERR_BUS;
  }
  *value = (uint64_t)high << 32 | low;
  return FL_OK;
}

fl_status fl_accel_start(const fl_accel* accel, uint64_t input, uint64_t output, uint32_t images) {
  if (images == 0 || input % 8u != 0 || output % 8u != 0) {
    return FL_ERR_ARGUMENT;
  }
  fl_status status = require_idle(accel);
  if (!status) {
    status = set64(accel, FL_ACCEL_INPUT_LOW, input);
  }
  if (!status) {
    status = set64(accel, FL_ACCEL_OUTPUT_LOW, output);
  }
  /* Parameter words end in a done interrupt too; only a run's may reach the processor. */
  const uint32_t irq = accel->bus->wait_irq ? FL_ACCEL_IRQ_DONE : 0u;
  const struct {
    uint32_t offset, value;
  } writes[] = {
      {FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE},
      {FL_ACCEL_NUM_REPS, images},
      {FL_ACCEL_IRQ_ENABLE, irq},
      {FL_ACCEL_GLOBAL_IRQ, irq ? 1u : 0u},
      {FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START},
  };
  for (size_t i = 0; !status && i < sizeof writes / sizeof writes[0]; ++i) {
    status = set(accel, writes[i].offset, writes[i].value);
  }
  return status;
}

/* Clears the done interrupt and bit and disables the interrupt until the next start. */
static fl_status acknowledge(const fl_accel* accel) {
  fl_status status = set(accel, FL_ACCEL_IRQ_ENABLE, 0u);
  if (!status) {
    status = set(accel, FL_ACCEL_IRQ_STATUS, FL_ACCEL_IRQ_DONE);
  }
  uint32_t control = 0;
  return status ? status : get(accel, FL_ACCEL_CONTROL, &control);
}

fl_status fl_accel_wait(const fl_accel* accel) {
  const fl_bus* bus = accel->bus;
  if (!bus->wait_irq) {
    return poll_done(accel);
  }
  for (;;) {
    if (bus->wait_irq(bus->ctx)) {
      return FL_ERR_TIMEOUT;
    }
    uint32_t pending = 0;
    const fl_status status = get(accel, FL_ACCEL_IRQ_STATUS, &pending);
    if (status) {
      return status;
    }
    if (pending & FL_ACCEL_IRQ_DONE) {
      return acknowledge(accel);
    }
  }
}

fl_status fl_accel_read_counts(const fl_accel* accel, fl_target target, uint32_t layer,
                               fl_counts* counts) {
  const fl_layer_shape* shape = layer_of(accel, layer);
  if (!shape || !(shape->counted >> (target == FL_THRESHOLDS ? 1 : 0) & 1u)) {
    return FL_ERR_ARGUMENT;
  }
  fl_status status = set(accel, FL_ACCEL_TARGET_LAYER, number_of(target, layer));
  if (!status) {
    status = get(accel, FL_ACCEL_CORRECTED, &counts->corrected);
  }
  return status ? status : get(accel, FL_ACCEL_DETECTED, &counts->detected);
}
