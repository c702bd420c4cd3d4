// A fault list, ours or another tool's, what engines ask of its cases, and the lines that the command
// writes of them.
#include "fault/fault_csv.hpp"

#include <sstream>

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SiteMap sites(topology("cnvW1A1"));
  return fuzz::refuse_or_read([&] {
    const std::string text(fuzz::as_text(data, size));
    std::istringstream in(text);
    for (const auto& listed : text.starts_with("{") ? read_fault_list(in, "list.jsonl", sites)
                                                    : read_fault_csv(in, "list.csv", sites)) {
      for (const auto semantics : {Semantics::physical, Semantics::source, Semantics::shipped}) {
        fuzz::refuse_or_read([&] {
          check_trial(listed.trial, semantics, sites, listed.trial.images);
          check_cycles(listed.trial, 1'000'000);
          for (const auto& fault : listed.trial.faults) {
            fuzz::require(!flipped_bits(fault, sites.array_of(fault.site).bits, semantics).empty());
          }
        });
      }
      const auto line = to_line(listed);
      std::istringstream written(line);
      const auto again = fuzz::read_own([&] { return read_fault_list(written, "line", sites); });
      fuzz::require(to_line(again.at(0)) == line);
    }
  });
}
