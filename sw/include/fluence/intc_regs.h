/* The interrupt controller's register block. Every register is 32 bits wide; bit n is line n. */
#ifndef FLUENCE_INTC_REGS_H
#define FLUENCE_INTC_REGS_H

#define FL_INTC_STATUS 0x00u      /* read-only: the lines as they are */
#define FL_INTC_ENABLE 0x04u      /* lines that may interrupt the processor; 0 after reset */
#define FL_INTC_PENDING 0x08u     /* read-only: STATUS and ENABLE and not ACTIVE */
#define FL_INTC_ACKNOWLEDGE 0x0cu /* read-only: the lowest pending line, which becomes active; or NONE */
#define FL_INTC_END 0x10u         /* writing a line's number: it is active no more */
#define FL_INTC_ACTIVE 0x14u      /* read-only: lines acknowledged and not ended */

/* Bytes that the block occupies. */
#define FL_INTC_SPAN 0x18u

/* FL_INTC_ACKNOWLEDGE */
#define FL_INTC_NONE 1023u /* no line is pending */

#endif
