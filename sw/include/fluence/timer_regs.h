/* The timer's register block. Every register is 32 bits wide; a tick is a clock of the accelerator. */
#ifndef FLUENCE_TIMER_REGS_H
#define FLUENCE_TIMER_REGS_H

#define FL_TIMER_COUNT_LOW 0x00u  /* read-only: ticks since the start; reading it latches COUNT_HIGH */
#define FL_TIMER_COUNT_HIGH 0x04u /* read-only: its upper half, as of the last read of COUNT_LOW */
#define FL_TIMER_ALARM 0x08u      /* writing n: interrupt after n ticks; 0: none. Quiets the last one */
#define FL_TIMER_STATUS 0x0cu     /* read-only: FL_TIMER_STATUS_... */

/* Bytes that the block occupies. */
#define FL_TIMER_SPAN 0x10u

/* FL_TIMER_STATUS */
#define FL_TIMER_STATUS_ALARM (1u << 0) /* the alarm is over and not quieted; also the interrupt */

#endif
