// Those of the shipped networks that take CIFAR-10's images, which the boards' reference data are of.
#pragma once

#include <vector>

#include "network/images.hpp"
#include "network/topology.hpp"

namespace fluence::test {

inline const std::vector<Topology>& cifar_networks() {
  static const auto nets = [] {
    auto all = all_topologies();
    std::erase_if(all, [](const Topology& net) { return net.image() != kCifar10; });
    return all;
  }();
  return nets;
}

}  // namespace fluence::test
