#include "rtl/sites.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/escape.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/printout.hpp"
#include "network/known_networks.hpp"

namespace fluence::cli {
namespace {

std::string count_table(const SiteMap& sites) {
  auto text = fmt::format("{:<12}", sites.net().name);
  for (const auto& layer : sites.net().layers) {
    text += fmt::format(" {:>9}", fmt::format("layer {}", layer.index));
  }
  text += fmt::format(" {:>9}\n", "total");
  for (const auto space : sites.spaces()) {
    text += fmt::format("{:<12}", to_string(space));
    for (const auto& layer : sites.net().layers) {
      text += fmt::format(" {:>9}", sites.bit_count(space, layer.index));
    }
    text += fmt::format(" {:>9}\n", sites.bit_count(space));
  }
  return text + fmt::format("{} bits; {} of them parameters\n", sites.bit_count(),
                            sites.bit_count(Space::weights) + sites.bit_count(Space::thresholds));
}

nlohmann::ordered_json counts(const SiteMap& sites) {
  Table table({{"space", "", ""}, {"layer", "", ""}, {"bits", "", ""}});
  for (const auto space : sites.spaces()) {
    for (const auto& layer : sites.net().layers) {
      table.add(to_string(space), layer.index, sites.bit_count(space, layer.index));
    }
  }
  return table.rows();
}

std::string array_list(const SiteMap& sites) {
  std::string text = "address,space,layer,first_module,modules,words,threshes,bits,rtl_name,copies\n";
  for (const auto& a : sites.arrays()) {
    text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", a.address, to_string(a.space), a.layer,
                        a.first_module, a.modules, a.words, a.threshes, a.bits, csv_cell(a.rtl_name),
                        a.copies);
  }
  return text;
}

}  // namespace

void add_sites(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("sites", "Count the bits that faults can hit, in space and layer");
  auto network = std::make_shared<std::string>();
  auto out = std::make_shared<Printout>();
  add_network(*command, *network);
  out->add_json(*command, "a row for each space and layer");
  out->add_csv(*command, "every array, flat state address of its first bit, shape, name in the RTL,");
  add_example(*command, "fluence sites --network " + example_network() + " --csv");
  command->callback([network, out, &code] {
    out->check();
    const SiteMap sites(find_topology(*network));
    out->show(count_table(sites), counts(sites));
    if (out->wants_csv()) {
      out->csv(array_list(sites));
    }
    out->end();
    code = kDone;
  });
}

}  // namespace fluence::cli
