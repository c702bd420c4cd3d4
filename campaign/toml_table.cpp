#include "campaign/toml_table.hpp"

#include "base/error.hpp"
#include "base/input_file.hpp"

namespace fluence {
namespace {

std::string in_quotes(std::string_view key) { return "'" + std::string(key) + "'"; }

}  // namespace

// The library follows dotted keys as deep as they go.
toml::table parse_toml(std::string_view text, const std::string& file) {
  const auto at = [&](auto line) { return file + ":" + std::to_string(line) + ": "; };
  if (const int line = line_nested_too_deep(text); line != 0) {
    throw InputError(at(line) + "keys or lists are nested more than " + std::to_string(kMostNesting) +
                     " deep: correct the line");
  }
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    throw InputError(at(e.source().begin.line) + "this is no TOML (" + std::string(e.description()) +
                     "): correct the line");
  }
}

std::string as_text(const toml::node& node) {
  if (!node.is_string()) {
    throw InputError("a text is wanted: write it in quotes");
  }
  return node.as_string()->get();
}

std::int64_t as_integer(const toml::node& node, std::int64_t least, std::int64_t most) {
  const auto value = node.is_integer() ? node.as_integer()->get() : least - 1;
  if (value < least || value > most) {
    throw InputError("a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                     " is wanted: correct it");
  }
  return value;
}

double as_per_cent(const toml::node& node) {
  const auto value = node.value<double>();
  if (!node.is_number() || !(*value >= 0 && *value <= 100)) {
    throw InputError("a number from 0 to 100 (per cent) is wanted: correct it");
  }
  return *value;
}

void TomlTable::fail(const toml::node& node, const std::string& sentence) const {
  throw InputError(file_ + ":" + std::to_string(node.source().begin.line) + ": " + sentence);
}

bool TomlTable::has(std::string_view key) {
  known_.emplace(key);
  return table_->contains(key);
}

const toml::node& TomlTable::node(std::string_view key) {
  if (!has(key)) {
    fail(in_quotes(key) + " is missing here: add it");
  }
  return *table_->get(key);
}

void TomlTable::call(std::string_view key, const toml::node& node, const Item& item) const {
  try {
    item(node);
  } catch (const InputError& e) {
    fail(node, in_quotes(key) + ": " + e.what());
  }
}

void TomlTable::value(std::string_view key, const Item& item) { call(key, node(key), item); }

void TomlTable::each(std::string_view key, const Item& item) {
  const auto& list = node(key);
  if (!list.is_array()) {
    call(key, list, item);
    return;
  }
  if (list.as_array()->empty()) {
    fail(list, in_quotes(key) + " is an empty list: name at least one value");
  }
  for (const auto& element : *list.as_array()) {
    call(key, element, item);
  }
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
  const auto& value = node(key);
  const auto* array = value.as_array();
  if (array == nullptr || array->empty() || !array->is_homogeneous(toml::node_type::table)) {
    fail(value, in_quotes(key) + " is no array of tables: write [[" + std::string(key) + "]]");
  }
  std::vector<const toml::table*> result;
  for (const auto& element : *array) {
    result.push_back(element.as_table());
  }
  return result;
}

void TomlTable::reject_unknown() const {
  for (const auto& [key, value] : *table_) {
    if (!known_.contains(key.str())) {
      std::string list;
      for (const auto& k : known_) {
        list += (list.empty() ? "" : ", ") + k;
      }
      fail(value, "unknown key " + in_quotes(key.str()) + ": use " + list);
    }
  }
}

}  // namespace fluence
