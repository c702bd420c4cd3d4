#include "network/known_networks.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

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

constexpr std::string_view kProtectedFolder = "networks/protected/";

std::vector<Topology> make_all(bool protected_ones) {
  std::vector<Topology> nets;
  for (const auto& file : network_files()) {
    if (file.file.starts_with(kProtectedFolder) != protected_ones) {
      continue;
    }
    if (const auto kind = kind_of(file); kind.is_hardware) {
      nets.push_back(parse_topology(shipped(kind.other, kNetworkEnd), file));
    }
  }
  return nets;
}

// What was read since; references to it stay good.
struct Kept {
  std::mutex mutex;
  std::list<Topology> nets;
  std::map<const Topology*, std::filesystem::path> folders;
};

Kept& kept() {
  static Kept all;
  return all;
}

const Topology* known_hardware(std::string_view name) {
  for (const auto* shipped : {&all_topologies(), &protected_topologies()}) {
    if (const auto it = std::ranges::find(*shipped, name, &Topology::name); it != shipped->end()) {
      return &*it;
    }
  }
  const std::lock_guard lock(kept().mutex);
  const auto it = std::ranges::find(kept().nets, name, &Topology::name);
  return it == kept().nets.end() ? nullptr : &*it;
}

// The file of the one network in a folder.
std::filesystem::path network_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().ends_with(kNetworkEnd)) {
      files.push_back(entry.path());
    }
  }
  if (files.size() != 1) {
    throw InputError("the folder " + folder.string() + " holds " + std::to_string(files.size()) +
                     " files of networks: name one, as in x" + std::string(kNetworkEnd));
  }
  return files.front();
}

// A name of a hardware, or of a network in networks/.
const Topology* find_known(std::string_view name) {
  if (const auto* known = known_hardware(name)) {
    return known;
  }
  const auto& nets = all_topologies();
  return std::ranges::find(nets, name, &Topology::network) == nets.end()
             ? nullptr
             : known_hardware(kind_of(shipped(std::string(name), kNetworkEnd)).other);
}

}  // namespace

const std::vector<Topology>& all_topologies() {
  static const auto nets = make_all(false);
  return nets;
}

const std::vector<Topology>& protected_topologies() {
  static const auto nets = make_all(true);
  return nets;
}

std::string network_names() {
  std::string names;
  for (const auto* nets : {&all_topologies(), &protected_topologies()}) {
    for (const auto& net : *nets) {
      names += (names.empty() ? "" : ", ") + net.name;
    }
  }
  return names;
}

bool is_shipped(const Topology& net) {
  return std::ranges::any_of(
      std::array{&all_topologies(), &protected_topologies()},
      [&](const auto* nets) { return &net >= nets->data() && &net < nets->data() + nets->size(); });
}

const Topology& topology(std::string_view name) {
  if (const auto* known = find_known(name)) {
    return *known;
  }
  throw InputError("unknown network '" + std::string(name) + "': use one of " + network_names() +
                   ", or the path of a network's or a hardware's file");
}

const Topology& find_topology(std::string_view name_or_path, const std::filesystem::path& folder) {
  const auto path = folder / name_or_path;
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  if (name_or_path.find('/') == std::string_view::npos && !name_or_path.ends_with(".json") &&
      (!is_folder || find_known(name_or_path) != nullptr)) {
    return topology(name_or_path);
  }
  const auto file = is_folder ? network_in(path) : path;
  const auto& net = keep_topology(read_topology(file), file.string());
  if (!is_shipped(net)) {
    const std::lock_guard lock(kept().mutex);
    kept().folders[&net] = file.parent_path();
  }
  return net;
}

std::filesystem::path folder_of(const Topology& net) {
  const std::lock_guard lock(kept().mutex);
  const auto it = kept().folders.find(&net);
  return it == kept().folders.end() ? std::filesystem::path() : it->second;
}

const Topology& keep_topology(const Topology& net, const std::string& file) {
  if (const auto* known = known_hardware(net.name)) {
    if (net.network == known->network && hardware_digest(net) == hardware_digest(*known) &&
        net.layouts == known->layouts) {
      return *known;
    }
    throw InputError(file + " makes a hardware " + net.name + " of the network " + net.network +
                     ", and there is another one of that name: give the file another name");
  }
  const std::lock_guard lock(kept().mutex);
  return kept().nets.emplace_back(net);
}

}  // namespace fluence
