// The accelerator: its RTL as a SystemC module.
#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>
#include <tlm>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "rtl/model/rtl_model.hpp"
#include "sc_models/axi_bridge.hpp"
#include "sc_models/fault_target.hpp"

namespace fluence {

/// Clocks the RTL in bursts and gives its pins TLM-2.0 sockets.
///
/// Time. While a run is going on the RTL runs up to a quantum ahead of SystemC time; its *local time* is
/// the SystemC time of its present clock cycle. While it is idle its clock is gated. An access through a
/// socket takes place at the local time or at the caller's time, whichever is later, and the caller's
/// delay is raised accordingly.
///
/// `regs`: the AXI4-Lite registers of sw/include/fluence/accel_regs.h, 32-bit accesses, repeated up to
/// FL_BOARD_ACCEL_WINDOW.
/// `fault`: payload as in FaultTarget. A write is scheduled for the transaction's time: while a run is
/// going on, SystemC time + delay, as a cycle of this run (a cycle that the RTL has passed flips at
/// once); while idle, the delay alone counts, from cycle 0 of the next run. The delay is returned
/// unchanged. With a HoldExtension a write begins to hold bits then; one that releases does so at the
/// RTL's local time. Reads return the bits as stored at the transaction's time; debug writes flip at
/// once.
class Accelerator : public sc_core::sc_module {
 public:
  using ModelFactory = std::function<std::unique_ptr<RtlModel>(AxiMemory&)>;

 private:
  AxiBridge bridge_;

 public:
  tlm_utils::simple_target_socket<Accelerator> regs;
  tlm_utils::simple_target_socket<Accelerator> fault;
  tlm_utils::simple_initiator_socket<AxiBridge>& mem;
  sc_core::sc_out<bool> irq;

  /// `quantum_cycles`: the longest burst. The topology must outlive the module.
  Accelerator(const sc_core::sc_module_name& name, const Topology& net, const ModelFactory& model,
              const sc_core::sc_time& clock_period, std::uint64_t quantum_cycles);

  /// The register that the slave decodes at an offset of its window.
  [[nodiscard]] static std::uint32_t register_at(std::uint64_t offset);

  /// Resets the RTL: parameter memories keep their content, a run ends, pending flips, holds
  /// and stops are dropped.
  void reset();

  /// Puts the present run at the cycle of a snapshot; the accelerator is ahead of SystemC time then.
  void resume(const RtlSnapshot& snapshot);
  /// Calls `after_burst` after every burst of a run but the last one, when local time may be ahead of
  /// SystemC time; an empty function ends that.
  void watch(std::function<void()> after_burst) { after_burst_ = std::move(after_burst); }

  /// Calls `at_stop` in each of these cycles of the next run, after the flips of that cycle. `cycles`
  /// must ascend and lie before the run's end; cycles that pass while the host writes the start bit, in
  /// which no data moves, may be late.
  void stop_at(std::deque<std::uint64_t> cycles, std::function<void(std::uint64_t cycle)> at_stop);

  [[nodiscard]] RtlModel& model() { return *model_; }
  /// 64-bit words that the RTL has read from and written to memory since construction.
  [[nodiscard]] std::uint64_t words_read() const { return bridge_.words_read(); }
  [[nodiscard]] std::uint64_t words_written() const { return bridge_.words_written(); }
  /// The first cycle of the present run for which a flip does not come late; 0 while there is no run.
  [[nodiscard]] std::uint64_t earliest_flip() const;
  /// Length in cycles of every run that has ended since the last reset.
  [[nodiscard]] const std::vector<std::uint64_t>& run_lengths() const { return run_lengths_; }

 private:
  void access_registers(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  void access_fault(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);
  unsigned debug_fault(tlm::tlm_generic_payload& transaction);
  void clock();
  /// Clocks the RTL, by way of the stops.
  void step(std::uint64_t cycles);
  void drive_irq();

  [[nodiscard]] sc_core::sc_time cycles(std::uint64_t count) const;
  [[nodiscard]] sc_core::sc_time local_time() const;
  [[nodiscard]] sc_core::sc_time local_offset() const;
  /// Brings the RTL to a point in time unless it is there or beyond already.
  void catch_up(const sc_core::sc_time& time);
  /// Takes note of what changed in the RTL.
  void observe();
  /// Flips or holds at the time that the fault socket means by SystemC time + delay.
  void write_fault(std::uint64_t address, std::uint64_t mask, const HoldExtension* hold,
                   const sc_core::sc_time& delay);
  void write_fault_now(std::uint64_t address, std::uint64_t mask, const HoldExtension* hold);

  sc_core::sc_time clock_period_;
  std::uint64_t quantum_cycles_;
  std::unique_ptr<RtlModel> model_;
  std::function<void()> after_burst_;
  std::deque<std::uint64_t> stops_;
  std::function<void(std::uint64_t)> at_stop_;
  FaultTarget fault_target_;
  sc_core::sc_event started_;

  sc_core::sc_time anchor_time_;  ///< local time of cycle anchor_cycle_
  std::uint64_t anchor_cycle_;
  bool running_ = false;        ///< a run, not a parameter command
  std::uint64_t run_start_;     ///< the model's, of the last run
  sc_core::sc_time run_begin_;  ///< local time of the last run's cycle 0
  sc_core::sc_time run_end_;    ///< local time of its end, if it is over
  std::vector<std::uint64_t> run_lengths_;

  bool irq_level_ = false;  ///< at local time, ahead of `irq`
  sc_core::sc_event_queue irq_due_;
  std::queue<bool> irq_changes_;
};

}  // namespace fluence
