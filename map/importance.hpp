// A complete map as what a campaign's trials are drawn by.
#pragma once

#include <filesystem>
#include <memory>

#include "fault/importance.hpp"
#include "map/results.hpp"

namespace fluence {

/// In how many images each fault of the map is critical. Throws InputError naming `where` if the map has
/// not all its images, or is one of second faults given others.
std::shared_ptr<const Importance> importance_of(const MapResults& map,
                                                const std::filesystem::path& where);

}  // namespace fluence
