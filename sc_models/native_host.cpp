#include "sc_models/native_host.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace fluence {
namespace {

constexpr std::size_t kHostStackBytes = 1U << 20;  // programs are ordinary C++ code

int bus_read32(void* ctx, std::uint64_t address, std::uint32_t* value) {
  unsigned char bytes[sizeof *value];
  if (!static_cast<NativeHost*>(ctx)->read(address, bytes)) {
    return 1;
  }
  std::memcpy(value, bytes, sizeof *value);
  return 0;
}

int bus_write32(void* ctx, std::uint64_t address, std::uint32_t value) {
  unsigned char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  return static_cast<NativeHost*>(ctx)->write(address, bytes) ? 0 : 1;
}

}  // namespace

NativeHost::NativeHost(const sc_core::sc_module_name& name, const sc_core::sc_time& quantum)
    : sc_module(name), bus("bus"), irq("irq"), quantum_(quantum) {
  SC_HAS_PROCESS(NativeHost);
  SC_THREAD(execute);
  set_stack_size(kHostStackBytes);
}

void NativeHost::run(Program program) {
  program_ = std::move(program);
  program_given_.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start();
  if (program_ != nullptr) {
    throw std::logic_error("the host waits for something that can never happen");
  }
  if (thrown_ != nullptr) {
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
}

void NativeHost::execute() {
  for (;;) {
    if (program_ == nullptr) {
      wait(program_given_);
      continue;
    }
    try {
      program_(*this);
    } catch (const sc_core::sc_unwind_exception&) {
      throw;  // the kernel ends this thread
    } catch (const std::exception&) {
      thrown_ = std::current_exception();
    }
    synchronize();
    program_ = nullptr;
    sc_core::sc_pause();
  }
}

bool NativeHost::read(std::uint64_t address, std::span<unsigned char> data) {
  return transport(tlm::TLM_READ_COMMAND, address, data.data(), data.size());
}

bool NativeHost::write(std::uint64_t address, std::span<const unsigned char> data) {
  // The payload's data pointer is not const; a target does not change what it is given to write.
  return transport(tlm::TLM_WRITE_COMMAND, address, const_cast<unsigned char*>(data.data()),
                   data.size());
}

bool NativeHost::transport(tlm::tlm_command command, std::uint64_t address, unsigned char* data,
                           std::size_t bytes) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(data);
  transaction.set_data_length(static_cast<unsigned>(bytes));
  transaction.set_streaming_width(static_cast<unsigned>(bytes));
  bus->b_transport(transaction, offset_);
  if (offset_ >= quantum_) {
    synchronize();
  }
  return transaction.is_response_ok();
}

void NativeHost::synchronize() {
  if (offset_ > sc_core::SC_ZERO_TIME) {
    wait(std::exchange(offset_, sc_core::SC_ZERO_TIME));
  }
}

bool NativeHost::wait_irq(const sc_core::sc_time& timeout) {
  synchronize();
  if (!irq.read()) {
    if (timeout == sc_core::sc_max_time()) {
      wait(irq.posedge_event() | woken_);  // now + the maximum would overflow
    } else {
      wait(timeout, irq.posedge_event() | woken_);
    }
  }
  return irq.read();
}

fl_bus NativeHost::driver_bus(bool interrupts) {
  const auto wait_irq = [](void* ctx) {
    auto* host = static_cast<NativeHost*>(ctx);
    return host->wait_irq(host->irq_timeout_) ? 0 : 1;
  };
  return {this, bus_read32, bus_write32, interrupts ? +wait_irq : nullptr};
}

}  // namespace fluence
