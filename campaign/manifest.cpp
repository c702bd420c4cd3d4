#include "campaign/manifest.hpp"

#include <algorithm>

#include "campaign/provenance.hpp"
#include "campaign/stored_networks.hpp"

namespace fluence {

std::string first_difference(Manifest a, Manifest b) {
  for (auto* manifest : {&a, &b}) {
    std::erase_if(*manifest, [](const auto& entry) {
      return is_provenance(entry.first) || is_network_file(entry.first);
    });
  }
  const auto all_old = [](const Manifest& manifest) {
    return std::ranges::none_of(manifest, [](const auto& entry) { return is_of_network(entry.first); });
  };
  if (all_old(a) || all_old(b)) {
    for (auto* manifest : {&a, &b}) {
      std::erase_if(*manifest, [](const auto& entry) { return is_of_network(entry.first); });
    }
  }
  for (const auto& [key, value] : a) {
    const auto it = b.find(key);
    if (it == b.end() || it->second != value) {
      return key;
    }
    b.erase(it);
  }
  return b.empty() ? "" : b.begin()->first;
}

}  // namespace fluence
