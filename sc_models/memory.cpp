#include "sc_models/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace fluence {

Memory::Memory(const sc_core::sc_module_name& name, std::uint64_t size,
               const sc_core::sc_time& read_latency, const sc_core::sc_time& write_latency)
    : sc_module(name),
      socket("socket"),
      size_(size),
      read_latency_(read_latency),
      write_latency_(write_latency),
      // Fresh pages are zero and cost nothing until they are touched.
      bytes_(static_cast<unsigned char*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)),
             Unmap{size}) {
  if (bytes_.get() == MAP_FAILED) {
    static_cast<void>(bytes_.release());
    throw std::bad_alloc();
  }
  socket.register_b_transport(this, &Memory::b_transport);
  socket.register_transport_dbg(this, &Memory::transport_dbg);
  socket.register_get_direct_mem_ptr(this, &Memory::get_direct_mem_ptr);
}

void Memory::Unmap::operator()(unsigned char* p) const { ::munmap(p, size); }

void Memory::clear() {
  // Gives the pages back, and fresh ones come in their place.
  if (::madvise(bytes_.get(), size_, MADV_DONTNEED) != 0) {
    throw std::bad_alloc();
  }
}

void Memory::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t address = transaction.get_address();
  const unsigned length = transaction.get_data_length();
  const unsigned streaming = std::min(transaction.get_streaming_width(), length);
  const unsigned char* enables = transaction.get_byte_enable_ptr();
  const unsigned enable_length = transaction.get_byte_enable_length();
  if (address >= size_ || streaming > size_ - address) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (length == 0 || streaming == 0 || (enables != nullptr && enable_length == 0)) {
    transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
    return;
  }
  const bool write = transaction.is_write();
  unsigned char* memory = bytes_.get() + address;
  unsigned char* data = transaction.get_data_ptr();
  if (!transaction.is_read() && !write) {
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  if (enables == nullptr && streaming == length) {
    std::memcpy(write ? memory : data, write ? data : memory, length);
  } else {
    for (unsigned i = 0; i < length; ++i) {
      if (enables == nullptr || enables[i % enable_length] == TLM_BYTE_ENABLED) {
        (write ? memory[i % streaming] : data[i]) = write ? data[i] : memory[i % streaming];
      }
    }
  }
  delay += write ? write_latency_ : read_latency_;
  transaction.set_dmi_allowed(true);
  transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned Memory::transport_dbg(tlm::tlm_generic_payload& transaction) {
  const std::uint64_t address = transaction.get_address();
  if (address >= size_) {
    return 0;
  }
  const auto length =
      static_cast<unsigned>(std::min<std::uint64_t>(transaction.get_data_length(), size_ - address));
  unsigned char* memory = bytes_.get() + address;
  if (transaction.is_read()) {
    std::memcpy(transaction.get_data_ptr(), memory, length);
  } else if (transaction.is_write()) {
    std::memcpy(memory, transaction.get_data_ptr(), length);
  }
  return length;
}

bool Memory::get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi& dmi) {
  dmi.set_dmi_ptr(bytes_.get());
  dmi.set_start_address(0);
  dmi.set_end_address(size_ - 1);
  dmi.set_read_latency(read_latency_);
  dmi.set_write_latency(write_latency_);
  dmi.allow_read_write();
  return true;
}

}  // namespace fluence
