#include "session/network_images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "network/decision.hpp"
#include "network/digits.hpp"
#include "network/image_arrays.hpp"
#include "network/known_networks.hpp"
#include "network/packed.hpp"
#include "network/synthetic.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr auto kKey = "images";
constexpr auto kArrayEnd = ".npy";
constexpr std::string_view kLabels = ".labels";
constexpr std::ptrdiff_t kMostNamed = 10;

// In which arrays of a network's images are. What a number stands for lies beside the network's file, or
// with its parameters: results keep the network without it.
ImageNumbers form_of_arrays(const Topology& net, const fs::path& params) {
  std::vector<fs::path> folders = {folder_of(net)};
  std::error_code ignored;
  if (!params.empty()) {
    const auto found = Parameters::find(net, params);
    folders.push_back(fs::is_directory(found, ignored) ? found : fs::absolute(found).parent_path());
  }
  for (const auto& folder : folders) {
    const auto file = folder / (net.network + std::string(kImageNumbersEnd));
    if (!folder.empty() && fs::exists(file, ignored)) {
      return ImageNumbers::read(file);
    }
  }
  return plain_numbers(net.image());
}

std::vector<std::uint8_t> classes_of(const Parameters& parameters, const std::vector<Image>& images) {
  PackedNetwork packed(parameters);
  const Decider decider(parameters);
  std::vector<std::uint8_t> classes;
  for (const auto& image : images) {
    classes.push_back(static_cast<std::uint8_t>(decider(packed.run(image))));
  }
  return classes;
}

ImageSet labelled(std::vector<Image> images, const std::vector<std::uint8_t>& labels) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i].label = labels[i];
  }
  return ImageSet(std::move(images));
}

// The one of a network in a folder of images.
fs::path file_in(const fs::path& folder, const Topology& net) {
  std::error_code error;
  std::set<std::string> present;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    present.insert(entry.path().filename().string());
  }
  for (const auto& name : {net.name, net.network}) {
    std::vector<std::string> found;
    std::ranges::copy_if(present, std::back_inserter(found), [&](const std::string& file) {
      const bool of_network = !name.empty() && (file == name || file.starts_with(name + "."));
      return of_network && !file.starts_with(name + std::string(kLabels)) &&
             !fs::is_directory(folder / file, error);
    });
    if (found.size() > 1) {
      throw InputError(
          fmt::format("the folder '{}' holds {} files of images for network {} ({}): leave one",
                      folder.string(), found.size(), name, fmt::join(found, ", ")));
    }
    if (!found.empty()) {
      return folder / found.front();
    }
  }
  const std::vector<std::string> named(
      present.begin(), std::next(present.begin(), std::min(std::ssize(present), kMostNamed)));
  const auto listed = fmt::format("{}", fmt::join(named, ", "));
  throw InputError(
      fmt::format("the folder '{}' has no file of images for network {}, but {}{}: name it {} "
                  "with an extension, as {}.npy",
                  folder.string(), net.name, present.empty() ? "nothing" : listed,
                  std::ssize(present) > kMostNamed ? " and others" : "", net.name, net.name));
}

}  // namespace

std::vector<std::uint8_t> labels_of(const NumpyArray& array, const std::string& name, int images,
                                    int classes) {
  const auto fail = [&](const std::string& why) {
    throw InputError(name + " " + why + ": give a class of each image");
  };
  if (array.floating || static_cast<std::int64_t>(array.values.size()) < images) {
    fail(fmt::format("holds {} labels or other than whole numbers where there are {} images",
                     array.values.size(), images));
  }
  std::vector<std::uint8_t> labels;
  for (const auto label : array.values) {
    if (label < 0 || label >= classes) {
      fail(fmt::format("has the label {} where 0 to {} are possible", label, classes - 1));
    }
    labels.push_back(static_cast<std::uint8_t>(label));
  }
  return labels;
}

NetworkImages::Given NetworkImages::load(const fs::path& file, const Topology& net, int labels,
                                         const Parameters& parameters, const fs::path& params) {
  if (file.extension() != kArrayEnd) {
    return {ImageSet::load(file, net.image(), labels), file.string()};
  }
  auto images = load_array_images(file, net.image(), form_of_arrays(net, params));
  auto beside = file;
  beside.replace_extension(std::string(kLabels) + kArrayEnd);
  std::error_code ignored;
  const bool given = fs::exists(beside, ignored);
  const auto right = given ? labels_of(read_npy(beside, "the labels"), "'" + beside.string() + "'",
                                       static_cast<int>(images.size()), parameters.class_count())
                           : classes_of(parameters, images);
  return {labelled(std::move(images), right), file.string(), given};
}

NetworkImages::NetworkImages(const fs::path& given, const std::vector<const Topology*>& nets,
                             const ParametersOf& parameters, const fs::path& params) {
  std::error_code ignored;
  const bool folder = fs::is_directory(given, ignored);
  const auto differs =
      std::ranges::find_if(nets, [&](const auto* net) { return net->image() != nets.front()->image(); });
  if (!given.empty() && !folder && differs != nets.end()) {
    throw InputError("the networks " + nets.front()->name + " and " + (*differs)->name +
                     " take images of different shapes: give a folder with a file for each, NETWORK.npy "
                     "or of another format, with --images");
  }
  // Right classes may be a network's own, and are where an array comes without labels.
  const bool one =
      !folder && differs == nets.end() && (nets.size() == 1 || given.extension() != kArrayEnd);
  int labels = 0;
  for (const auto* net : nets) {
    labels = std::max(labels, net->most_classes());
  }
  for (const auto* net : nets) {
    const auto name = one || nets.size() == 1 ? std::string() : net->name;
    if (given_.contains(name)) {
      continue;
    }
    given_.emplace(
        name, given.empty()
                  ? Given{embedded_images(net->image(), kSyntheticTestSeed, 0, kDefaultImages)}
                  : load(folder ? file_in(given, *net) : given, *net, one ? labels : net->most_classes(),
                         parameters.at(net->name), params));
  }
}

NetworkImages::NetworkImages(const NumpyArray& images, const std::string& name,
                             const std::optional<NumpyArray>& labels, const Parameters& parameters,
                             const fs::path& params) {
  const auto& net = *parameters.net;
  auto made = array_images(images, net.image(), form_of_arrays(net, params), name);
  const auto right = labels ? labels_of(*labels, "the array of labels", static_cast<int>(made.size()),
                                        parameters.class_count())
                            : classes_of(parameters, made);
  given_.emplace("", Given{labelled(std::move(made), right), name, labels.has_value()});
}

const NetworkImages::Given& NetworkImages::given(const Topology& net) const {
  const auto it = given_.find("");
  return it == given_.end() ? given_.at(net.name) : it->second;
}

void NetworkImages::keep(const CountOf& count_of, const std::string& who,
                         const ParametersOf& parameters) {
  for (auto& [network, given] : given_) {
    const int count = count_of(network);
    auto& images = given.images;
    const bool embedded = given.name.empty();
    const int most = embedded ? kSyntheticTestImages : images.size();
    if (count > most) {
      throw InputError(fmt::format("{} asks for {} images where {} {}: ask for fewer", who, count,
                                   embedded ? "the embedded test set has" : given.name + " holds",
                                   most));
    }
    if (count > images.size()) {
      images = embedded_images(images[0].shape, kSyntheticTestSeed, 0, count);
    }
    images.truncate(count);
  }
  // A label beyond a network's classes would make every image of it a wrong one.
  for (const auto& [network, of] : parameters) {
    const auto& [images, name, has_labels] = given(*of.net);
    for (int i = 0; i < images.size(); ++i) {
      if (images[i].label >= of.class_count()) {
        throw InputError(fmt::format(
            "image {} of {} has label {} where the parameters of {} name {} "
            "classes: give images and parameters that belong together",
            i, name.empty() ? "the embedded images" : name, images[i].label, network, of.class_count()));
      }
    }
  }
}

void NetworkImages::truncate(const Topology& net, int count) {
  const auto it = given_.find("");
  (it == given_.end() ? given_.at(net.name) : it->second).images.truncate(count);
}

Manifest NetworkImages::digests() const {
  Manifest digests;
  for (const auto& [network, given] : given_) {
    digests[network.empty() ? kKey : kKey + (" " + network)] = given.images.digest();
  }
  return digests;
}

std::string images_key(const Manifest& manifest, const std::string& network) {
  const auto own = kKey + (" " + network);
  return manifest.contains(own) ? own : kKey;
}

}  // namespace fluence
