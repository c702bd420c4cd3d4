// Where the reference data of a shipped network lie below data_dir().
#pragma once

#include <filesystem>

#include "network/images.hpp"
#include "network/parameters.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {

/// The folder that has "params", "faults", "streams" and "scores" of the network.
inline std::filesystem::path board_data(const Topology& net) {
  return net.is_flat() ? data_dir() / "lfc" : data_dir();
}
inline std::filesystem::path board_images_file(const Topology& net) {
  return data_dir() / (net.is_flat() ? "mnist/mnist_1000.bin" : "cifar10/test_first1000.bin");
}
inline ImageSet board_images(const Topology& net) {
  return ImageSet::load(board_images_file(net), net.image());
}
inline Parameters board_parameters(const Topology& net) {
  return Parameters::load(net, board_data(net) / "params" / net.name);
}

}  // namespace fluence::test
