/* The accelerator's register block (AXI4-Lite slave): the one place where its offsets and bits stand.
 *
 * The driver, the RTL generator and the SystemC models all include this header; it is plain C macros so
 * that C, C++ and assembly can. Offsets are bytes from the block's base; every register is 32 bits wide.
 */
#ifndef FLUENCE_ACCEL_REGS_H
#define FLUENCE_ACCEL_REGS_H

#define FL_ACCEL_CONTROL 0x00u       /* start, done, idle, ready, auto-restart */
#define FL_ACCEL_GLOBAL_IRQ 0x04u    /* bit 0: the interrupt pin may rise */
#define FL_ACCEL_IRQ_ENABLE 0x08u    /* FL_ACCEL_IRQ_... bits that are latched into the status */
#define FL_ACCEL_IRQ_STATUS 0x0cu    /* latched FL_ACCEL_IRQ_... bits; writing 1 toggles a bit */
#define FL_ACCEL_INPUT_LOW 0x10u     /* memory address of the first image */
#define FL_ACCEL_INPUT_HIGH 0x14u    /* */
#define FL_ACCEL_OUTPUT_LOW 0x1cu    /* memory address of the first score, or of a word read back */
#define FL_ACCEL_OUTPUT_HIGH 0x20u   /* */
#define FL_ACCEL_DO_INIT 0x28u       /* FL_ACCEL_DO_INIT_...: what a start does */
#define FL_ACCEL_TARGET_LAYER 0x30u  /* 2L: weights of layer L; 2L+1: its thresholds */
#define FL_ACCEL_TARGET_MEM 0x38u    /* PE */
#define FL_ACCEL_TARGET_IND 0x40u    /* word */
#define FL_ACCEL_TARGET_THRESH 0x48u /* threshold of the word; of weights: slice of 64 bits */
#define FL_ACCEL_VAL_LOW 0x50u       /* value to write */
#define FL_ACCEL_VAL_HIGH 0x54u      /* */
#define FL_ACCEL_NUM_REPS 0x5cu      /* images in this run */
/* Of hardwares that store parameters by codecs; elsewhere they are 0, whatever is written. The last two,
 * read only, count accesses since the run's start to what FL_ACCEL_TARGET_LAYER says. */
#define FL_ACCEL_TARGET_MODULE 0x64u /* which copy of the word, where the host sees copies */
#define FL_ACCEL_CORRECTED 0x6cu     /* in which an error was corrected */
#define FL_ACCEL_DETECTED 0x74u      /* in which one was detected */

/* Bytes that the block occupies. */
#define FL_ACCEL_SPAN 0x80u

/* FL_ACCEL_CONTROL */
#define FL_ACCEL_CONTROL_START (1u << 0)
#define FL_ACCEL_CONTROL_DONE (1u << 1) /* cleared by reading */
#define FL_ACCEL_CONTROL_IDLE (1u << 2)
#define FL_ACCEL_CONTROL_READY (1u << 3)
#define FL_ACCEL_CONTROL_AUTO_RESTART (1u << 7)

/* FL_ACCEL_IRQ_ENABLE, FL_ACCEL_IRQ_STATUS */
#define FL_ACCEL_IRQ_DONE (1u << 0)
#define FL_ACCEL_IRQ_READY (1u << 1)

/* FL_ACCEL_DO_INIT */
#define FL_ACCEL_DO_INIT_COMPUTE 0u
#define FL_ACCEL_DO_INIT_WRITE 1u /* write one parameter word */
#define FL_ACCEL_DO_INIT_READ 2u  /* read one parameter word to the output address */

#endif
