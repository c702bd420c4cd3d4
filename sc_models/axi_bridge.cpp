#include "sc_models/axi_bridge.hpp"

#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

namespace fluence {

static_assert(std::endian::native == std::endian::little, "64-bit words are copied as they are");

AxiBridge::AxiBridge(const char* name, const sc_core::sc_time& clock_period,
                     std::function<sc_core::sc_time()> local_offset)
    : socket(name), clock_period_(clock_period), local_offset_(std::move(local_offset)) {
  socket.register_invalidate_direct_mem_ptr(this, &AxiBridge::invalidate_direct_mem_ptr);
  dmi_.allow_none();
}

AxiMemory::Reply AxiBridge::read(std::uint64_t address, std::span<std::uint64_t> words) {
  const auto reply = transfer(tlm::TLM_READ_COMMAND, address,
                              reinterpret_cast<unsigned char*>(words.data()), words.size_bytes());
  words_read_ += reply.ok ? words.size() : 0;
  return reply;
}

AxiMemory::Reply AxiBridge::write(std::uint64_t address, std::span<const std::uint64_t> words) {
  // The payload's data pointer is not const; a target does not change what it is given to write.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<std::uint64_t*>(words.data()));
  const auto reply = transfer(tlm::TLM_WRITE_COMMAND, address, data, words.size_bytes());
  words_written_ += reply.ok ? words.size() : 0;
  return reply;
}

AxiMemory::Reply AxiBridge::transfer(tlm::tlm_command command, std::uint64_t address,
                                     unsigned char* data, std::uint64_t bytes) {
  const bool read = command == tlm::TLM_READ_COMMAND;
  if (in_dmi(command, address, bytes)) {
    unsigned char* memory = dmi_.get_dmi_ptr() + (address - dmi_.get_start_address());
    std::memcpy(read ? data : memory, read ? memory : data, bytes);
    return {true, to_cycles(read ? dmi_.get_read_latency() : dmi_.get_write_latency())};
  }
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(data);
  transaction.set_data_length(static_cast<unsigned>(bytes));
  transaction.set_streaming_width(static_cast<unsigned>(bytes));
  const auto before = local_offset_();
  auto delay = before;
  [[maybe_unused]] const auto now = sc_core::sc_time_stamp();
  socket->b_transport(transaction, delay);
  assert(sc_core::sc_time_stamp() == now && "a target behind the accelerator waited");
  if (transaction.is_response_error()) {
    return {false, to_cycles(delay - before)};
  }
  if (transaction.is_dmi_allowed()) {
    dmi_.init();
    transaction.set_address(address);
    if (!socket->get_direct_mem_ptr(transaction, dmi_)) {
      dmi_.allow_none();
    }
  }
  return {true, to_cycles(delay - before)};
}

bool AxiBridge::in_dmi(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes) const {
  const bool allowed =
      command == tlm::TLM_READ_COMMAND ? dmi_.is_read_allowed() : dmi_.is_write_allowed();
  return allowed && address >= dmi_.get_start_address() && address <= dmi_.get_end_address() &&
         bytes <= dmi_.get_end_address() - address + 1;
}

unsigned AxiBridge::to_cycles(const sc_core::sc_time& time) const {
  return static_cast<unsigned>((time.value() + clock_period_.value() - 1) / clock_period_.value());
}

void AxiBridge::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  if (start <= dmi_.get_end_address() && end >= dmi_.get_start_address()) {
    dmi_.allow_none();
  }
}

}  // namespace fluence
