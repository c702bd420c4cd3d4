// Waves of two accelerators side by side, as an FST file for GTKWave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fault/fault.hpp"
#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Writes what the models store, cycle by cycle: no model with waves compiled in is needed, as every
/// register is known by name. Scopes `fault_free` and `faulty`, in each of them the layers and in these
/// the RTL's instances, with all their registers but the parameter memories, of which only the words
/// that faults hit are shown, and the handshakes of the streams; `differs` says for each variable
/// whether the two differ. One time step is a clock cycle.
class WaveWriter {
 public:
  WaveWriter(const SiteMap& sites, const std::vector<Fault>& faults);
  ~WaveWriter();
  WaveWriter(const WaveWriter&) = delete;
  WaveWriter& operator=(const WaveWriter&) = delete;

  /// Both as they are in this cycle, later than the one before.
  void sample(std::uint64_t cycle, const RtlProbes& fault_free, const RtlProbes& faulty);
  /// Ends the file and puts it at `path`. Throws InputError if it cannot be written.
  void write(const std::filesystem::path& path);

 private:
  struct Variable;
  struct Handshake;
  void choose(const SiteMap& sites, const std::vector<Fault>& faults);
  void declare();
  /// Calls declare_one(variable) for all variables within scopes for layers and instances.
  template <class DeclareOne>
  void declare_scope(const char* name, DeclareOne declare_one);
  void show(const Variable& variable, std::size_t side, std::span<const std::byte> now);

  Dataflow flow_;
  std::filesystem::path temporary_;
  void* file_ = nullptr;
  std::vector<Variable> variables_;        ///< by layer, then in the order of the pipeline
  std::vector<Handshake> handshakes_;      ///< [stream]
  std::vector<std::uint32_t> layer_bits_;  ///< [layer] handles
  std::uint32_t cycle_ = 0;                ///< a handle
  bool first_ = true;
};

}  // namespace fluence
