#include "base/npy.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/strided.hpp"

namespace fluence {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kMostBytes = std::size_t{1024} * kMebibyte;
constexpr std::size_t kMostAxes = 8;

std::uint64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

/// The header: a dictionary as Python writes it.
class Header {
 public:
  Header(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  [[nodiscard]] std::string text(std::string_view key) const {
    auto rest = behind(key);
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"')) {
      fail();
    }
    const auto end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos) {
      fail();
    }
    return std::string(rest.substr(1, end - 1));
  }

  [[nodiscard]] bool truth(std::string_view key) const {
    const auto rest = behind(key);
    if (!rest.starts_with("True") && !rest.starts_with("False")) {
      fail();
    }
    return rest.starts_with("True");
  }

  [[nodiscard]] std::vector<std::int64_t> shape() const {
    auto rest = behind("shape");
    const auto end = rest.find(')');
    if (!rest.starts_with('(') || end == std::string_view::npos) {
      fail();
    }
    rest = rest.substr(1, end - 1);
    std::vector<std::int64_t> shape;
    while (!(rest = trimmed(rest)).empty()) {
      std::int64_t side = 0;
      const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), side);
      if (error != std::errc() || side < 0 || shape.size() == kMostAxes) {
        fail();
      }
      shape.push_back(side);
      rest.remove_prefix(static_cast<std::size_t>(last - rest.data()));
      rest = trimmed(rest);
      if (!rest.empty() && rest.front() != ',') {
        fail();
      }
      rest.remove_prefix(rest.empty() ? 0 : 1);
    }
    return shape;
  }

  [[noreturn]] void fail() const {
    throw InputError(
        file_ +
        " is no array of NumPy: its header says no type, order and shape: save it again by numpy.save");
  }

 private:
  static std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\n");
    return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
  }

  /// What stands behind a key and its colon.
  [[nodiscard]] std::string_view behind(std::string_view key) const {
    for (const char quote : {'\'', '"'}) {
      const auto quoted = quote + std::string(key) + quote;
      if (const auto at = text_.find(quoted); at != std::string_view::npos) {
        const auto rest = trimmed(text_.substr(at + quoted.size()));
        if (rest.starts_with(':')) {
          return trimmed(rest.substr(1));
        }
      }
    }
    fail();
  }

  std::string_view text_;
  const std::string& file_;
};

/// A number's kind as NumPy calls it: i, u, b or f; and its bytes.
struct Type {
  char kind = 'i';
  std::size_t bytes = 1;
  bool big_endian = false;
};

std::optional<Type> type_of(const std::string& text) {
  if (text.size() != 3 || std::string_view("<>|=").find(text[0]) == std::string_view::npos) {
    return {};
  }
  const Type type{text[1], static_cast<std::size_t>(text[2] - '0'), text[0] == '>'};
  const auto bytes = type.bytes;
  const bool whole =
      (type.kind == 'i' || type.kind == 'u') && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
  const bool real = type.kind == 'f' && (bytes == 4 || bytes == 8);
  return whole || real || (type.kind == 'b' && bytes == 1) ? std::optional(type) : std::nullopt;
}

double number_of(std::string_view bytes, const Type& type) {
  std::uint64_t word = 0;
  if (type.big_endian) {
    for (const char byte : bytes) {
      word = word << 8 | static_cast<unsigned char>(byte);
    }
  } else {
    word = little(bytes);
  }
  if (type.kind == 'f') {
    return type.bytes == 8 ? std::bit_cast<double>(word)
                           : std::bit_cast<float>(static_cast<std::uint32_t>(word));
  }
  if (type.kind != 'i') {
    return static_cast<double>(word);
  }
  const auto unused = 64 - 8 * type.bytes;
  return static_cast<double>(static_cast<std::int64_t>(word << unused) >> unused);
}

/// From column by column to row by row.
std::vector<double> turned(const std::vector<double>& values, const std::vector<std::int64_t>& shape) {
  std::vector<std::size_t> steps;
  std::size_t step = 1;
  for (const auto side : shape) {
    steps.push_back(step);
    step *= static_cast<std::size_t>(side);
  }
  return read_strided(values, shape, steps);
}

}  // namespace

NumpyArray parse_npy(std::string_view bytes, const std::string& file) {
  const auto fail = [&](const std::string& why) {
    throw InputError(file + " is no array of NumPy: " + why + ": save it again by numpy.save");
  };
  constexpr std::size_t kVersion = 6;
  constexpr std::size_t kLength = 8;
  if (!bytes.starts_with(kMagic) || bytes.size() < kLength + 4) {
    fail("it does not begin as one");
  }
  const std::size_t length_bytes = bytes[kVersion] == 1 ? 2 : 4;
  const auto length = little(bytes.substr(kLength, length_bytes));
  const auto begin = kLength + length_bytes;
  if (bytes[kVersion] < 1 || bytes[kVersion] > 3 || length > bytes.size() - begin) {
    fail("its header is cut off or of another version");
  }
  const Header header(bytes.substr(begin, static_cast<std::size_t>(length)), file);
  const auto descr = header.text("descr");
  const auto type = type_of(descr);
  if (!type) {
    throw InputError(file + " has numbers of the type '" + descr +
                     "': save whole ones of 8 to 64 bits, or floating-point ones of 32 or 64");
  }
  NumpyArray array{header.shape(), type->kind == 'f', {}};
  std::int64_t count = 1;
  for (const auto side : array.shape) {
    if (side > kMostArrayNumbers || (count *= side) > kMostArrayNumbers) {
      throw InputError(file + " has more than " + std::to_string(kMostArrayNumbers) +
                       " numbers: save fewer");
    }
  }
  const auto data = bytes.substr(begin + static_cast<std::size_t>(length));
  if (data.size() != static_cast<std::size_t>(count) * type->bytes) {
    fail("it has " + std::to_string(data.size()) + " bytes of numbers where its shape asks for " +
         std::to_string(static_cast<std::size_t>(count) * type->bytes));
  }
  array.values.reserve(static_cast<std::size_t>(count));
  for (std::size_t at = 0; at < data.size(); at += type->bytes) {
    array.values.push_back(number_of(data.substr(at, type->bytes), *type));
  }
  if (header.truth("fortran_order") && array.shape.size() > 1) {
    array.values = turned(array.values, array.shape);
  }
  return array;
}

NumpyArray read_npy(const std::filesystem::path& file, std::string_view what) {
  return parse_npy(read_file(file, what, "give an array that numpy.save wrote", kMostBytes),
                   "'" + file.string() + "'");
}

}  // namespace fluence
