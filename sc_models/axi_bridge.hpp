// The accelerator's AXI4 master port as TLM-2.0 transactions.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>
#include <functional>
#include <span>

#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Turns bursts of 64-bit words into one b_transport each, or into a copy where the target offers direct
/// memory access. What the target adds to the delay becomes the burst's latency in clock cycles, rounded
/// up. Targets must annotate their time, not wait: the caller stands in the middle of a clock cycle.
class AxiBridge : public AxiMemory {
 public:
  tlm_utils::simple_initiator_socket<AxiBridge> socket;

  /// `local_offset` says how far the caller is ahead of SystemC time.
  AxiBridge(const char* name, const sc_core::sc_time& clock_period,
            std::function<sc_core::sc_time()> local_offset);

  Reply read(std::uint64_t address, std::span<std::uint64_t> words) override;
  Reply write(std::uint64_t address, std::span<const std::uint64_t> words) override;

  /// 64-bit words read and written since construction.
  [[nodiscard]] std::uint64_t words_read() const { return words_read_; }
  [[nodiscard]] std::uint64_t words_written() const { return words_written_; }

 private:
  Reply transfer(tlm::tlm_command command, std::uint64_t address, unsigned char* data,
                 std::uint64_t bytes);
  [[nodiscard]] bool in_dmi(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes) const;
  [[nodiscard]] unsigned to_cycles(const sc_core::sc_time& time) const;
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);

  sc_core::sc_time clock_period_;
  std::function<sc_core::sc_time()> local_offset_;
  tlm::tlm_dmi dmi_;
  std::uint64_t words_read_ = 0;
  std::uint64_t words_written_ = 0;
};

}  // namespace fluence
