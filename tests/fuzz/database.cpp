// The file of a campaign's results, byte by byte.
#include <fstream>

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/results.hpp"
#include "tests/support/temp_dir.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TempDir dir;
  std::ofstream(dir.path() / kResultsFile, std::ios::binary) << fuzz::as_text(data, size);
  return fuzz::read_results(dir.path());
}
