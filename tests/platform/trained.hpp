// The trained networks and the images of the outside data.
#pragma once

#include "network/images.hpp"
#include "network/parameters.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {

inline ImageSet test_images() { return ImageSet::load(data_dir() / "cifar10/test_first1000.bin"); }

inline Parameters trained(const Topology& net) {
  return Parameters::load(net, data_dir() / "params" / net.name);
}

}  // namespace fluence::test
