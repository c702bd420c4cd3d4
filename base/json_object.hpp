// A JSON object that is read strictly: every error names file, place, key and remedy, and no key is
// overlooked.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fluence {

class JsonObject {
 public:
  /// `place` begins every error: "x.json", "x.json: layer 3". The value must outlive the reader. Throws
  /// InputError if it is no object.
  JsonObject(const nlohmann::json& value, std::string place);

  [[nodiscard]] bool has(std::string_view key);
  /// Throws InputError if the key is missing; so do the others.
  [[nodiscard]] const nlohmann::json& value(std::string_view key);
  /// Throws InputError if the value is no whole number from `least` to `most`; so do the others for what
  /// they read.
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t least, std::int64_t most,
                                        std::int64_t otherwise);
  [[nodiscard]] std::string text(std::string_view key);
  [[nodiscard]] bool truth(std::string_view key);
  /// One of few texts.
  [[nodiscard]] std::string choice(std::string_view key, const std::vector<std::string>& known);
  /// The objects of a list of 1 to `most`. `what`: "layer"; their places are called "layer 0" and so on.
  [[nodiscard]] std::vector<JsonObject> objects(std::string_view key, std::string_view what,
                                                std::size_t most);
  [[nodiscard]] JsonObject object(std::string_view key);

  /// Throws InputError for the first key that nobody has asked for, naming those that somebody did.
  void reject_unknown() const;
  /// Throws InputError: the place and the sentence.
  [[noreturn]] void fail(const std::string& sentence) const;

 private:
  const nlohmann::json* value_;
  std::string place_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace fluence
