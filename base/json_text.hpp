// JSON on its way in and out.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/input_file.hpp"

namespace fluence {

/// An nlohmann::json or ordered_json from text. Throws the library's exception if it is none, and
/// std::length_error if it is nested so deep that copying it could overflow the stack.
template <typename Json>
Json parse_json(std::string_view text) {
  if (line_nested_too_deep(text) != 0) {
    throw std::length_error("its lists are nested more than " + std::to_string(kMostNesting) + " deep");
  }
  return Json::parse(text);
}

/// An nlohmann::json or ordered_json as ASCII text. Bytes in it that are no UTF-8 become U+FFFD, where
/// the library's own `dump` would throw.
template <typename Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', true, Json::error_handler_t::replace);
}

}  // namespace fluence
