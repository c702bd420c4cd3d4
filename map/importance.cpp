#include "map/importance.hpp"

#include <cstdint>
#include <vector>

#include "base/error.hpp"

namespace fluence {
namespace {

FaultKind kind_of(MapMode mode) {
  switch (mode) {
    case MapMode::stuck0: return FaultKind::stuck0;
    case MapMode::stuck1: return FaultKind::stuck1;
    case MapMode::seu:
    case MapMode::mbu: break;
  }
  return FaultKind::flip;
}

}  // namespace

std::shared_ptr<const Importance> importance_of(const MapResults& map,
                                                const std::filesystem::path& where) {
  const auto& request = map.request();
  require_all_images(map.images_done(), request.images, where.string());
  if (!request.given.empty()) {
    throw InputError("the map in " + where.string() +
                     " is one of second faults, given first ones: name a map without --given");
  }
  const auto& layout = map.layout();
  auto importance = std::make_shared<Importance>(*request.net, map.digest(), layout.fault_bits(),
                                                 kind_of(request.mode));
  std::vector<std::uint32_t> critical;
  for (const auto& region : layout.regions()) {
    critical.clear();
    layout.for_each(region, [&](const Site&, std::size_t number) {
      critical.push_back(map.counts()[number].critical());
    });
    importance->add(region.space, region.layer, critical);
  }
  return importance;
}

}  // namespace fluence
