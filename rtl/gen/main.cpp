// fluence-rtlgen NETWORK DIR: writes what depends on the network (fl_pipeline.sv, fl_regs_pkg.sv,
// visibility.vlt, bindings.inc) into DIR.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "network/error.hpp"
#include "rtl/gen/pipeline_writer.hpp"

namespace {

// Leaves an unchanged file alone, so that nothing is rebuilt for it.
void write_if_changed(const std::filesystem::path& path, const std::string& text) {
  std::ifstream old(path);
  std::stringstream content;
  content << old.rdbuf();
  if (old && content.str() == text) {
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
  if (argc != 3) {
    throw fluence::InputError("usage: fluence-rtlgen NETWORK DIR");
  }
  const auto flow = fluence::dataflow(fluence::topology(argv[1]));
  const std::filesystem::path dir = argv[2];
  std::filesystem::create_directories(dir);
  const fluence::SiteMap sites(*flow.net);
  std::ostringstream pipeline, registers, visibility, bindings;
  fluence::write_pipeline(pipeline, flow);
  fluence::write_register_package(registers);
  fluence::write_visibility(visibility, sites);
  fluence::write_bindings(bindings, flow, sites);
  write_if_changed(dir / "fl_pipeline.sv", pipeline.str());
  write_if_changed(dir / "fl_regs_pkg.sv", registers.str());
  write_if_changed(dir / "visibility.vlt", visibility.str());
  write_if_changed(dir / "bindings.inc", bindings.str());
  return 0;
} catch (const std::exception& e) {
  std::cerr << "fluence-rtlgen: " << e.what() << "\n";
  return 2;
}
