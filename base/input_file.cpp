#include "base/input_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/error.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

// The end of the string that begins at `at`, its closing quote if it has one. Only one with three quotes
// goes on over a line's end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool is_long = text.substr(at, 3) == three;
  for (auto i = at + (is_long ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (is_long ? text.substr(i, 3) == three : text[i] == quote) {
      return is_long ? i + 2 : i;
    } else if (text[i] == '\n' && !is_long) {
      return i - 1;
    }
  }
  return text.size() - 1;
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::string_view what, std::string_view remedy,
                      std::size_t most) {
  const auto fail = [&](const std::string& reason, std::string_view mend) {
    throw InputError("cannot read " + std::string(what) + " " + path.string() + " (" + reason +
                     "): " + std::string(mend));
  };
  const auto fail_as = [&](int error) { fail(std::generic_category().message(error), remedy); };
  // Opening a folder succeeds, and reading it throws something else.
  if (std::error_code ignored; std::filesystem::is_directory(path, ignored)) {
    fail_as(EISDIR);
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    fail_as(errno);
  }
  std::string text;
  for (std::array<char, 65536> part{}; in;) {
    in.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) {
      fail("it has more than " + std::to_string(most / kMebibyte) + " MiB", "name a smaller one");
    }
  }
  if (in.bad()) {
    fail_as(errno);
  }
  return text;
}

std::string read_text(const std::filesystem::path& path, std::string_view what, std::size_t most) {
  auto text = read_file(path, what, "check the path", most);
  require_utf8(text, std::string(what) + " " + path.string());
  return text;
}

int line_nested_too_deep(std::string_view text) {
  int line = 1;
  int open = 0;
  int dots = 0;  // of the key at hand, which ends with any of the other marks
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const auto end = end_of_string(text, i);
      line += static_cast<int>(std::ranges::count(text.substr(i, end - i), '\n'));
      i = end;
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '.') {
      ++dots;
    } else if (std::string_view("\n,=[]{}").find(c) != std::string_view::npos) {
      dots = 0;
      line += c == '\n' ? 1 : 0;
      open += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    }
    if (open > kMostNesting || dots > kMostNesting) {
      return line;
    }
  }
  return 0;
}

}  // namespace fluence
