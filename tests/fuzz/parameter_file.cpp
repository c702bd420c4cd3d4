// A file of the parameters of a small network, byte by byte.
#include "network/parameter_file.hpp"

#include "network/parameter_folder.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/small_network.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto net = fuzz::small_network();
  static fuzz::MemoryFile file;
  file.assign(data, size);
  return fuzz::refuse_or_read([&] {
    const auto parameters = read_parameter_file(net, file.path());
    const auto text = parameter_file(parameters);
    file.assign(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    const auto again = fuzz::read_own([&] { return read_parameter_file(net, file.path()); });
    fuzz::require(again.digest() == parameters.digest() && again.classes == parameters.classes);
    fuzz::require(parameter_files(again) == parameter_files(parameters));
  });
}
