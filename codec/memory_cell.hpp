// Codecs that the RTL's memory cell has (rtl/memory_cell/fl_memory.sv).
#pragma once

#include <cstdint>
#include <vector>

namespace fluence {

/// What the cell is told of a codec, besides what `Codec` says.
struct CellTable {
  /// Of each check bit: the bits of a value whose parity it is, in limbs.
  std::vector<std::vector<std::uint64_t>> masks{};
  bool corrects = false;  ///< one wrong bit of a word
  /// Of the long word of a group of two: where bits of the first word are; 0: bits alternate.
  std::uint64_t pattern = 0;
  bool clamps = false;                ///< values are numbers
  std::uint64_t least = 0, most = 0;  ///< of those that are kept, bits 0 up
};

/// A codec is one of these, too, if the RTL builds it.
class MemoryCellCodec {
 public:
  MemoryCellCodec() = default;
  MemoryCellCodec(const MemoryCellCodec&) = delete;
  MemoryCellCodec& operator=(const MemoryCellCodec&) = delete;
  virtual ~MemoryCellCodec() = default;

  /// For words of so many bits, which it does not refuse.
  [[nodiscard]] virtual CellTable cell_table(int /*bits*/) const { return {}; }
};

}  // namespace fluence
