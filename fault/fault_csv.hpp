// Fault lists of other tools: CSV with names and times of the RTL. docs/fault-model.md has the mapping.
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "fault/fault_list.hpp"

namespace fluence {

/// Reads a list for the network of `sites`. Throws InputError naming file, line, column and remedy for a
/// column that is unknown or missing, a name that the RTL does not have, a number that is none, and
/// whatever `read_fault_list` refuses of a fault. Empty lines and those that begin with # are skipped;
/// `name` is what errors call it.
std::vector<ListedCase> read_fault_csv(std::istream& in, const std::string& name, const SiteMap& sites);

/// The site that a name of the RTL says, with or without what is above our top module before it:
/// "tb.dut.u_pipeline.u_l3_mvau.weights_q[3][17][5]". Unpacked dimensions of one element may be left
/// out, and the last index is that of the bit, but with `bit`, which says it instead. Throws InputError.
Site site_of_rtl_name(const std::string& name, std::optional<int> bit, const SiteMap& sites);

}  // namespace fluence
