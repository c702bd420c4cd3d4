// Address-decoding interconnect.
#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fluence {

/// Where a target stands in the address space: bytes base .. base+size-1.
struct Region {
  std::string name;
  std::uint64_t base = 0;
  std::uint64_t size = 0;

  [[nodiscard]] std::uint64_t last() const { return base + (size - 1); }
};

/// Hands transactions of any number of initiators to the target whose region holds them, with the
/// region's base subtracted. An access that no region holds as a whole gets an address error (a debug
/// access is cut at the region's end). It adds no latency.
class Interconnect : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Interconnect> in;

  /// Throws std::invalid_argument if a region is empty, wraps, or overlaps another.
  Interconnect(const sc_core::sc_module_name& name, std::vector<Region> map);

  /// The socket of a region. Throws std::out_of_range if the map has none of that name.
  tlm_utils::simple_initiator_socket_tagged<Interconnect>& out(const std::string& region);

 private:
  void b_transport(int initiator, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& transaction);
  bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi);
  void invalidate_direct_mem_ptr(int region, sc_dt::uint64 start, sc_dt::uint64 end);
  /// Index of the region that holds the address, -1 if none.
  [[nodiscard]] int decode(std::uint64_t address) const;

  std::vector<Region> map_;
  std::vector<std::unique_ptr<tlm_utils::simple_initiator_socket_tagged<Interconnect>>> out_;
};

}  // namespace fluence
