#include "rates/device.hpp"

#include <algorithm>

#include "base/input_file.hpp"
#include "campaign/toml_numbers.hpp"

namespace fluence {
namespace {

constexpr NumberRange kShare{0, 1};
constexpr double kMostBits = 1e15;

Weibull weibull_of(TomlTable& table, const char* unit, const char* plateau) {
  Weibull weibull;
  weibull.onset = number(table, std::string("onset_") + unit);
  weibull.width = number(table, std::string("width_") + unit, kAboveZero);
  weibull.power = table.has("power") ? number(table, "power", kAboveZero) : 1;
  weibull.plateau = number(table, plateau);
  return weibull;
}

IonSensitivity ions_of(TomlTable& table) {
  IonSensitivity ions;
  ions.cross_section = weibull_of(table, "MeV_cm2_mg", "plateau_um2");
  std::size_t edges = 0;
  table.each("box_um", [&](const toml::node& node) {
    if (edges == ions.target.box.edges.size()) {
      throw InputError("a box has three edges: give as many");
    }
    ions.target.box.edges[edges++] = number_of(node, kAboveZero);
  });
  if (edges != ions.target.box.edges.size()) {
    table.fail("a box has three edges: give 'box_um' as many");
  }
  ions.target.depth = table.has("depth_um") ? number(table, "depth_um", kAboveZero)
                                            : *std::ranges::min_element(ions.target.box.edges);
  return ions;
}

void add_cross_sections(TomlTable& table, const std::string& file, DeviceMemory& memory) {
  memory.source = text(table, "source");
  if (table.has("verified")) {
    table.value("verified", [&](const toml::node& node) {
      if (!node.is_boolean()) {
        throw InputError("true or false is wanted: correct it");
      }
      memory.verified = *node.value<bool>();
    });
  }
  memory.neutrons = number_if(table, "neutrons_cm2");
  if (table.has("protons")) {
    auto protons = table_within(table, "protons", file);
    memory.protons = weibull_of(protons, "MeV", "plateau_cm2");
    protons.reject_unknown();
  }
  if (table.has("ions")) {
    auto ions = table_within(table, "ions", file);
    memory.ions = ions_of(ions);
    ions.reject_unknown();
  }
}

}  // namespace

const DeviceMemory* Device::memory_of(Space space) const {
  const auto it = std::ranges::find_if(memories, [&](const DeviceMemory& memory) {
    return std::ranges::count(memory.spaces, space) > 0;
  });
  return it == memories.end() ? nullptr : &*it;
}

Device parse_device(std::string_view content, const std::string& file) {
  const auto parsed = parse_toml(content, file);
  TomlTable table(parsed, file);
  require_format(table, "fluence device 1");
  Device device;
  device.name = text(table, "name");
  device.clock_mhz = number_if(table, "clock_MHz", kAboveZero).value_or(kClockMhz);
  for (const auto* entry : table.tables("memory")) {
    TomlTable one(*entry, file);
    DeviceMemory memory;
    memory.name = text(one, "name");
    one.each("spaces", [&](const toml::node& node) {
      const auto space = space_from_string(as_text(node));
      if (device.memory_of(space) != nullptr || std::ranges::count(memory.spaces, space) > 0) {
        throw InputError("the space " + std::string(to_string(space)) +
                         " is in a memory already: name it once");
      }
      memory.spaces.push_back(space);
    });
    add_cross_sections(one, file, memory);
    memory.burst_share = number_if(one, "burst_share", kShare).value_or(0);
    one.reject_unknown();
    device.memories.push_back(std::move(memory));
  }
  if (table.has("configuration")) {
    auto one = table_within(table, "configuration", file);
    ConfigurationMemory configuration;
    configuration.bits = number(one, "bits", {0, kMostBits});
    configuration.vulnerability = number(one, "vulnerability", kShare);
    configuration.memory.name = "configuration";
    add_cross_sections(one, file, configuration.memory);
    one.reject_unknown();
    device.configuration = std::move(configuration);
  }
  table.reject_unknown();
  return device;
}

std::map<Space, double> neutron_cross_sections(const std::filesystem::path& file) {
  std::map<Space, double> found;
  for (const auto& memory : read_device(file).memories) {
    for (const auto space : memory.spaces) {
      if (memory.neutrons) {
        found[space] = *memory.neutrons;
      }
    }
  }
  return found;
}

Device read_device(const std::filesystem::path& file) {
  return parse_device(read_text(file, "the device", kMebibyte), file.string());
}

}  // namespace fluence
