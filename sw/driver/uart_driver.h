/* Driver of the UART, by polling. */
#ifndef FLUENCE_SW_DRIVER_UART_DRIVER_H
#define FLUENCE_SW_DRIVER_UART_DRIVER_H

#include <stdint.h>

#include "sw/driver/bus.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sends a text up to its final zero, which is not sent. */
fl_status fl_uart_print(const fl_bus* bus, uint64_t base, const char* text);

/* Sends a number, decimal, with leading zeros up to `digits` digits. */
fl_status fl_uart_print_number(const fl_bus* bus, uint64_t base, uint32_t number, uint32_t digits);

#ifdef __cplusplus
}
#endif

#endif
