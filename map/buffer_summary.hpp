// What a map of buffers says: totals, a table, a row for each span of cycles.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "map/buffer_results.hpp"

namespace fluence {

/// The file of --csv: for each bit, in the order of sites, the run's cycles in the order of time, cut
/// where the consequence changes. Throws InputError if that is more than `most_bytes`, or if files of
/// the folder are damaged.
std::string buffer_csv(const BufferMap& map, const std::filesystem::path& folder,
                       std::size_t most_bytes = std::size_t{1} << 30);
/// The file of --totals: a row for each space and layer, in bit-cycles.
std::string buffer_totals_csv(const BufferMap& map);
/// The printed table.
std::string buffer_text(const BufferMap& map);
/// What the table says.
nlohmann::ordered_json buffer_json(const BufferMap& map);

}  // namespace fluence
