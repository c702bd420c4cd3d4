// What the driver must know of a network.
#pragma once

#include <vector>

#include "fluence/accel_shape.h"
#include "network/topology.hpp"

namespace fluence {

/// The driver's view of it, which must not outlive this.
class DriverShape {
 public:
  explicit DriverShape(const Topology& net) {
    for (const auto& layer : net.layers) {
      layers_.push_back({static_cast<std::uint32_t>(layer.pe),
                         static_cast<std::uint32_t>(layer.weight_words()),
                         static_cast<std::uint32_t>(layer.threshold_words()),
                         static_cast<std::uint32_t>(layer.thresholds)});
    }
    shape_ = {static_cast<std::uint32_t>(layers_.size()), layers_.data()};
  }
  DriverShape(const DriverShape&) = delete;
  DriverShape& operator=(const DriverShape&) = delete;

  [[nodiscard]] const std::vector<fl_layer_shape>& layers() const { return layers_; }
  [[nodiscard]] const fl_shape& shape() const { return shape_; }

 private:
  std::vector<fl_layer_shape> layers_;
  fl_shape shape_{};
};

}  // namespace fluence
