// Random-access memory as a TLM-2.0 target.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>
#include <memory>

namespace fluence {

/// Bytes 0 .. size-1, zero at first. Any alignment and length; byte enables and streaming widths are
/// honoured; an access that crosses the end is refused as a whole (debug accesses are cut there). The
/// latency is added to the delay once a transaction and offered with DMI.
class Memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Memory> socket;

  /// Host memory is taken as it is touched. Throws std::bad_alloc.
  Memory(const sc_core::sc_module_name& name, std::uint64_t size, const sc_core::sc_time& read_latency,
         const sc_core::sc_time& write_latency);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// All bytes are zero again; direct access that was given stays.
  void clear();

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& transaction);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);

  struct Unmap {
    std::uint64_t size = 0;
    void operator()(unsigned char* p) const;
  };
  std::uint64_t size_;
  sc_core::sc_time read_latency_;
  sc_core::sc_time write_latency_;
  std::unique_ptr<unsigned char, Unmap> bytes_;
};

}  // namespace fluence
