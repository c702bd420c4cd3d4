#include "sc_models/interconnect.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fluence {

Interconnect::Interconnect(const sc_core::sc_module_name& name, std::vector<Region> map)
    : sc_module(name), in("in"), map_(std::move(map)) {
  for (std::size_t i = 0; i < map_.size(); ++i) {
    const auto& region = map_[i];
    if (region.size == 0 || region.last() < region.base) {
      throw std::invalid_argument("region " + region.name + " is empty or wraps around");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (region.base <= map_[j].last() && map_[j].base <= region.last()) {
        throw std::invalid_argument("regions " + map_[j].name + " and " + region.name + " overlap");
      }
    }
    auto& socket = *out_.emplace_back(
        std::make_unique<tlm_utils::simple_initiator_socket_tagged<Interconnect>>(region.name.c_str()));
    socket.register_invalidate_direct_mem_ptr(this, &Interconnect::invalidate_direct_mem_ptr,
                                              static_cast<int>(i));
  }
  in.register_b_transport(this, &Interconnect::b_transport);
  in.register_transport_dbg(this, &Interconnect::transport_dbg);
  in.register_get_direct_mem_ptr(this, &Interconnect::get_direct_mem_ptr);
}

tlm_utils::simple_initiator_socket_tagged<Interconnect>& Interconnect::out(const std::string& region) {
  const auto it = std::ranges::find(map_, region, &Region::name);
  return *out_.at(static_cast<std::size_t>(it - map_.begin()));
}

int Interconnect::decode(std::uint64_t address) const {
  const auto it = std::ranges::find_if(
      map_, [&](const Region& region) { return address >= region.base && address <= region.last(); });
  return it == map_.end() ? -1 : static_cast<int>(it - map_.begin());
}

void Interconnect::b_transport(int, tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t address = transaction.get_address();
  const std::uint64_t span = std::min(transaction.get_streaming_width(), transaction.get_data_length());
  const int index = decode(address);
  const auto* region = index < 0 ? nullptr : &map_[static_cast<std::size_t>(index)];
  if (region == nullptr || span > region->last() - address + 1) {
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  transaction.set_address(address - region->base);
  (*out_[static_cast<std::size_t>(index)])->b_transport(transaction, delay);
  transaction.set_address(address);
}

unsigned Interconnect::transport_dbg(int, tlm::tlm_generic_payload& transaction) {
  const std::uint64_t address = transaction.get_address();
  const unsigned length = transaction.get_data_length();
  const int index = decode(address);
  if (index < 0) {
    return 0;
  }
  const auto& region = map_[static_cast<std::size_t>(index)];
  transaction.set_address(address - region.base);
  transaction.set_data_length(
      static_cast<unsigned>(std::min<std::uint64_t>(length, region.last() - address + 1)));
  const unsigned done = (*out_[static_cast<std::size_t>(index)])->transport_dbg(transaction);
  transaction.set_address(address);
  transaction.set_data_length(length);
  return done;
}

bool Interconnect::get_direct_mem_ptr(int, tlm::tlm_generic_payload& transaction, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = transaction.get_address();
  const int index = decode(address);
  if (index < 0) {
    dmi.set_start_address(address);
    dmi.set_end_address(address);
    return false;
  }
  const auto& region = map_[static_cast<std::size_t>(index)];
  transaction.set_address(address - region.base);
  const bool granted = (*out_[static_cast<std::size_t>(index)])->get_direct_mem_ptr(transaction, dmi);
  transaction.set_address(address);
  // A target may offer more than the window through which it is seen.
  dmi.set_start_address(region.base + dmi.get_start_address());
  dmi.set_end_address(region.base + std::min<std::uint64_t>(dmi.get_end_address(), region.size - 1));
  return granted;
}

void Interconnect::invalidate_direct_mem_ptr(int region, sc_dt::uint64 start, sc_dt::uint64 end) {
  const auto& window = map_[static_cast<std::size_t>(region)];
  for (unsigned i = 0; i < in.size(); ++i) {
    in[static_cast<int>(i)]->invalidate_direct_mem_ptr(
        window.base + start, window.base + std::min<std::uint64_t>(end, window.size - 1));
  }
}

}  // namespace fluence
