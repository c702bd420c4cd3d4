// A network of others, byte by byte: what is imported is what its files say.
#include "import/import.hpp"

#include "network/network_file.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::refuse_or_read([&] {
    const importing::Imported imported(
        importing::parse_graph(std::string(fuzz::as_text(data, size)), "x.onnx"), "x", {}, {});
    const auto files = imported.files();
    fuzz::read_own([&] {
      const auto net = parse_topology({files.at("x.network.json"), "x.network.json"},
                                      {files.at("x.hardware.json"), "x.hardware.json"});
      fuzz::require(net == imported.network().net);
      fuzz::require(ImageNumbers::parse(files.at("x.input.json"), "x.input.json") ==
                    imported.network().input.numbers);
    });
  });
}
