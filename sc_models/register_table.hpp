// A register block as a table that reads like its datasheet.
#pragma once

#include <tlm>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace fluence {

enum class Access { read_only, read_write };

struct Register {
  std::uint32_t offset = 0;
  std::string name;
  std::uint32_t reset = 0;
  Access access = Access::read_write;
  /// What a read returns; without one, the stored value.
  std::function<std::uint32_t()> on_read = nullptr;
  /// Called after a write has stored its value.
  std::function<void()> on_write = nullptr;
};

/// Serves 32-bit aligned accesses. Anything else gets the response that TLM-2.0 has for it: burst error
/// (size, alignment), byte enable error, address error (no register there), command error (a write to a
/// read-only register).
class RegisterTable {
 public:
  explicit RegisterTable(std::vector<Register> registers);

  [[nodiscard]] const std::vector<Register>& registers() const { return registers_; }
  /// Every register holds its reset value again.
  void reset();
  /// Stored value. Throws std::out_of_range if there is no register at that offset.
  [[nodiscard]] std::uint32_t value(std::uint32_t offset) const;
  void transport(tlm::tlm_generic_payload& transaction);

 private:
  [[nodiscard]] std::size_t find(std::uint64_t offset) const;

  std::vector<Register> registers_;
  std::vector<std::uint32_t> values_;  ///< [register]
};

}  // namespace fluence
