/* The interrupt controller's register block. Every register is 32 bits wide; bit n is line n. */
#ifndef FLUENCE_INTC_REGS_H
#define FLUENCE_INTC_REGS_H

#define FL_INTC_STATUS 0x00u  /* read-only: the lines as they are */
#define FL_INTC_ENABLE 0x04u  /* lines that may interrupt the processor; 0 after reset */
#define FL_INTC_PENDING 0x08u /* read-only: STATUS and ENABLE */

/* Bytes that the block occupies. */
#define FL_INTC_SPAN 0x10u

#endif
