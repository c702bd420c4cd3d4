#include "base/escape.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "base/text.hpp"

namespace fluence {
namespace {

std::string each_byte(std::string_view bytes, const char* format) {
  std::string result;
  for (const char c : bytes) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), format, static_cast<unsigned>(static_cast<std::uint8_t>(c)));
    result += text.data();
  }
  return result;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    result.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return result.append(text);
}

std::string in_single_quotes(std::string_view text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  constexpr std::string_view kHarmless = "%+,-./:=@_";
  const bool harmless = !word.empty() && std::ranges::all_of(word, [&](char c) {
    return is_letter_or_digit(c) || kHarmless.find(c) != std::string_view::npos;
  });
  if (harmless) {
    return std::string(word);
  }
  if (printable(word) == word) {
    return in_single_quotes(word);
  }
  // A substitution loses newlines at its end.
  const auto newlines = word.substr(std::min(word.find_last_not_of('\n') + 1, word.size()));
  constexpr std::string_view kSpecial = "'\\%-";  // to the shell or to printf
  std::string format;
  for (word.remove_suffix(newlines.size()); !word.empty();) {
    const auto [bytes, visible] = first_character(word);
    const bool plain = visible && bytes.size() == 1 && kSpecial.find(bytes) == std::string_view::npos;
    format += plain ? std::string(bytes) : each_byte(bytes, "\\%03o");
    word.remove_prefix(bytes.size());
  }
  return (format.empty() ? "" : "\"$(printf '" + format + "')\"") +
         (newlines.empty() ? "" : in_single_quotes(newlines));
}

std::string shell_path(const std::filesystem::path& path) {
  const auto& name = path.native();
  return shell_quoted((name.starts_with('-') ? "./" : "") + name);
}

std::string markup(std::string_view text) {
  auto result = replaced(printable(text), "&", "&amp;");
  result = replaced(result, "<", "&lt;");
  result = replaced(result, ">", "&gt;");
  result = replaced(result, "'", "&#39;");
  return replaced(result, "\"", "&quot;");
}

std::string csv_cell(std::string_view text) {
  constexpr std::string_view kFormula = "=+-@\t\r\n";
  std::string cell(text);
  if (!cell.empty() && kFormula.find(cell.front()) != std::string_view::npos) {
    cell.insert(0, 1, '\'');
  }
  const bool bare = cell.find_first_of(",;\"\t\r\n") == std::string::npos;
  return bare ? cell : '"' + replaced(cell, "\"", "\"\"") + '"';
}

std::string link_to(const std::filesystem::path& path) {
  constexpr std::string_view kHarmless = "-._~/";
  std::string result;
  for (const char c : path.native()) {
    const bool plain = is_letter_or_digit(c) || kHarmless.find(c) != std::string_view::npos;
    result += plain ? std::string(1, c) : each_byte({&c, 1}, "%%%02X");
  }
  return result;
}

}  // namespace fluence
