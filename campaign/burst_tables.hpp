// What a specification says of shapes of bursts.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaign/toml_table.hpp"
#include "fault/burst.hpp"

namespace fluence {

using BurstTables = std::map<std::string, std::vector<BurstShape>>;

/// The tables of 'bursts', by name. Throws InputError naming file, line, key and remedy.
BurstTables read_burst_tables(TomlTable& root);

/// The shapes that a mode's burst stands for: "4", or the name of a table. Throws InputError if there is
/// no such table.
std::vector<BurstShape> find_burst(const BurstTables& tables, const std::string& burst);

}  // namespace fluence
