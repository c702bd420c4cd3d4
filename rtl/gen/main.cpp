// fluence-rtlgen HARDWARE DIR [OPTIONS SOURCE...]: HARDWARE is a file as in networks/. Writes what
// depends on it (fl_pipeline.sv, fl_regs_pkg.sv, visibility.vlt, bindings.inc, hardware.inc) into DIR;
// given Verilator's options that change behaviour and the sources that do not depend on the hardware,
// also their digest with it (digest.inc).
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "network/network_file.hpp"
#include "rtl/gen/pipeline_writer.hpp"
#include "rtl/gen/rtl_digest.hpp"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) {
    throw fluence::InputError("cannot read " + path.string() + ": name a file that can be read");
  }
  return content.str();
}

// Leaves an unchanged file alone, so that nothing is rebuilt for it.
void write_if_changed(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read(path) == text) {
    return;
  }
  std::ofstream file(path);
  file << text;
  if (!file.flush()) {
    throw fluence::InputError("cannot write " + path.string() + ": check the folder and the free space");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3 && argc < 5) {
    throw fluence::InputError("usage: fluence-rtlgen HARDWARE DIR [OPTIONS SOURCE...]");
  }
  const auto net = fluence::read_topology(argv[1]);
  const auto flow = fluence::dataflow(net);
  fluence::require_buildable(flow);
  const fs::path dir = argv[2];
  fs::create_directories(dir);
  const fluence::SiteMap sites(net);
  std::ostringstream pipeline, registers, visibility, bindings;
  fluence::write_pipeline(pipeline, flow);
  fluence::write_register_package(registers);
  fluence::write_visibility(visibility, sites);
  fluence::write_bindings(bindings, flow, sites);
  write_if_changed(dir / "fl_pipeline.sv", pipeline.str());
  write_if_changed(dir / "fl_regs_pkg.sv", registers.str());
  write_if_changed(dir / "visibility.vlt", visibility.str());
  write_if_changed(dir / "bindings.inc", bindings.str());
  write_if_changed(dir / "hardware.inc", "\"" + fluence::hardware_digest(net) + "\"\n");
  if (argc > 3) {
    fluence::RtlSources modules = {{"fl_pipeline.sv", pipeline.str()},
                                   {"fl_regs_pkg.sv", registers.str()}};
    fluence::RtlSources always = {{"visibility.vlt", visibility.str()}};
    for (int i = 4; i < argc; ++i) {
      const fs::path source = argv[i];
      const bool systemverilog = source.extension() == ".sv" || source.extension() == ".svh";
      if (!(systemverilog ? modules : always).emplace(source.filename(), read(source)).second) {
        throw fluence::InputError("two sources are called " + source.filename().string() +
                                  ": give each a name of its own");
      }
    }
    const auto digest = fluence::rtl_digest("fl_accel", modules, always, argv[3]);
    write_if_changed(dir / "digest.inc", "\"" + digest + "\"\n");
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << "fluence-rtlgen: " << e.what() << "\n";
  return 2;
}
