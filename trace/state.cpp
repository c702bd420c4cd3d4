#include "trace/state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace fluence {

std::uint32_t differing_bits(std::span<const std::byte> a, std::span<const std::byte> b) {
  if (std::memcmp(a.data(), b.data(), b.size()) == 0) {
    return 0;
  }
  int bits = 0;
  for (std::size_t i = 0; i < a.size(); i += sizeof(std::uint64_t)) {
    const auto count = std::min(sizeof(std::uint64_t), a.size() - i);
    std::uint64_t x = 0;
    std::uint64_t y = 0;
    std::memcpy(&x, a.data() + i, count);
    std::memcpy(&y, b.data() + i, count);
    bits += std::popcount(x ^ y);
  }
  return static_cast<std::uint32_t>(bits);
}

StateComparison::StateComparison(const SiteMap& sites, const RtlProbes& fault_free,
                                 const RtlProbes& faulty)
    : layers_(sites.net().layers.size()),
      bits_(layers_.size()),
      bins_(layers_.size(), Timeline::Join::maximum) {
  for (std::size_t i = 0; i < sites.arrays().size(); ++i) {
    const auto& array = sites.arrays()[i];
    if (array.space != Space::weights && array.space != Space::thresholds) {
      pairs_.push_back(
          {fault_free.stored(i), faulty.stored(i), static_cast<std::size_t>(array.layer), {i, {}, 0}});
    }
  }
}

bool StateComparison::sample(std::uint64_t cycle) {
  bool alike = true;
  for (auto& pair : pairs_) {
    const auto bits = differing_bits(pair.fault_free, pair.faulty);
    if (bits == 0) {
      continue;
    }
    if (pair.trace.most == 0) {
      pair.trace.when.first = cycle;
    }
    pair.trace.when.last = cycle;
    pair.trace.most = std::max(pair.trace.most, bits);
    bits_[pair.layer] += bits;
    alike = false;
  }
  if (alike) {
    return true;
  }
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    if (bits_[k] > 0) {
      auto& layer = layers_[k];
      layer.when = {layer.when ? layer.when->first : cycle, cycle};
      layer.most = std::max(layer.most, bits_[k]);
      bins_.count(k, cycle - begin_, bits_[k]);
      bits_[k] = 0;
    }
  }
  return false;
}

std::vector<LayerTrace> StateComparison::layers(std::uint64_t end) {
  auto layers = layers_;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    layers[k].difference = bins_.row(k, end - begin_);
  }
  return layers;
}

std::vector<ArrayTrace> StateComparison::arrays() const {
  std::vector<ArrayTrace> arrays;
  for (const auto& pair : pairs_) {
    if (pair.trace.most > 0) {
      arrays.push_back(pair.trace);
    }
  }
  std::ranges::stable_sort(arrays, {}, [](const ArrayTrace& a) { return a.when.first; });
  return arrays;
}

}  // namespace fluence
