#include "map/layout.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "fault/fault.hpp"

namespace fluence {
namespace {

constexpr std::array<std::string_view, 4> kModeNames = {"seu", "mbu", "stuck0", "stuck1"};

}  // namespace

std::string_view to_string(MapMode mode) { return kModeNames.at(static_cast<std::size_t>(mode)); }

MapMode map_mode_from_string(std::string_view name) {
  const auto it = std::ranges::find(kModeNames, name);
  if (it == kModeNames.end()) {
    throw InputError("unknown mode '" + std::string(name) + "': use seu, mbu, stuck0 or stuck1");
  }
  return static_cast<MapMode>(it - kModeNames.begin());
}

MapLayout::MapLayout(const Topology& net, MapMode mode, const std::vector<Space>& spaces,
                     const std::vector<int>& layers)
    : net_(&net), mode_(mode) {
  for (const auto space : spaces) {
    if (space != Space::weights && space != Space::thresholds) {
      throw InputError("a map holds faults in stored parameters, not in " +
                       std::string(to_string(space)) + ": use weights or thresholds");
    }
  }
  for (const int layer : layers) {
    if (layer < 0 || layer >= static_cast<int>(net.layers.size())) {
      throw InputError("network " + net.name + " has no layer " + std::to_string(layer) +
                       ": its last one is " + std::to_string(net.layers.size() - 1));
    }
  }
  for (const auto space : {Space::weights, Space::thresholds}) {
    for (const auto& layer : net.layers) {
      const bool wanted = std::ranges::count(spaces, space) > 0 &&
                          (layers.empty() || std::ranges::count(layers, layer.index) > 0);
      const bool weights = space == Space::weights;
      const int words = weights ? layer.synapse_folds() : layer.thresholds;
      if (!wanted || words == 0) {
        continue;
      }
      const auto& codec = codec_of(net, {space, layer.index});
      if (in_cell(net, {space, layer.index}) && (mode == MapMode::stuck0 || mode == MapMode::stuck1)) {
        throw InputError("stuck bits of " + stored_by(net, {space, layer.index}) +
                         " are evaluated by no engine yet: use mode seu, or other layers and spaces");
      }
      const int bits = codec.stored_bits(weights ? layer.weight_word_bits() : layer.accumulator_bits);
      regions_.push_back({space, layer.index, layer.out_channels, words, divide_up(bits, fault_bits()),
                          bits, size_, codec.copies()});
      size_ += regions_.back().size();
    }
  }
  if (regions_.empty()) {
    throw InputError(
        "there is nothing to map in these spaces and layers: the last layer has no thresholds, name "
        "others");
  }
}

const MapRegion* MapLayout::find(Space space, int layer) const {
  const auto it = std::ranges::find_if(
      regions_, [&](const MapRegion& r) { return r.space == space && r.layer == layer; });
  return it == regions_.end() ? nullptr : &*it;
}

Site MapLayout::site(const MapRegion& region, int copy, int neuron, int word, int fault) const {
  const auto& layer = net_->layer(region.layer);
  const int module = neuron % layer.pe;
  const int fold = neuron / layer.pe;
  const int bit = fault * fault_bits();
  return region.space == Space::weights
             ? Site{region.space, region.layer, module, fold * region.words + word, 0, bit, copy}
             : Site{region.space, region.layer, module, fold, word, bit, copy};
}

Site MapLayout::site(std::size_t number) const {
  const auto& region = *std::prev(std::ranges::upper_bound(regions_, number, {}, &MapRegion::first));
  const auto at = number - region.first;
  const auto of_copy = at % region.copy_faults();
  const auto rest = of_copy % region.neuron_faults();
  const auto word_faults = static_cast<std::size_t>(region.word_faults);
  return site(region, static_cast<int>(at / region.copy_faults()),
              static_cast<int>(of_copy / region.neuron_faults()), static_cast<int>(rest / word_faults),
              static_cast<int>(rest % word_faults));
}

std::size_t MapLayout::number(const MapRegion& region, const Site& site) const {
  const bool weights = region.space == Space::weights;
  const int fold = weights ? site.index / region.words : site.index;
  const int word = weights ? site.index % region.words : site.thresh;
  const auto neuron = static_cast<std::size_t>(fold * net_->layer(region.layer).pe + site.module);
  return region.first + static_cast<std::size_t>(site.copy) * region.copy_faults() +
         neuron * region.neuron_faults() +
         static_cast<std::size_t>(word * region.word_faults + site.bit / fault_bits());
}

}  // namespace fluence
