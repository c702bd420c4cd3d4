// What a map of buffers says: totals, a table, a row for each span of cycles.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/output_file.hpp"
#include "map/buffer_results.hpp"
#include "map/summary.hpp"

namespace fluence {

/// Over the images that are done, which must be all, in the order of the layout's regions.
std::vector<MapTotals> buffer_totals(const BufferMap& map);
/// Calls `visit` for each bit, in the order of sites, with all of the run's cycles in the order of time,
/// cut where the consequence changes. Throws InputError if files of the folder are damaged.
void for_each_span(const BufferMap& map, const std::filesystem::path& folder,
                   const std::function<void(const Site&, const BufferEntry&)>& visit);
/// The file of --csv, piece by piece. Throws likewise.
void buffer_csv(const BufferMap& map, const std::filesystem::path& folder, const TextSink& sink);
/// The file of --totals: a row for each space and layer, in bit-cycles.
std::string buffer_totals_csv(const BufferMap& map);
/// The printed table.
std::string buffer_text(const BufferMap& map);
/// What the table says.
nlohmann::ordered_json buffer_json(const BufferMap& map);
/// The same, `curve` and `worst` as of a map of parameters (map_json), by cycles of a bit in which an
/// upset is critical, and for the page's `pictures` in how many it changes a score. Throws InputError if
/// files of the folder are damaged.
nlohmann::ordered_json buffer_page_data(const BufferMap& map, const std::filesystem::path& folder);

}  // namespace fluence
