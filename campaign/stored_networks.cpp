#include "campaign/stored_networks.hpp"

#include "base/error.hpp"
#include "network/known_networks.hpp"

namespace fluence {
namespace {

constexpr std::string_view kNetwork = "network ";
constexpr std::string_view kHardware = "hardware ";
constexpr std::string_view kLayout = "layout ";
constexpr std::string_view kNetworkFile = "network file ";
constexpr std::string_view kHardwareFile = "hardware file ";

std::string key(std::string_view kind, const std::string& name) { return std::string(kind) + name; }

}  // namespace

void add_networks(Manifest& manifest, const std::vector<const Topology*>& nets) {
  for (const auto* net : nets) {
    manifest[key(kNetwork, net->name)] = network_digest(*net);
    manifest[key(kHardware, net->name)] = hardware_digest(*net);
    if (auto layout = layout_text(*net); !layout.empty()) {
      manifest[key(kLayout, net->name)] = layout;  // of which the digests say nothing, and draws do
    }
    if (!is_shipped(*net)) {
      manifest[key(kNetworkFile, net->name)] = network_text(*net);
      manifest[key(kHardwareFile, net->name)] = hardware_text(*net);
    }
  }
}

void know_networks(const Manifest& manifest, const std::string& folder) {
  for (const auto& [hardware_key, text] : manifest) {
    if (!hardware_key.starts_with(kHardwareFile)) {
      continue;
    }
    const auto name = hardware_key.substr(kHardwareFile.size());
    const auto network = manifest.find(key(kNetworkFile, name));
    const auto what = "the manifest of " + folder;
    if (network == manifest.end()) {
      throw InputError(what + " has no '" + key(kNetworkFile, name) +
                       "': it is damaged, so run the campaign again");
    }
    const NamedText hardware{text, what, name};
    keep_topology(parse_topology({network->second, what, kind_of(hardware).other}, hardware), what);
  }
  for (const auto& [digest_key, digest] : manifest) {
    if (!digest_key.starts_with(kHardware) || digest_key.starts_with(kHardwareFile)) {
      continue;
    }
    const auto name = digest_key.substr(kHardware.size());
    if (const auto present = hardware_digest(topology(name)); present != digest) {
      throw InputError("the results in " + folder + " are of another hardware " + name + " (digest " +
                       digest + ", the one at hand has " + present +
                       "): use the fluence that made them, or run the campaign again");
    }
    const auto layout = manifest.find(key(kLayout, name));
    if (layout_text(topology(name)) != (layout == manifest.end() ? "" : layout->second)) {
      throw InputError("the results in " + folder + " are of a hardware " + name +
                       " whose memories have another layout: use the fluence that made them, or run the "
                       "campaign again");
    }
  }
}

bool is_network_file(std::string_view key) {
  return key.starts_with(kNetworkFile) || key.starts_with(kHardwareFile);
}

bool is_of_network(std::string_view key) {
  return key.starts_with(kNetwork) || key.starts_with(kHardware);
}

}  // namespace fluence
