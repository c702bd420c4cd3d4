// The images that the networks of a session classify: the same of all, or those of each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/npy.hpp"
#include "campaign/manifest.hpp"
#include "network/images.hpp"
#include "network/parameters.hpp"

namespace fluence {

/// As many as the study classifies in a trial.
inline constexpr int kDefaultImages = 1000;

/// Classes of so many images as an array that `name` is a name of. Throws InputError if it holds fewer,
/// or one that is no class.
std::vector<std::uint8_t> labels_of(const NumpyArray& array, const std::string& name, int images,
                                    int classes);

class NetworkImages {
 public:
  using ParametersOf = std::map<std::string, Parameters>;  ///< [network]

  NetworkImages() = default;
  /// Those that `given` leads to: a file for all networks, one or more; or a folder with a file for
  /// each, the network's name with an extension. Of no path, the first kDefaultImages embedded ones.
  /// Labels of an array NAME.npy are in NAME.labels.npy beside it; without that file, a network's own
  /// classes without faults. `params` is where parameters were given, with the form of arrays beside
  /// them. Throws InputError if a file is missing, no good, or the one file for networks of different
  /// images.
  NetworkImages(const std::filesystem::path& given, const std::vector<const Topology*>& nets,
                const ParametersOf& parameters, const std::filesystem::path& params);
  /// Those of one network in an array that `name` is a name of. Without `labels` likewise.
  NetworkImages(const NumpyArray& images, const std::string& name,
                const std::optional<NumpyArray>& labels, const Parameters& parameters,
                const std::filesystem::path& params);

  [[nodiscard]] const ImageSet& of(const Topology& net) const { return given(net).images; }
  /// Whether labels came with them.
  [[nodiscard]] bool has_labels(const Topology& net) const { return given(net).has_labels; }

  /// How many a network needs; of an empty name, all networks.
  using CountOf = std::function<int(const std::string& network)>;
  /// Forgets all but the first ones; of the embedded ones, draws as many. Throws InputError saying that
  /// `who` asks for too many, or if the label of one is of no class.
  void keep(const CountOf& count, const std::string& who, const ParametersOf& parameters);
  /// Forgets all of a network's but the first `count`.
  void truncate(const Topology& net, int count);

  /// The keys of a manifest that tell them from others: "images" where all networks classify the same,
  /// else "images NETWORK" of each.
  [[nodiscard]] Manifest digests() const;

 private:
  struct Given {
    ImageSet images;
    std::string name{};  ///< what sentences call them; empty: the embedded ones
    bool has_labels = true;
  };

  static Given load(const std::filesystem::path& file, const Topology& net, int labels,
                    const Parameters& parameters, const std::filesystem::path& params);
  [[nodiscard]] const Given& given(const Topology& net) const;

  std::map<std::string, Given> given_;  ///< [network], or one of an empty name for all
};

/// The key of a manifest that tells a network's images.
std::string images_key(const Manifest& manifest, const std::string& network);

}  // namespace fluence
