#include "network/shipped_networks.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace fluence {
namespace {

const NamedText& shipped(const std::string& name, std::string_view end) {
  const auto file = "networks/" + name + std::string(end);
  const auto& files = network_files();
  const auto it = std::ranges::find(files, file, &NamedText::file);
  if (it == files.end()) {
    throw InputError("there is no " + file + ": correct the name in the file that asks for it");
  }
  return *it;
}

std::vector<Topology> make_all() {
  std::vector<Topology> nets;
  for (const auto& file : network_files()) {
    if (const auto kind = kind_of(file); kind.is_hardware) {
      nets.push_back(parse_topology(shipped(kind.other, kNetworkEnd), file));
    }
  }
  return nets;
}

}  // namespace

const std::vector<Topology>& all_topologies() {
  static const auto nets = make_all();
  return nets;
}

const Topology& topology(std::string_view name) {
  const auto& nets = all_topologies();
  auto it = std::ranges::find(nets, name, &Topology::name);
  if (it == nets.end() && std::ranges::find(nets, name, &Topology::network) != nets.end()) {
    it =
        std::ranges::find(nets, kind_of(shipped(std::string(name), kNetworkEnd)).other, &Topology::name);
  }
  if (it == nets.end()) {
    std::string known;
    for (const auto& net : nets) {
      known += (known.empty() ? "" : ", ") + net.name;
    }
    throw InputError("unknown network '" + std::string(name) + "': use one of " + known);
  }
  return *it;
}

}  // namespace fluence
