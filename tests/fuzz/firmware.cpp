// An ELF file for the ARM host.
#include "platform/firmware.hpp"

#include "platform/memory_map.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile file;
  file.assign(data, size);
  return fuzz::refuse_or_read([&] {
    const auto firmware = Firmware::load(file.path());
    for (const auto& segment : firmware.segments) {
      fuzz::require(segment.address + segment.bytes.size() <= kFirmware.base + kFirmware.size);
    }
    fuzz::require(firmware.digest().size() == 16);
  });
}
