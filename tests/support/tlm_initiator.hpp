// A bare TLM-2.0 initiator for tests.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>
#include <vector>

namespace fluence::test {

using Bytes = std::vector<unsigned char>;

class TlmInitiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<TlmInitiator> socket;
  sc_core::sc_time delay;  ///< handed to and changed by every transaction
  int invalidations = 0;
  std::uint64_t invalid_first = 0;
  std::uint64_t invalid_last = 0;

  explicit TlmInitiator(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {
    socket.register_invalidate_direct_mem_ptr(this, &TlmInitiator::invalidate);
  }

  /// A transaction with the usual attributes, for tests that change some of them.
  static void fill(tlm::tlm_generic_payload& transaction, tlm::tlm_command command,
                   std::uint64_t address, Bytes& data) {
    transaction.set_command(command);
    transaction.set_address(address);
    transaction.set_data_ptr(data.data());
    transaction.set_data_length(static_cast<unsigned>(data.size()));
    transaction.set_streaming_width(static_cast<unsigned>(data.size()));
  }

  tlm::tlm_response_status send(tlm::tlm_generic_payload& transaction) {
    socket->b_transport(transaction, delay);
    return transaction.get_response_status();
  }

  tlm::tlm_response_status write(std::uint64_t address, Bytes data) {
    tlm::tlm_generic_payload transaction;
    fill(transaction, tlm::TLM_WRITE_COMMAND, address, data);
    return send(transaction);
  }

  tlm::tlm_response_status read(std::uint64_t address, Bytes& data) {
    tlm::tlm_generic_payload transaction;
    fill(transaction, tlm::TLM_READ_COMMAND, address, data);
    return send(transaction);
  }

  unsigned debug(tlm::tlm_command command, std::uint64_t address, Bytes& data) {
    tlm::tlm_generic_payload transaction;
    fill(transaction, command, address, data);
    return socket->transport_dbg(transaction);
  }

  bool dmi(std::uint64_t address, tlm::tlm_dmi& dmi) {
    tlm::tlm_generic_payload transaction;
    transaction.set_address(address);
    return socket->get_direct_mem_ptr(transaction, dmi);
  }

 private:
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) {
    ++invalidations;
    invalid_first = first;
    invalid_last = last;
  }
};

inline Bytes word32(std::uint32_t value) {
  return {static_cast<unsigned char>(value), static_cast<unsigned char>(value >> 8),
          static_cast<unsigned char>(value >> 16), static_cast<unsigned char>(value >> 24)};
}

inline std::uint32_t as_word32(const Bytes& bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

}  // namespace fluence::test
