// What was understood of a graph, as a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "import/integer_network.hpp"

namespace fluence::importing {

/// A line for the image, one for each layer, one in all, and the remarks.
std::string table_of(const IntegerNetwork& network);
/// The layers, an object each; keys: docs/command.md.
nlohmann::ordered_json rows_of(const IntegerNetwork& network);

}  // namespace fluence::importing
