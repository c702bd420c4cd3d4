#include "network/image_arrays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"

namespace fluence {
namespace {

/// Where in the image's planes, [channel][pixel], a number of the graph's input goes.
std::size_t place_of(std::size_t at, const ImageShape& shape, bool channels_last) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto pixels = static_cast<std::size_t>(shape.pixels());
  return channels_last ? at % channels * pixels + at / channels : at;
}

// What the planes of an image hold.
NumberFormat value_format(const ImageShape& shape) {
  return shape.pixel_codes || shape.pixel_signs ? NumberFormat{8, true} : shape.numbers;
}

}  // namespace

Image image_of(const std::vector<int>& numbers, const ImageShape& shape, const ImageNumbers& form) {
  Image image(shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    image.planes.at(place_of(i, shape, form.channels_last)) =
        static_cast<std::uint8_t>(form.format.code(numbers[i]));
  }
  return image;
}

std::vector<std::vector<int>> image_numbers_of(const NumpyArray& array, const ImageNumbers& form,
                                               const std::string& file) {
  std::size_t size = 1;
  for (const auto side : form.shape) {
    size *= static_cast<std::size_t>(side);
  }
  // One image may lack the first side, and a list of numbers sides of 1.
  const auto sides = [](const std::vector<std::int64_t>& shape, std::size_t from) {
    std::vector<std::int64_t> result;
    std::copy_if(shape.begin() + static_cast<std::ptrdiff_t>(std::min(from, shape.size())), shape.end(),
                 std::back_inserter(result), [](std::int64_t side) { return side != 1; });
    return result;
  };
  const auto wanted = sides(form.shape, 1);
  const bool one = array.shape.size() < form.shape.size() && sides(array.shape, 0) == wanted;
  const bool flat = array.shape.size() == 2 && array.shape[1] == static_cast<std::int64_t>(size);
  const auto count = array.values.size() / size;
  if ((!one && !flat && sides(array.shape, 1) != wanted) || count == 0 ||
      array.values.size() % size != 0) {
    throw InputError(
        fmt::format("{} has the shape ({}) where the network takes images of ({}): give any "
                    "number of images in that shape",
                    file, fmt::join(array.shape, ", "), fmt::join(form.shape, ", ")));
  }
  if (count > std::size_t{kMostImages}) {
    throw InputError(
        fmt::format("{} holds more than {} images: give a file of fewer", file, kMostImages));
  }
  std::vector<std::vector<int>> images(count);
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const auto value = array.values[i];
    const bool good = array.floating ? std::isfinite(value)
                                     : value >= form.least && value <= form.most &&
                                           (form.format.step() == 1 || value != 0);
    if (!good) {
      throw InputError(
          fmt::format("image {} of {} has the number {} where {} to {} are possible: give "
                      "numbers of the network's input",
                      i / size, file, value, form.least, form.most));
    }
    images[i / size].push_back(array.floating ? form.number(value) : static_cast<int>(value));
  }
  return images;
}

ImageNumbers plain_numbers(const ImageShape& shape) {
  ImageNumbers form;
  form.shape = {1, shape.channels, shape.height, shape.width};
  form.format = value_format(shape);
  form.least = form.format.least();
  form.most = form.format.most();
  return form;
}

std::vector<Image> array_images(const NumpyArray& array, const ImageShape& shape,
                                const ImageNumbers& form, const std::string& file) {
  std::size_t size = 1;
  for (const auto side : form.shape) {
    size *= static_cast<std::size_t>(side);
  }
  if (size != static_cast<std::size_t>(shape.values()) || form.format != value_format(shape)) {
    throw InputError("what the network's graph takes does not fit the network: import it again");
  }
  std::vector<Image> images;
  for (const auto& numbers : image_numbers_of(array, form, file)) {
    images.push_back(image_of(numbers, shape, form));
  }
  return images;
}

std::vector<Image> load_array_images(const std::filesystem::path& file, const ImageShape& shape,
                                     const ImageNumbers& form) {
  return array_images(read_npy(file, "the images"), shape, form, "'" + file.string() + "'");
}

}  // namespace fluence
