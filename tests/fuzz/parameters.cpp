// A folder of parameters of a network of one layer. The input is the sizes of its two memories, a byte
// each, their content, and the names of the classes.
#include "network/parameters.hpp"

#include <algorithm>
#include <fstream>

#include "tests/fuzz/input.hpp"
#include "tests/support/temp_dir.hpp"

using namespace fluence;

namespace {

Topology small_network() {
  Layer layer;
  layer.in_channels = 6;
  layer.out_channels = 2;
  layer.simd = 3;
  layer.thresholds = 2;
  layer.accumulator_bits = 24;
  return {"small", "small", {layer}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto net = small_network();
  static const test::TempDir dir;
  const auto text = fuzz::as_text(data, size);
  if (size < 2) {
    return 0;
  }
  auto rest = text.substr(2);
  const auto write = [&](const char* name, std::size_t bytes) {
    const auto content = rest.substr(0, bytes);
    std::ofstream(dir.path() / name, std::ios::binary) << content;
    rest.remove_prefix(content.size());
  };
  write("0-0-weights.bin", data[0]);
  write("0-0-thres.bin", data[1]);
  write("classes.txt", rest.size());
  return fuzz::refuse_or_read([&] {
    const auto parameters = Parameters::load(net, dir.path());
    fuzz::require(parameters.weight(0, 0, 3) < 8 && !parameters.classes.empty() &&
                  std::ssize(parameters.classes) <= net.scores());
    fuzz::require(parameters.digest().size() == 16 && parameters.threshold(0, 0, 1, 1) < 1 << 23);
  });
}
