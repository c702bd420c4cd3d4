// A TOML table that is read strictly: every error names file, line, key and remedy, and no key is
// overlooked.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fluence {

/// The tables of a text; `file` is what errors call it. Throws InputError naming file and line if it is
/// no TOML, or nested deeper than any file of ours.
toml::table parse_toml(std::string_view text, const std::string& file);

class TomlTable {
 public:
  /// The table must outlive the reader; `file` is what errors call its file.
  TomlTable(const toml::table& table, std::string file) : table_(&table), file_(std::move(file)) {}

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool has(std::string_view key);
  using Item = std::function<void(const toml::node&)>;
  /// Calls `item` for the value of a key. An InputError that `item` throws gets file, line and key put
  /// before it. Throws if the key is missing.
  void value(std::string_view key, const Item& item);
  /// The same for each element if the value is a list. Throws if the list is empty.
  void each(std::string_view key, const Item& item);
  /// Tables of an array of tables. Throws if the key is missing, empty or something else.
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key);

  /// Throws for the first key that nobody has asked for.
  void reject_unknown() const;

  /// Throws InputError "file:line: <sentence>" with the line of a node.
  [[noreturn]] void fail(const toml::node& node, const std::string& sentence) const;
  [[noreturn]] void fail(const std::string& sentence) const { fail(*table_, sentence); }

 private:
  const toml::node& node(std::string_view key);
  void call(std::string_view key, const toml::node& node, const Item& item) const;

  const toml::table* table_;
  std::string file_;
  std::set<std::string, std::less<>> known_;
};

/// A node as text or as a whole number in a range. Throws InputError saying what is wanted.
std::string as_text(const toml::node& node);
std::int64_t as_integer(const toml::node& node, std::int64_t least, std::int64_t most);
/// A number from 0 to 100, whole or not. Throws likewise.
double as_per_cent(const toml::node& node);

}  // namespace fluence
