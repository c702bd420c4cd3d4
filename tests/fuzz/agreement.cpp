// What `fluence verify` leaves beside results, as their report shows it.
#include "analysis/agreement.hpp"

#include "base/output_file.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/results.hpp"
#include "tests/support/temp_dir.hpp"

using namespace fluence;

namespace {

struct Results {
  Results() { fuzz::write_results(dir.path()); }
  test::TempDir dir;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Results results;
  const auto folder = results.dir.path();
  write_file(folder / kAgreementFile, std::string(fuzz::as_text(data, size)));
  return fuzz::refuse_or_read([&] {
    static auto store = Store::open_existing(folder);
    const auto report = report_data(store, {folder.string(), 1});
    fuzz::require(!report_text(report).empty() && !report_page(report).empty());
  });
}
