/* Where things are on the board: the one place where its addresses stand. docs/platform.md tables them. */
#ifndef FLUENCE_BOARD_H
#define FLUENCE_BOARD_H

/* As a Zynq-7000 design has them: memory low, programmable logic from 0x40000000 on. */
#define FL_BOARD_DRAM 0x00000000u
#define FL_BOARD_INTC 0x41800000u
#define FL_BOARD_TIMER 0x42800000u
#define FL_BOARD_UART 0x42C00000u
#define FL_BOARD_ACCEL 0x43C00000u

/* Bytes of the accelerator's region. Its slave decodes as many address bits as its registers need, so
 * they repeat every FL_ACCEL_SPAN bytes. */
#define FL_BOARD_ACCEL_WINDOW 0x10000u

/* Lines of the interrupt controller. */
#define FL_BOARD_ACCEL_LINE 0u
#define FL_BOARD_TIMER_LINE 1u

/* Where software keeps what in the memory. */
#define FL_BOARD_FIRMWARE 0x00000000u /* firmware, its data and stacks */
#define FL_BOARD_JOB 0x01000000u      /* fl_job */
#define FL_BOARD_LABELS 0x01010000u   /* a byte an image */
#define FL_BOARD_FAULTS 0x02000000u   /* fl_job_fault records */
#define FL_BOARD_PARAMETERS 0x04000000u /* fl_job_memory records */
#define FL_BOARD_IMAGES 0x10000000u
#define FL_BOARD_SCORES 0x18000000u
#define FL_BOARD_SCRATCH 0x1C000000u

#endif
