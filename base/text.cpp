#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/error.hpp"

namespace fluence {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// A character in UTF-8, in its shortest form.
struct Code {
  std::size_t bytes = 0;  ///< 0: there is none
  std::uint32_t value = 0;
};

Code first_code(std::string_view text) {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) {
    return {1, lead};
  }
  const std::size_t bytes = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes) {
    return {};
  }
  auto value = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) {
      return {};
    }
    value = value << 6 | (byte_at(text, i) & 0x3fU);
  }
  const bool too_long = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return too_long || surrogate || value > 0x10ffff ? Code{} : Code{bytes, value};
}

bool is_printable(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool line_end = code == 0x2028 || code == 0x2029;
  const bool direction = code == 0x061c || code == 0x200e || code == 0x200f ||
                         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  const bool no_character = code == 0xfffe || code == 0xffff;
  return !control && !line_end && !direction && !no_character;
}

std::string escaped(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    result += "\\x";
    result += kDigits[byte_at(bytes, i) >> 4];
    result += kDigits[byte_at(bytes, i) & 0xfU];
  }
  return result;
}

// With its mark at the start or, of a text that begins with a character of ours, without.
bool seems_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff") ||
         (text.size() > 1 && (text[0] == '\0') != (text[1] == '\0'));
}

}  // namespace

Character first_character(std::string_view text) {
  const auto [bytes, code] = first_code(text);
  return {text.substr(0, std::max<std::size_t>(bytes, 1)), bytes > 0 && is_printable(code)};
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto character = first_character(text);
    result += character.printable ? std::string(character.bytes) : escaped(character.bytes);
    text.remove_prefix(character.bytes.size());
  }
  return result;
}

std::string printable_lines(std::string_view text) {
  std::string result;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    result += printable(text.substr(0, end)) + "\n";
    text.remove_prefix(end + 1);
  }
  return result + printable(text);
}

void require_utf8(std::string_view text, const std::string& what) {
  if (seems_utf16(text)) {
    throw InputError(what + " is UTF-16 text: save it as UTF-8");
  }
  for (auto rest = text; !rest.empty();) {
    const auto bytes = first_code(rest).bytes;
    if (bytes == 0) {
      const auto line = 1 + std::ranges::count(text.substr(0, text.size() - rest.size()), '\n');
      throw InputError(what + " is no UTF-8 text, with the byte " + escaped(rest.substr(0, 1)) +
                       " in line " + std::to_string(line) + ": save it as UTF-8");
    }
    rest.remove_prefix(bytes);
  }
}

}  // namespace fluence
