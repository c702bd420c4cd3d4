// What the keys of a folding file name: OPTYPE_number, where the number counts nodes of that type.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "import/integer_network.hpp"

namespace fluence::importing {

enum class Stage { product, window, other };

struct KeyPlace {
  Stage stage = Stage::other;
  int layer = -1;        ///< of a product or a window
  bool of_pool = false;  ///< a window: of the layer's pool
};

/// What each key names. `styles`: the backend of each unit, or "" where nothing says it. Throws
/// InputError naming `file` and the key if it names nothing, with the nearest that does, or if keys of
/// both backends leave open which layer each names.
std::map<std::string, KeyPlace> places_of_units(const IntegerNetwork& network,
                                                const std::vector<std::string>& keys,
                                                const std::vector<std::string>& styles,
                                                const std::string& file);

/// Keys of an entry that are known and not used.
const std::vector<std::string>& unused_keys();
/// The text that is nearest to another one.
std::string nearest(const std::string& text, const std::vector<std::string>& known);

}  // namespace fluence::importing
