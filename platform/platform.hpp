// The board: processor, interconnect, memory, interrupt controller and accelerator, and the host
// software that loads, starts and reads it.
#pragma once

#include <systemc>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fault/protected_faults.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "platform/driver_shape.hpp"
#include "platform/firmware.hpp"
#include "rtl/cycle_model.hpp"
#include "rtl/sites.hpp"
#include "sc_models/accelerator.hpp"
#include "sc_models/arm_cpu.hpp"
#include "sc_models/interconnect.hpp"
#include "sc_models/interrupt_controller.hpp"
#include "sc_models/memory.hpp"
#include "sc_models/native_host.hpp"
#include "sc_models/timer.hpp"
#include "sc_models/uart.hpp"

namespace fluence {

struct PlatformOptions {
  double clock_mhz = kClockMhz;         ///< of the accelerator
  unsigned memory_latency_cycles = 10;  ///< accelerator cycles a memory burst
  std::uint64_t quantum_cycles = 4096;  ///< how far a module may run ahead of SystemC time
  bool interrupts = true;               ///< false: the driver polls
  double cpu_mhz = 650.0;               ///< of the ARM processor
  double uart_baud = 921'600;           ///< ten bits a byte

  bool operator==(const PlatformOptions&) const = default;
};

/// A moment of a run from which other runs of as many images can go on.
struct Checkpoint {
  RtlSnapshot rtl;
  int images_entered = 0;  ///< images of which a word has been read from memory
  int images_done = 0;     ///< images whose scores have been written
};

/// How a run differs from one that is left alone.
struct RunControl {
  /// Goes on from here. The scores of its finished images must be in the score buffer.
  const Checkpoint* from = nullptr;
  /// Called after each burst, in the middle of the simulation; true stops the run.
  std::function<bool()> after_burst{};
};

/// What became of one run.
struct RunReport {
  /// [images][scores]: what is in the score buffer; zero for images that a hang left unfinished.
  Scores scores;
  int images_done = 0;
  std::uint64_t cycles = 0;  ///< of the accelerator, from leaving idle to the end (or the time-out)
  std::string hang;          ///< which stream was blocked, empty if the run ended or was stopped
  bool stopped = false;      ///< by RunControl
};

/// SystemC allows one elaboration a process, and so one platform. All calls come from outside the
/// simulation, which is entered and paused within them.
class Platform : public sc_core::sc_module {
 public:
  /// `net` must outlive the platform.
  Platform(const sc_core::sc_module_name& name, const Topology& net, const PlatformOptions& options,
           const Accelerator::ModelFactory& model = {});

  /// Resets the accelerator; parameters stay, and so do the other devices.
  void reset() { accelerator_.reset(); }
  /// Fills the memory with zeros.
  void clear_memory() { dram_.clear(); }

  /// Writes every parameter word by the driver, as the board's host does. Takes seconds.
  void load_through_registers(const Parameters& parameters);
  /// Makes every stored parameter bit equal by the fault socket's debug transport, in no simulated time.
  void load_through_debug(const Parameters& parameters);
  /// All stored parameter words, by the debug transport; `classes` is empty.
  [[nodiscard]] Parameters stored_parameters();
  /// One parameter word by the driver: what the registers return, zero- or sign-extended, the fraction
  /// bits of a layer-0 threshold lost. Of a word of more than 64 bits those 64 that hold the site's bit,
  /// of others its bit does not matter.
  std::uint64_t read_word(const Site& site);
  void write_word(const Site& site, std::uint64_t value);
  /// By the driver, the events that the hardware has counted since the last run's start:
  /// [events_place()], zero for memories whose accesses it does not count.
  [[nodiscard]] std::vector<AccessEvents> read_events();

  /// The host copies the first `count` images into the image buffer, as `stored_images` has them. Throws
  /// InputError if they do not fit.
  void place_images(const ImageSet& images, int count);
  /// Whether the image buffer still begins with what `place_images` put there.
  [[nodiscard]] bool holds_images(const ImageSet& images, int count);
  /// Puts scores, [images][scores], at the beginning of the score buffer, in no simulated time.
  void place_scores(std::span<const Score> scores);
  /// Runs images first .. first+count-1 of the buffer. A run that is not over after `watchdog` cycles
  /// hangs: it is reported and the accelerator is reset, as after a run that is stopped.
  RunReport run(int first, int count, std::uint64_t watchdog, const RunControl& control = {});
  /// Where the present run is; for RunControl::after_burst.
  [[nodiscard]] Checkpoint checkpoint();
  /// Images of it whose scores have been written.
  [[nodiscard]] int images_done() const;

  /// Flips bits through the fault socket: bit k of the mask is the site at address + k.
  /// At a cycle of the next run; the accelerator must be idle.
  void flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask);
  /// At once.
  void flip_now(std::uint64_t address, std::uint64_t mask);
  /// Likewise holds bits at a value, so many cycles of the run from a cycle on, or for good.
  void hold_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask, bool value,
               std::optional<std::uint64_t> cycles = {});
  /// From now on, and no longer.
  void hold_now(std::uint64_t address, std::uint64_t mask, bool value);
  void release_now(std::uint64_t address, std::uint64_t mask);
  /// Up to 64 stored bits from a site to the end of its word.
  [[nodiscard]] std::uint64_t stored_bits(std::uint64_t address);

  /// Memory by the debug transport, in no simulated time. Throws std::logic_error where there is none.
  void write_memory(std::uint64_t address, std::span<const unsigned char> bytes);
  void read_memory(std::uint64_t address, std::span<unsigned char> bytes);
  /// Loads firmware, resets interrupt controller and timer, runs the firmware on the ARM processor from
  /// reset to its end, and returns its exit code. Throws InputError saying what it did wrong and where,
  /// also if it has not ended after `limit_cycles` of the accelerator's clock.
  int run_firmware(const Firmware& firmware, std::uint64_t limit_cycles);
  /// From within the simulation: run_firmware() throws Cancelled soon.
  void stop_firmware() { arm_.stop(); }

  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  [[nodiscard]] const DriverShape& shape() const { return shape_; }
  [[nodiscard]] Accelerator& accelerator() { return accelerator_; }
  [[nodiscard]] NativeHost& host() { return host_; }
  [[nodiscard]] const ArmCpu& arm() const { return arm_; }
  [[nodiscard]] Uart& uart() { return uart_; }

 private:
  void bind();
  /// A program on the host, with the accelerator's driver.
  template <class Program>
  void execute(Program program);
  /// A write to the fault socket, which may hold bits instead: at a cycle, or at once.
  void write_fault_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask,
                      HoldExtension* hold);
  void write_fault_now(std::uint64_t address, std::uint64_t mask, HoldExtension* hold);
  /// Reads or writes memory by the bus's debug transport.
  void debug(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes);

  SiteMap sites_;
  DriverShape shape_;
  PlatformOptions options_;
  sc_core::sc_time period_;
  NativeHost host_;
  ArmCpu arm_;
  Interconnect interconnect_;
  Memory dram_;
  InterruptController intc_;
  Timer timer_;
  Uart uart_;
  Accelerator accelerator_;
  tlm_utils::simple_initiator_socket<Platform> beam_;
  sc_core::sc_signal<bool> accelerator_irq_;
  sc_core::sc_signal<bool> timer_irq_;
  sc_core::sc_signal<bool> host_irq_;
  bool booted_ = false;
  std::uint64_t read_before_ = 0;     ///< words, when the run began
  std::uint64_t written_before_ = 0;  ///< likewise
  int images_before_ = 0;             ///< done by the run that this one goes on from
};

}  // namespace fluence
