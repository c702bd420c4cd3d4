#include "rates/spectrum.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>

#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/text.hpp"

namespace fluence {
namespace {

constexpr std::size_t kMostBytes = 64 * kMebibyte;
constexpr int kMostPoints = 1'000'000;
constexpr int kMostElements = 120;

// The numbers of a file behind its comments, with the line at hand.
class Numbers {
 public:
  Numbers(std::istream& in, const std::string& name) : in_(in), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(name_ + ":" + std::to_string(line_) + ": " + what +
                     ": give a file as CREME96 writes it");
  }

  // The first line that is no comment; the first of all gives the file's name and is one too.
  std::istringstream header() {
    std::string line;
    next_line(line);
    while (next_line(line)) {
      if (const auto text = line.find_first_not_of(" \t\r");
          text != std::string::npos && line[text] != '%') {
        return std::istringstream(line);
      }
    }
    fail("the file ends before its numbers");
  }
  double next() {
    std::string word;
    while (!(words_ >> word)) {
      std::string line;
      if (!next_line(line)) {
        fail("the file ends before its last number");
      }
      words_ = std::istringstream(line);
    }
    return number(word);
  }
  double number(std::string_view word) const {
    double value = 0;
    const auto* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc() || stop != end || !std::isfinite(value) || value < 0) {
      fail("'" + printable(word.substr(0, 40)) + "' is no number from 0 up");
    }
    return value;
  }

 private:
  bool next_line(std::string& line) {
    ++line_;
    return static_cast<bool>(std::getline(in_, line));
  }

  std::istream& in_;
  const std::string& name_;
  std::istringstream words_;
  int line_ = 0;
};

struct Header {
  double first = 0, last = 0;
  int points = 0, first_z = 0, last_z = 0;
};

Header header_of(Numbers& numbers) {
  auto line = numbers.header();
  std::string word;
  const auto next = [&] {
    return line >> word ? numbers.number(word)
                        : (numbers.fail("the line before the numbers is too short"), 0.0);
  };
  Header header;
  header.first = next();
  header.last = next();
  const double points = next();
  const double first_z = next();
  const double last_z = next();
  const bool whole =
      points == std::floor(points) && first_z == std::floor(first_z) && last_z == std::floor(last_z);
  if (!(header.first > 0 && header.last > header.first && whole && points >= 2 &&
        points <= kMostPoints && first_z >= 1 && last_z >= first_z && last_z <= kMostElements)) {
    numbers.fail(
        "the line before the numbers is not: lowest, highest, number of points, first and last Z");
  }
  header.points = static_cast<int>(points);
  header.first_z = static_cast<int>(first_z);
  header.last_z = static_cast<int>(last_z);
  return header;
}

}  // namespace

SpectrumKind spectrum_kind(const std::filesystem::path& file) {
  auto end = file.extension().string();
  std::ranges::transform(end, end.begin(), [](unsigned char c) { return std::toupper(c); });
  if (end == ".TFX" || end == ".FLX") return SpectrumKind::energies;
  if (end == ".DLT") return SpectrumKind::let;
  if (end == ".LET") return SpectrumKind::integral_let;
  throw InputError("the spectrum " + file.string() +
                   " is of no known kind: give a CREME96 file .TFX, .FLX, .DLT or .LET");
}

Spectrum read_spectrum(std::istream& in, const std::string& name, SpectrumKind kind) {
  Numbers numbers(in, name);
  const auto header = header_of(numbers);
  if (kind == SpectrumKind::energies && header.first_z != 1) {
    numbers.fail("the spectrum begins with Z = " + std::to_string(header.first_z) +
                 ", so it holds no protons");
  }
  Spectrum spectrum;
  const double step = std::log(header.last / header.first) / (header.points - 1);
  for (int i = 0; i < header.points; ++i) {
    spectrum.at.push_back(header.first * std::exp(step * i));
    spectrum.flux.push_back(numbers.next());
  }
  if (kind == SpectrumKind::integral_let && !std::ranges::is_sorted(spectrum.flux, std::greater())) {
    numbers.fail("an integral flux rises");
  }
  return spectrum;
}

Spectrum read_spectrum(const std::filesystem::path& file, SpectrumKind kind) {
  std::istringstream in(read_text(file, "the spectrum", kMostBytes));
  return read_spectrum(in, file.string(), kind);
}

}  // namespace fluence
