// The key 'draw' of a campaign's part: in common with other hardwares, or by complete maps, whose
// critical faults its trials have more often.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "campaign/scenario.hpp"
#include "campaign/spec.hpp"
#include "campaign/toml_table.hpp"
#include "fault/importance.hpp"

namespace fluence {

/// Of the maps that a specification names, by digest.
using DrawMaps = std::map<std::string, std::shared_ptr<const Importance>>;

/// Puts the digests of the maps in the place of their folders, so that the text says what trials depend
/// on. Without a reader they must be digests already. Throws InputError naming file, line and key.
DrawMaps read_maps(toml::table& root, const std::filesystem::path& file, const MapReader& reader);

/// What a part states.
struct Preference {
  bool common = false;                                  ///< see DrawPlan
  std::vector<std::string> digests;                     ///< none: trials are plain
  std::vector<std::shared_ptr<const Importance>> maps;  ///< of those that have been read
  double plain = 1;                                     ///< share of trials that are drawn plainly

  [[nodiscard]] bool by_map() const { return !digests.empty(); }
  /// "map DIGEST plain 0.2", or empty.
  [[nodiscard]] std::string text() const;
  /// That of a scenario's network and mode; null if there is nothing to choose from. Throws InputError
  /// if none of the maps is.
  [[nodiscard]] std::shared_ptr<const Importance> of(const Scenario& scenario) const;
};

/// `read_maps` has been there. Throws InputError naming file, line, key and remedy.
Preference read_preference(TomlTable& part, const DrawMaps& maps);

}  // namespace fluence
