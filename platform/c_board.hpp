// The board that the C interface drives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "network/parameters.hpp"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"

namespace fluence {

/// A process has one, since SystemC elaborates once; it can be opened again and again. All calls throw
/// InputError where they refuse something, which changes nothing then.
class CBoard {
 public:
  /// `net` must outlive the board.
  CBoard(const Topology& net, const PlatformOptions& options)
      : net_(&net), options_(options), platform_("board", net, options) {}

  [[nodiscard]] const Topology& net() const { return *net_; }
  [[nodiscard]] const PlatformOptions& options() const { return options_; }
  [[nodiscard]] Platform& platform() { return platform_; }

  void open(const Parameters& parameters);
  /// In no simulated time.
  void load(const Parameters& parameters);
  /// Those of the parameters that were loaded last.
  [[nodiscard]] int classes() const { return classes_; }
  /// As new, but for parameters and time.
  void close();
  /// Of the accelerator; the interrupt is down when it returns.
  void reset();

  /// What `body` does on the host takes simulated time.
  void execute(const std::function<void(NativeHost&)>& body);
  /// Since it was opened.
  [[nodiscard]] std::uint64_t cycles() const;
  [[nodiscard]] sc_core::sc_time duration(std::uint64_t cycles) const;

  void read_register(std::uint32_t offset, std::uint32_t& value);
  void write_register(std::uint32_t offset, std::uint32_t value);

  /// The bus address.
  std::uint64_t allocate(std::size_t bytes);
  /// Whether all of it has been allocated.
  void check_range(std::uint64_t address, std::size_t bytes) const;

 private:
  [[nodiscard]] sc_core::sc_time period() const { return {1e3 / options_.clock_mhz, sc_core::SC_NS}; }
  /// What a register of the accelerator holds, by its name in the RTL.
  [[nodiscard]] std::uint64_t stored(const char* name);
  /// Whether the network has the parameter word that a start now would read or write, if it would.
  void check_target();

  const Topology* net_;
  PlatformOptions options_;
  Platform platform_;
  std::uint64_t next_ = kImageBuffer.base;  ///< first free bus address
  sc_core::sc_time opened_at_;
  int classes_ = 0;
  bool booted_ = false;
};

}  // namespace fluence
