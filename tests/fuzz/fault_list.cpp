// A fault list, and the lines that the command writes of one.
#include "fault/fault_list.hpp"

#include <sstream>

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SiteMap sites(topology("cnvW1A1"));
  return fuzz::refuse_or_read([&] {
    std::istringstream in(std::string(fuzz::as_text(data, size)));
    for (const auto& listed : read_fault_list(in, "list.jsonl", sites)) {
      const auto line = to_line(listed);
      std::istringstream written(line);
      const auto again = fuzz::read_own([&] { return read_fault_list(written, "line", sites); });
      fuzz::require(to_line(again.at(0)) == line);
    }
  });
}
