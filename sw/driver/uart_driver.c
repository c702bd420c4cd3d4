#include "sw/driver/uart_driver.h"

#include "fluence/uart_regs.h"

fl_status fl_uart_print(const fl_bus* bus, uint64_t base, const char* text) {
  for (; *text; ++text) {
    uint32_t status = 0;
    do {
      if (bus->read32(bus->ctx, base + FL_UART_STATUS, &status)) {
        return FL_ERR_BUS;
      }
    } while (!(status & FL_UART_STATUS_READY));
    if (bus->write32(bus->ctx, base + FL_UART_DATA, (unsigned char)*text)) {
      return FL_ERR_BUS;
    }
  }
  return FL_OK;
}

fl_status fl_uart_print_number(const fl_bus* bus, uint64_t base, uint32_t number, uint32_t digits) {
  char text[11]; /* ten digits and the final zero */
  char* first = text + sizeof text - 1;
  *first = 0;
  do {
    *--first = (char)('0' + number % 10u);
    number /= 10u;
    digits -= digits > 0 ? 1u : 0u;
  } while (first > text && (number > 0 || digits > 0));
  return fl_uart_print(bus, base, first);
}
