#include "rtl/gen/rtl_files.hpp"

#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "rtl/gen/pipeline_writer.hpp"
#include "rtl/gen/rtl_digest.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) {
    throw InputError("cannot read " + path.string() + ": name a file that can be read");
  }
  return content.str();
}

}  // namespace

RtlFiles rtl_files(const Topology& net, const std::string& options,
                   const std::vector<fs::path>& sources) {
  const auto flow = dataflow(net);
  require_buildable(flow);
  const SiteMap sites(net);
  std::ostringstream pipeline, registers, visibility, bindings;
  write_pipeline(pipeline, flow);
  write_register_package(registers, net);
  write_visibility(visibility, sites);
  write_bindings(bindings, flow, sites);
  RtlFiles files;
  files.texts = {{"fl_pipeline.sv", pipeline.str()},
                 {"fl_regs_pkg.sv", registers.str()},
                 {"visibility.vlt", visibility.str()},
                 {"bindings.inc", bindings.str()},
                 {"hardware.inc", "\"" + hardware_digest(net) + "\"\n"}};
  if (sources.empty()) {
    return files;
  }
  RtlSources modules = {{"fl_pipeline.sv", pipeline.str()}, {"fl_regs_pkg.sv", registers.str()}};
  RtlSources always = {{"visibility.vlt", visibility.str()}};
  for (const auto& source : sources) {
    const bool systemverilog = source.extension() == ".sv" || source.extension() == ".svh";
    if (!(systemverilog ? modules : always).emplace(source.filename(), content_of(source)).second) {
      throw InputError("two sources are called " + source.filename().string() +
                       ": give each a name of its own");
    }
  }
  files.digest = rtl_digest("fl_accel", modules, always, options);
  files.texts["digest.inc"] = "\"" + files.digest + "\"\n";
  return files;
}

void write_rtl_files(const RtlFiles& files, const fs::path& dir) {
  fs::create_directories(dir);
  for (const auto& [name, text] : files.texts) {
    const auto path = dir / name;
    if (fs::exists(path) && content_of(path) == text) {
      continue;
    }
    std::ofstream file(path);
    file << text;
    if (!file.flush()) {
      throw InputError("cannot write " + path.string() + ": check the folder and the free space");
    }
  }
}

}  // namespace fluence
