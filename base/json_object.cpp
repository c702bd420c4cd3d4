#include "base/json_object.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/json_number.hpp"

namespace fluence {
namespace {

std::string in_quotes(std::string_view key) { return "'" + std::string(key) + "'"; }

std::string listed(const auto& texts) {
  std::string list;
  for (const auto& text : texts) {
    list += (list.empty() ? "" : ", ") + text;
  }
  return list;
}

}  // namespace

JsonObject::JsonObject(const nlohmann::json& value, std::string place)
    : value_(&value), place_(std::move(place)) {
  if (!value.is_object()) {
    fail("here is no object: write {\"key\": value, ...}");
  }
}

void JsonObject::fail(const std::string& sentence) const { throw InputError(place_ + ": " + sentence); }

bool JsonObject::has(std::string_view key) {
  known_.emplace(key);
  return value_->contains(key);
}

const nlohmann::json& JsonObject::value(std::string_view key) {
  if (!has(key)) {
    fail(in_quotes(key) + " is missing: add it");
  }
  return value_->at(key);
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const auto number = whole_number(value(key), least, most);
  if (!number) {
    fail(in_quotes(key) + " is no whole number from " + std::to_string(least) + " to " +
         std::to_string(most) + ": correct it");
  }
  return *number;
}

std::int64_t JsonObject::integer_or(std::string_view key, std::int64_t least, std::int64_t most,
                                    std::int64_t otherwise) {
  return has(key) ? integer(key, least, most) : otherwise;
}

bool JsonObject::truth(std::string_view key) {
  const auto& given = value(key);
  if (!given.is_boolean()) {
    fail(in_quotes(key) + " is neither true nor false: correct it");
  }
  return given.get<bool>();
}

std::string JsonObject::text(std::string_view key) {
  const auto& given = value(key);
  if (!given.is_string()) {
    fail(in_quotes(key) + " is no text: write one in quotes");
  }
  return given.get<std::string>();
}

std::string JsonObject::choice(std::string_view key, const std::vector<std::string>& known) {
  auto given = text(key);
  if (std::ranges::find(known, given) == known.end()) {
    fail(in_quotes(key) + " is '" + given + "', which is unknown: use " + listed(known));
  }
  return given;
}

std::vector<JsonObject> JsonObject::objects(std::string_view key, std::string_view what,
                                            std::size_t most) {
  const auto& given = value(key);
  if (!given.is_array() || given.empty() || given.size() > most) {
    fail(in_quotes(key) + " is no list of 1 to " + std::to_string(most) + ": give one");
  }
  std::vector<JsonObject> result;
  for (const auto& element : given) {
    result.emplace_back(element,
                        place_ + ": " + std::string(what) + " " + std::to_string(result.size()));
  }
  return result;
}

JsonObject JsonObject::object(std::string_view key) {
  return {value(key), place_ + ": " + in_quotes(key)};
}

void JsonObject::reject_unknown() const {
  for (const auto& [key, ignored] : value_->items()) {
    if (!known_.contains(key)) {
      fail("unknown key " + in_quotes(key) + ": use " + listed(known_));
    }
  }
}

}  // namespace fluence
