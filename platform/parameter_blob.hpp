// The parameters as the firmware of the ARM host loads them.
#pragma once

#include <cstdint>
#include <vector>

#include "network/parameters.hpp"

namespace fluence {

/// Adds a record to what is written into the board's memory.
template <class Record>
void append_record(std::vector<unsigned char>& bytes, const Record& record) {
  const auto* first = reinterpret_cast<const unsigned char*>(&record);
  bytes.insert(bytes.end(), first, first + sizeof record);
}

/// Records of sw/include/fluence/job.h, one for each memory and each copy of it that the host writes.
struct ParameterBlob {
  std::vector<unsigned char> bytes;
  std::uint32_t memories = 0;

  /// Words that are written.
  [[nodiscard]] std::uint64_t words() const;
};
ParameterBlob parameter_blob(const Parameters& parameters);

}  // namespace fluence
