// The networks of the outside data in their integer form (networks/integer, networks/synthetic,
// networks/cnv): as a network of ours with its parameters, with inputs and what they must give.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence::test {

/// An array of a NumPy archive.
struct Array {
  std::vector<std::size_t> shape;
  std::vector<std::int64_t> values;  ///< row-major
};

/// All arrays of an archive of little-endian integers. Throws std::runtime_error if there is none.
std::map<std::string, Array> read_npz(const std::filesystem::path& file);

struct IntegerNetwork {
  std::string name;
  Topology net;
  std::vector<int>
      stages;              ///< [layer] number of the stage in the data that is its output, before a pool
  std::vector<int> pools;  ///< [layer] likewise of its pool; -1 if there is none
  std::vector<Image> images{};
  int score_count = 0;
  std::vector<std::int32_t> scores{};     ///< [image][score], sums of products with the bias of a class
  std::map<std::string, Array> trace{};   ///< "stage0" and so on of the first images
  std::map<std::string, Array> arrays{};  ///< of the parameters

  /// `net` stays this object's.
  [[nodiscard]] Parameters parameters() const;
};

/// The names of all that there are.
std::vector<std::string> integer_networks();
/// One of them, with at most `images` images. Throws std::runtime_error if the data is not as expected.
IntegerNetwork integer_network(const std::string& name, std::size_t images);

}  // namespace fluence::test
