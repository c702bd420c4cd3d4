// A file of images.
#include "network/images.hpp"

#include "network/synthetic.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile file;
  file.assign(data, size);
  return fuzz::refuse_or_read([&] {
    const auto images = ImageSet::load(file.path());
    fuzz::require(cifar10_bytes(images) == fuzz::as_text(data, size));
    static_cast<void>(images[0].memory_words());
  });
}
