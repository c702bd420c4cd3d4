// What a hardware's RTL is made of: the files that are generated for it, and the digest of these with
// all others.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "network/topology.hpp"

namespace fluence {

struct RtlFiles {
  std::map<std::string, std::string> texts;  ///< by name: fl_pipeline.sv, bindings.inc and so on
  std::string digest;                        ///< rtl_digest(); empty if no sources were given
};

/// `options`: those of Verilator that change behaviour; `sources`: the files that do not depend on the
/// hardware. With them there is digest.inc, too. Throws InputError naming layer, rule and remedy if the
/// network is not built of RTL, or a source that cannot be read.
RtlFiles rtl_files(const Topology& net, const std::string& options,
                   const std::vector<std::filesystem::path>& sources);

/// Writes them into a folder, which is made. Leaves an unchanged file alone, so that nothing is rebuilt
/// for it.
void write_rtl_files(const RtlFiles& files, const std::filesystem::path& dir);

}  // namespace fluence
