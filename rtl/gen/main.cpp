// fluence-rtlgen HARDWARE DIR [OPTIONS SOURCE...]: HARDWARE is a file as in networks/. Writes what
// depends on it (rtl/gen/rtl_files.hpp) into DIR; given Verilator's options that change behaviour and
// the sources that do not depend on the hardware, also their digest with it.
#include <iostream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "network/network_file.hpp"
#include "rtl/gen/rtl_files.hpp"

int main(int argc, char** argv) try {
  if (argc != 3 && argc < 5) {
    throw fluence::InputError("usage: fluence-rtlgen HARDWARE DIR [OPTIONS SOURCE...]");
  }
  const auto net = fluence::read_topology(argv[1]);
  const bool digest = argc > 3;
  const std::vector<std::filesystem::path> sources(argv + (digest ? 4 : argc), argv + argc);
  fluence::write_rtl_files(fluence::rtl_files(net, digest ? argv[3] : "", sources), argv[2]);
  return 0;
} catch (const std::exception& e) {
  std::cerr << "fluence-rtlgen: " << e.what() << "\n";
  return 2;
}
