// Images of a network in NumPy's arrays, in the shape of its graph's input.
#pragma once

#include <filesystem>
#include <vector>

#include "base/npy.hpp"
#include "network/image_numbers.hpp"
#include "network/images.hpp"

namespace fluence {

/// An image of whole numbers in the order of the graph's input.
Image image_of(const std::vector<int>& numbers, const ImageShape& shape, const ImageNumbers& form);

/// The whole numbers of all images in an array: its own where it has whole ones, else those that stand
/// for the graph's input. Throws InputError naming `file` if it has another shape than images in the
/// graph's, without its first side or with any number of images there, or a number that none can be.
std::vector<std::vector<int>> image_numbers_of(const NumpyArray& array, const ImageNumbers& form,
                                               const std::string& file);

/// The images of such an array; labels are 0. Throws InputError likewise, and if `form` is not of images
/// of that shape.
std::vector<Image> array_images(const NumpyArray& array, const ImageShape& shape,
                                const ImageNumbers& form, const std::string& file);
/// Reads such a file; labels are 0. Throws InputError likewise, and if it cannot be read.
std::vector<Image> load_array_images(const std::filesystem::path& file, const ImageShape& shape,
                                     const ImageNumbers& form);

/// The form of a network's images where nothing else is said: whole numbers, channels first, of pixels
/// their values.
ImageNumbers plain_numbers(const ImageShape& shape);

}  // namespace fluence
