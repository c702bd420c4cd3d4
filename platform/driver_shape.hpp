// What the driver must know of a network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fluence/accel_shape.h"
#include "network/topology.hpp"
#include "rtl/memory_cell/memory_cell.hpp"

namespace fluence {

/// The driver's view of it, which must not outlive this.
class DriverShape {
 public:
  explicit DriverShape(const Topology& net) {
    for (const auto& layer : net.layers) {
      layers_.push_back({static_cast<std::uint32_t>(layer.pe),
                         static_cast<std::uint32_t>(layer.weight_words()),
                         static_cast<std::uint32_t>(layer.threshold_words()),
                         static_cast<std::uint32_t>(layer.thresholds),
                         static_cast<std::uint32_t>(host_copies(*layer.weight_codec)),
                         static_cast<std::uint32_t>(host_copies(*layer.threshold_codec)), counted(layer),
                         static_cast<std::uint32_t>(layer.weight_limbs())});
    }
    shape_ = {static_cast<std::uint32_t>(layers_.size()), layers_.data()};
  }
  DriverShape(const DriverShape&) = delete;
  DriverShape& operator=(const DriverShape&) = delete;

  [[nodiscard]] const std::vector<fl_layer_shape>& layers() const { return layers_; }
  [[nodiscard]] const fl_shape& shape() const { return shape_; }

  /// Whether accesses to the memory of that number in targetLayer are counted.
  [[nodiscard]] bool counts(std::size_t number) const {
    return (layers_[number / 2].counted >> number % 2 & 1U) != 0;
  }

 private:
  static std::uint32_t counted(const Layer& layer) {
    const bool weights = counts_accesses(*layer.weight_codec, layer.weight_word_bits());
    const bool thresholds = counts_accesses(*layer.threshold_codec, layer.accumulator_bits);
    return (weights ? 1U : 0U) | (thresholds ? 2U : 0U);
  }

  std::vector<fl_layer_shape> layers_;
  fl_shape shape_{};
};

}  // namespace fluence
