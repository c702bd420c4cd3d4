// A campaign's specification, and the form in which the results keep it.
#include "campaign/spec.hpp"

#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    const auto spec = Spec::parse(fuzz::as_text(data, size), "spec.toml");
    const auto again = fuzz::read_own([&] { return Spec::parse(spec.text, "text"); });
    fuzz::require(again.text == spec.text && again.scenarios.size() == spec.scenarios.size());
    fuzz::require(spec.most_images() > 0 && !spec.networks().empty());
  });
}
