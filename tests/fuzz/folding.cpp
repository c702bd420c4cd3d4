// A folding file of FINN for a small network.
#include "import/folding.hpp"

#include "import/import.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/import/networks.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto bytes = test::brevitas_model().bytes();
  static const importing::Imported imported(importing::parse_graph(bytes, "x.onnx"), "x", {}, {});
  return fuzz::refuse_or_read([&] {
    auto network = imported.network();
    importing::FoldingTexts texts;
    texts.folding = std::string(fuzz::as_text(data, size));
    importing::fold(network, texts);
    for (std::size_t i = 0; i < network.units.size(); ++i) {
      network.net.layers[i] = network.units[i].layer;
    }
    fuzz::read_own([&] { require_computable(network.net); });
  });
}
