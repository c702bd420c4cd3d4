/* The UART's register block. Every register is 32 bits wide. */
#ifndef FLUENCE_UART_REGS_H
#define FLUENCE_UART_REGS_H

#define FL_UART_DATA 0x00u   /* writing sends the low byte; while not ready it is lost */
#define FL_UART_STATUS 0x04u /* read-only: FL_UART_STATUS_... */

/* Bytes that the block occupies. */
#define FL_UART_SPAN 0x08u

/* FL_UART_STATUS */
#define FL_UART_STATUS_READY (1u << 0) /* the last byte is out */

#endif
