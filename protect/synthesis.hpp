// What a memory takes of an FPGA: synthesis of the RTL's memory cell (rtl/memory_cell/fl_memory.sv) for
// Xilinx' 7 series by yosys, not a guess.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "protect/storages.hpp"

namespace fluence {

struct LogicCost {
  long luts = 0;        ///< with those that are memory
  long flip_flops = 0;  ///< address registers among them
  long block_rams = 0;  ///< of 18 Kibit

  LogicCost operator*(long times) const {
    return {luts * times, flip_flops * times, block_rams * times};
  }
  LogicCost operator-(const LogicCost& other) const {
    return {luts - other.luts, flip_flops - other.flip_flops, block_rams - other.block_rams};
  }
  LogicCost& operator+=(const LogicCost& other);
  bool operator==(const LogicCost&) const = default;
};

/// "Yosys 0.23 (git sha1 7ce5011c24b)". Throws InputError if it is not installed.
std::string synthesizer();

/// Of one memory of a storage, stored by `codec`, read synchronously: only such a memory
/// becomes block RAM. Takes seconds to minutes once; what was found is kept in cache_folder(), by
/// what it is of. `begins` gets what is synthesized, if it is. Throws InputError if yosys is not there.
LogicCost memory_cost(const ProtectedStorage& storage, const Codec& codec,
                      const std::function<void(const std::string&)>& begins);

/// The sum over the cells of yosys' `stat -json`. Throws std::runtime_error for a cell whose cost is not
/// known.
LogicCost cost_of_cells(std::string_view json);

}  // namespace fluence
