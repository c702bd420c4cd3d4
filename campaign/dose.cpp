#include "campaign/dose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "campaign/toml_numbers.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {
namespace {

constexpr int kMostFaults = 1'000'000'000;
constexpr NumberRange kValue{0, 1e30};
constexpr NumberRange kClock{1e-3, 1e6};
constexpr double kHertz = 1e6;  // of a megahertz

// A number for all spaces, or a table of them.
std::map<Space, double> read_cross_sections(TomlTable& part) {
  std::map<Space, double> found;
  part.value("cross_section", [&](const toml::node& node) {
    if (const auto* table = node.as_table()) {
      for (const auto& [space, value] : *table) {
        found[space_from_string(space.str())] = number_of(value, kValue);
      }
    } else {
      for (const auto space : kSpaces) {
        found[space] = number_of(node, kValue);
      }
    }
  });
  return found;
}

Dose read_unit(TomlTable& part, bool rate) {
  Dose dose;
  dose.unit = DoseUnit::fluence;
  if (rate) {
    dose.unit = DoseUnit::image;
    if (part.has("per")) {
      part.value("per", [&](const toml::node& node) {
        const auto per = as_text(node);
        if (per != "image" && per != "second") {
          throw InputError("'" + per + "' is unknown: use image or second");
        }
        dose.unit = per == "image" ? DoseUnit::image : DoseUnit::second;
      });
    }
    if (dose.unit == DoseUnit::second) {
      dose.clock_mhz = part.has("clock_MHz") ? number(part, "clock_MHz", kClock) : kClockMhz;
    }
  } else {
    dose.cross_section = read_cross_sections(part);
  }
  return dose;
}

// Keys of another dose than the part's.
void refuse_rest(TomlTable& part, const Dose* dose) {
  struct Rest {
    const char* key;
    bool belongs;
    const char* to;
  };
  const bool rate = dose != nullptr && dose->unit != DoseUnit::fluence;
  const bool second = dose != nullptr && dose->unit == DoseUnit::second;
  for (const auto& rest :
       {Rest{"per", rate, "a 'rate'"}, Rest{"clock_MHz", second, "a 'rate' with 'per = \"second\"'"},
        Rest{"cross_section", dose != nullptr && !rate, "a 'fluence'"}}) {
    if (part.has(rest.key) && !rest.belongs) {
      part.fail(fmt::format("'{}' is that of {} and this part has none: add it, or leave '{}' out",
                            rest.key, rest.to, rest.key));
    }
  }
}

}  // namespace

std::string_view to_string(DoseUnit unit) {
  constexpr std::array<std::string_view, 3> kNames = {"upsets/bit/image", "upsets/bit/second",
                                                      "particles/cm2"};
  return kNames.at(static_cast<std::size_t>(unit));
}

std::string Dose::text() const { return fmt::format("{} {}", value, to_string(unit)); }

std::string Dose::text(const std::vector<Space>& spaces) const {
  if (unit == DoseUnit::image) {
    return text();
  }
  if (unit == DoseUnit::second) {
    return text() + fmt::format(" at {} MHz", clock_mhz);
  }
  std::vector<std::string> sections;
  for (const auto space : spaces) {
    sections.push_back(fmt::format("{}", cross_section.at(space)));
  }
  if (std::ranges::adjacent_find(sections, std::ranges::not_equal_to()) == sections.end()) {
    sections.resize(1);
  }
  return fmt::format("{} at {} cm2", text(), fmt::join(sections, "+"));
}

std::vector<double> Dose::upsets_a_bit(const std::vector<Space>& spaces, int images,
                                       const std::function<double(int)>& run_length) const {
  std::vector<double> mean;
  for (const auto space : spaces) {
    switch (unit) {
      case DoseUnit::image: mean.push_back(value * images); break;
      case DoseUnit::second: mean.push_back(value * (run_length(images) / (clock_mhz * kHertz))); break;
      case DoseUnit::fluence:
        if (!cross_section.contains(space)) {
          throw InputError("'cross_section' has none of " + std::string(to_string(space)) +
                           ": add it, or name a device's file that has");
        }
        mean.push_back(value * cross_section.at(space));
        break;
    }
  }
  return mean;
}

std::vector<Amount> read_amounts(TomlTable& part) {
  const bool rate = part.has("rate");
  const bool fluence = part.has("fluence");
  if (part.has("faults") ? rate || fluence : rate && fluence) {
    part.fail(
        "'faults', 'rate' and 'fluence' each say how many upsets a trial has: keep one of them in a "
        "part");
  }
  std::vector<Amount> amounts;
  if (!rate && !fluence) {
    refuse_rest(part, nullptr);
    part.each("faults", [&](const toml::node& node) {
      amounts.push_back({static_cast<int>(as_integer(node, 0, kMostFaults)), {}});
    });
    return amounts;
  }
  auto dose = read_unit(part, rate);
  refuse_rest(part, &dose);
  part.each(rate ? "rate" : "fluence", [&](const toml::node& node) {
    dose.value = std::abs(number_of(node, kValue));  // -0 is 0
    amounts.push_back({0, dose});
  });
  return amounts;
}

}  // namespace fluence
