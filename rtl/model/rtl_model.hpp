// The Verilated accelerator as a plain C++ object: clock, pins and stored bits, no SystemC.
//
// Only `verilated_model.cpp`, compiled once per network, and `profile_run.cpp`, a part of the build,
// include Verilated headers. Time is counted in clock cycles. A *run* begins with the cycle in which the
// accelerator leaves idle (run cycle 0) and ends when the last score has been written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rtl/dataflow.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// The memory behind the accelerator's AXI4 master port. Both calls move whole bursts of 64-bit words.
class AxiMemory {
 public:
  virtual ~AxiMemory() = default;
  struct Reply {
    bool ok = true;        ///< false: no such memory; the accelerator ignores it, as its original does
    unsigned latency = 0;  ///< clock cycles until the first beat (read) or the response (write)
  };
  virtual Reply read(std::uint64_t address, std::span<std::uint64_t> words) = 0;
  virtual Reply write(std::uint64_t address, std::span<const std::uint64_t> words) = 0;
};

/// What happened on one stream since the last `reset_gauges()`.
struct StreamGauge {
  std::uint64_t beats = 0;    ///< words pushed
  std::uint64_t stalled = 0;  ///< cycles in which the producer had a word and the FIFO was full
  std::uint64_t starved = 0;  ///< cycles in which the consumer wanted a word and the FIFO was empty
  int highest_fill = 0;       ///< words
};

/// Sees the words that flow.
class StreamObserver {
 public:
  virtual ~StreamObserver() = default;
  /// A word has entered stream `stream` of the chain: its FIFO slot, least significant 64-bit limb
  /// first, and the absolute cycle() in which it is first stored there.
  virtual void pushed(std::size_t stream, int slot, const std::vector<std::uint64_t>& word,
                      std::uint64_t cycle) = 0;
};

/// Which way a stream's two ends are at this moment.
struct StreamStatus {
  bool valid_in = false;   ///< the producer offers a word
  bool ready_out = false;  ///< the consumer would take one
  int fill = 0;            ///< words in the FIFO
};

/// Stored bits that are held at a value, whatever is written: before any logic sees it. They keep it
/// when they are held no longer, until they are written.
struct Hold {
  static constexpr auto kForever = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t address = 0, mask = 0;  ///< bit k of the mask: the site at address + k; all in one word
  bool value = false;
  std::uint64_t from = 0;          ///< run cycle
  std::uint64_t until = kForever;  ///< the first run cycle after it
};

/// The state of a model in the middle of a run. The parameter memories, most of the bits, have no part
/// in it, because what is in them at any moment of a trial is known; nor have flips and holds that are
/// yet to come.
struct RtlSnapshot {
  std::string network;
  std::uint64_t run_cycle = 0;
  std::vector<std::byte> control;  ///< sites of `control`, and the handshakes at the memory port
  std::vector<std::byte> data;     ///< all others, and the words under way at the memory port
  std::vector<Hold> held;          ///< what is held then
};

// A model is used in five ways, each an interface of its own: who takes a model for one of them says so,
// and what stands in for a model in a test gives those that it has.

/// Its clock, and where in a run it stands.
class RtlClock {
 public:
  virtual ~RtlClock() = default;

  /// Drives reset for some cycles. Parameter memories keep their content, all other storage is cleared
  /// (data, which the RTL itself leaves alone, so that a run never depends on the ones before) and
  /// pending flips and all holds are dropped.
  virtual void reset() = 0;

  /// Clock cycles since construction.
  [[nodiscard]] virtual std::uint64_t cycle() const = 0;
  /// True from the start bit to the end of what it started, a run of images or a parameter access. While
  /// false, clocking changes nothing.
  [[nodiscard]] virtual bool busy() const = 0;
  /// Absolute cycle() of the current or last run of images' cycle 0.
  [[nodiscard]] virtual std::uint64_t run_start() const = 0;
  /// Cycle of the current run of images.
  [[nodiscard]] std::uint64_t run_cycle() const { return cycle() - run_start(); }
  /// Length in cycles of the last finished run of images.
  [[nodiscard]] virtual std::uint64_t run_length() const = 0;
  /// Level of the interrupt pin.
  [[nodiscard]] virtual bool interrupt() const = 0;

  /// Clocks at most `cycles` cycles. Returns early, right after the cycle in which busy() ends or the
  /// interrupt pin changes. Returns the number of cycles clocked. Costs next to nothing where the state
  /// stands still.
  virtual std::uint64_t step(std::uint64_t cycles) = 0;
};

/// Its register port. Each call is one AXI4-Lite transaction and clocks the few cycles that it takes;
/// `ok` is false on an AXI error response.
class RtlRegisters {
 public:
  virtual ~RtlRegisters() = default;
  virtual std::uint32_t read_register(std::uint32_t offset, bool& ok) = 0;
  virtual void write_register(std::uint32_t offset, std::uint32_t value, bool& ok) = 0;
};

/// Its stored bits.
class RtlState {
 public:
  virtual ~RtlState() = default;

  /// Flips stored bits right after the clock edge that starts run cycle `run_cycle` of the current run
  /// (or, while idle, of the next run). `mask` bit k flips the site at address + k; all must lie in one
  /// word. A cycle that has already passed flips at once.
  virtual void flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask) = 0;
  /// Flips now, whether running or not.
  virtual void flip_now(std::uint64_t address, std::uint64_t mask) = 0;

  /// Holds bits in cycles of the current run or, while idle, of the next one, as flip_at(). At one cycle
  /// bits are released first, then flipped, then held: a flip of a bit that is held changes nothing. A
  /// hold that has begun outlives the run; reset() ends all. What stands in for a model may have none:
  /// these calls then throw std::logic_error.
  virtual void hold_at(const Hold& hold);
  /// From now on, whether running or not.
  virtual void hold_now(std::uint64_t address, std::uint64_t mask, bool value);
  /// Ends all that hold one of these bits, now.
  virtual void release_now(std::uint64_t address, std::uint64_t mask);

  /// The stored word of up to any width that holds the site, least significant 64-bit limb first.
  [[nodiscard]] virtual std::vector<std::uint64_t> read_word(std::uint64_t address) const = 0;
  virtual void write_word(std::uint64_t address, std::span<const std::uint64_t> limbs) = 0;
};

/// All of its state at once. What stands in for a model may have none: every call then throws
/// std::logic_error.
class RtlSnapshots {
 public:
  virtual ~RtlSnapshots() = default;

  /// The state, right after the edge that starts the present cycle. A run must be going on.
  [[nodiscard]] virtual RtlSnapshot save() const;
  /// Goes on from a snapshot, as the present run of images or, while idle, as one that begins now;
  /// cycle() then is run_start() + the snapshot's run cycle. Pending flips of that cycle or before take
  /// place at once. Throws InputError if the snapshot is one of another RTL.
  virtual void restore(const RtlSnapshot& snapshot);
  /// The content of all parameter memories.
  [[nodiscard]] virtual std::vector<std::byte> save_parameters() const;
  virtual void restore_parameters(std::span<const std::byte> bytes);
};

/// Looks into it that change nothing. What stands in for a model may allow none: every call then throws
/// std::logic_error.
class RtlProbes {
 public:
  virtual ~RtlProbes() = default;

  /// All words of `SiteMap::arrays()[array]`, each in stored_bytes() of its width, least significant
  /// byte first. Shows the present content at any time while the model lives.
  /// Not of memory cells, whose words do not lie together.
  [[nodiscard]] virtual std::span<const std::byte> stored(std::size_t array) const;
  /// Likewise one word, counted by flat state address, of any.
  [[nodiscard]] virtual std::span<const std::byte> stored_word(std::size_t array,
                                                               std::uint64_t word) const;
  /// Streams in the order of `dataflow(net).streams`.
  [[nodiscard]] virtual std::vector<StreamStatus> streams() const;
  /// Tells an observer, which must outlive its use, of every word; nullptr ends that. Costs much speed.
  virtual void observe(StreamObserver* observer);
  /// Counting costs speed and is off at first.
  virtual void count_gauges(bool on);
  virtual void reset_gauges();
  [[nodiscard]] virtual std::vector<StreamGauge> gauges() const;
};

/// With FLUENCE_RTL_RULES in the environment a model asserts the rules of its AXI ports
/// (rtl/axi/fl_*_rules.sv): whatever clocks it throws std::logic_error if one is broken, after the RTL
/// has printed which. Upsets may break them, so from the first flip of anything but a parameter on, and
/// from restore() on, they rest until reset().
class RtlModel : public RtlClock,
                 public RtlRegisters,
                 public RtlState,
                 public RtlSnapshots,
                 public RtlProbes {
 public:
  /// Elaborates the accelerator of a network; memory must outlive it. Throws InputError if this build
  /// has no model of that hardware, std::logic_error if the RTL's variables are not exactly those of the
  /// SiteMap.
  static std::unique_ptr<RtlModel> create(const Topology& net, AxiMemory& memory);
  /// Of the network's RTL in this build (rtl/gen/rtl_digest.hpp): 16 hex digits. Throws InputError if
  /// there is none.
  static std::string_view digest(const Topology& net);
};

}  // namespace fluence
